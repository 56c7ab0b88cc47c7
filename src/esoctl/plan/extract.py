"""From the payload of a provider to values: one property, or every member of a JSON object.

Source: the reference's AWS provider, ``GetSecret`` and ``GetSecretMap``, and its fake provider (external-secrets
2.9.0); where the two differ, ``Quirks`` of the provider tells which way to go.
"""

from esoctl.model.remote import Quirks
from esoctl.plan import jsonpath, strictjson

_NULL = b"null"
_PLAIN = Quirks()


def as_map(document: bytes) -> dict[str, bytes]:
    """Each member of a JSON object as a value: strings as their text, null as nothing, all else as its source text.

    The last of several members with one key wins. ValueError with the text of Go's ``encoding/json`` when the document
    is not a JSON object (or null, which has no members).
    """
    return {key: _value(raw) for key, raw in strictjson.members(document).items()}


def _value(raw: bytes) -> bytes:
    if raw[:1] == b'"':
        return strictjson.text(raw).encode()
    return b"" if raw == _NULL else raw


def property(document: bytes, name: str, quirks: Quirks = _PLAIN) -> bytes | None:  # noqa: A001 - extract.property at the call
    """The value of a property of the payload; None when there is none. A property that is null exists and is empty.

    ValueError when the property asks for more work than a look-up may cost; that is not absence.
    """
    if quirks.strict_properties and not strictjson.valid(document):
        return None
    return (jsonpath.get_property if quirks.literal_property_first else jsonpath.get)(document, name)
