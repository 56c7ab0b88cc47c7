"""The conformance suite: every check of every subject, as parameters for pytest.

A check is a public function with one argument, `place`, in a subject's module.
"""

import inspect
from collections.abc import Callable
from types import ModuleType

import pytest

from support.conformance import applying, crud, discovery, listing, patching, running, schema, secrets, watching
from support.conformance.place import Place

Check = Callable[[Place], None]
SUBJECTS = (discovery, crud, patching, applying, listing, watching, schema, secrets, running)


def checks() -> list[object]:
    return [
        pytest.param(function, id=f"{subject.__name__.rsplit('.', 1)[1]}-{name}")
        for subject in SUBJECTS
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
