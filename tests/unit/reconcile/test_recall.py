"""What visits remember of an object, and for how long."""

from dataclasses import replace

from esoctl.model.keys import Key, Kind, StoreRef
from esoctl.model.remote import Quirks, RemoteKey
from esoctl.model.values import Payload, Values
from esoctl.plan import secret
from esoctl.plan.assemble import Assembled, Kitchen
from esoctl.plan.observed import Observed
from esoctl.plan.render import Rendered
from esoctl.plan.settled import settled
from esoctl.plan.sources import Get
from esoctl.reconcile.recall import Recall
from support.builders import a_target, an_external_secret, observed

KEY = Key(Kind.EXTERNAL_SECRET, "team-a", "shop")
AWS = StoreRef(Kind.SECRET_STORE, "team-a", "aws")
DB = Get(AWS, RemoteKey("app/db"))


def a_kitchen(value: bytes = b"old") -> Kitchen:
    return Kitchen({DB: Payload(value, "v-1")}, lambda template, key: key, {AWS: Quirks()})


def settle(recall: Recall, seen: Observed) -> None:
    """One sync that finds its target right."""
    assert seen.es.spec is not None
    kitchen, values = a_kitchen(), Values({"password": b"old"})
    assembled = Assembled(values, answers=kitchen.likeness)
    plan = secret.want(seen, seen.es.spec, assembled, Rendered(values))
    recall.keep(KEY, settled(seen, seen.es.spec, assembled, kitchen.quirks, plan))


def test_what_a_spec_asks_for_is_worked_out_once_a_spec() -> None:
    recall, one, another = Recall(), an_external_secret(), an_external_secret()
    assert one.spec is not None
    assert another.spec is not None

    known = recall.wants(KEY, one.spec)

    assert known.sources == (DB,)
    assert known.stores == (AWS,)
    assert recall.wants(KEY, one.spec) is known
    assert recall.wants(KEY, another.spec) is not known


def test_the_same_answers_for_an_intact_target_have_the_same_outcome() -> None:
    recall, seen = Recall(), observed(an_external_secret(), a_target())
    assert seen.es.spec is not None
    settle(recall, seen)

    compared = recall.compared(seen, seen.es.spec)

    assert compared.intact
    assert recall.outcome(compared, a_kitchen()) == recall.settled[KEY].plan
    assert recall.outcome(compared, a_kitchen(b"new")) is None


def test_a_target_that_was_changed_is_compared() -> None:
    recall, seen = Recall(), observed(an_external_secret(), a_target())
    assert seen.es.spec is not None
    settle(recall, seen)

    compared = recall.compared(replace(seen, target=a_target()), seen.es.spec)

    assert not compared.intact
    assert recall.outcome(compared, a_kitchen()) is None


def test_a_sync_that_wrote_ends_what_was_known() -> None:
    recall, seen = Recall(), observed(an_external_secret(), a_target())
    settle(recall, seen)

    recall.keep(KEY, None)

    assert not recall.settled


def test_nothing_is_kept_of_an_object_that_is_gone() -> None:
    recall, seen = Recall(), observed(an_external_secret(), a_target())
    assert seen.es.spec is not None
    recall.wants(KEY, seen.es.spec)
    settle(recall, seen)

    recall.forget(KEY)

    assert recall == Recall()
