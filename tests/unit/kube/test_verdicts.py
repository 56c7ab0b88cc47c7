"""How long a decision about a token is kept."""

import pytest

from esoctl.kube.verdicts import ALLOWED_SECONDS, KEPT, REFUSED_SECONDS, Verdict, Verdicts, bearer, digest


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer abc.def", "abc.def"),
        ("bearer   abc ", "abc"),
        ("Basic abc", ""),
        ("Bearer", ""),
        ("Bearer ", ""),
        ("", ""),
    ],
)
def test_a_token_is_taken_from_the_header(header: str, token: str) -> None:
    assert bearer(header) == token


@pytest.mark.parametrize(
    ("verdict", "seconds"),
    [(Verdict.ALLOWED, ALLOWED_SECONDS), (Verdict.UNKNOWN, REFUSED_SECONDS), (Verdict.FORBIDDEN, REFUSED_SECONDS)],
)
def test_a_decision_is_kept_for_its_time(verdict: Verdict, seconds: float) -> None:
    kept = Verdicts()
    kept.keep(digest("t"), verdict, 100.0)

    assert kept.of(digest("t"), 100.0 + seconds - 0.1) is verdict
    assert kept.of(digest("t"), 100.0 + seconds) is None
    assert kept.of(digest("other"), 100.0) is None


def test_that_nothing_could_be_decided_is_not_kept() -> None:
    kept = Verdicts()
    kept.keep(digest("t"), Verdict.ALLOWED, 0.0)

    kept.keep(digest("t"), Verdict.UNDECIDED, 1.0)

    assert kept.of(digest("t"), 1.0) is None
    assert len(kept) == 0


def test_strangers_cannot_fill_the_memory() -> None:
    kept = Verdicts()
    for number in range(3 * KEPT):
        kept.keep(digest(str(number)), Verdict.UNKNOWN, 0.0)

    assert len(kept) == KEPT
    assert kept.of(digest(str(3 * KEPT - 1)), 0.0) is Verdict.UNKNOWN
    assert kept.of(digest("0"), 0.0) is None


def test_no_token_is_held() -> None:
    kept = Verdicts()
    kept.keep(digest("s3cr3t"), Verdict.ALLOWED, 0.0)

    assert "s3cr3t" not in repr(kept)
    assert not any(b"s3cr3t" in known for known in kept._kept)
