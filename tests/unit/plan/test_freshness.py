"""How old an answer may be, by the reason of the sync."""

import math

import msgspec
import pytest

from esoctl.model.external_secret import ExternalSecret
from esoctl.plan import freshness
from esoctl.plan.refresh import Why
from support.builders import an_external_secret, observed, synced


def failed(es: ExternalSecret) -> ExternalSecret:
    condition = {"type": "Ready", "status": "False", "reason": "SecretSyncedError", "message": "x"}
    status = {"conditions": [condition]}
    return msgspec.structs.replace(es, status=msgspec.convert(status, type(es.status)))


def oldest(why: Why, es: ExternalSecret) -> float:
    assert es.spec is not None
    return freshness.oldest_seconds(why, observed(es), es.spec)


@pytest.mark.parametrize(
    ("why", "seconds"),
    [
        pytest.param(Why.FIRST, math.inf, id="a first sync takes what the provider keeps"),
        pytest.param(Why.DUE, 180.0, id="a refresh takes a twentieth of its interval"),
        pytest.param(Why.CHANGED, 0.0, id="an edit or a forced sync is answered afresh"),
        pytest.param(Why.FAILED, 0.0, id="so is a retry"),
        pytest.param(Why.SOURCE, 0.0, id="so is another store or text"),
        pytest.param(Why.DRIFT, 0.0, id="so is a repair"),
    ],
)
def test_the_reason_decides(why: Why, seconds: float) -> None:
    es = an_external_secret(refreshInterval="1h")

    assert oldest(why, msgspec.structs.replace(es, status=msgspec.convert(synced(es), type(es.status)))) == seconds


@pytest.mark.parametrize("why", [Why.FIRST, Why.DUE])
def test_after_a_failure_nothing_old_will_do(why: Why) -> None:
    assert oldest(why, failed(an_external_secret(refreshInterval="1h"))) == 0.0
