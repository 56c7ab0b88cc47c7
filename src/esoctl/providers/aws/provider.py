"""AWS as a provider: from a store's body to clients of the service that it names."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import ClassVar

import msgspec

from esoctl.errors import AccessDenied, ProviderError
from esoctl.model.remote import Capabilities, Quirks
from esoctl.providers.aws import clients, decoding, identity
from esoctl.providers.aws.following import Following
from esoctl.providers.aws.identity import Account, Identity, Unusable
from esoctl.providers.aws.parameters_writer import ParameterWriter
from esoctl.providers.aws.secrets_writer import SecretWriter
from esoctl.providers.aws.session import Session
from esoctl.providers.aws.spec import Service, Spec
from esoctl.providers.contract import Client, Credentials, Scope, SecretKeyRef, ServiceAccountRef, Writer


@dataclass(frozen=True, slots=True)
class AwsBackend:
    """One store's AWS configuration; equal ones share clients."""

    spec: Spec
    session: Session = field(repr=False, compare=False)

    @property
    def secret_refs(self) -> tuple[SecretKeyRef, ...]:
        return self.spec.secret_refs

    @property
    def service_account_refs(self) -> tuple[ServiceAccountRef, ...]:
        return self.spec.service_account_refs

    @property
    def referent(self) -> bool:
        return self.spec.referent

    @property
    def per_consumer(self) -> bool:
        tagging = self.session.tagging
        return self.spec.per_consumer or (tagging is not None and tagging.tells_apart(self.spec))

    @asynccontextmanager
    async def open(self, credentials: Credentials) -> AsyncIterator[Client]:
        """Reads credentials and makes no request to AWS; raises StoreError."""
        if self.referent and not credentials.namespace:
            yield clients.referent(self.spec.store)
            return
        signer = await self._signer(credentials)
        nobody = self.per_consumer and not credentials.namespace
        if isinstance(signer, Unusable):
            yield clients.unusable(clients.SERVICES[self.spec.service], signer.problem)
        elif isinstance(signer.base, Account):

            async def read() -> Identity:
                found = await self._signer(credentials)
                assert isinstance(found, Identity), "only access keys can be unusable"
                return found

            yield Following(signer, read, lambda found: self._connected(found, nobody=nobody))
        else:
            async with self._connected(signer, nobody=nobody) as client:
                yield client

    @asynccontextmanager
    async def write(self, credentials: Credentials) -> AsyncIterator[Writer]:
        """Reads credentials and makes no request to AWS; raises StoreError, and ProviderError for what cannot write."""
        service = clients.SERVICES[self.spec.service]
        if self.spec.service is Service.CERTIFICATE_MANAGER:
            raise ProviderError(service.label, "ImportCertificate", "esoctl writes no certificates")
        signer = await self._signer(credentials)
        if isinstance(signer, Unusable):
            raise AccessDenied(service.label, "credentials", signer.problem)
        async with self.session.connection(service, signer, self.spec.attempts) as connection:
            try:
                if self.spec.service is Service.PARAMETER_STORE:
                    yield ParameterWriter(connection.api, self.spec.prefix)
                else:
                    yield SecretWriter(connection.api, self.spec.prefix, self.spec.deletion)
            finally:
                connection.planner.forget()

    async def _signer(self, credentials: Credentials) -> Identity | Unusable:
        return await identity.read(self.spec, credentials, self.session.tagging)

    @asynccontextmanager
    async def _connected(self, signer: Identity, *, nobody: bool) -> AsyncIterator[Client]:
        service = clients.SERVICES[self.spec.service]
        async with self.session.connection(service, signer, self.spec.attempts) as connection:
            yield clients.AwsClient(connection, service, self.spec.prefix, nobody=nobody)


@dataclass(frozen=True, slots=True)
class Aws:
    """The provider; to decode, its session need not be entered."""

    session: Session = field(repr=False)

    name: ClassVar[str] = "aws"
    capabilities: ClassVar[Capabilities] = Capabilities.READ_WRITE
    maintained: ClassVar[bool] = True
    quirks: ClassVar[Quirks] = Quirks()

    def decode(self, body: msgspec.Raw, scope: Scope) -> AwsBackend:
        spec = decoding.decode(body, scope)
        if self.session.tagging is not None:
            self.session.tagging.check(spec)
        return AwsBackend(spec, self.session)
