import pytest

from esoctl.errors import AccessDenied
from esoctl.model.keys import Kind, StoreRef
from esoctl.model.remote import Find, MetadataPolicy, RemoteKey
from esoctl.model.values import Payload
from esoctl.plan.rotation import CROWD, LEFT_BEHIND, REMEMBERED_SECONDS, Newest, torn
from esoctl.plan.sources import Answer, Failed, Found, Get, Missing, Scan, Source

STORE = StoreRef(Kind.SECRET_STORE, "team-a", "aws")
OTHER = StoreRef(Kind.SECRET_STORE, "team-a", "other")
DB = RemoteKey("db")


def get(key: str = "db", version: str = "", *, store: StoreRef = STORE, tags: bool = False) -> Get:
    return Get(store, RemoteKey(key, version, MetadataPolicy.FETCH if tags else MetadataPolicy.NONE))


def payload(version: str, rank: float | None = None, source: str = "") -> Payload:
    return Payload(b"x", version, rank, source)


SCAN = Scan(STORE, Find("^d"))
ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf"


@pytest.mark.parametrize(
    ("answers", "broken"),
    [
        pytest.param({get(): payload("1"), get("b"): payload("2")}, [], id="two secrets"),
        pytest.param({get(): payload("1"), SCAN: Found((("db", payload("1")),))}, [], id="one version"),
        pytest.param(
            {get(): payload("1"), SCAN: Found((("db", payload("2")),))}, [get(), SCAN], id="a search and an entry"
        ),
        pytest.param(
            {get(): payload("1", source=ARN), get(ARN): payload("2", source=ARN)}, [get(), get(ARN)], id="name and ARN"
        ),
        pytest.param({get(): payload("1"), get(version="AWSCURRENT"): payload("2")}, [get(), get("db", "AWSCURRENT")]),
        pytest.param({get(): payload("2"), get(version="AWSPREVIOUS"): payload("1")}, [], id="now and before"),
        pytest.param(
            {get(): payload("1"), get(version="AWSPREVIOUS"): payload("1")},
            [get(), get("db", "AWSPREVIOUS")],
            id="now and before, astride a rotation",
        ),
        pytest.param({get(): payload("2"), get(version="uuid/1"): payload("1")}, [], id="a pinned version"),
        pytest.param({get(): payload("2"), get(version="uuid/2"): payload("2")}, [], id="the current one, pinned"),
        pytest.param({get(): payload("2"), get(tags=True): Payload(b"{}")}, [], id="tags have no version"),
        pytest.param({get(): Payload(b"1"), SCAN: Found((("db", Payload(b"2")),))}, [], id="without versions"),
        pytest.param({get(): payload("1"), get(store=OTHER): payload("2")}, [], id="another store"),
        pytest.param({get(): Missing(), SCAN: Failed(AccessDenied("AWS", "Get", "no"))}, [], id="no values"),
        pytest.param({}, [], id="nothing"),
    ],
)
def test_what_a_rotation_has_torn(answers: dict[Source, Answer], broken: list[Source]) -> None:
    assert torn(answers) == broken


def test_an_older_date_is_behind() -> None:
    newest = Newest()
    newest.note(DB, payload("2", 20.0), now=0.0)

    assert newest.behind(DB, payload("1", 10.0), now=1.0)
    assert not newest.behind(DB, payload("3", 30.0), now=1.0)
    assert not newest.behind(DB, payload("2", 10.0), now=1.0)


def test_a_version_that_was_left_is_behind_whatever_its_date() -> None:
    newest = Newest()
    newest.note(DB, payload("1"), now=0.0)
    newest.note(DB, payload("2"), now=1.0)

    assert newest.behind(DB, payload("1"), now=2.0)
    assert not newest.behind(DB, payload("3"), now=2.0)


def test_what_is_believed_again_is_no_longer_behind_and_its_successor_is() -> None:
    newest = Newest()
    newest.note(DB, payload("1", 10.0), now=0.0)
    newest.note(DB, payload("2", 20.0), now=1.0)
    newest.note(DB, payload("1", 10.0), now=2.0)

    assert not newest.behind(DB, payload("1", 10.0), now=3.0)
    assert newest.behind(DB, payload("2", 20.0), now=3.0)


def test_ten_minutes_after_it_was_seen_last_a_version_is_forgotten() -> None:
    newest = Newest()
    newest.note(DB, payload("2", 20.0), now=0.0)
    newest.note(DB, payload("2", 20.0), now=300.0)

    assert newest.behind(DB, payload("1", 10.0), now=299.0 + REMEMBERED_SECONDS)
    assert not newest.behind(DB, payload("1", 10.0), now=300.0 + REMEMBERED_SECONDS)


def test_the_date_of_the_secret_does_not_replace_that_of_its_version() -> None:
    newest = Newest()
    newest.note(DB, payload("2", 20.0), now=0.0)
    newest.note(DB, payload("2", 1.0), now=1.0)

    assert newest.behind(DB, payload("1", 10.0), now=2.0)


@pytest.mark.parametrize("other", [RemoteKey("b"), RemoteKey("db", "prod")])
def test_another_secret_or_label_has_its_own_memory(other: RemoteKey) -> None:
    newest = Newest()
    newest.note(DB, payload("2", 20.0), now=0.0)

    assert not newest.behind(other, payload("1", 10.0), now=1.0)


def test_it_knows_for_ten_minutes_what_was_there_and_forgets_what_is_gone() -> None:
    newest = Newest()
    newest.note(DB, payload("1"), now=0.0)
    newest.note(RemoteKey("b"), payload("1"), now=0.0)

    newest.forget(RemoteKey("b"))
    newest.forget(RemoteKey("c"))

    assert newest.knows(DB, now=REMEMBERED_SECONDS - 1)
    assert not newest.knows(DB, now=REMEMBERED_SECONDS)
    assert not newest.knows(RemoteKey("b"), now=1.0)


def test_without_a_version_nothing_is_remembered() -> None:
    newest = Newest()

    newest.note(DB, Payload(b"x"), now=0.0)

    assert len(newest) == 0


def test_what_is_read_all_the_time_is_remembered_however_much_it_is() -> None:
    newest = Newest()
    for number in range(3 * CROWD):
        newest.note(RemoteKey(str(number)), payload("2", 2.0), now=0.0)

    assert len(newest) == 3 * CROWD
    assert newest.behind(RemoteKey("0"), payload("1", 1.0), now=1.0)


def test_the_memory_is_bounded() -> None:
    newest = Newest()
    for number in range(CROWD):
        newest.note(RemoteKey(str(number)), payload("1"), now=0.0)

    newest.note(DB, payload("1"), now=REMEMBERED_SECONDS)
    for number in range(50):
        newest.note(DB, payload(str(number)), now=REMEMBERED_SECONDS)

    assert len(newest) == 1
    assert newest.behind(DB, payload(str(49 - LEFT_BEHIND)), now=REMEMBERED_SECONDS)
    assert not newest.behind(DB, payload("1"), now=REMEMBERED_SECONDS)
