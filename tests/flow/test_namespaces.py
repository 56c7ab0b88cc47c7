"""A list of namespaces: each is followed by itself; what belongs to the cluster is out of reach, and objects say so."""

import pytest

from esoctl.kube.transport import Call
from support.day import Day, a_day

pytestmark = pytest.mark.asyncio

SYNCED = ("True", "SecretSynced", "secret synced")
BOTH = ("team-a", "team-b")


def in_team_b(day: Day) -> Day:
    """The same world, seen from the other namespace."""
    other = Day(day.transport, day.vault, day.metrics, "team-b")
    other.do("POST", "/api/v1/namespaces", {"metadata": {"name": "team-b"}})
    other.store()
    return other


def of_team_b(call: Call) -> bool:
    return "/namespaces/team-b/" in call.path


async def test_every_namespace_of_the_list_is_served_and_no_other() -> None:
    async with a_day(namespaces=BOTH) as day:
        other = in_team_b(day)
        unserved = Day(day.transport, day.vault, day.metrics, "team-c")
        unserved.do("POST", "/api/v1/namespaces", {"metadata": {"name": "team-c"}})
        for one in (day, other, unserved):
            one.external_secret()

        await day.until(lambda: (day.ready(), other.ready()) == (SYNCED, SYNCED))
        await day.settle()

        assert unserved.ready() == ("", "", "")
        assert day.data() == other.data() == {"password": b"first"}


async def test_of_two_hundred_namespaces_twenty_are_served_and_nothing_is_asked_of_the_others() -> None:
    names = [f"tenant-{number}" for number in range(200)]
    served = tuple(names[::10])
    async with a_day(namespaces=served) as day:
        tenants = [Day(day.transport, day.vault, day.metrics, name) for name in names]
        for tenant in tenants:
            tenant.do("POST", "/api/v1/namespaces", {"metadata": {"name": tenant.namespace}})
            tenant.store()
            tenant.external_secret()
        before = len(day.transport.calls)

        await day.until(lambda: all(one.ready() == SYNCED for one in tenants if one.namespace in served))
        await day.settle()

        assert {one.namespace for one in tenants if one.data() is not None} == set(served)
        paths = {call.path.partition("/namespaces/")[2].partition("/")[0] for call in day.transport.calls[before:]}
        assert paths <= set(served)


async def test_a_namespace_without_rights_at_the_start_holds_up_no_other_and_begins_when_it_has_them() -> None:
    async with a_day(namespaces=BOTH) as day:
        day.transport.forbidden = of_team_b
        other = in_team_b(day)
        day.external_secret()
        other.external_secret()

        await day.until(lambda: day.ready() == SYNCED)
        await day.settle(30)
        assert other.ready() == ("", "", "")
        assert other.data() is None

        day.transport.forbidden = lambda _: False
        await day.until(lambda: other.ready() == SYNCED, seconds=120)


async def test_a_right_lost_in_one_namespace_leaves_the_others_at_work() -> None:
    async with a_day(namespaces=BOTH) as day:
        other = in_team_b(day)
        for one in (day, other):
            one.external_secret(refreshInterval="10s")
        await day.until(lambda: (day.ready(), other.ready()) == (SYNCED, SYNCED))

        day.transport.forbidden = of_team_b
        day.vault.values["db"] = b"second"
        await day.until(lambda: day.data() == {"password": b"second"}, seconds=15)
        await day.settle(30)
        assert other.data() == {"password": b"first"}

        day.transport.forbidden = lambda _: False
        await day.until(lambda: other.data() == {"password": b"second"}, seconds=600)


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        pytest.param(
            {"secretStoreRef": {"name": "wide", "kind": "ClusterSecretStore"}},
            "serves the namespaces team-a, team-b alone and reads no ClusterSecretStore; use a SecretStore",
            id="store",
        ),
        pytest.param(
            {"dataFrom": [{"sourceRef": {"generatorRef": {"kind": "ClusterGenerator", "name": "wide"}}}]},
            "reads no ClusterGenerator; use a generator of the namespace",
            id="generator",
        ),
    ],
)
async def test_what_belongs_to_the_cluster_is_out_of_reach_and_the_object_says_why(
    spec: dict[str, object], told: str
) -> None:
    async with a_day(namespaces=BOTH) as day:
        before = len(day.transport.calls)
        day.external_secret(**spec)

        await day.until(lambda: day.ready()[0] == "False")
        await day.settle()

        assert any(told in event for event in day.events()), day.events()
        paths = [call.path for call in day.transport.calls[before:]]
        assert [path for path in paths if "/cluster" in path] == []
