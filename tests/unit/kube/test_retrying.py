import pytest

from esoctl.errors import ClusterError, Conflict, Denied, Gone, Invalid, NotFound, Unreachable
from esoctl.kube.faults import TOO_LARGE_VERSION
from esoctl.kube.retrying import NOT_SENT, pause

CUT = Unreachable(0, "ServerDisconnectedError", "")


@pytest.mark.parametrize(
    ("error", "idempotent", "wanted"),
    [
        pytest.param(CUT, True, 0.1, id="cut"),
        pytest.param(CUT, False, None, id="cut while creating"),
        pytest.param(Unreachable(0, NOT_SENT, ""), False, 0.1, id="never sent"),
        pytest.param(Unreachable(503, "", ""), True, 0.1, id="unavailable"),
        pytest.param(Unreachable(503, "", ""), False, None, id="unavailable while creating"),
        pytest.param(Unreachable(503, "", "", 2.0), False, 2.0, id="unavailable, come back"),
        pytest.param(Unreachable(429, "", ""), False, 0.1, id="throttled"),
        pytest.param(Unreachable(429, "", "", 3.0), True, 3.0, id="throttled, come back"),
        pytest.param(Unreachable(429, "", "", 6.0), True, None, id="throttled for long"),
        pytest.param(Unreachable(504, TOO_LARGE_VERSION, ""), True, None, id="version too large"),
        pytest.param(Conflict(409, "", ""), True, None, id="conflict"),
        pytest.param(NotFound(404, "", ""), True, None, id="not found"),
        pytest.param(Gone(410, "", ""), True, None, id="gone"),
        pytest.param(Denied(403, "", ""), True, None, id="denied"),
        pytest.param(Invalid(422, "", ""), True, None, id="invalid"),
    ],
)
def test_what_is_tried_again(error: ClusterError, idempotent: bool, wanted: float | None) -> None:
    assert pause(error, 1, idempotent=idempotent, draw=0.0) == wanted


def test_waits_grow_and_are_spread() -> None:
    assert [pause(CUT, tries, idempotent=True, draw=0.5) for tries in (1, 2, 3)] == pytest.approx([0.15, 0.3, 0.6])
