"""The errors of esoctl, as a tree. An error says where, what, and the remedy; it never holds a secret value.

::

    EsoctlError
    ├─ SpecError(path, problem)          the user must edit the object
    │  ├─ DecodeError                    a manifest does not fit its schema
    │  ├─ TemplateError                  a template does not parse or run; has name, line, column
    │  ├─ KeyInvalid                     a key that a Secret cannot hold
    │  └─ KeyCollision                   two sources give one key
    ├─ EntryFailed(where, cause)         one entry of data or dataFrom failed; the cause decides
    ├─ StoreError(store)                 the store cannot be used
    │  ├─ StoreNotFound
    │  ├─ StoreNotReady
    │  ├─ StoreFailing                   does not answer anybody; one asks at a time
    │  ├─ StoreBusy                      too many wait for its answer already
    │  ├─ StoreForbidden                 its conditions or reference rules deny it
    │  └─ StoreUnmanaged                 it belongs to another controller class
    ├─ ProviderError(provider, call)     the source of values failed
    │  ├─ AccessDenied
    │  ├─ Throttled                      may carry the seconds to wait
    │  ├─ Unavailable                    network, time-out, 5xx
    │  ├─ BadAnswer                      an answer that makes no sense; never absence
    │  ├─ BadRequest                     what was asked for is not acceptable; the same would be refused again
    │  └─ SecretMissing                  positively absent; deletionPolicy decides
    ├─ GeneratorError                    the generator cannot be used
    │  ├─ GeneratorInvalid               what it asks for cannot be made
    │  └─ GeneratorUnmanaged             it belongs to another controller class
    ├─ OwnershipError                    the target is not ours to write
    │  ├─ OwnedByAnother
    │  ├─ TargetImmutable
    │  └─ PolicyForbids
    ├─ TargetContested(after)            somebody else keeps changing the target
    ├─ RemovalHeld                       too many removals of one store at once
    ├─ LeaseLost(name)                   another process may lead; this one must end
    └─ ClusterError(status)              the API server said no
       ├─ Conflict
       ├─ NotFound
       ├─ Gone                           the resource version is too old
       ├─ Denied                         401 and 403
       ├─ Invalid                        400, 413, 415 and 422
       ├─ NotLeading                     not written, because another process may lead
       └─ Unreachable                    no answer, time-out, 429 or 5xx

Retry policy is not here: ``plan.verdict`` decides what each error means at each stage.
"""


class EsoctlError(Exception):
    """Anything esoctl raises on purpose. ``str(error)`` is written for users: it ends up in conditions and events."""


class SpecError(EsoctlError):
    """A manifest the user must edit. ``path`` is like ``spec.data[0].remoteRef``; empty for the whole object."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: {problem}" if path else problem)
        self.path = path
        self.problem = problem


class DecodeError(SpecError):
    """A manifest does not fit its schema."""


class TemplateError(SpecError):
    """A template that does not parse or does not run; ``line`` and ``column`` count from 1, 0 when unknown."""

    def __init__(self, name: str, problem: str, line: int = 0, column: int = 0) -> None:
        super().__init__("", problem)
        self.name = name
        self.line = line
        self.column = column


class KeyInvalid(SpecError):
    """A key that a Secret cannot hold."""


class KeyCollision(SpecError):
    """Two sources give the same key."""


class EntryFailed(EsoctlError):
    """One entry of data or dataFrom failed. ``cause`` is the error itself and decides what happens next."""

    def __init__(self, where: str, cause: EsoctlError) -> None:
        super().__init__(f"error processing {where}, err: {cause}")
        self.where = where
        self.cause = cause
        self.absent: tuple[tuple[str, str], ...] = ()
        """(path, remote key) of the entries before it that were tolerated as absent."""

    def add_missing(self, others: list[str]) -> None:
        """Name other entries whose secret does not exist either."""
        if others:
            self.args = (f"{self}; missing too: {', '.join(others)}",)


class StoreError(EsoctlError):
    """A store cannot be used. ``store`` is ``Kind/name``."""

    def __init__(self, store: str, problem: str) -> None:
        super().__init__(problem)
        self.store = store


class StoreNotFound(StoreError):
    """No such store."""


class StoreNotReady(StoreError):
    """The store exists but has not been validated."""


class StoreBusy(StoreError):
    """So many wait for the store's answer already that another would only hold up those of other stores."""


class StoreFailing(StoreError):
    """The store does not answer: another object asks from time to time, and this one waits for that."""


class StoreForbidden(StoreError):
    """The store's conditions or reference rules deny this namespace."""


class StoreUnmanaged(StoreError):
    """The store belongs to another controller class."""


class ProviderError(EsoctlError):
    """The source of values failed. ``provider`` is like ``AWS/SecretsManager``, ``call`` like ``GetSecretValue``."""

    def __init__(self, provider: str, call: str, problem: str) -> None:
        super().__init__(problem)
        self.provider = provider
        self.call = call


class AccessDenied(ProviderError):
    """Credentials are refused, or do not allow the call."""


class Throttled(ProviderError):
    """Too many calls; ``after`` is the provider's hint in seconds, None without one."""

    def __init__(self, provider: str, call: str, problem: str, after: float | None = None) -> None:
        super().__init__(provider, call, problem)
        self.after = after


class Unavailable(ProviderError):
    """Network trouble, a time-out or a fault inside the provider."""


class BadAnswer(ProviderError):
    """An answer that makes no sense. It is never taken for absence."""


class BadRequest(ProviderError):
    """The provider does not accept what was asked for; asking the same again would be refused again."""


class SecretMissing(ProviderError):
    """The provider says positively that there is no such secret, version or stage."""


class GeneratorError(EsoctlError):
    """A generator cannot be used."""


class GeneratorInvalid(GeneratorError):
    """What the generator asks for cannot be made; an edit of the generator mends it."""


class GeneratorUnmanaged(GeneratorError):
    """The generator belongs to another controller class."""


class OwnershipError(EsoctlError):
    """The target is not ours to write."""


class OwnedByAnother(OwnershipError):
    """Another controller owns the target; ``by_external_secret`` tells whether it is an ExternalSecret."""

    def __init__(self, problem: str, *, by_external_secret: bool) -> None:
        super().__init__(problem)
        self.by_external_secret = by_external_secret


class TargetImmutable(OwnershipError):
    """The target is immutable and would have to change."""


class PolicyForbids(OwnershipError):
    """The policies of the ExternalSecret do not allow what would have to be done."""


class TargetContested(EsoctlError):
    """Something keeps changing or deleting the target; it is repaired again after so many seconds."""

    def __init__(self, after: float) -> None:
        super().__init__(
            "something keeps changing or deleting the target, so it is repaired less and less often; "
            "kubectl get secret NAME --show-managed-fields -o yaml tells who writes to it"
        )
        self.after = after


class RemovalHeld(EsoctlError):
    """More of a store's Secrets would be removed at once than may be without a user's word."""


class ClusterError(EsoctlError):
    """The API server refused or did not answer. ``status`` is the HTTP status, 0 without an answer."""

    def __init__(self, status: int, reason: str, problem: str, after: float | None = None) -> None:
        super().__init__(problem)
        self.status = status
        self.reason = reason
        self.after = after
        """Seconds of a Retry-After header."""


class Conflict(ClusterError):
    """409: a newer version exists, or another manager owns a field."""


class NotFound(ClusterError):
    """404."""


class Gone(ClusterError):
    """410: the resource version is too old to continue from."""


class Denied(ClusterError):
    """401 or 403."""


class Invalid(ClusterError):
    """400, 413, 415 or 422: the same request will fail again."""


class Unreachable(ClusterError):
    """No answer, a time-out, 429 or 5xx: try again later."""


class LeaseLost(EsoctlError):
    """This process led and could not renew its Lease: it ends at once, and comes back as a candidate."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the lease {name} was lost; stopped without finishing work, as another process may lead")


class NotLeading(ClusterError):
    """A write was not sent, or given up, because another process may lead by now."""

    def __init__(self) -> None:
        super().__init__(0, "NotLeading", "not written: the lease of the leader ends, or another process leads")
