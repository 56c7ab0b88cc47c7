"""Lets those read the metrics whose bearer token the API server knows and who may get ``/metrics``.

Who asks is decided by a TokenReview, what they may by a SubjectAccessReview for the URL. Whatever goes wrong on the way
keeps the door shut. Few are asked about at a time, each within seconds; no token is logged, and none is kept.

DIFFERS: the reference asks for tokens over TLS only; here a certificate is given for that, or a mesh protects the way.

Source: Kubernetes API, ``TokenReview`` and ``SubjectAccessReview``; controller-runtime
``filters.WithAuthenticationAndAuthorization``.
"""

from collections.abc import Awaitable, Callable

import anyio
import msgspec
import structlog

from esoctl.errors import ClusterError
from esoctl.kube.verdicts import Verdict, Verdicts, bearer, digest
from esoctl.model.meta import Wire

TOKEN_REVIEWS = "/apis/authentication.k8s.io/v1/tokenreviews"
ACCESS_REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
DEADLINE_SECONDS = 5.0
AT_ONCE = 4

Ask = Callable[[str, bytes], Awaitable[bytes]]
"""Posts a review to a path, and answers what came back; raises ClusterError."""

log = structlog.get_logger("esoctl.metrics")


class User(Wire, frozen=True):
    """Whom a token belongs to."""

    username: str = ""
    uid: str = ""
    groups: list[str] = []
    extra: dict[str, list[str]] = {}


class _Identity(Wire, frozen=True):
    authenticated: bool = False
    user: User = User()


class _Identified(Wire, frozen=True):
    status: _Identity = _Identity()


class _Access(Wire, frozen=True):
    allowed: bool = False
    denied: bool = False


class _Judged(Wire, frozen=True):
    status: _Access = _Access()


class Gate:
    """``admit`` is asked with the Authorization header of each request."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._verdicts = Verdicts()
        self._places = anyio.CapacityLimiter(AT_ONCE)

    async def admit(self, header: str, path: str) -> Verdict:
        """What a request with that header gets."""
        token = bearer(header)
        if not token:
            return Verdict.UNKNOWN
        known = digest(token)
        with anyio.move_on_after(DEADLINE_SECONDS):
            async with self._places:
                verdict = self._verdicts.of(known, anyio.current_time())
                if verdict is None:
                    verdict = await self._decide(token, path)
                    self._verdicts.keep(known, verdict, anyio.current_time())
                return verdict
        log.warning("nobody could say who reads the metrics", problem="no answer in time")
        return Verdict.UNDECIDED

    async def _decide(self, token: str, path: str) -> Verdict:
        try:
            user = await self._identify(token)
            allowed = user is not None and await self._may(user, path)
        except (ClusterError, msgspec.MsgspecError) as error:
            log.warning("nobody could say who reads the metrics", problem=_told(error))
            return Verdict.UNDECIDED
        if user is None:
            log.info("metrics refused: the token is not known")
            return Verdict.UNKNOWN
        if not allowed:
            log.info("metrics refused: no right to get the path", user=user.username, path=path)
            return Verdict.FORBIDDEN
        return Verdict.ALLOWED

    async def _identify(self, token: str) -> User | None:
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
        answer = await self._ask(TOKEN_REVIEWS, msgspec.json.encode(body))
        found = msgspec.json.decode(answer, type=_Identified).status
        return found.user if found.authenticated else None

    async def _may(self, user: User, path: str) -> bool:
        spec = {
            "user": user.username,
            "uid": user.uid,
            "groups": user.groups,
            "extra": user.extra,
            "nonResourceAttributes": {"path": path, "verb": "get"},
        }
        body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
        answer = await self._ask(ACCESS_REVIEWS, msgspec.json.encode(body))
        found = msgspec.json.decode(answer, type=_Judged).status
        return found.allowed and not found.denied


def _told(error: Exception) -> str:
    """The text of a refusal; what could not be read is not quoted, for it may hold the token."""
    return str(error) if isinstance(error, ClusterError) else "the answer is no review"
