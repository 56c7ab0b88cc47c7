"""The clients a store can get: of a service, or one that says why there is none."""

from collections.abc import AsyncIterator, Callable, Mapping

from esoctl.errors import AccessDenied, EsoctlError, StoreNotReady
from esoctl.model.keys import StoreRef
from esoctl.model.remote import Find, RemoteKey
from esoctl.model.values import Payload
from esoctl.providers.aws import (
    certificates,
    listing,
    parameter_store,
    parameters_search,
    secrets_manager,
    secrets_search,
)
from esoctl.providers.aws.session import Connection, ServiceApi
from esoctl.providers.aws.spec import Service
from esoctl.providers.contract import Health

SERVICES: Mapping[Service, ServiceApi] = {
    Service.SECRETS_MANAGER: ServiceApi(
        secrets_manager.NAME, secrets_manager.LABEL, secrets_manager.Fetcher, secrets_search.search
    ),
    Service.PARAMETER_STORE: ServiceApi(
        parameter_store.NAME, parameter_store.LABEL, parameter_store.Fetcher, parameters_search.search
    ),
    Service.CERTIFICATE_MANAGER: ServiceApi(
        certificates.NAME, certificates.LABEL, certificates.Fetcher, certificates.search
    ),
}


class AwsClient:
    """Reads through a shared connection; ``prefix`` is glued before every key.

    ``nobody`` tells that the session is tagged with the namespace that asks, and none does: the store is only checked.
    """

    def __init__(self, connection: Connection, service: ServiceApi, prefix: str, *, nobody: bool = False) -> None:
        self._nobody = nobody
        self._connection = connection
        self._service = service
        self._prefix = prefix

    async def get(self, ref: RemoteKey) -> Payload:
        return await self._connection.planner.get(ref._replace(key=self._prefix + ref.key))

    async def find(self, query: Find) -> AsyncIterator[tuple[str, Payload]]:
        connection, old = self._connection, list[str]()
        async for name, payload in self._service.search(connection.api, connection.planner, query):
            if connection.steady.believes(name, payload):
                yield name, payload
            else:
                old.append(name)
        for name, payload in await listing.values(connection.planner, old):
            yield name, payload

    async def check(self) -> Health:
        """Obtain the keys, by STS where roles are assumed; as in the reference no right to values is tried.

        DIFFERS: a trust policy that wants a certain namespace in the tags denies the check of a ClusterSecretStore
        itself, which comes from none. The reference calls such a store invalid; here it cannot be told.
        """
        try:
            await self._connection.api.source.keys()
        except AccessDenied:
            if self._nobody:
                return Health.UNKNOWN
            raise
        return Health.READY


class Refusing:
    """A client that cannot read, and says why; ``checked`` tells whether its check fails too."""

    def __init__(self, error: Callable[[], EsoctlError], *, checked: bool) -> None:
        self._error = error
        self._checked = checked

    async def get(self, ref: RemoteKey) -> Payload:  # noqa: ARG002 - the contract's
        raise self._error()

    def find(self, query: Find) -> AsyncIterator[tuple[str, Payload]]:  # noqa: ARG002 - the contract's
        raise self._error()

    async def check(self) -> Health:
        if self._checked:
            raise self._error()
        return Health.READY


def unusable(service: ServiceApi, problem: str) -> Refusing:
    """The client of credentials that cannot work."""
    return Refusing(lambda: AccessDenied(service.label, "credentials", problem), checked=True)


def referent(store: StoreRef) -> Refusing:
    """The client of a store whose credentials belong to its consumers, opened for none of them.

    Nothing can be checked, and as in the reference that is no fault of the store.
    """
    problem = f"{store} has credentials only for a namespace that uses it"
    return Refusing(lambda: StoreNotReady(f"{store.kind}/{store.name}", problem), checked=False)
