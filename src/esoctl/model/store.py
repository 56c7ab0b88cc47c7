"""SecretStore and ClusterSecretStore.

The body under ``spec.provider`` stays raw: each provider decodes its own (``providers.contract``), so the model knows
no provider. Source: the reference's CRD ``external-secrets.io/v1``.
"""

import msgspec

from esoctl.model import durations, misfit
from esoctl.model.conditions import Condition
from esoctl.model.keys import Kind, StoreRef
from esoctl.model.meta import Meta, Wire

SHORTEST_SECONDS, LONGEST_SECONDS = 1.0, 366 * 86_400.0


class RetrySettings(Wire, frozen=True):
    """``spec.retrySettings``; the interval is a Go duration."""

    max_retries: int | None = None
    retry_interval: str | None = None


class Expression(Wire, frozen=True):
    """One ``matchExpressions`` entry of a label selector."""

    key: str
    operator: str
    values: list[str] = []


class LabelSelector(Wire, frozen=True):
    """A label selector; an empty one matches everything."""

    match_labels: dict[str, str] = {}
    match_expressions: list[Expression] = []


class NamespaceCondition(Wire, frozen=True):
    """One entry of ``spec.conditions``: any of its fields admits a namespace."""

    namespace_selector: LabelSelector | None = None
    namespaces: list[str] = []
    namespace_regexes: list[str] = []


class StoreSpec(Wire, frozen=True):
    """``spec`` of a store."""

    provider: dict[str, msgspec.Raw] = {}
    controller: str = ""
    retry_settings: RetrySettings | None = None
    refresh_interval: int | str | None = None
    """Seconds as a number, or a Go duration; None or zero means the operator's own."""
    conditions: list[NamespaceCondition] = []
    auth: msgspec.Raw = msgspec.Raw(b"")
    """Not a field: where people put the credentials by mistake. Kept so that the store can say so; empty if absent."""


class StoreStatus(Wire, frozen=True, omit_defaults=True):
    """``status`` of a store."""

    conditions: list[Condition] = []
    capabilities: str = ""


class Store(Wire, frozen=True):
    """One SecretStore or ClusterSecretStore; stored without a spec it decodes with ``spec`` None."""

    metadata: Meta
    spec: StoreSpec | None = None
    status: StoreStatus = StoreStatus()
    unfit: tuple[str, str] = msgspec.field(name=" unfit", default=("", ""))
    """(path, problem) of a spec that does not decode; the spec is None then."""

    @property
    def ref(self) -> StoreRef:
        kind = Kind.SECRET_STORE if self.metadata.namespace else Kind.CLUSTER_SECRET_STORE
        return StoreRef(kind, self.metadata.namespace, self.metadata.name)


class _Head(Wire, frozen=True):
    metadata: Meta
    status: StoreStatus = StoreStatus()


def decode(raw: bytes | msgspec.Raw) -> Store:
    """Decode one store. A spec that does not fit is told by ``unfit``, so that the store can say so itself.

    Raises msgspec.ValidationError only when not even metadata and status can be read.
    """
    try:
        return _decoder.decode(raw)
    except msgspec.ValidationError as error:
        head = _head.decode(raw)
        return Store(head.metadata, None, head.status, misfit.describe(error))


def interval_seconds(spec: StoreSpec, default: float) -> float:
    """How often the store is validated; raises ValueError, in the reference's words, when it cannot be read.

    DIFFERS: it is between a second and a year. A nanosecond would keep a worker busy with nothing else, and there is no
    date after so many seconds as a manifest may name.
    """
    wanted = spec.refresh_interval
    seconds: float
    if isinstance(wanted, str):
        try:
            seconds = durations.parse(wanted) / 1e9
        except ValueError as error:
            raise ValueError(f'invalid refreshInterval "{wanted}": {error}') from None
    else:
        seconds = wanted or 0
    if seconds < 0:
        raise ValueError(f"invalid refreshInterval {wanted}: must not be negative")
    return float(min(max(seconds, SHORTEST_SECONDS), LONGEST_SECONDS)) if seconds else default


_decoder = msgspec.json.Decoder(Store)
_head = msgspec.json.Decoder(_Head)
