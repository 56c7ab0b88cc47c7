"""Chains of certificates are put in order by their keys alone."""

import pytest

from esoctl.template.funcs import pem
from esoctl.template.funcs.x509text import Certificate
from esoctl.template.functions import Context
from esoctl.template.govalues import FunctionError
from esoctl.template.limits import Budget, Env


def certificate(key: str, issuer: str) -> Certificate:
    return Certificate(key.encode(), subject_key=key.encode(), authority_key=issuer.encode())


def ordered(*several: Certificate) -> list[bytes]:
    return [each.raw for each in pem.ordered_chain(Context(Env(), Budget(Env())), list(several))]


def test_a_chain_goes_from_the_leaf_to_the_root() -> None:
    assert ordered(certificate("root", ""), certificate("leaf", "middle"), certificate("middle", "root")) == [
        b"leaf",
        b"middle",
        b"root",
    ]


@pytest.mark.parametrize(
    ("several", "problem"),
    [
        pytest.param([("a", "x"), ("b", "x")], "found multiple leaf or disjunct certificates", id="two leaves"),
        pytest.param([("a", "b"), ("b", "a")], "no leaf certificate found", id="a circle"),
        pytest.param([("leaf", "a"), ("a", "b"), ("b", "a")], "resulted in cycle", id="a circle behind a leaf"),
    ],
)
def test_certificates_that_are_no_chain_are_refused(several: list[tuple[str, str]], problem: str) -> None:
    with pytest.raises(FunctionError, match=problem):
        ordered(*(certificate(*each) for each in several))
