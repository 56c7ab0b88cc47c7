"""What is known of a visit, and what of it may be told."""

import json

from esoctl.model.keys import Kind, StoreRef
from esoctl.model.provenance import Cause, Remote
from esoctl.reconcile import visits
from esoctl.reconcile.visits import Act

ACT = Act("updated", "Secret", "team-a", "shop", "u-1", "42", "externalsecrets.external-secrets.io/shop", ("b", "a"))


def test_an_act_is_noted_once_for_its_visit() -> None:
    with visits.visiting("ExternalSecret/team-a/shop", lambda: "id") as visit:
        visits.note(ACT)
        visits.note(ACT)
        visits.note(Act("deleted", "Secret", "team-a", "till"))

    assert visit.did == ["updated Secret shop", "deleted Secret till"]


def test_outside_of_visits_nothing_is_kept() -> None:
    visits.note(ACT)

    assert visits.current().did == []


def test_visits_do_not_know_of_one_another() -> None:
    with visits.visiting("one", lambda: "1") as one:
        with visits.visiting("two", lambda: "2"):
            visits.note(ACT)
        assert visits.current() is one

    assert one.did == []


def test_an_id_is_made_when_somebody_asks_for_it_and_stays() -> None:
    made = iter(("first", "second"))
    with visits.visiting("key", lambda: next(made)) as visit:
        assert visit.id == visit.id == "first"


def test_the_log_says_store_and_cause_where_they_are_known_once_the_visit_is_over() -> None:
    with visits.visiting("key", lambda: "id") as visit:
        assert visit.told() == {"key": "key", "reconcile_id": "id"}
        visit.stores = [StoreRef(Kind.SECRET_STORE, "team-a", "aws"), StoreRef(Kind.CLUSTER_SECRET_STORE, "", "all")]
        visit.cause = Cause.POLL

        visit.seconds = 0.12345

        assert visit.told() == {
            "key": "key",
            "reconcile_id": "id",
            "store": "SecretStore/aws, ClusterSecretStore/all",
            "cause": "Poll",
            "seconds": 0.123,
        }


def test_W02_a_record_says_who_what_from_which_version_and_why() -> None:
    with visits.visiting("ExternalSecret/team-a/shop", lambda: "5e1f") as visit:
        visit.cause, visit.remotes = Cause.POLL, [Remote("SecretStore/aws", "app/db", "v-2", "AWSCURRENT")]
        visit.tellable = lambda _: True
        record = visits.audited(ACT)

    assert json.loads(json.dumps(record)) == {
        "action": "updated",
        "kind": "Secret",
        "namespace": "team-a",
        "name": "shop",
        "uid": "u-1",
        "resource_version": "42",
        "field_manager": "externalsecrets.external-secrets.io/shop",
        "keys": ["a", "b"],
        "key_count": 2,
        "for": "ExternalSecret/team-a/shop",
        "cause": "Poll",
        "remotes": [{"source": "SecretStore/aws", "key": "app/db", "version": "v-2"}],
        "reconcile_id": "5e1f",
    }


def test_SEC_names_of_keys_that_may_be_values_are_counted_and_not_told() -> None:
    with visits.visiting("key", lambda: "id") as visit:
        unknown = visits.audited(ACT)
        visit.tellable = lambda name: name == "a"
        partly = visits.audited(ACT)

    assert (unknown["keys"], unknown["key_count"]) == ([], 2)
    assert (partly["keys"], partly["key_count"]) == (["a"], 2)
