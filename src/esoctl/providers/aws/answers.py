"""Reads AWS's answers: fields by name, with their types checked, and tags as the JSON that the reference prints."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime

from esoctl.errors import BadAnswer
from esoctl.providers.aws.api import Answer

# Go's encoding/json escapes these in strings, so that its output is safe inside HTML and JavaScript.
_GO_ESCAPES = str.maketrans({sign: f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"})


def text(answer: Answer, name: str) -> str:
    """A field that is text; empty when it is missing."""
    value = answer.get(name)
    return value if isinstance(value, str) else ""


def texts(answer: Answer, name: str) -> tuple[str, ...]:
    """A field that is a list of texts; none when it is missing."""
    value = answer.get(name)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def seconds(answer: Answer, name: str) -> float | None:
    """A field that is a moment, as seconds since the epoch; None when it is missing."""
    value = answer.get(name)
    return value.timestamp() if isinstance(value, datetime) else None


def items(answer: Answer, name: str) -> Iterator[Answer]:
    """The objects of a list; none when it is missing."""
    value = answer.get(name)
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, Mapping))


def page(answer: Answer, name: str, provider: str, call: str) -> list[Answer]:
    """The objects of one page of a list; raises BadAnswer where it is no page: that must not look like an empty one."""
    # DIFFERS: to the reference an answer without its list is an empty list, and keys vanish from the Secret.
    value = answer.get(name)
    if value is None and (answer.get("NextToken") or answer.get("Errors")):
        return []
    if not isinstance(value, list) or not all(isinstance(item, Mapping) and text(item, "Name") for item in value):
        raise BadAnswer(provider, call, f"{provider} {call}: the answer is no page of a list; esoctl tries again")
    return value


def tags_json(tags: Iterator[Answer]) -> bytes:
    """Tags as one JSON object, keys sorted, printed as Go prints a map."""
    pairs = {text(tag, "Key"): text(tag, "Value") for tag in tags}
    printed = json.dumps(pairs, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return printed.translate(_GO_ESCAPES).encode()
