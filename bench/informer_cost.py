"""Measures what an informer costs with many ExternalSecrets of 4 KiB: CPU for one object and memory, for a list in pages
and for a list as a stream, and for a later list in which nothing or everything changed.

Run: python bench/informer_cost.py [objects]
"""

import gc
import json
import sys
import time
import tracemalloc
from contextlib import asynccontextmanager

import anyio

from esoctl.informers.informer import Informer
from esoctl.informers.watcher import Options, Streaming
from esoctl.model import external_secret

PAGE = 500
END = (
    b'{"type":"BOOKMARK","object":{"kind":"ExternalSecret","metadata":{"resourceVersion":"1",'
    b'"annotations":{"k8s.io/initial-events-end":"true"}}}}'
)


def the_object(number, version):
    """4 KiB on the wire, a third of it managed fields."""
    entries = [
        {"secretKey": f"key-{entry}", "remoteRef": {"key": f"team-{number % 500}/app-{number}/value-{entry}"}}
        for entry in range(12)
    ]
    fields = {f'k:{{"secretKey":"key-{entry}"}}': {"f:remoteRef": {"f:key": {}}} for entry in range(22)}
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": {
            "name": f"app-{number}", "namespace": f"team-{number % 500}", "uid": f"00000000-0000-4000-8000-{number:012}",
            "resourceVersion": str(version), "generation": 1, "labels": {"app": f"app-{number}", "team": "a"},
            "managedFields": [{"manager": "kubectl", "fieldsV1": {"f:spec": {"f:data": fields}}}],
        },
        "spec": {
            "refreshInterval": "1h", "secretStoreRef": {"kind": "SecretStore", "name": "aws"},
            "target": {"name": f"app-{number}"}, "data": entries,
        },
    }  # fmt: skip


class Source:
    """Lists twice; documents are made as they are asked for, as a connection brings them."""

    kind = "ExternalSecret"

    def __init__(self, count, changed, again):
        self.count, self.changed, self.again = count, changed, again
        self.lists = 0

    def document(self, number):
        version = number + 1 + (1_000_000 if self.lists > 1 and self.changed else 0)
        return json.dumps(the_object(number, version), separators=(",", ":"))

    async def page(self, *, limit, token, resource_version, match):
        start = int(token or 0)
        if not start:
            self.lists += 1
        end = min(start + PAGE, self.count)
        rest = str(end) if end < self.count else ""
        items = ",".join(self.document(number) for number in range(start, end))
        return f'{{"metadata":{{"resourceVersion":"{self.lists}","continue":"{rest}"}},"items":[{items}]}}'.encode()

    @asynccontextmanager
    async def watch(self, *, resource_version, timeout_seconds, initial):
        yield self.lines(initial)

    async def lines(self, initial):
        if initial:
            self.lists += 1
            for number in range(self.count):
                yield f'{{"type":"ADDED","object":{self.document(number)}}}'.encode()
            notes = '{"k8s.io/initial-events-end":"true"}'
            metadata = f'{{"resourceVersion":"{self.lists}","annotations":{notes}}}'
            yield f'{{"type":"BOOKMARK","object":{{"kind":"ExternalSecret","metadata":{metadata}}}}}'.encode()
        if self.lists == 1:
            await self.again.wait()
            yield b'{"type":"ERROR","object":{"code":410,"reason":"Expired"}}'
        await anyio.sleep_forever()


async def measure(count, *, streams, changed):
    again = anyio.Event()
    source = Source(count, changed, again)
    informer = Informer(
        "externalsecrets", source, external_secret.decode, lambda _: None,
        options=Options(lambda: 0.0, streaming=Streaming(allowed=streams)),
    )  # fmt: skip
    gc.collect()
    tracemalloc.start()
    async with anyio.create_task_group() as group:
        group.start_soon(informer.run)
        await informer.synced.wait()
        await anyio.sleep(0)
        gc.collect()
        held, first = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        again.set()
        while informer.store.resource_version != "2":
            await anyio.sleep(0.05)
        second = tracemalloc.get_traced_memory()[1]
        group.cancel_scope.cancel()
    tracemalloc.stop()
    return held, first, second


class Made(Source):
    """Documents are made beforehand."""

    def __init__(self, count):
        super().__init__(count, changed=False, again=anyio.Event())
        made = [super(Made, self).document(number) for number in range(count)]
        self.events = [f'{{"type":"ADDED","object":{document}}}'.encode() for document in made]
        self.pages = [",".join(made[start : start + PAGE]).encode() for start in range(0, count, PAGE)]

    async def page(self, *, limit, token, resource_version, match):
        number = int(token or 0)
        rest = str(number + 1) if number + 1 < len(self.pages) else ""
        return b'{"metadata":{"resourceVersion":"1","continue":"%s"},"items":[%s]}' % (
            rest.encode(),
            self.pages[number],
        )

    async def lines(self, initial):
        if initial:
            for event in self.events:
                yield event
            yield END
        await anyio.sleep_forever()


async def cpu(count, *, streams):
    """Microseconds for an object."""
    informer = Informer(
        "externalsecrets", Made(count), external_secret.decode, lambda _: None,
        options=Options(lambda: 0.0, streaming=Streaming(allowed=streams)),
    )  # fmt: skip
    started = time.process_time()
    async with anyio.create_task_group() as group:
        group.start_soon(informer.run)
        await informer.synced.wait()
        group.cancel_scope.cancel()
    return (time.process_time() - started) / count * 1e6


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    size = len(json.dumps(the_object(count - 1, count), separators=(",", ":")))
    print(f"{count} ExternalSecrets of {size} bytes, Python {sys.version.split()[0]}")
    for streams in (False, True):
        how = "as a stream" if streams else "in pages"
        print(f"{how}:")
        print(
            f"  CPU for an object:                   {min(anyio.run(lambda s=streams: cpu(count, streams=s)) for _ in range(3)):7.0f} us"
        )
        for changed in (False, True):
            held, first, second = anyio.run(lambda s=streams, c=changed: measure(count, streams=s, changed=c))
            if not changed:
                print(f"  held for an object:                  {held / count:7.0f} bytes")
                print(f"  peak of the first list / held:       {first / held:7.2f}")
            what = "everything" if changed else "nothing   "
            print(f"  peak of a list, {what} changed:  {second / held:7.2f} of held")


main()
