"""Deleting in the sandbox: finalizers, preconditions, garbage collection, namespaces."""

from typing import Any

import pytest

from support.in_process import (
    CONFIG_MAPS,
    NAMESPACES,
    SECRETS,
    Client,
    a_config_map,
    a_namespace,
    a_secret,
    names,
    owner_of,
)

HOLD = "tests.esoctl.dev/hold"


def test_deleting_answers_with_a_status_that_names_the_object() -> None:
    client = Client()
    made = client.made(SECRETS, a_secret())

    status, answer = client.delete(f"{SECRETS}/one")

    assert status == 200
    assert answer["status"] == "Success"
    assert answer["details"] == {"name": "one", "kind": "secrets", "uid": made["metadata"]["uid"]}
    assert client.get(f"{SECRETS}/one")[0] == 404


def test_a_finalizer_holds_the_object_until_it_is_removed() -> None:
    client = Client()
    client.made(SECRETS, a_secret(finalizers=[HOLD]))

    _, held = client.delete(f"{SECRETS}/one")
    _, again = client.delete(f"{SECRETS}/one")
    client.patch(f"{SECRETS}/one", {"metadata": {"finalizers": None}})

    assert held["metadata"]["deletionTimestamp"]
    assert held["metadata"]["deletionGracePeriodSeconds"] == 0
    assert again["metadata"]["resourceVersion"] == held["metadata"]["resourceVersion"]
    assert client.get(f"{SECRETS}/one")[0] == 404


def test_a_dying_object_takes_no_new_finalizers() -> None:
    client = Client()
    client.made(SECRETS, a_secret(finalizers=[HOLD]))
    client.delete(f"{SECRETS}/one")

    status, refused = client.patch(f"{SECRETS}/one", {"metadata": {"finalizers": [HOLD, "tests.esoctl.dev/more"]}})

    assert status == 422
    assert "no new finalizers can be added if the object is being deleted" in refused["message"]


@pytest.mark.parametrize(
    ("preconditions", "words"),
    [
        pytest.param(
            {"uid": "other"}, "the UID in the precondition (other) does not match the UID in record", id="uid"
        ),
        pytest.param(
            {"resourceVersion": "1"}, "the ResourceVersion in the precondition (1) does not match", id="version"
        ),
    ],
)
def test_a_wrong_precondition_is_a_conflict(preconditions: dict[str, str], words: str) -> None:
    client = Client()
    client.made(SECRETS, a_secret())

    status, refused = client.delete(f"{SECRETS}/one", {"preconditions": preconditions})

    assert (status, refused["reason"]) == (409, "Conflict")
    assert words in refused["message"]
    assert client.get(f"{SECRETS}/one")[0] == 200


def test_dependents_go_with_their_owner() -> None:
    client = Client()
    owner = client.made(CONFIG_MAPS, a_config_map("owner"))
    child = client.made(SECRETS, a_secret("child", ownerReferences=[owner_of(owner)]))
    client.made(SECRETS, a_secret("grandchild", ownerReferences=[owner_of(child)]))

    client.delete(f"{CONFIG_MAPS}/owner")

    assert client.get(SECRETS)[1]["items"] == []


def test_a_dependent_of_two_owners_goes_with_the_last() -> None:
    client = Client()
    owners = [client.made(CONFIG_MAPS, a_config_map(name)) for name in ("left", "right")]
    client.made(SECRETS, a_secret("child", ownerReferences=[owner_of(one) for one in owners]))

    client.delete(f"{CONFIG_MAPS}/left")
    _, child = client.get(f"{SECRETS}/child")
    client.delete(f"{CONFIG_MAPS}/right")

    assert [one["name"] for one in child["metadata"]["ownerReferences"]] == ["right"]
    assert client.get(f"{SECRETS}/child")[0] == 404


def test_orphaned_dependents_stay_and_forget_their_owner() -> None:
    client = Client()
    owner = client.made(CONFIG_MAPS, a_config_map("owner"))
    client.made(SECRETS, a_secret("child", ownerReferences=[owner_of(owner)]))

    client.delete(f"{CONFIG_MAPS}/owner", propagationPolicy="Orphan")

    assert client.get(f"{CONFIG_MAPS}/owner")[0] == 404
    assert "ownerReferences" not in client.get(f"{SECRETS}/child")[1]["metadata"]


def test_a_foreground_deletion_waits_for_blocking_dependents() -> None:
    client = Client()
    owner = client.made(CONFIG_MAPS, a_config_map("owner"))
    reference = owner_of(owner, blockOwnerDeletion=True)
    client.made(SECRETS, a_secret("child", ownerReferences=[reference], finalizers=[HOLD]))

    client.delete(f"{CONFIG_MAPS}/owner", propagationPolicy="Foreground")
    _, waiting = client.get(f"{CONFIG_MAPS}/owner")
    client.patch(f"{SECRETS}/child", {"metadata": {"finalizers": None}})

    assert waiting["metadata"]["finalizers"] == ["foregroundDeletion"]
    assert client.get(f"{CONFIG_MAPS}/owner")[0] == 404
    assert client.get(f"{SECRETS}/child")[0] == 404


def test_an_object_whose_owner_never_was_is_collected() -> None:
    client = Client()
    absent = {"apiVersion": "v1", "kind": "ConfigMap", "name": "gone", "uid": "no-such-uid"}

    client.made(SECRETS, a_secret("child", ownerReferences=[absent]))

    assert client.get(f"{SECRETS}/child")[0] == 404


def test_a_deleted_namespace_takes_its_content_with_it() -> None:
    client = Client()
    client.made(NAMESPACES, a_namespace("team"))
    client.made(f"{NAMESPACES}/team/secrets", a_secret())

    status, answer = client.delete(f"{NAMESPACES}/team")

    assert (status, answer["status"]["phase"]) == (200, "Terminating")
    assert client.get(f"{NAMESPACES}/team")[0] == 404
    assert client.get("/api/v1/secrets")[1]["items"] == []


def test_a_namespace_waits_for_finalizers_and_takes_nothing_new_meanwhile() -> None:
    client = Client()
    client.made(NAMESPACES, a_namespace("team"))
    secrets = f"{NAMESPACES}/team/secrets"
    client.made(secrets, a_secret(finalizers=[HOLD]))
    client.delete(f"{NAMESPACES}/team")

    status, refused = client.post(secrets, a_secret("two"))
    client.patch(f"{secrets}/one", {"metadata": {"finalizers": None}})

    assert status == 403
    assert refused["details"]["causes"][0]["reason"] == "NamespaceTerminating"
    assert refused["message"] == (
        'secrets "two" is forbidden: unable to create new content in namespace team because it is being terminated'
    )
    assert client.get(f"{NAMESPACES}/team")[0] == 404


def test_the_default_namespace_cannot_be_deleted() -> None:
    status, refused = Client().delete(f"{NAMESPACES}/default")

    assert status == 403
    assert refused["message"] == 'namespaces "default" is forbidden: this namespace may not be deleted'


def test_deleting_a_collection_keeps_what_the_selector_does_not_choose() -> None:
    client = Client()
    for name, label in (("one", "a"), ("two", "b"), ("three", "a")):
        client.made(SECRETS, a_secret(name, labels={"app": label}))

    status, answer = client.delete(SECRETS, labelSelector="app=a")

    assert (status, names(answer)) == (200, ["one", "three"])
    assert names(client.get(SECRETS)[1]) == ["two"]


@pytest.mark.parametrize(
    "options",
    [pytest.param({"query": {"dryRun": "All"}}, id="query"), pytest.param({"body": {"dryRun": ["All"]}}, id="body")],
)
def test_a_dry_run_of_a_delete_keeps_the_object(options: dict[str, Any]) -> None:
    client = Client()
    client.made(SECRETS, a_secret())

    status, _ = client.delete(f"{SECRETS}/one", options.get("body"), **options.get("query", {}))

    assert status == 200
    assert client.get(f"{SECRETS}/one")[0] == 200
