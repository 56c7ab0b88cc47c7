"""URL paths of the Kubernetes API. Pure.

A name comes from what a user wrote: one that would change which path is meant is refused here, because an empty name
turns a read of one Secret into a list of all. Source: Kubernetes API concepts, "Resource URIs".
"""

from urllib.parse import quote, urlencode

from esoctl.errors import Invalid
from esoctl.model.kinds import Resource


def collection(resource: Resource, namespace: str | None) -> str:
    """The path of all objects of a kind, in one namespace or, with None, in all."""
    root = f"/apis/{resource.group}/{resource.version}" if resource.group else f"/api/{resource.version}"
    if namespace is None or not resource.namespaced:
        return f"{root}/{resource.plural}"
    return f"{root}/namespaces/{_segment('namespace', namespace)}/{resource.plural}"


def item(resource: Resource, namespace: str, name: str, subresource: str = "") -> str:
    """The path of one object or of its subresource; ``namespace`` is empty for a kind of cluster scope."""
    path = f"{collection(resource, namespace)}/{_segment('name', name)}"
    return f"{path}/{subresource}" if subresource else path


def version(api_version: str) -> str:
    """The path that lists the kinds of a group and version."""
    group, _, name = api_version.rpartition("/")
    root = f"/apis/{_segment('group', group)}" if group else "/api"
    return f"{root}/{_segment('version', name)}"


def query(**parameters: str | int | bool | None) -> dict[str, str]:
    """Query parameters as text, without those that are empty, zero, false or None."""
    return {name: _text(value) for name, value in parameters.items() if value}


def url(root: str, path: str, parameters: dict[str, str]) -> str:
    """The whole URL, encoded; ``root`` may have a path of its own, as behind a gateway."""
    target = f"{root.rstrip('/')}{path}"
    return f"{target}?{urlencode(parameters)}" if parameters else target


def _segment(what: str, text: str) -> str:
    if text in ("", ".", "..") or "/" in text or "%" in text:
        raise Invalid(0, "BadName", f"{text!r} cannot be the {what} of an object")
    return quote(text, safe="")


def _text(value: str | int | bool | None) -> str:
    return "true" if value is True else str(value)
