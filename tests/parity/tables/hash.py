"""Digests of data, metadata, owners and content."""

from esoctl.plan import hashing
from parity.rows import Row, values


def run(row: Row, table: Row) -> tuple[object, object]:
    return row["output"], _digest(row)


def _digest(row: Row) -> str:
    match row["kind"]:
        case "data":
            return hashing.data_hash(values(row, "data"))
        case "version":
            generation, labels, annotations = row["generation"], row.get("labels"), row.get("annotations")
            assert isinstance(generation, int)
            assert labels is None or isinstance(labels, dict)
            assert annotations is None or isinstance(annotations, dict)
            return hashing.synced_version(generation, labels, annotations)
        case "owner":
            return hashing.owner_hash(str(row["namespace"]), str(row["name"]))
        case "content":
            return hashing.content_hash(row["content"])
        case kind:
            raise LookupError(f"no such kind of hash: {kind}")
