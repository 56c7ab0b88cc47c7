"""The rows of the fault table that need a real control plane: every test here is marked `cluster` and `faults`."""

import pathlib

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = pathlib.Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.cluster)
            item.add_marker(pytest.mark.faults)
            item.add_marker(pytest.mark.timeout(1800))
