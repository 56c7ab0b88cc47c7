"""The test run itself: whether it is CI, and the folder that all workers of one run share."""

import os
import pathlib
from typing import NoReturn

import pytest


def in_ci() -> bool:
    return os.environ.get("CI") == "true"


def skip_or_fail(reason: str) -> NoReturn:
    """Skip on a developer's machine that lacks something; in CI nothing may be lacking."""
    if in_ci():
        pytest.fail(f"CI must have it: {reason}")
    pytest.skip(reason)


def shared_folder(factory: pytest.TempPathFactory) -> pathlib.Path:
    """A folder that is one for all pytest-xdist workers of a run, and of this run only."""
    base = factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
