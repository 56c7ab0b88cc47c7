"""What ``status.sync`` tells: why, since when, which keys, which versions; and what it never tells."""

import json
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from esoctl.errors import Unavailable
from esoctl.model.external_secret import ExternalSecret, ExternalSecretSpec
from esoctl.model.generators import GeneratorKey
from esoctl.model.generic import Generic
from esoctl.model.keys import Kind, StoreRef
from esoctl.model.meta import Meta
from esoctl.model.provenance import Cause, Remote, Sync
from esoctl.model.remote import Find, RemoteKey
from esoctl.model.values import Payload, Values
from esoctl.plan import provenance
from esoctl.plan.assemble import Assembled
from esoctl.plan.generic import Write
from esoctl.plan.observed import Observed
from esoctl.plan.provenance import LISTED, Change, Reading
from esoctl.plan.refresh import Why
from esoctl.plan.secret import Apply, Leave, Remove
from esoctl.plan.sources import Answer, Failed, Found, Get, Make, Missing, Request, Scan
from support.builders import NOON, TARGET_UID, a_target, an_external_secret, observed, synced

AWS = StoreRef(Kind.SECRET_STORE, "team-a", "aws")
GONE = Unavailable("p", "c", "away")
CANARY = b"hunter2hunter2"


def was_synced(**more: Any) -> ExternalSecret:
    es = an_external_secret(**more)
    return msgspec.structs.replace(es, status=msgspec.convert(synced(es), type(es.status)))


def edited(*, generation: int = 1, **annotations: str) -> ExternalSecret:
    es = was_synced()
    named = {name.replace("_", "-"): value for name, value in annotations.items()}
    meta = msgspec.structs.replace(es.metadata, generation=generation, annotations=named)
    return msgspec.structs.replace(es, metadata=meta)


@pytest.mark.parametrize(
    ("why", "es", "cause"),
    [
        pytest.param(Why.FIRST, an_external_secret(), Cause.FIRST, id="the first sync"),
        pytest.param(Why.DUE, was_synced(), Cause.POLL, id="the interval"),
        pytest.param(Why.CHANGED, edited(generation=2), Cause.EDIT, id="a new generation"),
        pytest.param(Why.CHANGED, edited(generation=2, force_sync="1"), Cause.EDIT, id="an edit of a forced one"),
        pytest.param(Why.CHANGED, edited(force_sync="1"), Cause.FORCED, id="the annotation"),
        pytest.param(Why.CHANGED, edited(note="x"), Cause.EDIT, id="another annotation"),
        pytest.param(Why.FAILED, was_synced(), Cause.RETRY, id="a failure before"),
        pytest.param(Why.SOURCE, was_synced(), Cause.EVENT, id="a store, a generator, a text"),
        pytest.param(Why.DRIFT, was_synced(), Cause.DRIFT, id="a target that differs"),
    ],
)
def test_the_cause_is_why_values_are_fetched(why: Why, es: ExternalSecret, cause: Cause) -> None:
    assert provenance.cause(why, observed(es)) is cause


def test_the_second_read_that_proves_an_absence_is_part_of_the_poll() -> None:
    assert provenance.cause(Why.SOURCE, observed(was_synced()), proving=True) is Cause.POLL
    assert provenance.cause(Why.DRIFT, observed(was_synced()), proving=True) is Cause.DRIFT


def test_every_reason_to_sync_has_a_cause() -> None:
    for why in Why:
        provenance.cause(why, observed(was_synced()))


@pytest.mark.parametrize(
    ("request_", "answer", "found"),
    [
        pytest.param(
            Get(AWS, RemoteKey("db")),
            Payload(b"v", "id-1", stages=("AWSPENDING", "AWSCURRENT")),
            [Remote("SecretStore/aws", "db", "id-1", "AWSCURRENT")],
            id="the current version",
        ),
        pytest.param(
            Get(AWS, RemoteKey("db", "AWSPENDING")),
            Payload(b"v", "id-1", stages=("AWSCURRENT", "AWSPENDING")),
            [Remote("SecretStore/aws", "db", "id-1", "AWSPENDING")],
            id="the label that was asked for",
        ),
        pytest.param(
            Get(AWS, RemoteKey("db", "uuid/id-1")),
            Payload(b"v", "id-1", stages=("AWSPREVIOUS",)),
            [Remote("SecretStore/aws", "db", "id-1", "AWSPREVIOUS")],
            id="a version by its id tells what it has become",
        ),
        pytest.param(
            Get(AWS, RemoteKey("db")),
            Payload(b"v"),
            [Remote("SecretStore/aws", "db")],
            id="a provider without versions",
        ),
        pytest.param(
            Scan(AWS, Find("x")),
            Found((("a", Payload(b"v", "1")), ("b", Payload(b"v", "2")))),
            [Remote("SecretStore/aws", "a", "1"), Remote("SecretStore/aws", "b", "2")],
            id="a search",
        ),
        pytest.param(
            Make(GeneratorKey(Kind.PASSWORD, "team-a", "pw"), "spec.dataFrom[0]"),
            Found((("password", Payload(b"v")),)),
            [Remote("Password/pw")],
            id="a generator",
        ),
        pytest.param(Get(AWS, RemoteKey("db")), Missing(), [], id="absence"),
        pytest.param(Get(AWS, RemoteKey("db")), Failed(GONE), [], id="failure"),
        pytest.param(Make(GeneratorKey(Kind.UUID, "", "u"), "x"), Failed(GONE), [], id="a generator that failed"),
    ],
)
def test_what_was_read_is_told_with_its_version(request_: Request, answer: Answer, found: list[Remote]) -> None:
    assert list(provenance.remotes({request_: answer})) == found


def test_a_secret_that_is_read_twice_is_told_once() -> None:
    answers: dict[Request, Answer] = {
        Get(AWS, RemoteKey("db")): Payload(b"v", "1"),
        Scan(AWS, Find("d")): Found((("db", Payload(b"v", "1")),)),
    }

    assert len(provenance.remotes(answers)) == 1


def an_apply(**data: bytes) -> Apply:
    return Apply("shop", "Opaque", Values(data), {}, {}, None, False, (), TARGET_UID)


def anything(_: str) -> bool:
    return True


@pytest.mark.parametrize(
    ("before", "write", "keys"),
    [
        pytest.param(None, an_apply(a=b"1", b=b"2"), ("a", "b"), id="a new target"),
        pytest.param({"a": b"1"}, an_apply(a=b"2"), ("a",), id="another value"),
        pytest.param({"a": b"1"}, an_apply(a=b"1", b=b"2"), ("b",), id="one more"),
        pytest.param({"a": b"1", "b": b"2"}, an_apply(a=b"1"), ("b",), id="one less"),
        pytest.param({"a": b"1"}, an_apply(a=b"1"), None, id="metadata only"),
        pytest.param({"a": b"1"}, Leave(), None, id="nothing"),
        pytest.param({"a": b"1"}, Remove("shop", TARGET_UID, "1"), ("a",), id="the end"),
    ],
)
def test_a_change_names_the_keys(
    before: dict[str, bytes] | None, write: Apply | Remove | Leave, keys: tuple[str, ...] | None
) -> None:
    seen = observed(was_synced(), a_target(before) if before is not None else None)

    change = provenance.of_secret(seen, write, Cause.POLL, anything)

    assert (change.keys if change else None) == keys
    assert change is None or (change.at, change.cause, change.count) == (NOON, Cause.POLL, len(keys or ()))


def test_a_target_that_is_made_empty_is_a_change_without_keys() -> None:
    change = provenance.of_secret(observed(was_synced()), an_apply(), Cause.FIRST, anything)

    assert change is not None
    assert (change.keys, change.count) == ((), 0)


def templated(**template: Any) -> ExternalSecretSpec:
    spec = an_external_secret(target={"template": template}).spec
    assert spec is not None
    return spec


PLAIN = msgspec.structs.replace(templated(), target=msgspec.convert({}, type(templated().target)))


@pytest.mark.parametrize(
    ("spec", "key", "told"),
    [
        pytest.param(PLAIN, "gone", True, id="without a template all are the provider's, or the manifest's"),
        pytest.param(templated(), "user", True, id="fetched"),
        pytest.param(templated(), "password", True, id="the secretKey of an entry"),
        pytest.param(templated(), "gone", False, id="from wherever"),
        pytest.param(templated(data={"dsn": "x"}), "dsn", True, id="written in the template"),
        pytest.param(
            templated(templateFrom=[{"configMap": {"name": "t", "items": [{"key": "app.conf"}]}}]),
            "app.conf",
            True,
            id="the key of a text",
        ),
        pytest.param(templated(templateFrom=[{"literal": "fixed: x"}]), "fixed", True, id="written in a literal"),
        pytest.param(
            templated(templateFrom=[{"literal": "{{ .user }}: x"}]), CANARY.decode(), False, id="made of a value"
        ),
    ],
)
def test_a_key_is_named_only_where_it_can_be_no_value(spec: ExternalSecretSpec, key: str, told: bool) -> None:
    assert provenance.tellable(spec, Assembled(Values({"user": CANARY})))(key) is told


def test_a_key_that_is_not_named_is_counted() -> None:
    told = provenance.tellable(
        templated(templateFrom=[{"literal": "{{ .user }}: x"}]), Assembled(Values({"user": CANARY}))
    )

    change = provenance.of_secret(observed(was_synced()), an_apply(hunter2hunter2=b"x", user=b"y"), Cause.POLL, told)

    assert change is not None
    assert (change.keys, change.count) == (("user",), 2)


def a_generic(**body: Any) -> Generic:
    return Generic(Meta("shop", "team-a", TARGET_UID), {"kind": "ConfigMap", "metadata": {}, **body}, ())


@pytest.mark.parametrize(
    ("there", "body", "keys"),
    [
        pytest.param(None, {"data": {"url": "x"}}, ("data.url",), id="a new target"),
        pytest.param({"data": {"url": "x", "theirs": "y"}}, {"data": {"url": "z"}}, ("data.url",), id="another value"),
        pytest.param({"data": {"url": "x", "theirs": "y"}}, {"data": {}}, ("data.url",), id="one less"),
        pytest.param({"data": {"url": "x", "theirs": "y"}}, {"data": {"url": "x"}}, None, id="metadata only"),
        pytest.param({"spec": {"a": {"b": 1}}}, {"spec": {"a": {"b": 2}}}, ("spec.a",), id="a field within"),
        pytest.param({"type": "a"}, {"type": "b"}, ("type",), id="a plain field"),
        pytest.param(None, {"data": {"hunter2hunter2": "x"}}, ("data",), id="a name that may be a value"),
    ],
)
def test_of_other_targets_the_fields_are_named(there: Any, body: Any, keys: tuple[str, ...] | None) -> None:
    seen = Observed(was_synced(), NOON, other=a_generic(**there) if there else None)
    theirs = {"data": {"theirs": "y"}} if there and "theirs" in there.get("data", {}) else {}
    write = Write({"kind": "ConfigMap", "metadata": {}, **body}, TARGET_UID, "1", theirs)

    change = provenance.of_generic(seen, write, Cause.EDIT, lambda key: key in ("url", "a"))

    assert (change.keys if change else None) == keys


def test_the_end_of_another_target_is_a_change() -> None:
    seen = Observed(was_synced(), NOON, other=a_generic(data={"url": "x"}))

    change = provenance.of_generic(seen, Remove("shop", TARGET_UID, "1"), Cause.POLL, anything)

    assert change is not None
    assert change.keys == ("data.url",)
    assert provenance.of_generic(seen, Leave(), Cause.POLL, anything) is None


READING = Reading(Cause.POLL, (Remote("SecretStore/aws", "db", "id-2", "AWSCURRENT"),))
CHANGE = Change(NOON, Cause.DRIFT, ("a",), 1)


def test_a_sync_that_changed_something_tells_all_of_it() -> None:
    made = provenance.sync(READING, CHANGE, NOON, NOON + timedelta(hours=1))

    assert (made.cause, made.fetched_at, made.fresh_until) == ("Poll", "2026-06-01T12:00:00Z", "2026-06-01T13:00:00Z")
    assert (made.changed_at, made.change_cause, made.changed_keys) == ("2026-06-01T12:00:00Z", "Drift", ["a"])
    assert (made.remote_count, made.changes) == (1, True)


def test_a_sync_that_changed_nothing_says_nothing_of_changes_and_so_leaves_what_is_told() -> None:
    made = provenance.sync(Reading(Cause.RETRY), None, NOON, None)

    assert json.loads(msgspec.json.encode(made)) == {
        "cause": "Retry",
        "fetchedAt": "2026-06-01T12:00:00Z",
        "freshUntil": None,
        "remotes": [],
        "remoteCount": 0,
    }, "null takes a field away, what is left out stays"
    assert not made.changes


names = st.text("abc", min_size=1, max_size=12)
values = st.binary(min_size=4, max_size=16)
data = st.dictionaries(names, values, max_size=4 * LISTED)


@given(data, data, st.lists(st.tuples(names, names), max_size=2 * LISTED))
def test_no_status_outgrows_its_object_and_none_holds_a_value(
    before: dict[str, bytes], after: dict[str, bytes], read: list[tuple[str, str]]
) -> None:
    seen = observed(was_synced(), a_target(before))
    answers: dict[Request, Answer] = {
        Get(AWS, RemoteKey(name)): Payload(CANARY, version, source=name) for name, version in read
    }
    reading = Reading(Cause.POLL, provenance.remotes(answers))

    change = provenance.of_secret(seen, an_apply(**after), Cause.POLL, anything)
    made = provenance.sync(reading, change, NOON, NOON)

    told = json.loads(msgspec.json.encode(made))
    keys, count = told.get("changedKeys", []), told.get("changedCount", 0)
    assert len(keys) <= LISTED
    assert len(made.remotes) <= LISTED
    assert made.remote_count == len({name for name, _ in read})
    assert count == len({key for key in before.keys() | after.keys() if before.get(key) != after.get(key)})
    assert set(keys) <= before.keys() | after.keys()
    assert CANARY not in msgspec.json.encode(made)
    assert len(msgspec.json.encode(made)) < 64 * 1024
    assert msgspec.json.decode(msgspec.json.encode(made), type=Sync) == made


def test_lists_are_cut_and_counted() -> None:
    change = provenance.of_secret(
        observed(was_synced()), an_apply(**{f"k{n:03}": b"x" for n in range(LISTED + 9)}), Cause.FIRST, anything
    )
    read = tuple(Remote("SecretStore/aws", f"r{n}") for n in range(LISTED + 7))

    made = provenance.sync(Reading(Cause.FIRST, read), change, NOON, None)

    assert isinstance(made.changed_keys, list)
    assert (len(made.changed_keys), made.changed_count) == (LISTED, LISTED + 9)
    assert (len(made.remotes), made.remote_count) == (LISTED, LISTED + 7)
    assert made.changed_keys == sorted(made.changed_keys)
