"""Views over the informers' stores: broken objects are as good as absent, and missing informers say nothing."""

from dataclasses import replace

import pytest

from esoctl.informers.store import Broken, Store, Writer
from esoctl.model.external_secret import ExternalSecret
from esoctl.model.keys import Kind, StoreRef
from esoctl.model.meta import Bare, Meta
from esoctl.model.secret import Secret
from esoctl.model.store import Store as SecretStore
from esoctl.reconcile.views import BY_OWNER, InformedViews
from support.builders import a_store, a_target, an_external_secret

BROKEN = Broken(Meta("broken", "team-a"), "spec: must be object")
OWN = StoreRef(Kind.SECRET_STORE, "team-a", "aws")
WIDE = StoreRef(Kind.CLUSTER_SECRET_STORE, "", "aws")


class Scene:
    """Views, and the writers of the stores behind them."""

    def __init__(self, *, wide: bool = True) -> None:
        self.external_secrets: Writer[ExternalSecret] = Writer()
        self.stores: Writer[SecretStore] = Writer()
        self.cluster_stores: Writer[SecretStore] = Writer()
        self.metas: Writer[Bare] = Writer({BY_OWNER: lambda bare: [(bare.metadata.namespace, "owner")]})
        self.managed: Writer[Secret] = Writer()
        self.namespaces: Writer[Bare] = Writer()
        self.views = InformedViews(
            self.external_secrets.store,
            self.stores.store,
            self.cluster_stores.store if wide else None,
            self.metas.store,
            self.managed.store,
            self.namespaces.store if wide else None,
        )


def test_what_the_informers_hold_is_found() -> None:
    scene = Scene()
    es, target = an_external_secret(), a_target()
    scene.external_secrets.put(es)
    scene.stores.put(a_store())
    scene.cluster_stores.put(a_store(namespace="", controller="wide"))
    scene.managed.put(target)
    scene.metas.put(Bare(target.metadata))

    assert scene.views.external_secret("team-a", "shop") is es
    assert scene.views.store(OWN) == a_store()
    assert scene.views.store(WIDE) == a_store(namespace="", controller="wide")
    assert scene.views.managed_secret("team-a", "shop") is target
    assert scene.views.secret_meta("team-a", "shop") is target.metadata
    assert scene.views.secrets_created_by("team-a", "owner") == [target.metadata]
    assert scene.views.secrets_created_by("team-b", "owner") == []


def test_what_is_not_there_or_broken_is_none() -> None:
    scene = Scene()
    scene.external_secrets.put(BROKEN)
    scene.stores.put(BROKEN)
    scene.managed.put(BROKEN)

    assert scene.views.external_secret("team-a", "broken") is None
    assert scene.views.external_secret("team-a", "none") is None
    assert scene.views.store(StoreRef(Kind.SECRET_STORE, "team-a", "broken")) is None
    assert scene.views.managed_secret("team-a", "broken") is None
    assert scene.views.secret_meta("team-a", "none") is None


def test_in_one_namespace_there_are_no_cluster_stores_and_names_are_all_that_is_known() -> None:
    views = Scene(wide=False).views

    assert views.store(WIDE) is None
    assert views.namespace_labels("team-a") == {"kubernetes.io/metadata.name": "team-a"}


def test_what_is_beyond_a_list_of_namespaces_is_told_with_what_to_use_instead() -> None:
    views = replace(Scene(wide=False).views, served=("team-a", "team-b"))

    assert views.beyond(Kind.SECRET_STORE) == ""
    assert views.beyond(Kind.CLUSTER_SECRET_STORE) == (
        "this operator serves the namespaces team-a, team-b alone and reads no ClusterSecretStore; "
        "use a SecretStore, or let it serve the whole cluster"
    )
    assert "use a generator of the namespace" in views.beyond(Kind.CLUSTER_GENERATOR)
    assert Scene().views.beyond(Kind.CLUSTER_SECRET_STORE) == ""


def test_labels_of_namespaces() -> None:
    scene = Scene()
    scene.namespaces.put(Bare(Meta("team-a", labels={"tier": "prod"})))

    assert scene.views.namespace_labels("team-a") == {"tier": "prod"}
    assert scene.views.namespace_labels("team-b") == {"kubernetes.io/metadata.name": "team-b"}


@pytest.mark.parametrize(("version", "seen"), [("", 0), ("17", 17), ("v17", 0)])
def test_how_far_the_informer_is(version: str, seen: int) -> None:
    scene = Scene()
    scene.metas.advance(version)

    assert scene.views.secrets_seen("team-a") == seen
    assert isinstance(scene.metas.store, Store)
