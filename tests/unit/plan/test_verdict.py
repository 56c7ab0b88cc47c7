"""What failures mean: one row for each (stage, error)."""

import pytest

from esoctl.errors import (
    BadAnswer,
    BadRequest,
    Conflict,
    Denied,
    EntryFailed,
    EsoctlError,
    Invalid,
    OwnedByAnother,
    PolicyForbids,
    SecretMissing,
    SpecError,
    StoreBusy,
    StoreFailing,
    StoreNotReady,
    TargetContested,
    TargetImmutable,
    TemplateError,
    Throttled,
    Unreachable,
)
from esoctl.model.conditions import Reason
from esoctl.plan.verdict import (
    BUSY_SECONDS,
    CONFLICT_SECONDS,
    RIGHTS_SECONDS,
    SLOW_RETRY,
    WEBHOOK_SECONDS,
    Behind,
    Later,
    Park,
    Retry,
    Stage,
    verdict,
)

NO_RIGHT = 'secrets "a" is forbidden: User "u" cannot patch resource "secrets" in API group "" in the namespace "n"'


def entry(cause: EsoctlError) -> EntryFailed:
    return EntryFailed("spec.data[0] (key: a)", cause)


@pytest.mark.parametrize(
    ("stage", "error", "message", "outcome"),
    [
        pytest.param(
            Stage.FETCH,
            entry(SecretMissing("AWS", "Get", "Secret does not exist")),
            "could not get secret data from provider: error processing spec.data[0] (key: a), err: "
            "Secret does not exist",
            Retry(),
            id="missing",
        ),
        pytest.param(
            Stage.FETCH,
            entry(Throttled("AWS", "Get", "slow down", after=7.0)),
            "could not get secret data from provider: error processing spec.data[0] (key: a), err: slow down",
            Retry(7.0),
            id="throttled",
        ),
        pytest.param(
            Stage.FETCH,
            entry(StoreNotReady("SecretStore/s", 'SecretStore "s" is not ready')),
            "could not get secret data from provider: error processing spec.data[0] (key: a), err: "
            'SecretStore "s" is not ready',
            Retry(),
            id="store",
        ),
        pytest.param(
            Stage.FETCH,
            entry(SpecError("spec.data[0].sourceRef", "odd")),
            "could not get secret data from provider: error processing spec.data[0] (key: a), err: "
            "spec.data[0].sourceRef: odd",
            Park(),
            id="the manifest is at fault",
        ),
        pytest.param(
            Stage.FETCH,
            entry(SpecError("", "key p does not exist in secret a")),
            "could not get secret data from provider: error processing spec.data[0] (key: a), err: "
            "key p does not exist in secret a",
            Retry(),
            id="the value is at fault",
        ),
        pytest.param(
            Stage.FETCH,
            BadAnswer("AWS", "Get", "odd"),
            "could not get secret data from provider: odd",
            Retry(),
            id="bad answer",
        ),
        pytest.param(
            Stage.FETCH,
            BadRequest("AWS", "Get", "no such filter"),
            "could not get secret data from provider: no such filter",
            Park(),
            id="bad request",
        ),
        pytest.param(
            Stage.WRITE,
            TemplateError("k", "bad template"),
            "could not update secret: bad template",
            Retry(),
            id="template",
        ),
        pytest.param(
            Stage.WRITE,
            TargetImmutable("frozen"),
            "could not update secret, target is immutable: frozen",
            Park(),
            id="immutable",
        ),
        pytest.param(
            Stage.WRITE,
            OwnedByAnother("of b", by_external_secret=True),
            "target is owned by another ExternalSecret: of b",
            Park(),
            id="another ExternalSecret",
        ),
        pytest.param(
            Stage.WRITE,
            OwnedByAnother("of w", by_external_secret=False),
            "failed to take ownership of target secret: of w",
            Park(),
            id="another controller",
        ),
        pytest.param(
            Stage.WRITE, PolicyForbids("not Owner"), "could not delete secret: not Owner", Park(), id="policy"
        ),
        pytest.param(
            Stage.WRITE,
            Invalid(422, "Invalid", "too long"),
            "could not update secret: too long",
            Retry(SLOW_RETRY),
            id="invalid",
        ),
        pytest.param(
            Stage.WRITE,
            Denied(403, "Forbidden", "exceeded quota: few"),
            "could not update secret: exceeded quota: few",
            Retry(SLOW_RETRY),
            id="quota",
        ),
        pytest.param(
            Stage.WRITE,
            Denied(403, "Forbidden", NO_RIGHT),
            f"could not update secret: {NO_RIGHT}",
            Retry(at_most=RIGHTS_SECONDS),
            id="F25 no right",
        ),
        pytest.param(
            Stage.WRITE,
            TargetContested(7.0),
            f"could not update secret: {TargetContested(7.0)}",
            Retry(7.0, at_most=7.0),
            id="F36 contested",
        ),
        pytest.param(
            Stage.WRITE,
            Unreachable(500, "InternalError", 'failed calling webhook "w": refused'),
            'could not update secret: failed calling webhook "w": refused',
            Retry(at_most=WEBHOOK_SECONDS),
            id="F31 webhook",
        ),
        pytest.param(
            Stage.WRITE,
            Denied(401, "Unauthorized", "Unauthorized"),
            "could not update secret: Unauthorized",
            Retry(at_most=RIGHTS_SECONDS),
            id="F23 unknown to the server",
        ),
        pytest.param(
            Stage.WRITE,
            Denied(403, "Forbidden", "namespace x because it is being terminated"),
            "could not update secret: namespace x because it is being terminated",
            Park(),
            id="F28 terminating",
        ),
        pytest.param(
            Stage.WRITE, Unreachable(503, "", "away", after=3.0), "could not update secret: away", Retry(3.0), id="away"
        ),
        pytest.param(Stage.DELETE, Unreachable(0, "", "away"), "could not delete secret: away", Retry(), id="delete"),
        pytest.param(
            Stage.ORPHANS,
            Denied(403, "", "no"),
            "could not delete orphaned secrets: no",
            Retry(SLOW_RETRY),
            id="orphans",
        ),
        pytest.param(
            Stage.SPEC, SpecError("spec", "is missing"), "invalid ExternalSecret: spec: is missing", Park(), id="spec"
        ),
        pytest.param(
            Stage.TARGET,
            SpecError("spec.target.manifest", "no"),
            "invalid generic target: spec.target.manifest: no",
            Park(),
            id="target",
        ),
    ],
)
def test_a_failure_of_an_external_secret(stage: Stage, error: EsoctlError, message: str, outcome: Retry | Park) -> None:
    ruling = verdict(stage, error)

    assert (ruling.reason, ruling.message, ruling.outcome) == (Reason.SECRET_SYNCED_ERROR, message, outcome)
    assert ruling.event == str(error)


@pytest.mark.parametrize(
    ("stage", "opening"), [(Stage.CLIENT, "unable to create client"), (Stage.CHECK, "unable to validate store")]
)
def test_a_failure_of_a_store(stage: Stage, opening: str) -> None:
    ruling = verdict(stage, Unreachable(0, "", "away"))

    assert (ruling.reason, ruling.message) == (Reason.STORE_INVALID, f"{opening}: away")


def test_a_conflict_is_tried_again_without_a_word() -> None:
    ruling = verdict(Stage.WRITE, Conflict(409, "Conflict", "newer"))

    assert (ruling.message, ruling.event, ruling.outcome) == ("", "", Retry(at_most=CONFLICT_SECONDS))


def test_Q_26_an_object_waits_behind_a_store_that_fails_and_says_why() -> None:
    ruling = verdict(Stage.FETCH, entry(StoreFailing("SecretStore/team-a/s", "nobody answers")))

    assert ruling.outcome == Behind("SecretStore/team-a/s")
    assert "nobody answers" in ruling.message


def test_a_busy_store_is_no_failure_of_the_object() -> None:
    ruling = verdict(Stage.FETCH, entry(StoreBusy("SecretStore/s", "16 others wait")))

    assert ruling.outcome == Later(BUSY_SECONDS)
    assert "16 others wait" in ruling.message
