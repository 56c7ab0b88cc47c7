"""``remoteRef.property``: a path into the payload of a secret; without one, the payload itself.

A wanted deviation: members with dots are not lost from selections. Rows that are known have their exact outcome in
``deviations.yaml``, the rule is for others.
"""

from esoctl.plan import extract
from parity.lost_members import restored
from parity.rows import Row, encode, outcome, value, want_value


def run(row: Row, table: Row) -> tuple[object, object]:
    want, got = want_value(row), outcome(lambda: _get(row, table))
    return (got, got) if restored(str(row["path"]), want, got) else (want, got)


def _get(row: Row, table: Row) -> bytes:
    key, path = str(row.get("key", "app/key")), str(row["path"])
    document = _payload(row, table, key)
    if not path:
        return document
    found = extract.property(document, path)
    if found is None:
        raise ValueError(f"key {path} does not exist in secret {key}")
    return found


def _payload(row: Row, table: Row, key: str) -> bytes:
    """The string of the secret, or its bytes; with a path the bytes win where there are both."""
    docs = table.get("docs")
    if "doc" in row and isinstance(docs, dict):
        return encode(docs[row["doc"]])
    text, binary = value(row, "json"), value(row, "binary")
    first, second = (binary, text) if row["path"] else (text, binary)
    document = second if first is None else first
    if document is None:
        raise ValueError(f"invalid secret received. no secret string nor binary for key: {key}")
    return document
