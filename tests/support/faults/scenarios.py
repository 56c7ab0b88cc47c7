"""What may happen to one ExternalSecret, as scenarios for crash points: made, edited, rotated, deleted, and so on.

Specs are of the kind that ``oracle.render`` knows. Nothing here waits for the operator, which may be dead just then.
"""

from collections.abc import Callable

from support.api import Json
from support.faults.crashes import Place, Scenario

TWO = [{"secretKey": key, "remoteRef": {"key": remote}} for key, remote in (("password", "db"), ("user", "login"))]
ONE = TWO[:1]
DELETES = {"deletionPolicy": "Delete"}


def made(**spec: Json) -> "Act":
    return Act(spec)


class Act:
    """Puts a value and makes the ExternalSecret ``shop`` for it, with more of a spec."""

    def __init__(self, spec: Json) -> None:
        self.spec = spec

    def __call__(self, place: Place) -> None:
        place.room.put(db="one", login="admin")
        body = {"secretStoreRef": {"name": "aws"}, "data": ONE} | self.spec
        place.room.apply("ExternalSecret", "shop", body)


def edited(place: Place, **spec: Json) -> None:
    place.room.edit("ExternalSecret", "shop", {"spec": spec})


def forced(place: Place) -> None:
    place.room.edit("ExternalSecret", "shop", {"metadata": {"annotations": {"force-sync": "1"}}})


def holds(**wanted: bytes) -> Callable[[Place], bool]:
    return lambda place: place.synced() and place.data() == wanted


def rotated(place: Place) -> None:
    place.room.put(db="two")
    forced(place)


def taken_from_aws(place: Place) -> None:
    place.may_go("shop")
    place.room.account.aws.remove(place.room.key_id, "db")
    forced(place)


def renamed(place: Place) -> None:
    place.may_go("shop")
    edited(place, target={"name": "other"})


def deleted(place: Place) -> None:
    place.may_go("shop")
    place.room.delete("ExternalSecret", "shop")


def replaced(place: Place) -> None:
    """Deleted, and made anew with another spec under the same name."""
    deleted(place)
    place.room.apply("ExternalSecret", "shop", {"secretStoreRef": {"name": "aws"}, "data": TWO[1:]})


def gone(place: Place) -> bool:
    return place.get("ExternalSecret", "shop") is None and place.get("Secret", "shop") is None


def beside(place: Place) -> None:
    place.room.make_secret("shop", {"mine": "kept"})
    made(target={"creationPolicy": "Merge"})(place)


def tampered(place: Place) -> None:
    place.room.edit("Secret", "shop", {"stringData": {"password": "wrong"}})


def denied(place: Place) -> None:
    place.room.store("closed", keys="none-yet")
    made(secretStoreRef={"name": "closed"})(place)


def three(place: Place) -> None:
    place.room.put(db="one", login="admin", third="3")
    for name, remote in (("shop", "db"), ("shop-2", "login"), ("shop-3", "third")):
        place.room.external_secret(name, data={"password": remote})


def another_store(place: Place) -> None:
    place.room.store("second")
    edited(place, secretStoreRef={"name": "second"})


def store_gone(place: Place) -> None:
    place.room.delete("SecretStore", "aws")
    forced(place)


def deleted_to_stay(place: Place) -> None:
    place.room.delete("ExternalSecret", "shop")


CREATE = Scenario("create", made(), holds(password=b"one"))
EDIT = Scenario("edit", lambda place: edited(place, data=TWO), holds(password=b"one", user=b"admin"), made())
SHRINK = Scenario("shrink", lambda place: edited(place, data=ONE), holds(password=b"one"), made(data=TWO))
ROTATE = Scenario("rotate", rotated, holds(password=b"two"), made())
DELETE = Scenario("delete", deleted, gone, made(), whole=True)
DELETE_ALL = Scenario("delete with its finalizer", deleted, gone, made(target=DELETES))
GONE = Scenario(
    "gone from AWS",
    taken_from_aws,
    lambda place: place.synced() and place.get("Secret", "shop") is None,
    made(target=DELETES),
)
MERGE = Scenario("merge", beside, lambda place: place.data() == {"mine": b"kept", "password": b"one"})
TEMPLATE = Scenario(
    "template",
    lambda place: edited(place, target={"template": {"data": {"url": "x://{{ .password }}"}}}),
    holds(url=b"x://kEpT-uNsEeN.one"),
    made(),
)
RENAME = Scenario(
    "rename",
    renamed,
    lambda place: place.data("other") == {"password": b"one"} and place.get("Secret", "shop") is None,
    made(),
)
TAMPER = Scenario("tamper", tampered, holds(password=b"one"), made())
REMOVE = Scenario(
    "remove the target",
    lambda place: place.room.delete("Secret", "shop"),
    holds(password=b"one"),
    made(),
)
MEND = Scenario(
    "mend the store",
    lambda place: place.room.make_keys("none-yet"),
    holds(password=b"one"),
    denied,
    lambda place: place.ready()[0] == "False",
)
THREE = Scenario(
    "three at once",
    three,
    lambda place: all(place.synced(name) and place.data(name) for name in ("shop", "shop-2", "shop-3")),
)
MOVE = Scenario("another store", another_store, holds(password=b"one"), made())
CLOSE = Scenario(
    "delete the store",
    store_gone,
    lambda place: place.ready()[0] == "False" and place.data() == {"password": b"one"},
    made(),
)
STAY = Scenario(
    "delete and keep",
    deleted_to_stay,
    lambda place: place.get("ExternalSecret", "shop") is None and place.data() == {"password": b"one"},
    made(target={"creationPolicy": "Orphan"}),
    whole=True,
)
REPLACE = Scenario("replace", replaced, holds(user=b"admin"), made(), whole=True)
FREEZE = Scenario("immutable", made(target={"immutable": True}), holds(password=b"one"))

ALL = (
    CREATE, EDIT, SHRINK, ROTATE, DELETE, DELETE_ALL, GONE, MERGE, TEMPLATE, RENAME, TAMPER, REMOVE, MEND, THREE, MOVE,
    CLOSE, STAY, FREEZE,
)  # fmt: skip
SHORT = (CREATE, EDIT, DELETE_ALL, GONE, RENAME, TAMPER)
