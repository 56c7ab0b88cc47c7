"""Reads the ConfigMaps and Secrets that hold templates."""

from esoctl.errors import NotFound
from esoctl.model.external_secret import Template
from esoctl.model.keys import Kind
from esoctl.plan import render
from esoctl.plan.render import TextRef
from esoctl.reconcile.ports import Cluster


async def read_texts(template: Template | None, namespace: str, cluster: Cluster) -> dict[TextRef, dict[str, bytes]]:
    """The texts of every object the template names; raises NotFound with the object's name."""
    return {ref: await _read(ref, namespace, cluster) for ref in render.needed(template)}


async def _read(ref: TextRef, namespace: str, cluster: Cluster) -> dict[str, bytes]:
    if ref.kind is Kind.CONFIG_MAP:
        texts = await cluster.config_map(namespace, ref.name)
        held = None if texts is None else {name: text.encode() for name, text in texts.items()}
    else:
        secret = await cluster.secret(namespace, ref.name)
        held = None if secret is None else dict(secret.data)
    if held is None:
        plural = "configmaps" if ref.kind is Kind.CONFIG_MAP else "secrets"
        raise NotFound(404, "NotFound", f'error fetching templateFrom data: {plural} "{ref.name}" not found')
    return held
