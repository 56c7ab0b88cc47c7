"""Installs the definitions into a cluster and waits until they are served."""

import anyio
import msgspec

from esoctl.crds.generate import all_crds
from esoctl.errors import ClusterError, Unreachable
from esoctl.kube import paths
from esoctl.kube.api import APPLY_PATCH
from esoctl.kube.transport import Call, Transport
from esoctl.model.kinds import RESOURCES

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
MANAGER = "esoctl-install"
SERVED_SECONDS = 15.0
LOOK_SECONDS = 0.1


async def install(transport: Transport) -> None:
    """Apply every definition; raises ClusterError when one is refused or not served in time."""
    for definition in all_crds():
        name = msgspec.convert(definition["metadata"], _Name).name
        query = paths.query(fieldManager=MANAGER, force=True)
        await transport.request(
            Call("PATCH", f"{DEFINITIONS}/{name}", query, msgspec.json.encode(definition), APPLY_PATCH)
        )
    for resource in RESOURCES.values():
        if resource.group:
            await _served(transport, paths.collection(resource, None))


async def _served(transport: Transport, path: str) -> None:
    with anyio.move_on_after(SERVED_SECONDS):
        while True:
            try:
                await transport.request(Call("GET", path, paths.query(limit=1)))
            except ClusterError:
                await anyio.sleep(LOOK_SECONDS)
            else:
                return
    raise Unreachable(0, "Timeout", f"{path} is not served {SERVED_SECONDS:.0f} s after its definition was installed")


class _Name(msgspec.Struct, frozen=True):
    name: str
