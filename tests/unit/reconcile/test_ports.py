"""The fakes of the tests and the real things keep the same ports, method by method."""

import inspect

import pytest

from esoctl.reconcile.cluster import ApiCluster
from esoctl.reconcile.ports import Cluster, Note, Views
from esoctl.reconcile.views import InformedViews
from support.memory_cluster import MemoryCluster, MemoryViews


@pytest.mark.parametrize(
    ("port", "kept_by"),
    [(Cluster, ApiCluster), (Cluster, MemoryCluster), (Views, InformedViews), (Views, MemoryViews)],
)
def test_a_port_is_kept_with_the_same_arguments(port: type, kept_by: type) -> None:
    methods = [name for name in vars(port) if not name.startswith("_")]
    assert len(methods) > 5
    for name in methods:
        wanted, found = getattr(port, name), getattr(kept_by, name)
        assert list(inspect.signature(found).parameters) == list(inspect.signature(wanted).parameters), name
        assert inspect.iscoroutinefunction(found) is inspect.iscoroutinefunction(wanted), name


def test_a_note_is_no_warning_unless_it_says_so() -> None:
    assert Note("Created", "secret created") == Note("Created", "secret created", warning=False)
