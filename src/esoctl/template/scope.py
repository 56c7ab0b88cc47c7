"""From template texts to the entries of an object: scopes and decoding.

In the scope Values every template makes one value; in KeysAndValues a template makes a whole YAML mapping. Values may
be encoded and are decoded then. Error texts are the reference's. DIFFERS: a plain word in a mapping keeps its text, so
that 0123 stays 0123; only null and nothing become empty. Source: the reference's template engine v2 (Execute).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from esoctl.errors import TemplateError
from esoctl.template import engine, govalues
from esoctl.template.funcs import yamltext
from esoctl.template.funcs.encoding import decode_base64
from esoctl.template.funcs.yamltext import YamlError
from esoctl.template.functions import Context
from esoctl.template.govalues import FunctionError
from esoctl.template.limits import Budget, Env, LimitExceeded

VALUES: Final = "Values"
KEYS_AND_VALUES: Final = "KeysAndValues"
_NO_MAP: Final = "could not unmarshal template to 'map[string][]byte': "
_NO_YAML: Final = "could not unmarshal template YAML: "
_JSON: Final = "error unmarshaling JSON: while decoding JSON: json: "
_URL_ALPHABET: Final = bytes.maketrans(b"-_+/", b"+/!!")


def rendered(key: str, source: str, data: Mapping[str, bytes], env: Env) -> bytes:
    """The text of the template kept under the key, which names it in error texts."""
    named = replace(env, name=key)
    outer = f"unable to execute template at key {key}: "
    try:
        engine.check(source, named)
    except TemplateError as error:
        raise _wrapped(f"{outer}unable to parse template at key {key}: ", error) from None
    try:
        return engine.render(source, data, named)
    except TemplateError as error:
        raise _wrapped(f"{outer}unable to execute template at key {key}: ", error) from None


def _wrapped(prefix: str, error: TemplateError) -> TemplateError:
    return TemplateError(error.name, prefix + error.problem, error.line, error.column)


def decoded(key: str, value: bytes, strategy: str) -> bytes:
    """The value decoded by the strategy."""
    try:
        return _decoded(value, strategy)
    except FunctionError as error:
        raise TemplateError(key, f"failed to decode rendered template value for key {key}: {error}") from None


def _decoded(value: bytes, strategy: str) -> bytes:
    if strategy in {"", "None"}:
        return value
    if strategy == "Base64":
        return decode_base64(value)
    if strategy == "Base64URL":
        return decode_base64(value.translate(_URL_ALPHABET))
    if strategy != "Auto":
        raise FunctionError(f"decoding strategy {strategy} is not supported")
    for attempt in ("Base64", "Base64URL"):
        try:
            return _decoded(value, attempt)
        except FunctionError:
            continue
    return value


def values(templates: Mapping[str, str], data: Mapping[str, bytes], env: Env, strategy: str = "") -> dict[str, bytes]:
    """The scope Values: every key's template rendered, then decoded."""
    return {key: decoded(key, rendered(key, templates[key], data, env), strategy) for key in sorted(templates)}


def pairs(source: str, data: Mapping[str, bytes], env: Env, strategy: str = "") -> dict[str, bytes]:
    """The scope KeysAndValues: the entries of the rendered mapping, their values decoded."""
    entries = mapping(rendered(source, source, data, env), env)
    return {key: decoded(key, value, strategy) for key, value in entries.items()}


def mapping(text: bytes, env: Env) -> dict[str, bytes]:
    """The entries of a YAML mapping from text to text; no document has none."""
    context = Context(env, Budget(env))
    try:
        whole = yamltext.load_texts(text, context)
        if whole is None:
            return {}
        return _entries(whole, yamltext.load(text, context), context)
    except YamlError as error:
        stage = "" if str(error).startswith("unsupported map key") else "yaml: "
        raise TemplateError("", f"{_NO_MAP}error converting YAML to JSON: {stage}{error}") from None
    except _Unfit as error:
        raise TemplateError("", f"{_NO_MAP}{_JSON}{error}") from None
    except LimitExceeded as error:
        raise TemplateError("", f"{_NO_MAP}{error}") from None


class _Unfit(Exception):
    """A value of the wrong kind."""

    def __init__(self, kind: str, wanted: str) -> None:
        super().__init__(f"cannot unmarshal {kind} into Go value of type {wanted}")


def _kind(value: object) -> str:
    if isinstance(value, yamltext.Mapping):
        return "object"
    kinds: dict[type, str] = {bool: "bool", int: "number", float: "number", list: "array"}
    return kinds.get(type(value), "string")


def _entries(whole: object, typed: object, context: Context) -> dict[str, bytes]:
    if not isinstance(whole, yamltext.Mapping):
        raise _Unfit(_kind(typed), "map[string]string")
    texts = {yamltext.json_key(name, value, context): value for (_, name), value in whole.items()}
    entries: dict[str, bytes] = {}
    for key in sorted(texts):
        value = texts[key]
        if isinstance(value, (yamltext.Mapping, list)):
            raise _Unfit(_kind(value), "string")
        entries[govalues.valid_text(key)] = value if isinstance(value, bytes) else b""
    return entries


def leaf(text: bytes, env: Env) -> object:
    """What a rendered text means in YAML, as plain JSON values; a text that is no YAML stays text."""
    context = Context(env, Budget(env))
    try:
        return _plain(yamltext.load(text, context), context)
    except (YamlError, LimitExceeded):
        return govalues.valid_text(text)


def document(text: bytes, env: Env) -> object:
    """The YAML document as plain JSON values."""
    context = Context(env, Budget(env))
    try:
        return _plain(yamltext.load(text, context), context)
    except YamlError as error:
        raise TemplateError("", f"{_NO_YAML}error converting YAML to JSON: yaml: {error}") from None
    except LimitExceeded as error:
        raise TemplateError("", f"{_NO_YAML}{error}") from None


def _plain(value: object, context: Context) -> object:
    yamltext.jsonable(value, context)
    return _copied(value, context, 1)


def _copied(value: object, context: Context, depth: int) -> object:
    context.budget.step()
    if depth > 100:
        raise LimitExceeded("limit exceeded: a document nested more than 100 deep")
    if isinstance(value, yamltext.Mapping):
        return {
            govalues.valid_text(yamltext.json_key(name, inner, context)): _copied(inner, context, depth + 1)
            for (_, name), inner in value.items()
        }
    if isinstance(value, list):
        return [_copied(inner, context, depth + 1) for inner in value]
    return govalues.valid_text(value) if isinstance(value, bytes) else value
