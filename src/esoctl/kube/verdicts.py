"""What was decided about bearer tokens, for a while: a bounded memory that holds no token. Pure: time is an argument.

* A token is known by its digest, so that nothing in memory or in a repr could be used.
* An allowed token is not asked about again for a minute: that is how long a right that was taken away may live on.
* A refusal is kept for ten seconds, so that a new right works soon and a scraper that is refused does not ask all day.
* The oldest goes when there are too many: strangers cannot fill the memory.

Source: the filter of controller-runtime's metrics server and the delegating authenticator it is made of, which keep
successes for a minute and refusals for ten seconds too.
"""

import hashlib
from dataclasses import dataclass, field
from enum import IntEnum

ALLOWED_SECONDS = 60.0
REFUSED_SECONDS = 10.0
KEPT = 256
_SCHEME = "bearer "


class Verdict(IntEnum):
    """The HTTP status that a visitor gets."""

    ALLOWED = 200
    UNKNOWN = 401
    FORBIDDEN = 403
    UNDECIDED = 503


def bearer(header: str) -> str:
    """The token of an Authorization header; empty without one."""
    is_bearer = header[: len(_SCHEME)].lower() == _SCHEME
    return header[len(_SCHEME) :].strip() if is_bearer else ""


def digest(token: str) -> bytes:
    """What a token is known by."""
    return hashlib.sha256(token.encode(errors="surrogateescape")).digest()


@dataclass(slots=True)
class Verdicts:
    """Verdicts by the digest of the token."""

    _kept: dict[bytes, tuple[Verdict, float]] = field(default_factory=dict, repr=False)
    """Each with the time it ends."""

    def __len__(self) -> int:
        return len(self._kept)

    def of(self, digest: bytes, now: float) -> Verdict | None:
        """What was decided a while ago; None when nobody knows any more."""
        verdict, ends = self._kept.get(digest, (None, 0.0))
        return verdict if now < ends else None

    def keep(self, digest: bytes, verdict: Verdict, now: float) -> None:
        """Remember a decision; that nothing could be decided is not one."""
        self._kept.pop(digest, None)
        if verdict is Verdict.UNDECIDED:
            return
        seconds = ALLOWED_SECONDS if verdict is Verdict.ALLOWED else REFUSED_SECONDS
        self._kept[digest] = (verdict, now + seconds)
        if len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]
