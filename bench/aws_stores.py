"""Measures what stores that come and go leave behind: each has an access key of its own, is used once and is gone.

Run: python bench/aws_stores.py [stores]      (starts fakeaws.py by itself; prints one JSON object)
"""

import json
import subprocess
import sys
import time
from pathlib import Path

import anyio
import msgspec

from esoctl.model.keys import Kind, StoreRef
from esoctl.model.remote import RemoteKey
from esoctl.providers.aws.endpoints import Endpoints
from esoctl.providers.aws.provider import Aws
from esoctl.providers.aws.session import Session, Settings
from esoctl.providers.contract import Scope
from esoctl.providers.pool import ClientPool

PORT = 5099
FAKE = Path(__file__).with_name("fakeaws.py")


class Keys:
    """An access key of its own for every store."""

    namespace = "team"

    def __init__(self, number):
        self.number = number

    async def secret_key(self, ref):
        return f"AKIA{self.number:016d}".encode()


def rss():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def sockets():
    found = 0
    for link in Path("/proc/self/fd").iterdir():
        try:
            found += "socket" in str(link.readlink())
        except OSError:
            pass
    return found


def body(role):
    ref = {"name": "keys", "key": "k"}
    auth = {"secretRef": {"accessKeyIDSecretRef": ref, "secretAccessKeySecretRef": ref}}
    return msgspec.Raw(json.dumps({"service": "SecretsManager", "region": "eu-west-1", "auth": auth, "role": role}).encode())


async def use(pool, session, number):
    scope = Scope(StoreRef(Kind.SECRET_STORE, "team", f"store-{number}"))
    backend = Aws(session).decode(body("arn:aws:iam::123456789012:role/reader"), scope)
    async with pool.lease(backend, number, Keys(number)) as client:
        await client.get(RemoteKey(f"s-{number}"))


async def main(stores):
    url = f"http://127.0.0.1:{PORT}"
    settings = Settings(Endpoints(url, url, url), idle_seconds=5)
    figures = {"stores": stores, "rss_mib_before": round(rss(), 1)}
    async with Session(settings) as session, ClientPool(idle_seconds=5) as pool:
        for number in range(200):
            await use(pool, session, number)
        figures["rss_mib_after_200"] = round(rss(), 1)
        started = time.process_time()
        for number in range(200, stores):
            await use(pool, session, number)
        figures["cpu_ms_a_store"] = round((time.process_time() - started) / (stores - 200) * 1000, 2)
        figures[f"rss_mib_after_{stores}"] = round(rss(), 1)
        figures["sockets_then"] = sockets()
        await anyio.sleep(12)
        figures["rss_mib_when_idle"] = round(rss(), 1)
        figures["sockets_when_idle"] = sockets()
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    fake = subprocess.Popen([sys.executable, str(FAKE), str(PORT)])
    try:
        time.sleep(1)
        anyio.run(main, int(sys.argv[1]) if len(sys.argv) > 1 else 5000)
    finally:
        fake.terminate()
        fake.wait()
