"""Reading rows of golden tables: fields that are text or, with ``_b64``, bytes, and outcomes that are one of two."""

import base64
from collections.abc import Callable

from esoctl.errors import EsoctlError

Row = dict[str, object]


def value(row: Row, name: str) -> bytes | None:
    """The bytes of a field, None when it is absent or null."""
    if row.get(f"{name}_b64") is not None:
        return base64.b64decode(str(row[f"{name}_b64"]))
    return None if row.get(name) is None else encode(str(row[name]))


def values(row: Row, name: str) -> dict[str, bytes]:
    """The map of a field, empty when it is absent."""
    encoded = row.get(f"{name}_b64")
    if isinstance(encoded, dict):
        return {key: base64.b64decode(member) for key, member in encoded.items()}
    plain = row.get(name)
    return {key: encode(member) for key, member in plain.items()} if isinstance(plain, dict) else {}


def encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def error(row: Row) -> str | None:
    """The error text of a row; bytes that are no text become replacement characters, as they do in any API object."""
    if "error_b64" in row:
        return base64.b64decode(str(row["error_b64"])).decode(errors="replace")
    return str(row["error"]) if "error" in row else None


def want_value(row: Row) -> object:
    """What a row with one output expects: ``{"error": text}`` or ``{"output": bytes}``."""
    text = error(row)
    return {"output": value(row, "output")} if text is None else {"error": text}


def want_map(row: Row) -> object:
    """What a row with a map of outputs expects."""
    text = error(row)
    return {"output": values(row, "output")} if text is None else {"error": text}


def outcome(call: Callable[[], object]) -> object:
    """What a call does, in the form of ``want_value`` and ``want_map``."""
    try:
        return {"output": call()}
    except (ValueError, EsoctlError) as raised:
        return {"error": str(raised)}
