"""A sync whose object or store is another than when it began writes nothing; an edit of the object stops nothing."""

from collections.abc import Callable

import msgspec
import pytest

from esoctl.errors import Conflict
from esoctl.model.external_secret import ExternalSecret
from esoctl.model.store import Store
from esoctl.plan.observed import Observed
from esoctl.reconcile import footing
from esoctl.reconcile.footing import Footing
from support.builders import a_store, an_external_secret
from support.day import EPOCH
from support.memory_cluster import MemoryViews

Thing = ExternalSecret | Store


def with_meta(thing: Thing, **changes: object) -> Thing:
    return msgspec.structs.replace(thing, metadata=msgspec.structs.replace(thing.metadata, **changes))


def begun(views: MemoryViews) -> Footing:
    es = an_external_secret()
    views.put(es, a_store())
    assert es.spec is not None
    return footing.of(views, Observed(es, EPOCH, None), es.spec)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda views: views.external_secrets.clear(), id="object-gone"),
        pytest.param(lambda views: views.put(with_meta(an_external_secret(), uid="another")), id="object-replaced"),
        pytest.param(lambda views: views.put(an_external_secret(deleting=True, finalizers=["x"])), id="object-deleted"),
        pytest.param(lambda views: views.stores.clear(), id="store-gone"),
        pytest.param(lambda views: views.put(with_meta(a_store(), generation=2)), id="store-edited"),
        pytest.param(lambda views: views.put(with_meta(a_store(), uid="another")), id="store-replaced"),
    ],
)
def test_nothing_is_written_when_the_ground_has_moved(change: Callable[[MemoryViews], object]) -> None:
    views = MemoryViews()
    ground = begun(views)
    change(views)

    with pytest.raises(Conflict, match="nothing is written"):
        footing.require(ground, views)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda views: None, id="nothing"),
        pytest.param(lambda views: views.put(an_external_secret(generation=2)), id="object-edited"),
        pytest.param(lambda views: views.put(with_meta(a_store(), resource_version="99")), id="store-status-written"),
        pytest.param(lambda views: views.put(a_store(name="other")), id="another-store-made"),
    ],
)
def test_what_does_not_move_the_ground_holds_nothing_up(change: Callable[[MemoryViews], object]) -> None:
    views = MemoryViews()
    ground = begun(views)
    change(views)

    footing.require(ground, views)


def test_a_store_that_appears_while_it_is_missed_moves_the_ground() -> None:
    views = MemoryViews()
    es = an_external_secret()
    views.put(es)
    assert es.spec is not None
    ground = footing.of(views, Observed(es, EPOCH, None), es.spec)
    views.put(a_store())

    with pytest.raises(Conflict):
        footing.require(ground, views)
