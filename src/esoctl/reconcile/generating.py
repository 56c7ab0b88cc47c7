"""Reads the generators an ExternalSecret uses and makes their values. Failure is an answer here, as in ``gather``.

A generator is read from the API server when it is used, once a sync, so that its newest edit counts. None of those
that are served keeps a state, so there is nothing to remember and nothing to clean up. Source: the reference's
getProviderSecretData and its resolver of generatorRef (external-secrets 2.9.0). DIFFERS: a ClusterGenerator that cannot
be used is tried again, because an edit of it may come at any time; the reference waits for an edit of the
ExternalSecret.
"""

from collections.abc import Callable, Iterable, Mapping

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


Specs = Mapping[GeneratorKey, Spec | GeneratorError | ClusterError]
"""Every generator of one sync, read once, or why it cannot be."""


async def read(wanted: Iterable[Make], cluster: Cluster, beyond: Beyond = _nothing) -> Specs:
    """The generators of those entries as they are now; never raises for one of them."""
    keys = dict.fromkeys(one.generator for one in wanted)
    return {key: await _read(key, cluster, beyond) for key in keys}


def managed(specs: Specs, controller_class: str) -> bool:
    """Whether every generator, as far as it can be read, is of our controller class."""
    # What cannot be read is told where its values are made.
    read_ones = (spec for key, spec in specs.items() if key.kind in WITH_CONTROLLER and not isinstance(spec, Exception))
    return all(generators.controller(spec) in ("", controller_class) for spec in read_ones)


def make_all(wanted: Iterable[Make], specs: Specs, entropy: Entropy) -> dict[Make, Answer]:
    """Values for every entry that uses a generator; never raises for one of them."""
    return {one: _answer(specs[one.generator], entropy) for one in wanted}


def _answer(spec: Spec | GeneratorError | ClusterError, entropy: Entropy) -> Answer:
    match spec:
        case GeneratorError():
            return Failed(GeneratorError(f"{UNAVAILABLE}: {spec}"))
        case ClusterError():
            return Failed(spec)
    try:
        return Found(tuple((name, Payload(value)) for name, value in make(spec, entropy).items()))
    except GeneratorInvalid as error:
        return Failed(GeneratorInvalid(f"error using generator: {error}"))


async def _read(key: GeneratorKey, cluster: Cluster, beyond: Beyond) -> Spec | GeneratorError | ClusterError:
    if why := beyond(key.kind):
        return GeneratorError(f"{key} cannot be read: {why}")
    try:
        raw = await cluster.generator(key)
        if raw is None:
            return GeneratorError(f"{key} not found; create it, or correct generatorRef")
        return generators.decode(key.kind, raw)
    except (ClusterError, GeneratorError) as error:
        return error
