"""What must hold of ``kubectl apply -k manifests`` on any API server."""

from support.conformance.kubectl import kubectl
from support.conformance.place import Place, Server
from support.shipped.definitions import MANIFESTS

NAMESPACE = "esoctl"
OBJECTS = (
    "namespace/esoctl",
    "serviceaccount/esoctl",
    "clusterrole/esoctl",
    "clusterrolebinding/esoctl",
    "role/esoctl",
    "rolebinding/esoctl",
    "deployment/esoctl",
    "service/esoctl-metrics",
)


def install(server: Server) -> str:
    """Install it; what kubectl printed."""
    place = Place(server, server.api, NAMESPACE)
    return kubectl(place, "apply", "--server-side", "--force-conflicts", "-k", str(MANIFESTS))


def all_of_it_is_there(place: Place) -> None:
    for found in OBJECTS:
        assert kubectl(place, "get", "-n", "esoctl", "-o", "name", found).strip().endswith(found.partition("/")[2])


def it_can_be_installed_again_without_a_change(place: Place) -> None:
    before = versions(place.server)

    printed = install(place.server)

    assert len(printed.splitlines()) == len(OBJECTS)
    assert versions(place.server) == before


def versions(server: Server) -> list[str]:
    """Of what nothing else writes to meanwhile."""
    place = Place(server, server.api, NAMESPACE)
    jsonpath = "jsonpath={.metadata.resourceVersion}"
    kept = ("serviceaccount/esoctl", "clusterrole/esoctl", "clusterrolebinding/esoctl", "service/esoctl-metrics")
    return [kubectl(place, "get", "-o", jsonpath, found) for found in kept]
