"""Refusals of the API server, with its words.

Texts and codes follow k8s.io/apimachinery ``api/errors`` and the handlers of k8s.io/apiserver (v1.36); clients match
on ``reason``, ``code`` and ``details``, people read ``message``.
"""

from collections.abc import Sequence
from typing import Protocol

from esoctl.sandbox.documents import Doc

MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"
LIST_TOO_OLD = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
    "deleted between the time the first chunk was returned and now may show up in the list."
)
EXACT_TOO_OLD = "The resourceVersion for the provided list is too old."


class Target(Protocol):
    """What a refusal names: a kind of object."""

    @property
    def group(self) -> str: ...
    @property
    def plural(self) -> str: ...
    @property
    def kind(self) -> str: ...


class Problem(Protocol):
    """One wrong field."""

    def message(self) -> str: ...
    def cause(self) -> Doc: ...


class Refusal(Exception):
    """A ``metav1.Status`` of failure."""

    def __init__(self, status: Doc) -> None:
        super().__init__(str(status.get("message", "")))
        self.status = status
        code = status.get("code")
        self.code = code if isinstance(code, int) else 500


def failure(code: int, reason: str, message: str, details: Doc | None = None) -> Refusal:
    status: Doc = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message}
    if reason:
        status["reason"] = reason
    if details is not None:
        status["details"] = {key: value for key, value in details.items() if value not in ("", None, [])}
    status["code"] = code
    return Refusal(status)


def qualified(group: str, plural: str) -> str:
    return f"{plural}.{group}" if group else plural


def _of(target: Target, name: str) -> tuple[str, Doc]:
    return qualified(target.group, target.plural), {"name": name, "group": target.group, "kind": target.plural}


def not_found(target: Target, name: str) -> Refusal:
    words, details = _of(target, name)
    return failure(404, "NotFound", f'{words} "{name}" not found', details)


def no_such_path() -> Refusal:
    return failure(404, "NotFound", "the server could not find the requested resource", {})


def already_exists(target: Target, name: str) -> Refusal:
    words, details = _of(target, name)
    return failure(409, "AlreadyExists", f'{words} "{name}" already exists', details)


def conflict(target: Target, name: str, why: str = MODIFIED) -> Refusal:
    words, details = _of(target, name)
    return failure(409, "Conflict", f'Operation cannot be fulfilled on {words} "{name}": {why}', details)


def kind_conflict(target: Target, name: str, why: str) -> Refusal:
    """A conflict that names the kind where the resource is usual: preconditions of a delete do that."""
    words = qualified(target.group, target.kind)
    details: Doc = {"name": name, "group": target.group, "kind": target.kind}
    return failure(409, "Conflict", f'Operation cannot be fulfilled on {words} "{name}": {why}', details)


def apply_conflict(message: str, causes: list[Doc]) -> Refusal:
    return failure(409, "Conflict", message, {"causes": causes})


def forbidden(target: Target, name: str, why: str, causes: list[Doc] | None = None) -> Refusal:
    words, details = _of(target, name)
    details["causes"] = causes
    quoted = f' "{name}"' if name else ""
    return failure(403, "Forbidden", f"{words}{quoted} is forbidden: {why}", details)


def invalid(group: str, kind: str, name: str, problems: Sequence[Problem]) -> Refusal:
    texts = list(dict.fromkeys(problem.message() for problem in problems))
    words = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    details: Doc = {"name": name, "group": group, "kind": kind, "causes": [problem.cause() for problem in problems]}
    return failure(422, "Invalid", f'{qualified(group, kind)} "{name}" is invalid: {words}', details)


def unprocessable(message: str) -> Refusal:
    """A patch that parses but cannot be applied."""
    words = "the server rejected our request due to an error in our request"
    return failure(422, "Invalid", message or words, {})


def bad_request(message: str) -> Refusal:
    return failure(400, "BadRequest", message)


def unauthorized() -> Refusal:
    return failure(401, "Unauthorized", "Unauthorized")


def internal(message: str) -> Refusal:
    details: Doc = {"causes": [{"message": message}]}
    return failure(500, "InternalError", f"Internal error occurred: {message}", details)


def unknown(message: str) -> Refusal:
    """An error of the storage that the API server passes on unclassified."""
    return failure(500, "", message)


def unclassified(message: str) -> Refusal:
    """An error inside a watch that has no status of its own."""
    return failure(500, "InternalError", message)


def method_not_allowed(target: Target, action: str) -> Refusal:
    words = qualified(target.group, target.plural)
    details: Doc = {"group": target.group, "kind": target.plural}
    return failure(405, "MethodNotAllowed", f'{action} is not supported on resources of kind "{words}"', details)


def method_not_allowed_here() -> Refusal:
    return failure(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {})


def unsupported_media_type(accepted: Sequence[str]) -> Refusal:
    words = "the body of the request was in an unknown format - accepted media types include: "
    return failure(415, "UnsupportedMediaType", words + ", ".join(accepted))


def not_acceptable(accepted: Sequence[str]) -> Refusal:
    return failure(406, "NotAcceptable", "only the following media types are accepted: " + ", ".join(accepted))


def too_large(message: str) -> Refusal:
    return failure(413, "RequestEntityTooLarge", f"Request entity too large: {message}")


def expired(message: str) -> Refusal:
    return failure(410, "Expired", message)


def expired_continue(token: str) -> Refusal:
    refusal = failure(410, "Expired", LIST_TOO_OLD)
    refusal.status["metadata"] = {"continue": token}
    return refusal


def too_old(asked: int, floor: int) -> Refusal:
    return expired(f"too old resource version: {asked} ({floor})")


def future_version(asked: int, current: int) -> Refusal:
    cause: Doc = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    details: Doc = {"causes": [cause], "retryAfterSeconds": 1}
    message = f"Timeout: Too large resource version: {asked}, current: {current}"
    return failure(504, "Timeout", message, details)


def success(details: Doc) -> Doc:
    """The answer to a delete that is done."""
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}
