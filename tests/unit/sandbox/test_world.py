import json

from esoctl.sandbox.api import ADMIN, Api
from esoctl.sandbox.requests import Request, Response
from esoctl.sandbox.world import World
from support.furnished import furnished
from support.in_process import CRDS, NAMESPACES, NOW, a_namespace, counting

STORES = "/apis/external-secrets.io/v1/clustersecretstores"


def a_world() -> World:
    return furnished(lambda: NOW)


def ask(world: World, method: str, path: str, body: object = None) -> Response:
    raw = b"" if body is None else json.dumps(body).encode()
    answer = Api(world).handle_as(ADMIN, Request(method, path, "", {"content-type": "application/json"}, raw))
    assert isinstance(answer, Response)
    return answer


def test_a_twin_serves_what_the_first_one_serves() -> None:
    twin = a_world().twin(lambda: NOW, counting(20_000))

    assert ask(twin, "GET", STORES).status == 200
    assert ask(twin, "GET", CRDS).body == ask(a_world(), "GET", CRDS).body


def test_a_write_to_a_twin_leaves_the_first_one_alone() -> None:
    first = a_world()
    before = first.store.revision
    twin = first.twin(lambda: NOW, counting(20_000))

    made = ask(twin, "POST", NAMESPACES, a_namespace("team-a"))

    assert made.status == 201
    assert twin.store.revision > before == first.store.revision
    assert ask(first, "GET", f"{NAMESPACES}/team-a").status == 404
    assert not list(first.store.shelf(("", "namespaces")).after(before))


def test_a_definition_withdrawn_in_a_twin_is_served_by_the_first_one() -> None:
    first = a_world()
    twin = first.twin(lambda: NOW, counting(20_000))

    gone = ask(twin, "DELETE", f"{CRDS}/clustersecretstores.external-secrets.io")

    assert gone.status == 200
    assert ask(twin, "GET", STORES).status == 404
    assert ask(first, "GET", STORES).status == 200


def test_a_twin_has_a_clock_and_uids_of_its_own() -> None:
    later = "2027-01-01T00:00:00Z"
    first = a_world()
    twin = first.twin(lambda: later, counting(20_000))

    mine, theirs = (ask(world, "POST", NAMESPACES, a_namespace("team-a")).body for world in (twin, first))

    assert mine["metadata"]["creationTimestamp"] == later
    assert theirs["metadata"]["creationTimestamp"] == NOW
    assert mine["metadata"]["uid"] != theirs["metadata"]["uid"]
