"""Every provider, by its name under ``spec.provider``. Explicit: nothing registers itself."""

from esoctl.providers.aws.provider import Aws
from esoctl.providers.aws.session import Session
from esoctl.providers.contract import Provider
from esoctl.providers.fake import Fake


def providers(aws: Session) -> dict[str, Provider]:
    """The providers; decoding needs no open session, opening a backend of AWS does."""
    known: list[Provider] = [Aws(aws), Fake()]
    return {provider.name: provider for provider in known}
