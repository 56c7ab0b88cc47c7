"""The rules of the definitions, run by the sandbox: every one has a vector that passes and one that fails."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import re2

from esoctl.crds import rules
from esoctl.crds.generate import all_crds
from esoctl.model import durations
from esoctl.sandbox import rules as cel
from esoctl.sandbox import validation
from parity import golden
from support import vectors
from support.api import Json
from support.vectors import Vector

SCHEMAS: dict[str, Any] = {
    definition["spec"]["names"]["kind"]: definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    for definition in all_crds()  # type: ignore[index]
}
DURATIONS = golden.HERE / "golden" / "duration.json"
TEXTS: list[Json] = [row for row in golden.load(DURATIONS)["rows"] if isinstance(row.get("text"), str)]  # type: ignore[attr-defined]
EACH = pytest.mark.parametrize("vector", [pytest.param(one, id=one.id) for one in vectors.ALL])


def broken(vector: Vector, spec: Json, old: Json = None) -> list[str]:
    """What an API server would say of the object."""
    schema = SCHEMAS[vector.kind]
    new = vector.manifest(spec)
    before = None if old is None else vector.manifest(old)
    found = [*validation.validate(new, schema, before), *cel.check(new, before, schema)]
    return [error.message() for error in found]


def written(value: object) -> Iterator[str]:
    """The message of every rule in a schema."""
    if isinstance(value, Mapping):
        yield from (one["message"] for one in value.get("x-kubernetes-validations", []))
        for below in value.values():
            yield from written(below)


@EACH
def test_what_keeps_a_rule_passes(vector: Vector) -> None:
    assert broken(vector, vector.passes) == []


@EACH
def test_what_breaks_a_rule_is_refused(vector: Vector) -> None:
    assert any(vector.says in said for said in broken(vector, vector.fails))


@EACH
def test_an_object_that_broke_a_rule_before_can_have_other_edits(vector: Vector) -> None:
    other = {"controller": "else"} if vector.kind.endswith("SecretStore") else {"refreshPolicy": "OnChange"}

    assert broken(vector, vector.fails | other, vector.fails) == []


def test_every_rule_has_a_vector_that_breaks_it() -> None:
    told = "\n".join(said for vector in vectors.ALL for said in broken(vector, vector.fails))

    assert [message for schema in SCHEMAS.values() for message in written(schema) if message not in told] == []


@pytest.mark.parametrize("row", [pytest.param(row, id=row["id"]) for row in TEXTS])
def test_the_patterns_of_durations_mean_what_go_reads(row: Json) -> None:
    text = row["text"]
    try:
        nanoseconds = durations.parse(text)
    except ValueError:
        # What is too large is left to the controller.
        assert not re2.search(rules.DURATION, text) or re2.search("[0-9]{7}", text)
        return

    assert re2.search(rules.DURATION, text)
    assert bool(re2.search(rules.LASTING, text)) is (nanoseconds > 0 or text in ("0.0000000001s", "0.5ns"))
    assert bool(re2.search(rules.NOT_NEGATIVE, text)) is not text.startswith("-")
