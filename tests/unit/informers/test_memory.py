"""What an ExternalSecret costs in an informer's store."""

import gc
import json
import tracemalloc

import msgspec
import pytest

from esoctl.informers.documents import EventType
from esoctl.informers.intake import Intake
from esoctl.informers.store import Writer
from esoctl.model import external_secret
from esoctl.model.external_secret import ExternalSecret

COUNT = 500


def a_document(number: int) -> bytes:
    """4 KiB, more than half of it managed fields."""
    entries = [
        {"secretKey": f"key-{entry}", "remoteRef": {"key": f"team-a/app-{number}/value-{entry}"}} for entry in range(12)
    ]
    fields = {f'k:{{"secretKey":"key-{entry}"}}': {"f:remoteRef": {"f:key": {}, "f:x": {}}} for entry in range(45)}
    metadata = {
        "name": f"app-{number}",
        "namespace": "team-a",
        "uid": f"uid-{number}",
        "resourceVersion": str(number + 1),
        "labels": {"app": f"app-{number}"},
        "managedFields": [{"manager": "kubectl", "fieldsV1": {"f:spec": {"f:data": fields}}}],
    }
    spec = {"refreshInterval": "1h", "secretStoreRef": {"name": "aws"}, "data": entries}
    return json.dumps({"kind": "ExternalSecret", "metadata": metadata, "spec": spec}).encode()


@pytest.mark.asyncio
async def test_I_46_an_external_secret_takes_at_most_six_kib() -> None:
    assert len(a_document(1)) > 4096
    writer: Writer[ExternalSecret] = Writer({"target": lambda es: [es.target_name]})
    intake = Intake(writer, external_secret.decode, lambda _: None, "ExternalSecret")
    gc.collect()
    tracemalloc.start()
    intake.begin()
    for number in range(COUNT):
        raw = msgspec.Raw(a_document(number))
        head = intake.head(raw)
        assert head is not None
        intake.streamed(EventType.ADDED, raw, head)
        del raw, head
    await intake.commit("1000")
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(writer.store) == COUNT
    assert held / COUNT <= 6 * 1024
