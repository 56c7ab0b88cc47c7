"""Credential plugins of a kubeconfig: real processes."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from esoctl.errors import ClusterError
from esoctl.kube import identity
from esoctl.kube.connect import Surroundings, connect

pytestmark = [pytest.mark.asyncio, pytest.mark.wire]

VERSION = "client.authentication.k8s.io/v1"


def a_plugin(folder: Path, status: dict[str, Any], ending: str = "", command: str = sys.executable) -> str:
    """A kubeconfig whose plugin counts its runs in ``runs`` and answers with the count as its token."""
    script = folder / "plugin.py"
    script.write_text(
        f"""
import json, pathlib, sys
runs = pathlib.Path({str(folder / "runs")!r})
count = int(runs.read_text()) + 1 if runs.exists() else 1
runs.write_text(str(count))
{ending}
status = {status!r} | {{"token": f"token-{{count}}"}}
print(json.dumps({{"apiVersion": {VERSION!r}, "kind": "ExecCredential", "status": status}}))
"""
    )
    plugin = {"apiVersion": VERSION, "command": command, "args": [str(script)], "interactiveMode": "Never"}
    config = {
        "current-context": "c",
        "clusters": [{"name": "c", "cluster": {"server": "http://api"}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}],
        "users": [{"name": "c", "user": {"exec": plugin}}],
    }
    path = folder / "config"
    path.write_text(json.dumps(config))
    return str(path)


@pytest.mark.parametrize(
    "status",
    [
        pytest.param({}, id="no expiry"),
        pytest.param({"expirationTimestamp": "2999-01-01T00:00:00Z"}, id="far expiry"),
    ],
)
async def test_a_plugin_runs_once_and_again_when_its_token_is_refused(
    tmp_path: Path, status: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity, "APART_SECONDS", 0.0)
    endpoint = await connect(a_plugin(tmp_path, status), None, Surroundings({}))

    first = [await endpoint.auth() for _ in range(3)]
    endpoint.forget()

    assert first == [{"Authorization": "Bearer token-1"}] * 3
    assert await endpoint.auth() == {"Authorization": "Bearer token-2"}


async def test_a_plugin_that_fails_says_so(tmp_path: Path) -> None:
    path = a_plugin(tmp_path, {}, ending="sys.exit('no session: log in first')")

    with pytest.raises(ClusterError, match="no session: log in first"):
        await connect(path, None, Surroundings({}))


async def test_a_plugin_that_is_missing_says_so(tmp_path: Path) -> None:
    path = a_plugin(tmp_path, {}, command="no-such-program")

    with pytest.raises(ClusterError, match="no-such-program"):
        await connect(path, None, Surroundings({}))
