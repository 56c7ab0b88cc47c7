"""Puts our finalizer on an ExternalSecret, and takes it off.

The list of finalizers is everybody's, so it is written with the version in which it was read. When that is not the
latest any more, the object itself is asked, once: an informer may lag, and whoever waits for it could wait for long.
"""

from collections.abc import Callable

from esoctl.errors import Conflict
from esoctl.plan.observed import FINALIZER, Observed
from esoctl.reconcile.ports import Cluster


async def put_on(observed: Observed, cluster: Cluster) -> None:
    """Raises Conflict when the object is being deleted or is another by now."""
    await _change(observed, cluster, lambda names: [*(name for name in names if name != FINALIZER), FINALIZER])


async def take_off(observed: Observed, cluster: Cluster) -> None:
    """So that a deleted object can go."""
    await _change(observed, cluster, lambda names: [name for name in names if name != FINALIZER])


async def _change(observed: Observed, cluster: Cluster, change: Callable[[list[str]], list[str]]) -> None:
    seen = observed.es.metadata
    try:
        await cluster.set_finalizers(observed.key, change(seen.finalizers), seen.resource_version)
    except Conflict:
        live = await cluster.meta(observed.key)
        if live is None or (live.uid, live.deleting) != (seen.uid, seen.deleting):
            raise
        wanted = change(live.finalizers)
        if wanted != live.finalizers:
            await cluster.set_finalizers(observed.key, wanted, live.resource_version)
