"""Reads the bodies of requests: JSON or YAML, of the expected kind, with unknown fields told apart.

From k8s.io/apiserver ``endpoints/handlers`` (create, update, rest): which faults are a bad request, and in which words.
"""

import contextlib
import json
from collections.abc import Iterable

import msgspec
import yaml

from esoctl.sandbox import lookup, metadata, protobuf, schema, statuses, typed
from esoctl.sandbox.documents import Doc
from esoctl.sandbox.requests import Call, Request
from esoctl.sandbox.resources import Resource
from esoctl.sandbox.typed import DecodeFault

_JSON, _YAML = "application/json", "application/yaml"
ACCEPTED = (_JSON, _YAML)
TYPED = (*ACCEPTED, protobuf.MEDIA_TYPE)
"""What built-in kinds are taken in."""
LIMIT = 3 * 1024 * 1024


class _Loader(yaml.SafeLoader):
    """YAML without times: Kubernetes keeps them as text."""

    yaml_implicit_resolvers = {
        mark: [(tag, expression) for tag, expression in rows if tag != "tag:yaml.org,2002:timestamp"]
        for mark, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def media_type(request: Request) -> str:
    return request.header("content-type").split(";")[0].strip().lower()


def check_size(request: Request) -> None:
    if len(request.body) > LIMIT:
        raise statuses.too_large(f"limit is {LIMIT}")


def read(request: Request, accepted: Iterable[str] = ACCEPTED) -> Doc:
    """The body as a map. Without a content type it is taken for JSON."""
    kind = media_type(request) or _JSON
    if kind not in accepted:
        raise statuses.unsupported_media_type(list(accepted))
    check_size(request)
    if kind == protobuf.MEDIA_TYPE:
        return _load_protobuf(request.body)
    found = load(request.body, is_yaml=kind == _YAML)
    if not isinstance(found, dict):
        raise statuses.bad_request("couldn't get version/kind; json parse error: the body is not an object")
    return found


def _load_protobuf(body: bytes) -> Doc:
    try:
        return protobuf.decode(body)
    except (protobuf.ProtobufError, UnicodeDecodeError, msgspec.DecodeError):
        raise statuses.unsupported_media_type(ACCEPTED) from None


def load(body: bytes, *, is_yaml: bool) -> object:
    """The JSON value of a body."""
    if is_yaml:
        if body[:1] == b"{":
            # Most are JSON, which reads a hundred times as fast.
            with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError):
                return msgspec.json.decode(body)
        try:
            return msgspec.to_builtins(yaml.load(body, Loader=_Loader))  # noqa: S506 - a SafeLoader without times
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise statuses.bad_request(f"error decoding YAML: {_first_line(error)}") from None
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise statuses.bad_request(f"couldn't get version/kind; json parse error: {error}") from None


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def read_object(request: Request, resource: Resource) -> Doc:
    """The object to create or replace."""
    return read(request, ACCEPTED if resource.custom else TYPED)


def check_kind(doc: Doc, resource: Resource) -> None:
    """Refuse an object of another version or kind; what is missing is filled in for built-in kinds."""
    version, kind = lookup.text(doc, "apiVersion"), lookup.text(doc, "kind")
    if resource.custom and not kind:
        words = f"Object 'Kind' is missing in '{json.dumps(doc, separators=(',', ':'))[:120]}'"
        raise statuses.bad_request(words)
    doc["apiVersion"] = version or resource.api_version
    doc["kind"] = kind or resource.kind
    if doc["apiVersion"] != resource.api_version:
        words = f"the API version in the data ({version}) does not match the expected API version"
        raise statuses.bad_request(f"{words} ({resource.api_version})")
    if kind and kind != resource.kind and not resource.custom:
        words = f'{kind} in version "{resource.version}" cannot be handled as a {resource.kind}'
        why = f"converting ({resource.version}.{kind}) to ({resource.kind}): unknown conversion"
        raise statuses.bad_request(f"{words}: {why}")


def check_name(doc: Doc, call: Call) -> None:
    """The body of an update must be the object that the path names."""
    name, namespace = lookup.name_of(doc), lookup.namespace_of(doc)
    if not name:
        words = f"the name of the object ({call.name} based on URL) was undeterminable: name must be provided"
        raise statuses.bad_request(words)
    if name != call.name:
        raise statuses.bad_request(f"the name of the object ({name}) does not match the name on the URL ({call.name})")
    if call.resource.namespaced and namespace and namespace != call.namespace:
        words = f"the namespace of the object ({namespace}) does not match the namespace on the request"
        raise statuses.bad_request(f"{words} ({call.namespace})")


def set_namespace(doc: Doc, call: Call) -> None:
    """Put the object into the namespace of the path; refuse when it names another one."""
    meta = lookup.ensure(doc, "metadata")
    namespace = lookup.text(meta, "namespace")
    expected = call.namespace if call.resource.namespaced else ""
    if namespace and namespace != expected:
        words = "the namespace of the provided object does not match the namespace sent on the request"
        raise statuses.bad_request(words)
    if expected:
        meta["namespace"] = expected


def settle_fields(doc: Doc, resource: Resource) -> list[str]:
    """Bring the document into the form of its type, in place; answers the paths of fields the type does not have."""
    unknown = metadata.decode(doc)
    if resource.schema is not None:
        unknown = [*schema.prune(doc, resource.schema), *unknown]
        schema.default(doc, resource.schema)
    elif resource.behaviour.known is not None:
        unknown = [*typed.keep_known(doc, resource.behaviour.known), *unknown]
    return unknown


def settle_applied(doc: Doc, resource: Resource) -> None:
    """The same for the result of an apply, which was checked against the type already: nulls stay and are validated."""
    if resource.schema is None:
        settle_fields(doc, resource)
        return
    metadata.decode(doc)
    schema.default(doc, resource.schema)


def stored_form(doc: Doc, resource: Resource) -> Doc:
    """The document as it is kept, where the served version differs from that."""
    return resource.behaviour.decode(doc) if resource.behaviour.decode is not None else doc


def refuse_create(fault: DecodeFault | str, resource: Resource) -> statuses.Refusal:
    words = f'{resource.kind} in version "{resource.version}" cannot be handled as a {resource.kind}: {fault}'
    return statuses.bad_request(words)


def strict_words(unknown: Iterable[str]) -> str:
    return "strict decoding error: " + ", ".join(f'unknown field "{path}"' for path in unknown)


def warnings(unknown: Iterable[str]) -> tuple[str, ...]:
    return tuple(f'unknown field "{path}"' for path in unknown)
