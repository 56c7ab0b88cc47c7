"""F23, F24: the token of the operator is replaced, revoked, and its file empty or missing for a while."""

import json
import pathlib
import re
import time

import pytest

from support.faults import follows
from support.faults.components import Parts
from support.faults.files import Identity, Token, new_token, revoke, taken
from support.faults.oracle import OPERATOR, moment
from support.faults.stage import Stage

FORGOTTEN_SECONDS = 12.0
"""The API server remembers for ten seconds that a token was good."""
REREAD_SECONDS = 60.0
KEPT = "keep those in use"


@pytest.fixture
def token(shaken: Stage) -> Token:
    return new_token(shaken.api)


@pytest.fixture
def identity(shaken: Stage, token: Token) -> Identity:
    return taken(shaken, token.text)


def answers(stage: Stage, *codes: int) -> int:
    """How often the operator was answered so."""
    lines = [line for line in stage.operator.metrics().splitlines() if line.startswith("rest_client_requests_total{")]
    return sum(int(float(line.rpartition(" ")[2])) for line in lines for code in codes if f'code="{code}"' in line)


def credentials(logs: list[pathlib.Path], since: float) -> set[str]:
    """What the operator's calls were made with, watches aside."""
    found = set()
    for line in logs[0].read_bytes().splitlines():
        if OPERATOR.encode() in line and b'"verb":"watch"' not in line:
            entry = json.loads(line)
            if moment(entry["requestReceivedTimestamp"]) >= since:
                found |= set(entry["user"]["extra"]["authentication.kubernetes.io/credential-id"])
    return found


@pytest.mark.quick
def test_F23_a_token_that_is_replaced_and_revoked_costs_one_refused_call_at_most_each(
    shaken: Stage, parts: Parts, identity: Identity, token: Token
) -> None:
    began = time.time()
    second = new_token(shaken.api)
    identity.put(second.text)
    revoke(shaken.api, token)
    time.sleep(FORGOTTEN_SECONDS)
    shaken.rotate(shaken.bystanders[:20])
    since = time.time()

    figures = shaken.check(bound=20, late=5)
    print(f"all was right after {figures.converged:.1f} s, {answers(shaken, 401)} answers were 401")
    assert credentials(parts.audit_logs, since) == {second.credential}
    assert answers(shaken, 401) >= 1, "nobody noticed that the token was revoked"
    assert answers(shaken, 403) == 0
    assert follows.follows(parts.audit_logs, began) == [], "what is under way goes on"


def test_F23_a_new_token_is_read_within_a_minute_without_a_refusal(
    shaken: Stage, parts: Parts, identity: Identity
) -> None:
    second = new_token(shaken.api)
    identity.put(second.text)
    time.sleep(REREAD_SECONDS + 2)
    since = time.time()

    shaken.check(bound=5, late=5)
    assert credentials(parts.audit_logs, since) == {second.credential}
    assert answers(shaken, 401, 403) == 0


@pytest.mark.parametrize("missing", [pytest.param(False, id="empty"), pytest.param(True, id="missing")])
def test_F24_the_last_good_token_is_kept_while_the_file_holds_none(
    shaken: Stage, parts: Parts, identity: Identity, *, missing: bool
) -> None:
    read = len(shaken.operator.log())
    if missing:
        identity.token.unlink()
    else:
        identity.token.write_text("")
    shaken.until(
        lambda: KEPT in shaken.operator.log()[read:] or answers(shaken, 401, 403),
        lambda: "the operator reads the file",
        REREAD_SECONDS + 10,
    )
    time.sleep(2)
    shaken.rotate(shaken.bystanders[:20])
    second = new_token(shaken.api)
    identity.put(second.text)
    time.sleep(8)
    since = time.time()

    shaken.check(bound=20, late=5)
    assert credentials(parts.audit_logs, since) == {second.credential}
    assert answers(shaken, 401, 403) == 0
    assert re.search(KEPT, shaken.operator.log()[read:])
