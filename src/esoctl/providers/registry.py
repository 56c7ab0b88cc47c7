"""Every provider, by its name under ``spec.provider``. Explicit: nothing registers itself."""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from esoctl.providers.aws import unused
from esoctl.providers.aws.provider import Aws
from esoctl.providers.aws.session import Session
from esoctl.providers.contract import Provider
from esoctl.providers.fake import Fake

UNUSED: Final[Mapping[str, Callable[[msgspec.Raw], list[tuple[str, str]]]]] = {"aws": unused.fields}
"""What tells the fields of a provider's body that have no effect, as (path, why)."""


def providers(aws: Session) -> dict[str, Provider]:
    """The providers; decoding needs no open session, opening a backend of AWS does."""
    known: list[Provider] = [Aws(aws), Fake()]
    return {provider.name: provider for provider in known}
