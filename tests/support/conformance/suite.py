"""The conformance suite: every check of every subject, as parameters for pytest.

A check is a public function with one argument, `place`, in a subject's module.
"""

import inspect
from collections.abc import Callable, Sequence
from types import ModuleType

import pytest
from _pytest.mark.structures import ParameterSet

from support.conformance import (
    applying,
    clientgo,
    crud,
    deletion,
    discovery,
    kubectl,
    listing,
    ownership,
    patching,
    python_client,
    running,
    schema,
    secrets,
    watching,
)
from support.conformance.place import Place

Check = Callable[[Place], None]
SUBJECTS = (
    discovery,
    crud,
    patching,
    applying,
    ownership,
    deletion,
    listing,
    watching,
    schema,
    secrets,
    running,
    python_client,
    kubectl,
)
NEEDING_GO = (clientgo,)
"""What takes a Go compiler the first time, and so has no place in the tests without a cluster."""


def checks(subjects: Sequence[ModuleType] = SUBJECTS) -> list[ParameterSet]:
    return [
        pytest.param(function, id=f"{subject.__name__.rsplit('.', 1)[1]}-{name}")
        for subject in subjects
        for name, function in checks_of(subject)
    ]


def checks_of(subject: ModuleType) -> list[tuple[str, Check]]:
    found = [
        (name, function)
        for name, function in vars(subject).items()
        if inspect.isfunction(function)
        and function.__module__ == subject.__name__
        and list(inspect.signature(function).parameters) == ["place"]
        and not name.startswith("_")
    ]
    assert found, f"{subject.__name__} has no check"
    return found
