"""Generators decode to what they ask for, or say what is wrong with them."""

import json
from typing import Any

import pytest

from esoctl.errors import GeneratorInvalid
from esoctl.model import generators
from esoctl.model.generators import UUID, Encoding, Fake, Password
from esoctl.model.keys import Kind


def decoded(kind: Kind, spec: Any) -> generators.Spec:
    return generators.decode(kind, json.dumps({"metadata": {"name": "one"}, "spec": spec}).encode())


@pytest.mark.parametrize(
    ("kind", "spec", "wanted"),
    [
        (Kind.FAKE, {"data": {"a": "b"}, "controller": "x"}, Fake("x", {"a": "b"})),
        (Kind.FAKE, {}, Fake()),
        (Kind.UUID, {}, UUID()),
        (Kind.PASSWORD, {}, Password(length=24)),
        (
            Kind.PASSWORD,
            {
                "length": 8,
                "digits": 1,
                "symbols": 0,
                "symbolCharacters": "-",
                "noUpper": True,
                "allowRepeat": True,
                "encoding": "base64url",
                "secretKeys": ["k"],
            },
            Password(8, 1, 0, "-", True, True, Encoding.BASE64_URL, ["k"]),
        ),
        (
            Kind.CLUSTER_GENERATOR,
            {"kind": "Fake", "generator": {"fakeSpec": {"data": {"a": "b"}}}},
            Fake("", {"a": "b"}),
        ),
        (Kind.CLUSTER_GENERATOR, {"kind": "UUID", "generator": {"uuidSpec": {}}}, UUID()),
        (
            Kind.CLUSTER_GENERATOR,
            {"kind": "Password", "generator": {"passwordSpec": {"length": 9}}},
            Password(length=9),
        ),
    ],
)
def test_a_generator_decodes(kind: Kind, spec: Any, wanted: generators.Spec) -> None:
    assert decoded(kind, spec) == wanted


@pytest.mark.parametrize(
    ("kind", "spec", "problem"),
    [
        (Kind.PASSWORD, {"length": "eight"}, "spec.length: must be int, got str"),
        (Kind.PASSWORD, {"encoding": "rot13"}, "spec.encoding: Invalid enum value 'rot13'"),
        (Kind.FAKE, {"data": {"a": 1}}, "spec.data[...]: must be str, got int"),
        (
            Kind.CLUSTER_GENERATOR,
            {"kind": "Password", "generator": {"fakeSpec": {}}},
            "invalid ClusterGenerator: when kind is Password, PasswordSpec must be set",
        ),
        (
            Kind.CLUSTER_GENERATOR,
            {"kind": "Grafana", "generator": {"grafanaSpec": {}}},
            "invalid ClusterGenerator: kind Grafana is not served; this operator has: Fake, Password, UUID",
        ),
        (Kind.CLUSTER_GENERATOR, {}, "spec: is missing kind"),
    ],
)
def test_what_is_wrong_with_a_generator_is_told_with_its_place(kind: Kind, spec: Any, problem: str) -> None:
    with pytest.raises(GeneratorInvalid) as caught:
        decoded(kind, spec)

    assert str(caught.value) == problem


def test_only_a_fake_names_a_controller() -> None:
    assert generators.controller(Fake(controller="x")) == "x"
    assert generators.controller(Password()) == ""


def test_the_data_of_a_fake_is_not_printed() -> None:
    assert "gull" not in repr(Fake(data={"user": "gull"}))
