"""The sandbox on a socket: TLS, chunks, warnings, kubectl, and moto beside it."""

import asyncio
import json
import os
import pathlib
import shutil
import signal
import ssl
import sys
from collections.abc import AsyncIterator

import aiohttp
import anyio
import pytest
import pytest_asyncio
import yaml

from esoctl.sandbox.moto import MotoServer
from esoctl.sandbox.server import Ports, SandboxServer
from esoctl.sandbox.world import Settings
from support.conformance.widgets import definition
from support.in_process import CRDS, SECRETS, a_secret

pytestmark = pytest.mark.wire


@pytest_asyncio.fixture
async def server() -> AsyncIterator[SandboxServer]:
    async with SandboxServer(settings=Settings(bookmark_seconds=0.05)) as running:
        yield running


@pytest_asyncio.fixture
async def session(server: SandboxServer) -> AsyncIterator[aiohttp.ClientSession]:
    context = ssl.create_default_context(cadata=server.authority.decode())
    headers = {"Authorization": f"Bearer {server.token}"}
    connector = aiohttp.TCPConnector(ssl=context)
    async with aiohttp.ClientSession(server.url, headers=headers, connector=connector) as opened:
        yield opened


@pytest.mark.asyncio
async def test_an_object_makes_the_round_trip_over_tls(session: aiohttp.ClientSession) -> None:
    async with session.post(SECRETS, json=a_secret()) as answer:
        made = await answer.json()
    async with session.get(f"{SECRETS}/one") as answer:
        found = await answer.json()

    assert answer.status == 200
    assert found == made


@pytest.mark.asyncio
async def test_a_wrong_token_is_unauthorized(server: SandboxServer, session: aiohttp.ClientSession) -> None:
    async with session.get(SECRETS, headers={"Authorization": "Bearer wrong"}) as answer:
        refused = await answer.json()

    assert (answer.status, refused["reason"]) == (401, "Unauthorized")


@pytest.mark.asyncio
async def test_warnings_are_headers(session: aiohttp.ClientSession) -> None:
    async with session.post(SECRETS, json={**a_secret(), "colour": "red"}) as answer:
        assert answer.headers.getall("Warning") == ['299 - "unknown field \\"colour\\""']


@pytest.mark.asyncio
async def test_yaml_can_be_asked_for(session: aiohttp.ClientSession) -> None:
    async with session.get("/api/v1/namespaces/default", headers={"Accept": "application/yaml"}) as answer:
        found = yaml.safe_load(await answer.text())

    assert answer.content_type == "application/yaml"
    assert found["metadata"]["name"] == "default"


@pytest.mark.asyncio
async def test_a_watch_streams_lines_and_bookmarks(session: aiohttp.ClientSession) -> None:
    async with session.get(SECRETS, params={"watch": "1", "allowWatchBookmarks": "true"}) as stream:
        async with session.post(SECRETS, json=a_secret()) as answer:
            assert answer.status == 201
        events = [json.loads(await stream.content.readline()) for _ in range(2)]

    assert [event["type"] for event in events] == ["ADDED", "BOOKMARK"]


@pytest.mark.asyncio
async def test_the_server_stops_while_a_watch_is_open() -> None:
    with anyio.fail_after(20):
        async with SandboxServer(Ports(tls=False)) as server:
            headers = {"Authorization": f"Bearer {server.token}"}
            client = aiohttp.ClientSession(server.url, headers=headers)
            stream = await client.get(SECRETS, params={"watch": "1"})
            assert stream.status == 200
        assert await stream.content.read() == b""
        await client.close()


def kubectl_of(folder: pathlib.Path, server: SandboxServer) -> list[str]:
    path = shutil.which("kubectl")
    if path is None:
        pytest.skip("kubectl is not installed")
    kubeconfig = folder / "kubeconfig"
    kubeconfig.write_text(server.kubeconfig_text())
    return [path, f"--kubeconfig={kubeconfig}", f"--cache-dir={folder / 'cache'}"]


async def printed(command: list[str], given: object = None) -> str:
    done = await anyio.run_process(command, input=json.dumps(given).encode(), check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


@pytest.mark.asyncio
async def test_kubectl_applies_and_shows_a_custom_resource(server: SandboxServer, tmp_path: pathlib.Path) -> None:
    kubectl = kubectl_of(tmp_path, server)
    widget = {
        "apiVersion": "conformance.esoctl.dev/v1",
        "kind": "Widget",
        "metadata": {"name": "one"},
        "spec": {"size": 3},
    }

    await printed([*kubectl, "apply", "-f", "-"], definition())
    created = await printed([*kubectl, "apply", "-f", "-"], widget)
    unchanged = await printed([*kubectl, "apply", "-f", "-"], widget)
    shown = await printed([*kubectl, "get", "widgets"])

    assert created == "widget.conformance.esoctl.dev/one created\n"
    assert unchanged == "widget.conformance.esoctl.dev/one unchanged\n"
    assert shown.split() == ["NAME", "SIZE", "READY", "AGE", "one", "3", *shown.split()[-1:]]


@pytest.mark.asyncio
async def test_kubectl_creates_a_secret_and_describes_it(server: SandboxServer, tmp_path: pathlib.Path) -> None:
    kubectl = kubectl_of(tmp_path, server)

    await printed([*kubectl, "create", "secret", "generic", "one", "--from-literal=a=xyz"])
    described = await printed([*kubectl, "describe", "secret", "one"])

    assert "a:  3 bytes" in described
    assert server.world.requests["create", "secrets"] == 1


@pytest.mark.asyncio
async def test_a_definition_is_served_by_the_time_its_creation_is_answered(session: aiohttp.ClientSession) -> None:
    async with session.post(CRDS, json=definition()) as answer:
        assert answer.status == 201
    async with session.get("/apis/conformance.esoctl.dev/v1/widgets") as listed:
        assert listed.status == 200


@pytest.mark.asyncio
async def test_moto_runs_beside_and_stops() -> None:
    async with MotoServer() as moto, aiohttp.ClientSession() as session:
        async with session.get(f"{moto.url}/moto-api/data.json") as answer:
            assert answer.status == 200
        url = moto.url

    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientConnectionError):
            await session.get(url)


STANDALONE = """
import anyio, pathlib, sys
from esoctl.sandbox import standalone
anyio.run(standalone.run, pathlib.Path(sys.argv[1]), 0, 0, lambda running: print(running.url, flush=True))
"""


@pytest.mark.asyncio
async def test_the_standalone_sandbox_writes_its_kubeconfig_and_removes_it(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "deep" / "kubeconfig"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", STANDALONE, str(path), stdout=asyncio.subprocess.PIPE, env=dict(os.environ)
    )
    assert process.stdout is not None
    with anyio.fail_after(50):
        url = (await process.stdout.readline()).decode().strip()
        written = yaml.safe_load(path.read_text())
        mode = path.stat().st_mode & 0o777
        process.send_signal(signal.SIGTERM)
        code = await process.wait()

    assert written["clusters"][0]["cluster"]["server"] == url
    assert (mode, code) == (0o600, 0)
    assert not path.exists()


@pytest.mark.asyncio
async def test_a_foreign_kubeconfig_is_left_alone(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text("precious")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", STANDALONE, str(path), stderr=asyncio.subprocess.PIPE
    )

    with anyio.fail_after(50):
        _, errors = await process.communicate()

    assert process.returncode != 0
    assert b"is not a kubeconfig of a sandbox and is left alone" in errors
    assert path.read_text() == "precious"
