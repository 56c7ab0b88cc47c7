"""What a refusal of the API server means: status and body become a ClusterError. Pure; retry policy is elsewhere.

* The text is the server's own message where there is one. Of a body that is no Status nothing is repeated.
* A message about an object that may hold secret values loses what it quotes: validation errors echo the value they
  refuse (``Invalid value: "hunter2"``), and decoding errors echo the bytes around the misfit.
* ``reason`` is the Status' reason, or the more telling reason of a cause that changes what is to be done.

Source: k8s.io/apimachinery ``metav1.Status``, ``field.Error``; k8s.io/json and structured-merge-diff error texts.
"""

import re

import msgspec

from esoctl.errors import ClusterError, Conflict, Denied, Gone, Invalid, NotFound, Unreachable
from esoctl.model.meta import Wire

HIDDEN = "<hidden>"
TOO_LARGE_VERSION = "ResourceVersionTooLarge"
NAMESPACE_TERMINATING = "NamespaceTerminating"

_TELLING = (TOO_LARGE_VERSION, NAMESPACE_TERMINATING)
_LONGEST_MESSAGE = 2048
_HOPELESS = ("failed to create typed patch object", "failed to convert new object")
"""An apply whose body does not fit the kind: told as 500, and the same again the next time."""

_QUOTED = re.compile(r'\b((?:Invalid|Unsupported|Duplicate) value: )"(?:[^"\\]|\\.)*"')
_UNQUOTED = re.compile(r'\b((?:Invalid|Unsupported|Duplicate) value: )(?!<hidden>)[^"\n][^\n]*')
_GOT = re.compile(r"(, got |cannot unmarshal number )[^\n]*")
_AROUND = re.compile(r"\|[^\n]*\|")


class Cause(Wire, frozen=True):
    """One entry of ``details.causes``."""

    reason: str = ""
    message: str = ""


class Details(Wire, frozen=True):
    """``details`` of a Status."""

    retry_after_seconds: float = 0
    causes: list[Cause] = []


class Status(Wire, frozen=True):
    """The body of a refusal."""

    code: int = 0
    reason: str = ""
    message: str = ""
    details: Details | None = None


def fault(status: int, body: bytes, *, after: float | None = None, private: bool = True) -> ClusterError:
    """The error for an answer that is no success.

    ``after`` is the Retry-After header in seconds; ``private`` says that the object of the call may hold values.
    """
    try:
        told = _decoder.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        told = Status()
    details = told.details or Details()
    message = told.message or _unexplained(status)
    wait = after if after is not None else details.retry_after_seconds or None
    reason = _reason(told.reason, details.causes)
    kind = Invalid if told.message.startswith(_HOPELESS) else _class(status)
    return kind(status, reason, _shorten(scrub(message) if private else message), wait)


def scrub(message: str) -> str:
    """The message without the values it quotes."""
    message = _QUOTED.sub(rf"\1{HIDDEN}", message)
    message = _UNQUOTED.sub(rf"\1{HIDDEN}", message)
    message = _GOT.sub(rf"\1{HIDDEN}", message)
    return _AROUND.sub(f"|{HIDDEN}|", message)


def retry_after(header: str | None) -> float | None:
    """Seconds of a Retry-After header; a date, which the API server never sends, counts as none."""
    try:
        seconds = float(header or "")
    except ValueError:
        return None
    return seconds if 0 <= seconds < 86_400 else None


def _reason(reason: str, causes: list[Cause]) -> str:
    return next((cause.reason for cause in causes if cause.reason in _TELLING), reason)


def _unexplained(status: int) -> str:
    if status == 404:
        return "the API server does not serve this kind of object: is its CRD installed?"
    return f"the API server answered {status} without saying why"


def _shorten(message: str) -> str:
    return message if len(message) <= _LONGEST_MESSAGE else message[: _LONGEST_MESSAGE - 1] + "…"


def _class(status: int) -> type[ClusterError]:
    if status == 429 or status >= 500 or status < 400:
        return Unreachable
    return _CLASSES.get(status, Invalid)


_CLASSES: dict[int, type[ClusterError]] = {401: Denied, 403: Denied, 404: NotFound, 409: Conflict, 410: Gone}
_decoder = msgspec.json.Decoder(Status)
