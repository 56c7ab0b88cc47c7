"""The fold of answers into values: order, absence, failure."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esoctl.errors import AccessDenied, EntryFailed, GeneratorInvalid, SecretMissing, SpecError, Unavailable
from esoctl.model.generators import GeneratorKey
from esoctl.model.keys import Kind, StoreRef
from esoctl.model.remote import Find, Quirks, RemoteKey
from esoctl.model.values import Payload, Values
from esoctl.plan import assemble, sources
from esoctl.plan.assemble import Assembled, Kitchen
from esoctl.plan.sources import Answer, Failed, Found, Get, Make, Missing, Request, Scan
from support.builders import an_entry, an_external_secret, an_extract

STORE = StoreRef(Kind.SECRET_STORE, "team-a", "aws")


def get(key: str, version: str = "") -> Get:
    return Get(STORE, RemoteKey(key, version))


def fold(
    answers: dict[Request, Answer], *, quirks: Quirks | None = None, deletion: str = "Retain", **spec: object
) -> Assembled:
    es = an_external_secret(target={"deletionPolicy": deletion}, **{"data": [], **spec})
    assert es.spec is not None
    kitchen = Kitchen(answers, lambda template, key: template + key, {STORE: quirks} if quirks else {})
    return assemble.assemble("team-a", es.spec, kitchen)


def text(value: str) -> Payload:
    return Payload(value.encode())


def test_a_value_arrives_whole() -> None:
    result = fold({get("db"): Payload(b"\x00\xff{not json")}, data=[an_entry("db")])

    assert result == Assembled(result.values)
    assert dict(result.values) == {"password": b"\x00\xff{not json"}


def test_a_property_is_picked() -> None:
    result = fold({get("db"): text('{"user":{"name":"ada"}}')}, data=[an_entry("db", property="user.name")])

    assert dict(result.values) == {"password": b"ada"}


def test_data_wins_over_data_from_and_later_over_earlier() -> None:
    answers = {get("a"): text('{"k":"a","only":"a"}'), get("b"): text('{"k":"b"}'), get("c"): text("c")}

    result = fold(answers, data=[an_entry("c", "k")], dataFrom=[an_extract("a"), an_extract("b")])
    without = fold(answers, dataFrom=[an_extract("a"), an_extract("b")])

    assert dict(result.values) == {"k": b"c", "only": b"a"}
    assert dict(without.values) == {"k": b"b", "only": b"a"}


def test_the_first_failing_entry_of_the_spec_is_the_error() -> None:
    answers: dict[Request, Answer] = {
        get("a"): Failed(Unavailable("AWS", "Get", "away")),
        get("b"): Failed(AccessDenied("AWS", "Get", "denied")),
    }

    with pytest.raises(EntryFailed, match=r"error processing spec\.data\[0\] \(key: a\), err: away") as caught:
        fold(answers, data=[an_entry("a", "x"), an_entry("b", "y")])
    assert isinstance(caught.value.cause, Unavailable)


def test_a_missing_secret_is_an_error_under_retain() -> None:
    with pytest.raises(EntryFailed, match=r"spec\.data\[0\] \(key: gone\), err: Secret does not exist") as caught:
        fold({get("gone"): Missing()}, data=[an_entry("gone")])
    assert isinstance(caught.value.cause, SecretMissing)


def test_every_missing_entry_of_data_is_named_and_no_other() -> None:
    answers: dict[Request, Answer] = {get("a"): Missing(), get("b"): text("x"), get("c"): Missing()}
    entries = [an_entry("a", "x"), an_entry("b", "y"), an_entry("c", "z")]

    with pytest.raises(EntryFailed) as caught:
        fold(answers, data=entries)

    first = "error processing spec.data[0] (key: a), err: Secret does not exist"
    assert str(caught.value) == f"{first}; missing too: spec.data[2] (key: c)"


@pytest.mark.parametrize("deletion", ["Delete", "Merge"])
def test_a_missing_entry_is_skipped_when_the_policy_tolerates_it(deletion: str) -> None:
    answers: dict[Request, Answer] = {get("gone"): Missing(), get("db"): text("x")}

    result = fold(answers, deletion=deletion, data=[an_entry("gone", "a"), an_entry("db", "b")])

    assert dict(result.values) == {"b": b"x"}
    assert [(gap.path, gap.key) for gap in result.absent] == [("spec.data[0]", "gone")]
    assert result.proven


def test_an_absent_entry_is_told_even_when_a_later_one_fails() -> None:
    answers: dict[Request, Answer] = {get("gone"): Missing(), get("b"): Failed(Unavailable("AWS", "Get", "away"))}

    with pytest.raises(EntryFailed) as caught:
        fold(answers, deletion="Delete", data=[an_entry("gone", "a"), an_entry("b", "b")])

    assert caught.value.absent == (("spec.data[0]", "gone"),)


def test_a_missing_property_is_an_error_even_when_absence_is_tolerated() -> None:
    with pytest.raises(EntryFailed, match="key p does not exist in secret db"):
        fold({get("db"): text("{}")}, deletion="Delete", data=[an_entry("db", property="p")])


def test_a_provider_may_take_a_missing_property_for_absence() -> None:
    quirks = Quirks(missing_property_is_absence=True)

    result = fold({get("db"): text("{}")}, quirks=quirks, deletion="Delete", data=[an_entry("db", property="p")])

    assert [gap.path for gap in result.absent] == ["spec.data[0]"]


def test_an_extract_needs_a_json_object() -> None:
    with pytest.raises(EntryFailed, match=r"spec\.dataFrom\[0\]\.extract, err: unable to unmarshal secret db"):
        fold({get("db"): text("plain")}, dataFrom=[an_extract("db")])


def test_keys_of_a_find_are_converted_and_its_emptiness_proves_nothing() -> None:
    find = {"find": {"name": {"regexp": "app"}}}
    scan = Scan(STORE, Find("app"))

    found = fold({scan: Found((("app/db", text("1")),))}, dataFrom=[find])
    empty = fold({scan: Found(())}, dataFrom=[find])

    assert dict(found.values) == {"app_db": b"1"}
    assert (found.proven, empty.proven, dict(empty.values)) == (True, False, {})


def test_values_are_decoded_after_keys_are_converted() -> None:
    entry = an_extract("db", decodingStrategy="Base64", conversionStrategy="Unicode")

    result = fold({get("db"): text('{"a/b":"aGk="}')}, dataFrom=[entry])

    assert dict(result.values) == {"a_U002f_b": b"hi"}


def test_undecodable_values_name_the_key_and_not_the_value() -> None:
    with pytest.raises(EntryFailed) as caught:
        fold({get("db"): text("sw0rdfish!!")}, data=[an_entry("db", decodingStrategy="Base64")])

    assert "sw0rdfish" not in str(caught.value)


def test_null_bytes_are_refused_only_on_request() -> None:
    answers: dict[Request, Answer] = {get("db"): Payload(b"a\x00b")}

    with pytest.raises(EntryFailed, match='key "password" contains null bytes'):
        fold(answers, data=[an_entry("db", nullBytePolicy="Fail")])
    assert dict(fold(answers, data=[an_entry("db")]).values) == {"password": b"a\x00b"}


def test_a_rewrite_replaces_the_conversion() -> None:
    entry = {**an_extract("db"), "rewrite": [{"regexp": {"source": "^(.*)$", "target": "x-$1"}}]}

    assert dict(fold({get("db"): text('{"a":"1"}')}, dataFrom=[entry]).values) == {"x-a": b"1"}


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        pytest.param(
            {"extract": {"key": "a"}, "find": {"name": {"regexp": "x"}}}, "cannot be set at the same time", id="both"
        ),
        pytest.param({}, "either extract, find", id="nothing"),
        pytest.param({"sourceRef": {"storeRef": {"name": "s"}}}, "either extract, find", id="a store alone"),
        pytest.param(
            {"sourceRef": {}, "extract": {"key": "a"}}, "generatorRef or storeRef must be set", id="empty source"
        ),
        pytest.param(
            {"sourceRef": {"storeRef": {}}, "extract": {"key": "a"}}, "no store is named", id="nameless store"
        ),
        pytest.param({"find": {"path": "x"}}, "unexpected find operator", id="a path alone"),
        pytest.param({"find": {"tags": {}}}, "unexpected find operator", id="empty tags"),
        pytest.param(
            {"sourceRef": {"generatorRef": {"kind": "Grafana", "name": "f"}}},
            "no generator of this kind",
            id="generator",
        ),
    ],
)
def test_an_entry_that_cannot_be_meant_is_refused_with_its_place(entry: dict[str, object], problem: str) -> None:
    with pytest.raises(EntryFailed, match=problem) as caught:
        fold({}, dataFrom=[entry])
    assert isinstance(caught.value.cause, SpecError)
    assert caught.value.cause.path


def made(place: int, **values: str) -> dict[Request, Answer]:
    """What a Fake generator gives for that entry."""
    make = Make(GeneratorKey(Kind.FAKE, "team-a", "dummy"), f"spec.dataFrom[{place}]")
    return {make: Found(tuple((key, text(value)) for key, value in values.items()))}


GENERATED = {"sourceRef": {"generatorRef": {"kind": "Fake", "name": "dummy"}}}


def test_a_generator_stands_in_the_order_of_the_entries() -> None:
    answers = {get("a"): text('{"b":"store","c":"store"}'), get("one"): text("single")}

    first = fold(
        answers | made(0, a="gen", b="gen", c="gen"), dataFrom=[GENERATED, an_extract("a")], data=[an_entry("one", "c")]
    )
    last = fold(answers | made(1, a="gen", b="gen", c="gen"), dataFrom=[an_extract("a"), GENERATED])

    assert dict(first.values) == {"a": b"gen", "b": b"store", "c": b"single"}
    assert dict(last.values) == {"a": b"gen", "b": b"gen", "c": b"gen"}


def test_the_keys_of_a_generator_are_rewritten_but_not_converted() -> None:
    rewritten = fold(
        made(0, user="u"), dataFrom=[{**GENERATED, "rewrite": [{"regexp": {"source": "^", "target": "db_"}}]}]
    )

    assert dict(rewritten.values) == {"db_user": b"u"}
    with pytest.raises(EntryFailed, match=r"spec.dataFrom\[0\].sourceRef.generatorRef, err: key has invalid character"):
        fold(made(0, **{"a/b": "x"}), dataFrom=[GENERATED])


def test_a_generator_that_makes_nothing_proves_that_there_is_nothing() -> None:
    assert fold(made(0), dataFrom=[GENERATED]) == Assembled(Values())


def test_a_generator_that_fails_fails_the_entry() -> None:
    answers: dict[Request, Answer] = {next(iter(made(0))): Failed(GeneratorInvalid("error using generator: no"))}

    with pytest.raises(EntryFailed) as caught:
        fold(answers, dataFrom=[GENERATED], deletion="Delete")

    where = "error processing spec.dataFrom[0].sourceRef.generatorRef, err: "
    assert str(caught.value) == f"{where}error using generator: no"


def test_an_entry_that_cannot_be_meant_asks_for_nothing() -> None:
    es = an_external_secret(data=[an_entry("a")], dataFrom=[{}, an_extract("b")])
    assert es.spec is not None

    assert sources.sources("team-a", es.spec) == [get("b"), get("a")]


def test_equal_requests_are_made_once() -> None:
    es = an_external_secret(
        data=[an_entry("a", "x"), an_entry("a", "y", property="p"), an_entry("a", "z", version="v")]
    )
    assert es.spec is not None

    assert sources.sources("team-a", es.spec) == [get("a"), get("a", "v")]


def test_an_entry_may_name_its_own_store() -> None:
    entry = {**an_entry("a"), "sourceRef": {"storeRef": {"kind": "ClusterSecretStore", "name": "wide"}}}
    es = an_external_secret(data=[entry])
    assert es.spec is not None

    assert sources.sources("team-a", es.spec) == [Get(StoreRef(Kind.CLUSTER_SECRET_STORE, "", "wide"), RemoteKey("a"))]
    assert sources.store_refs("team-a", es.spec) == [STORE, StoreRef(Kind.CLUSTER_SECRET_STORE, "", "wide")]


FIND = {"find": {"name": {"regexp": "x"}}}
FOUND_BY = Scan(STORE, Find("x"))


def test_a_search_that_fails_fails_the_whole() -> None:
    with pytest.raises(EntryFailed, match=r"error processing spec\.dataFrom\[0\]\.find, err: away"):
        fold({FOUND_BY: Failed(Unavailable("AWS", "List", "away"))}, dataFrom=[FIND], deletion="Delete")


@pytest.mark.parametrize("entry", [pytest.param(FIND, id="find"), pytest.param(an_extract("gone"), id="extract")])
def test_what_is_absent_under_data_from_is_tolerated_by_policy_only(entry: dict[str, object]) -> None:
    answers: dict[Request, Answer] = {FOUND_BY: Missing(), get("gone"): Missing(), get("db"): text("x")}

    result = fold(answers, dataFrom=[entry], data=[an_entry("db")], deletion="Delete")

    assert dict(result.values) == {"password": b"x"}
    assert [gap.path for gap in result.absent] == ["spec.dataFrom[0]"]
    with pytest.raises(EntryFailed, match="Secret does not exist"):
        fold(answers, dataFrom=[entry], data=[an_entry("db")])


@settings(deadline=None, max_examples=50)
@given(st.integers(min_value=1, max_value=8), st.randoms(use_true_random=False))
def test_the_order_in_which_answers_come_does_not_matter(count: int, chance: random.Random) -> None:
    entries = [an_extract(f"k{n}") for n in range(count)]
    answers = [(get(f"k{n}"), text(f'{{"shared":"{n}","own{n}":"x"}}')) for n in range(count)]
    shuffled = list(answers)
    chance.shuffle(shuffled)

    assert fold(dict(shuffled), dataFrom=entries) == fold(dict(answers), dataFrom=entries)
