"""When a sync may be taken as repeated: only while all that went into it is the same."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from esoctl.model.external_secret import ExternalSecret, ExternalSecretSpec
from esoctl.model.keys import Kind, StoreRef
from esoctl.model.remote import Quirks
from esoctl.model.values import Values
from esoctl.plan import drift, secret
from esoctl.plan.assemble import Absent, Assembled
from esoctl.plan.observed import Applied, Observed
from esoctl.plan.render import Rendered
from esoctl.plan.secret import SecretPlan
from esoctl.plan.settled import Settled, settled
from esoctl.plan.sources import Get
from support.builders import TARGET_UID, a_target, an_entry, an_external_secret, an_extract, observed

AWS = StoreRef(Kind.SECRET_STORE, "team-a", "aws")
QUIRKS = {AWS: Quirks()}
VALUES = Values({"password": b"old"})
FOUND = Assembled(VALUES, answers=7)


def spec_of(es: ExternalSecret) -> ExternalSecretSpec:
    assert es.spec is not None
    return es.spec


def the_plan(seen: Observed, values: Values = VALUES) -> SecretPlan:
    assembled = Assembled(values, answers=7)
    return secret.want(seen, spec_of(seen.es), assembled, Rendered(values))


def a_settled(seen: Observed) -> Settled:
    known = settled(seen, spec_of(seen.es), FOUND, QUIRKS, the_plan(seen))
    assert known is not None
    return known


def test_a_sync_that_left_its_target_holds_while_nothing_changes() -> None:
    seen = observed(an_external_secret(), a_target())
    known = a_settled(seen)

    assert known.holds(seen, spec_of(seen.es))
    assert known.answered(7, QUIRKS)
    assert known.plan == the_plan(seen)


@pytest.mark.parametrize(
    "es",
    [
        pytest.param(an_external_secret(), id="a spec decoded anew"),
        pytest.param(an_external_secret(labels={"team": "b"}), id="labels"),
        pytest.param(an_external_secret(annotations={"note": "b"}), id="annotations"),
    ],
)
def test_it_ends_with_another_external_secret(es: ExternalSecret) -> None:
    seen = observed(an_external_secret(), a_target())

    assert not a_settled(seen).holds(replace(seen, es=es), spec_of(es))


def test_it_ends_with_another_uid() -> None:
    seen = observed(an_external_secret(), a_target())
    meta = msgspec.structs.replace(seen.es.metadata, uid="another")
    namesake = msgspec.structs.replace(seen.es, metadata=meta)

    assert not a_settled(seen).holds(replace(seen, es=namesake), spec_of(namesake))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"target": a_target()}, id="a later state of the target, though it be equal"),
        pytest.param({"target": None}, id="no target"),
        pytest.param({"applied": Applied(TARGET_UID, {}, {}, True)}, id="what was applied"),
    ],
)
def test_it_ends_with_another_target(change: dict[str, Any]) -> None:
    seen = observed(an_external_secret(), a_target())

    assert not a_settled(seen).holds(replace(seen, **change), spec_of(seen.es))


def test_other_answers_and_other_ways_to_read_them_are_not_the_same() -> None:
    known = a_settled(observed(an_external_secret(), a_target()))

    assert not known.answered(8, QUIRKS)
    assert not known.answered(None, QUIRKS)
    assert not known.answered(7, {AWS: Quirks(strict_properties=True)})


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({"target": {"template": {"data": {"password": "{{ .password }}"}}}}, id="a template"),
        pytest.param({"target": {"creationPolicy": "None"}}, id="no target is wanted"),
        pytest.param(
            {"dataFrom": [{"sourceRef": {"generatorRef": {"kind": "Password", "name": "one"}}}]}, id="a generator"
        ),
        pytest.param(
            {"dataFrom": [an_extract(rewrite=[]) | {"rewrite": [{"transform": {"template": "{{ .value }}"}}]}]},
            id="a transformation of keys",
        ),
    ],
)
def test_what_may_come_out_otherwise_is_worked_out_each_time(spec: dict[str, Any]) -> None:
    seen = observed(an_external_secret(data=[an_entry()], **spec), a_target())
    plan = the_plan(observed(an_external_secret(), a_target()))

    assert settled(seen, spec_of(seen.es), FOUND, QUIRKS, plan) is None


@pytest.mark.parametrize(
    "assembled",
    [
        pytest.param(Assembled(VALUES), id="no store was asked"),
        pytest.param(Assembled(Values(), answers=7), id="there is no value"),
        pytest.param(Assembled(VALUES, (Absent("spec.data[0]", "a", Get(AWS, None)),), answers=7), id="one is absent"),  # type: ignore[arg-type]  # not looked at
    ],
)
def test_answers_without_all_values_are_not_remembered(assembled: Assembled) -> None:
    seen = observed(an_external_secret(), a_target())

    assert settled(seen, spec_of(seen.es), assembled, QUIRKS, the_plan(seen)) is None


def test_a_sync_that_writes_is_not_remembered() -> None:
    seen = observed(an_external_secret(), a_target())
    plan = the_plan(seen, Values({"password": b"new"}))

    assert settled(seen, spec_of(seen.es), FOUND, QUIRKS, plan) is None


def test_a_target_that_differs_all_the_same_is_not_remembered() -> None:
    applied = Applied(TARGET_UID, {"gone": "meanwhile"}, {}, True)
    seen = observed(an_external_secret(), a_target(), applied=applied)

    assert drift.differs(seen, spec_of(seen.es))
    assert settled(seen, spec_of(seen.es), FOUND, QUIRKS, the_plan(seen)) is None


def test_an_intact_target_is_not_compared_again() -> None:
    seen = observed(an_external_secret(), a_target(annotations={"reconcile.external-secrets.io/data-hash": "x"}))

    assert drift.differs(seen, spec_of(seen.es))
    assert not drift.differs(replace(seen, intact=True), spec_of(seen.es))
