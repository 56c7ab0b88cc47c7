"""Sources by identity: shared where identities begin alike, and let go when nobody wants them."""

import gc
from dataclasses import replace

import anyio
import pytest

from esoctl.providers.aws.identity import Ambient, Identity, Keys
from esoctl.providers.aws.keyring import Keyring
from esoctl.providers.aws.library import Library, Limits
from esoctl.providers.aws.sources import Lent, Loan, Source
from esoctl.providers.aws.spec import Hop
from esoctl.providers.aws.sts import Lender

ONE, TWO = Hop("arn:aws:iam::123456789012:role/one"), Hop("arn:aws:iam::123456789012:role/two")


def identity(*hops: Hop, region: str = "eu-west-1") -> Identity:
    return Identity(Ambient(), hops, region)


@pytest.fixture
def lender() -> Lender:
    return Lender(Library(Limits(1, 1, 1)), None)


@pytest.mark.asyncio
async def test_equal_identities_have_one_source(lender: Lender) -> None:
    keyring = Keyring(60)

    assert keyring.source(identity(ONE), lender) is keyring.source(identity(ONE), lender)


@pytest.mark.asyncio
async def test_chains_that_begin_alike_share_what_they_have_in_common(lender: Lender) -> None:
    keyring = Keyring(60)

    for chain in ([ONE], [ONE, TWO], [ONE, TWO, ONE], [TWO]):
        keyring.source(identity(*chain), lender)

    assert len(keyring) == 5  # the base, one, one two, one two one, two


@pytest.mark.asyncio
async def test_SEC_13_another_region_or_external_id_is_another_source(lender: Lender) -> None:
    keyring = Keyring(60)
    found = [
        keyring.source(each, lender)
        for each in (identity(ONE), identity(ONE, region="eu-west-2"), identity(replace(ONE, external_id="x")))
    ]

    assert len({id(source) for source in found}) == 3


@pytest.mark.asyncio
async def test_a_source_is_let_go_when_nobody_asked_for_it_for_long(lender: Lender) -> None:
    keyring = Keyring(60)
    keyring.source(identity(ONE), lender)
    await anyio.sleep(50)
    kept = keyring.source(identity(TWO), lender)
    await anyio.sleep(50)

    keyring.source(identity(region="eu-west-2"), lender)
    gc.collect()

    assert len(keyring) == 3  # two and its base, and the other region's base
    assert keyring.source(identity(TWO), lender) is kept


@pytest.mark.asyncio
async def test_a_source_in_use_stays_the_only_one_however_long_ago_it_was_asked_for(lender: Lender) -> None:
    keyring = Keyring(60)
    used = keyring.source(identity(ONE), lender)
    await anyio.sleep(1000)
    keyring.source(identity(TWO), lender)

    assert keyring.source(identity(ONE), lender) is used


class Lending(Lender):
    """Lends without asking anybody."""

    def __init__(self) -> None:
        """Needs no library."""

    def base(self, identity: Identity) -> Source:
        return Lent(self.lend)

    def hop(self, region: str, source: Source, hop: Hop) -> Source:
        return Lent(self.lend)

    async def lend(self) -> Loan:
        return Loan(Keys("id", "secret"), 3600.0)


@pytest.mark.asyncio
async def test_the_seconds_left_are_told_by_whose_keys_they_are() -> None:
    keyring, lending = Keyring(7200), Lending()
    first = keyring.source(identity(ONE), lending)
    unused = keyring.source(identity(TWO), lending)
    await first.keys()
    await anyio.sleep(600)
    other = keyring.source(identity(ONE, region="eu-west-2"), lending)
    operator = keyring.source(identity(), lending)
    await other.keys()
    await operator.keys()

    assert keyring.seconds_left() == {ONE.role: 3000.0, "operator": 3600.0}
    assert unused.ends is None
