"""Templates held in ConfigMaps and Secrets."""

import json

import msgspec
import pytest

from esoctl.errors import NotFound
from esoctl.model.external_secret import Template
from esoctl.model.keys import Kind
from esoctl.plan.render import TextRef
from esoctl.reconcile.texts import read_texts
from support.builders import a_target
from support.memory_cluster import MemoryCluster

pytestmark = pytest.mark.asyncio


def template(**source: str) -> Template:
    entry = {kind: {"name": name, "items": []} for kind, name in source.items()}
    return msgspec.json.decode(json.dumps({"templateFrom": [entry, entry]}).encode(), type=Template)


async def test_every_object_is_read_once_from_the_namespace_of_the_external_secret() -> None:
    cluster = MemoryCluster(
        secrets={("team-a", "s"): a_target({"k": b"\xff"})}, config_maps={("team-a", "c"): {"k": "ä"}}
    )

    with cluster.only("config_map", "secret"):
        texts = await read_texts(template(configMap="c", secret="s"), "team-a", cluster)

    assert texts == {
        TextRef(Kind.CONFIG_MAP, "c"): {"k": "ä".encode()},
        TextRef(Kind.SECRET, "s"): {"k": b"\xff"},
    }


async def test_without_a_template_nothing_is_read() -> None:
    cluster = MemoryCluster()

    with cluster.only():
        assert await read_texts(None, "team-a", cluster) == {}


@pytest.mark.parametrize(("kind", "plural"), [("configMap", "configmaps"), ("secret", "secrets")])
async def test_an_object_that_is_not_there_is_named(kind: str, plural: str) -> None:
    with pytest.raises(NotFound, match=f'error fetching templateFrom data: {plural} "none" not found'):
        await read_texts(template(**{kind: "none"}), "team-a", MemoryCluster())
