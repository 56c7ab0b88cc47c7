"""Reads patches of every format and lays them over an object.

From k8s.io/apiserver ``endpoints/handlers/patch.go``: which formats a resource takes, and how a patch that does not
apply is refused.
"""

import json
from dataclasses import dataclass

from esoctl.sandbox import bodies, lookup, problems, statuses
from esoctl.sandbox.apply import ApplyError
from esoctl.sandbox.documents import Doc, duplicate
from esoctl.sandbox.patches import PatchError, json_patch, merge_patch, strategic_merge
from esoctl.sandbox.requests import Call
from esoctl.sandbox.resources import Resource

JSON = "application/json-patch+json"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"
_MOST_OPERATIONS = 10_000


@dataclass(frozen=True, slots=True)
class Patch:
    kind: str
    content: object

    @property
    def is_apply(self) -> bool:
        return self.kind == APPLY

    @property
    def document(self) -> Doc:
        return self.content if isinstance(self.content, dict) else {}

    def onto(self, doc: Doc, resource: Resource) -> Doc:
        """The patched copy of the document."""
        try:
            if self.kind == JSON:
                return duplicate(json_patch(doc, self.content))
            if self.kind == MERGE:
                return duplicate(merge_patch(doc, self.document))
            return duplicate(strategic_merge(doc, self.document, resource.topology))
        except PatchError as error:
            raise statuses.unprocessable("") from error


def accepted(resource: Resource) -> tuple[str, ...]:
    return (JSON, MERGE, APPLY) if resource.custom else (JSON, MERGE, STRATEGIC, APPLY)


def read(call: Call) -> Patch:
    kind = bodies.media_type(call.request)
    if kind not in accepted(call.resource):
        raise statuses.unsupported_media_type(accepted(call.resource))
    bodies.check_size(call.request)
    content = bodies.load(call.request.body, is_yaml=kind == APPLY)
    if kind == JSON:
        _check_operations(content)
    elif not isinstance(content, dict):
        raise statuses.bad_request("error decoding patch: the patch is not an object")
    return Patch(kind, content)


def check_type(wanted: Doc, resource: Resource) -> None:
    """An apply must say what it applies, in the version of the path."""
    version, kind = lookup.text(wanted, "apiVersion"), lookup.text(wanted, "kind")
    if not version or not kind:
        raise statuses.bad_request(f"invalid object type: {version or '/'}, Kind={kind}")
    if version != resource.api_version:
        words = f"Specified patch version: {version}, expected: {resource.api_version}"
        raise statuses.bad_request(f"Incorrect version specified in apply patch. {words}")


def _check_operations(content: object) -> None:
    if not isinstance(content, list):
        raise statuses.bad_request("json: cannot unmarshal object into Go value of type jsonpatch.Patch")
    if len(content) > _MOST_OPERATIONS:
        words = f"The allowed maximum operations in a JSON patch is {_MOST_OPERATIONS}, got {len(content)}"
        raise statuses.too_large(words)


def refuse_result(doc: Doc, why: str) -> statuses.Refusal:
    """The patched object does not fit its type. DIFFERS: the object itself is not repeated, it may be secret."""
    shown = json.dumps({"kind": doc.get("kind")})
    return statuses.invalid("", "", "", [problems.invalid("patch", shown, why)])


def apply_refusal(error: ApplyError) -> statuses.Refusal:
    if error.status == 400:
        return statuses.bad_request(str(error))
    return statuses.unknown(str(error))
