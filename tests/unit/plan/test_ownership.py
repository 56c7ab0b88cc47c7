"""Whose the target is: a table over owners and policies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esoctl.errors import OwnedByAnother
from esoctl.model.external_secret import CreationPolicy
from esoctl.model.meta import Meta, OwnerRef
from esoctl.model.secret import Secret
from esoctl.plan import ownership

ES = Meta("shop", "team-a", "mine")
GROUP = "external-secrets.io/v1"
EXCLUSIVE = (CreationPolicy.OWNER, CreationPolicy.ORPHAN)
OTHER_ES = OwnerRef(GROUP, "ExternalSecret", "other", "theirs", controller=True)
OURS_BEFORE = OwnerRef(GROUP, "ExternalSecret", "shop", "an earlier uid", controller=True)
WORKLOAD = OwnerRef("apps/v1", "Deployment", "web", "theirs", controller=True)
NAMESAKE_KIND = OwnerRef("example.com/v1", "ExternalSecret", "other", "theirs", controller=True)
BYSTANDER = OwnerRef("v1", "Pod", "p", "theirs")


def a_secret(*owners: OwnerRef) -> Secret:
    return Secret(Meta("made", "team-a", owner_references=list(owners)))


@pytest.mark.parametrize(
    ("owners", "refused_for"),
    [
        pytest.param([], (), id="nobody's"),
        pytest.param([BYSTANDER], (), id="an owner that does not control"),
        pytest.param([ownership.reference(ES)], (), id="ours"),
        pytest.param([OURS_BEFORE], (), id="of our name before we were made anew"),
        pytest.param([OTHER_ES], tuple(CreationPolicy), id="another ExternalSecret's"),
        pytest.param([BYSTANDER, WORKLOAD], EXCLUSIVE, id="a workload's"),
        pytest.param([NAMESAKE_KIND], EXCLUSIVE, id="a kind of that name in another group"),
    ],
)
@pytest.mark.parametrize("policy", CreationPolicy)
def test_who_may_write(owners: list[OwnerRef], refused_for: tuple[CreationPolicy, ...], policy: CreationPolicy) -> None:
    target = a_secret(*owners)

    if policy not in refused_for:
        ownership.admit(ES, policy, target)
        return
    with pytest.raises(OwnedByAnother) as caught:
        ownership.admit(ES, policy, target)
    assert caught.value.by_external_secret is (OTHER_ES in owners)
    assert owners[-1].name in str(caught.value)


@given(st.sampled_from(CreationPolicy), st.lists(st.sampled_from([BYSTANDER, WORKLOAD, OTHER_ES]), max_size=3))
def test_what_we_control_is_always_ours_to_write(policy: CreationPolicy, others: list[OwnerRef]) -> None:
    target = a_secret(ownership.reference(ES), *others)

    ownership.admit(ES, policy, target)
    assert ownership.controls(ES, target.metadata)


def test_control_goes_by_uid_and_not_by_name() -> None:
    assert not ownership.controls(ES, a_secret(OURS_BEFORE).metadata)
    assert not ownership.controls(ES, a_secret().metadata)
