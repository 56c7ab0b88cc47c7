"""Whose a target is: adoption, blockers, types that cannot change, and objects that are going."""

import pytest

from support.day import a_day

pytestmark = pytest.mark.asyncio

RIVALS = 100


async def test_REL_10_what_was_in_a_secret_before_stays_byte_for_byte() -> None:
    hand_made = {"admin.password": "$2a$10$", "server.secretkey": "s p a c e\n", "password": "mine"}
    async with a_day() as day:
        day.make_secret("shop", hand_made, metadata={"labels": {"app": "cd"}, "annotations": {"by": "hand"}})
        day.external_secret(target={"deletionPolicy": "Delete"}, refreshInterval="1m")
        await day.until(lambda: day.ready()[0] == "True")

        kept = {"admin.password": b"$2a$10$", "server.secretkey": b"s p a c e\n"}
        assert day.data() == {**kept, "password": b"first"}
        day.vault.put(db="second")
        await day.until(lambda: day.data() == {**kept, "password": b"second"}, seconds=90)
        day.external_secret(data={"other": "db"})
        await day.until(lambda: day.data() == {**kept, "other": b"second"}, seconds=10)
        meta = day.get("Secret", "shop")["metadata"]
        assert (meta["labels"]["app"], meta["annotations"]["by"]) == ("cd", "hand")


async def test_REL_19_of_a_hundred_that_want_one_target_one_wins_and_the_rest_say_who() -> None:
    names = [f"shop-{number}" for number in range(RIVALS)]
    async with a_day() as day:
        for name in names:
            day.external_secret(name, target={"name": "shared"})
        await day.until(lambda: all(day.ready(name)[0] for name in names), seconds=60)
        await day.settle()

        (winner,) = [name for name in names if day.ready(name)[0] == "True"]
        told = {day.ready(name)[2] for name in names if name != winner}
        assert all(f"owned by another ExternalSecret: {winner};" in message for message in told)

        day.delete("ExternalSecret", winner)
        rest = [name for name in names if name != winner]
        await day.until(lambda: any(day.ready(name)[0] == "True" for name in rest), seconds=5)
        assert day.data("shared") == {"password": b"first"}


async def test_REL_19_a_secret_of_another_controller_is_taken_within_seconds_once_it_is_free() -> None:
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "boss", "uid": "x", "controller": True}
    async with a_day() as day:
        day.make_config_map("boss", {})
        owner["uid"] = day.get("ConfigMap", "boss")["metadata"]["uid"]
        day.make_secret("shop", {"password": "theirs"}, metadata={"ownerReferences": [owner]})
        day.external_secret()
        await day.until(lambda: day.ready()[0] == "False")
        assert "is already owned by another ConfigMap controller boss" in day.ready()[2]
        assert day.data() == {"password": b"theirs"}

        day.edit("Secret", "shop", {"metadata": {"ownerReferences": None}})
        await day.until(lambda: day.data() == {"password": b"first"}, seconds=5)


async def test_REL_21_a_type_that_cannot_change_is_told_with_the_remedy_and_the_remedy_works() -> None:
    typed = {"template": {"type": "kubernetes.io/basic-auth"}}
    async with a_day() as day:
        day.external_secret()
        await day.until(lambda: day.ready()[0] == "True")
        day.external_secret(target=typed)

        await day.until(lambda: day.ready()[0] == "False", seconds=10)
        assert day.ready()[2].startswith("could not update secret: ")
        assert "field is immutable" in day.ready()[2]
        assert "delete shop, and it is made anew at once" in day.ready()[2]
        assert day.data() == {"password": b"first"}

        day.delete("Secret", "shop")
        await day.until(lambda: day.ready()[0] == "True", seconds=5)
        assert day.get("Secret", "shop")["type"] == "kubernetes.io/basic-auth"
        assert len([event for event in day.events() if "Created" in event]) == 1, "one event, however often"


async def test_REL_21_an_immutable_secret_is_told_with_the_remedy_and_the_remedy_works() -> None:
    async with a_day() as day:
        day.external_secret(target={"immutable": True}, refreshInterval="1m")
        await day.until(lambda: day.ready()[0] == "True")
        day.vault.put(db="second")

        await day.until(lambda: day.ready()[0] == "False", seconds=90)
        assert "secret is immutable; delete it to renew it" in day.ready()[2]
        day.delete("Secret", "shop")
        await day.until(lambda: day.data() == {"password": b"second"}, seconds=5)


async def test_REL_23_a_target_that_goes_first_is_not_made_anew_while_its_object_is_going() -> None:
    async with a_day() as day:
        day.external_secret(refreshInterval="1m")
        await day.until(lambda: day.ready()[0] == "True")
        day.edit("ExternalSecret", "shop", {"metadata": {"finalizers": ["example.com/holds-it"]}})
        await day.settle()
        before = len(day.transport.writes())

        foreground = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Foreground"}
        day.do("DELETE", day.path("ExternalSecret", "shop"), foreground)
        await day.until(lambda: day.data() is None)
        await day.settle(300)
        assert day.data() is None
        assert not [write for write in day.transport.writes()[before:] if "/events" not in write]

        day.edit("ExternalSecret", "shop", {"metadata": {"finalizers": None}})
        await day.until(lambda: day.get("ExternalSecret", "shop") is None)
        await day.settle(120)
        assert day.data() is None


@pytest.mark.parametrize("policy", ["Orphan", "CreateOrMerge"])
async def test_REL_19_a_secret_that_no_informer_has_seen_yet_is_not_written_over(policy: str) -> None:
    async with a_day() as day:
        day.external_secret("first", target={"name": "taken"}, data={"password": "db"})
        await day.until(lambda: day.ready("first")[0] == "True")
        held = day.get("Secret", "taken")
        await day.settle()
        day.transport.hidden = "taken"
        await day.restart()

        day.external_secret("second", target={"name": "taken", "creationPolicy": policy}, data={"other": "db"})
        await day.until(lambda: day.ready("second")[0] == "False", seconds=10)

        assert "owned by another ExternalSecret: first;" in day.ready("second")[2]
        assert day.get("Secret", "taken") == held


async def test_REL_18_a_new_target_without_an_owner_costs_no_look() -> None:
    async with a_day() as day:
        await day.settle()
        before = len(day.transport.calls)

        day.external_secret(target={"creationPolicy": "Orphan"})
        await day.until(lambda: day.ready()[0] == "True")
        await day.settle()

        made = [f"{call.method} {call.path.rsplit('/', 1)[-1]}" for call in day.transport.calls[before:]]
        assert made == ["PATCH shop", "PATCH status", "POST events"]
