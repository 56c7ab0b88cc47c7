"""From entries to requests: which store, which secret, each once."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esoctl.errors import SpecError
from esoctl.model.external_secret import ExternalSecretSpec
from esoctl.model.keys import Kind, StoreRef
from esoctl.model.remote import Find, MetadataPolicy, RemoteKey
from esoctl.plan import assemble, sources
from esoctl.plan.assemble import Kitchen
from esoctl.plan.sources import Found, Get, Missing, Scan
from support.builders import an_entry, an_external_secret, an_extract

AWS = StoreRef(Kind.SECRET_STORE, "team-a", "aws")
WIDE = StoreRef(Kind.CLUSTER_SECRET_STORE, "", "wide")


def spec_of(**spec: Any) -> ExternalSecretSpec:
    found = an_external_secret(**{"data": [], **spec}).spec
    assert found is not None
    return found


def asked(entry: dict[str, Any]) -> Get | Scan:
    spec = spec_of(dataFrom=[entry])
    return sources.of_data_from("team-a", spec, spec.data_from[0], "spec.dataFrom[0]")


def test_property_decoding_and_conversion_do_not_make_another_request() -> None:
    plain = asked(an_extract("db"))

    assert asked(an_extract("db", property="p", decodingStrategy="Base64", conversionStrategy="Unicode")) == plain
    assert plain == Get(AWS, RemoteKey("db"))


def test_version_and_metadata_make_another_request() -> None:
    assert asked(an_extract("db", version="v", metadataPolicy="Fetch")) == Get(
        AWS, RemoteKey("db", "v", MetadataPolicy.FETCH)
    )


@pytest.mark.parametrize(
    ("find", "query"),
    [
        pytest.param({"name": {"regexp": "^a"}, "path": "/x"}, Find("^a", "/x"), id="name"),
        pytest.param({"name": {"regexp": ""}}, Find(""), id="an empty pattern finds all"),
        pytest.param({"tags": {"b": "2", "a": "1"}}, Find(tags=(("a", "1"), ("b", "2"))), id="tags are sorted"),
    ],
)
def test_a_search(find: dict[str, object], query: Find) -> None:
    assert asked({"find": find}) == Scan(AWS, query)


@pytest.mark.parametrize(
    ("ref", "store"),
    [
        pytest.param({"name": "s"}, StoreRef(Kind.SECRET_STORE, "team-a", "s"), id="no kind"),
        pytest.param({"name": "s", "kind": "SecretStore"}, StoreRef(Kind.SECRET_STORE, "team-a", "s"), id="a store"),
        pytest.param({"name": "wide", "kind": "ClusterSecretStore"}, WIDE, id="a cluster store"),
    ],
)
def test_the_store_of_an_entry(ref: dict[str, str], store: StoreRef) -> None:
    assert asked({**an_extract("db"), "sourceRef": {"storeRef": ref}}).store == store
    assert sources.store_refs("team-a", spec_of(secretStoreRef=ref)) == [store]


@pytest.mark.parametrize(
    ("entry", "path", "problem"),
    [
        pytest.param(
            {**an_extract("a"), "sourceRef": {"storeRef": {"name": "s", "kind": "Vault"}}},
            "spec.dataFrom[0].sourceRef.storeRef.kind",
            '"Vault" is no store',
            id="an unknown kind",
        ),
        pytest.param(
            {**an_extract("a"), "sourceRef": {"storeRef": {}}},
            "spec.dataFrom[0].sourceRef.storeRef.name",
            "no store is named",
            id="no name",
        ),
        pytest.param({"find": {"name": {}}}, "spec.dataFrom[0].find", "unexpected find operator", id="no pattern"),
    ],
)
def test_an_entry_that_cannot_be_asked_for_names_its_place(entry: dict[str, Any], path: str, problem: str) -> None:
    with pytest.raises(SpecError, match=problem) as caught:
        asked(entry)
    assert caught.value.path == path


def test_generators_are_no_source_of_a_data_entry() -> None:
    spec = spec_of(data=[{**an_entry("a"), "sourceRef": {"generatorRef": {"kind": "Password", "name": "p"}}}])

    with pytest.raises(SpecError, match="generatorRef is not possible under data"):
        sources.of_data("team-a", spec, spec.data[0], "spec.data[0]")


def test_references_that_name_no_store_are_left_out_of_the_stores() -> None:
    spec = spec_of(
        secretStoreRef={},
        data=[{**an_entry("a"), "sourceRef": {"storeRef": {"name": "v", "kind": "Vault"}}}],
        dataFrom=[
            {"sourceRef": {"generatorRef": {"kind": "Password", "name": "p"}}},
            {**an_extract("a"), "sourceRef": {"storeRef": {"name": "wide", "kind": "ClusterSecretStore"}}},
            {**an_extract("b"), "sourceRef": {"storeRef": {"name": "wide", "kind": "ClusterSecretStore"}}},
        ],
    )

    assert sources.store_refs("team-a", spec) == [WIDE]


ENTRIES = st.lists(
    st.sampled_from([
        an_extract("a"),
        an_extract("b", version="v"),
        {"find": {"name": {"regexp": "x"}}},
        {},
        {"find": {}},
        {**an_extract("a"), "sourceRef": {"storeRef": {"name": "wide", "kind": "ClusterSecretStore"}}},
    ]),
    max_size=6,
)  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(ENTRIES, st.lists(st.sampled_from([an_entry("a", "x"), an_entry("c", "y")]), max_size=3))
def test_whatever_the_spec_says_each_request_is_made_once_and_none_is_missed(
    many: list[dict[str, Any]], single: list[dict[str, Any]]
) -> None:
    spec = spec_of(dataFrom=many, data=single)

    made = sources.sources("team-a", spec)

    assert len(made) == len(set(made))
    valid = spec_of(dataFrom=[entry for entry in many if entry not in ({}, {"find": {}})], data=single)
    assert sources.sources("team-a", valid) == made
    # The fold asks for nothing that is not among them: with every answer at hand it ends.
    answers = {source: Found(()) if isinstance(source, Scan) else Missing() for source in made}
    tolerant = spec_of(dataFrom=[e for e in many if e not in ({}, {"find": {}})], data=single, target={
        "deletionPolicy": "Delete"
    })  # fmt: skip
    assert not assemble.assemble("team-a", tolerant, Kitchen(answers, lambda template, key: key, {})).values
