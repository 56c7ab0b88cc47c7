"""Reads the generators an ExternalSecret uses and makes their values. Failure is an answer here, as in ``gather``.

A generator is read from the API server when it is used, so that its newest edit counts. None of those that are served
keeps a state, so there is nothing to remember and nothing to clean up. Source: the reference's getProviderSecretData
and its resolver of generatorRef (external-secrets 2.9.0). DIFFERS: a ClusterGenerator that cannot be used is tried
again, because an edit of it may come at any time; the reference waits for an edit of the ExternalSecret.
"""

from collections.abc import Callable, Iterable

from esoctl.errors import ClusterError, GeneratorError, GeneratorInvalid
from esoctl.generators.making import Entropy, make
from esoctl.model import generators
from esoctl.model.generators import GeneratorKey, Spec
from esoctl.model.keys import Kind
from esoctl.model.values import Payload
from esoctl.plan.sources import Answer, Failed, Found, Make
from esoctl.reconcile.ports import Cluster

UNAVAILABLE = "unable to get generator"
WITH_CONTROLLER = (Kind.FAKE, Kind.CLUSTER_GENERATOR)
"""The kinds in which a controller class may be named."""

Beyond = Callable[[Kind], str]
"""Why no object of a kind can be read; empty where it can."""


def _nothing(_: Kind) -> str:
    return ""


async def managed(wanted: Iterable[Make], cluster: Cluster, controller_class: str, beyond: Beyond = _nothing) -> bool:
    """Whether every generator, as far as it can be read, is of our controller class."""
    keys = dict.fromkeys(one.generator for one in wanted if one.generator.kind in WITH_CONTROLLER)
    for key in keys:
        try:
            spec = await _read(key, cluster, beyond)
        except (ClusterError, GeneratorError):
            continue  # told where its values are made
        if generators.controller(spec) not in ("", controller_class):
            return False
    return True


async def make_all(
    wanted: Iterable[Make], cluster: Cluster, entropy: Entropy, beyond: Beyond = _nothing
) -> dict[Make, Answer]:
    """Values for every entry that uses a generator; never raises for one of them."""
    return {one: await _answer(one.generator, cluster, entropy, beyond) for one in wanted}


async def _answer(key: GeneratorKey, cluster: Cluster, entropy: Entropy, beyond: Beyond) -> Answer:
    try:
        spec = await _read(key, cluster, beyond)
    except GeneratorError as error:
        return Failed(GeneratorError(f"{UNAVAILABLE}: {error}"))
    except ClusterError as error:
        return Failed(error)
    try:
        return Found(tuple((name, Payload(value)) for name, value in make(spec, entropy).items()))
    except GeneratorInvalid as error:
        return Failed(GeneratorInvalid(f"error using generator: {error}"))


async def _read(key: GeneratorKey, cluster: Cluster, beyond: Beyond) -> Spec:
    if why := beyond(key.kind):
        raise GeneratorError(f"{key} cannot be read: {why}")
    raw = await cluster.generator(key)
    if raw is None:
        raise GeneratorError(f"{key} not found; create it, or correct generatorRef")
    return generators.decode(key.kind, raw)
