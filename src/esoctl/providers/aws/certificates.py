"""AWS Certificate Manager: a store may name it and is validated, but esoctl reads no certificates.

DIFFERS: the reference exports certificates with their keys. The service is accepted so that such stores, and the
objects beside them, stay valid; what reads from one gets a clear error.
"""

from collections.abc import AsyncIterator, Mapping, Sequence

from esoctl.errors import ProviderError
from esoctl.model.remote import Find, RemoteKey
from esoctl.model.values import Payload
from esoctl.providers.aws.api import Api
from esoctl.providers.aws.planner import Planner

NAME = "acm"
LABEL = "AWS/CertificateManager"


class Fetcher:
    """Refuses every read."""

    provider = LABEL
    batch_call = "ExportCertificate"
    batch_size = 1

    def __init__(self, _api: Api) -> None:
        """Makes no use of the connection."""

    async def one(self, ref: RemoteKey) -> Payload:
        raise _unsupported(ref.key)

    async def many(self, keys: Sequence[str]) -> Mapping[str, Payload | ProviderError]:
        return {key: _unsupported(key) for key in keys}


def search(_api: Api, _planner: Planner, _query: Find) -> AsyncIterator[tuple[str, Payload]]:
    raise _unsupported("find")


def _unsupported(key: str) -> ProviderError:
    return ProviderError(
        LABEL,
        "ExportCertificate",
        f"cannot read {key!r}: esoctl reads no certificates; use another service or operator",
    )
