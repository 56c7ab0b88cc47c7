"""Short ways to say what is wrong with a field (the words are made by ``field_errors``)."""

from collections.abc import Sequence

from esoctl.sandbox.field_errors import NO_FIELD, FieldError, FieldErrorType, quote

IMMUTABLE = "field is immutable"


def invalid(field: str, value: object, words: str) -> FieldError:
    return FieldError(FieldErrorType.INVALID, field, words, value)


def required(field: str, words: str) -> FieldError:
    return FieldError(FieldErrorType.REQUIRED, field, words)


def forbidden(field: str, words: str) -> FieldError:
    return FieldError(FieldErrorType.FORBIDDEN, field, words)


def too_long(field: str, limit: int) -> FieldError:
    return FieldError(FieldErrorType.TOO_LONG, field, f"may not be more than {limit} bytes")


def not_supported(field: str, value: object, choices: Sequence[str]) -> FieldError:
    words = "supported values: " + ", ".join(quote(choice) for choice in choices)
    return FieldError(FieldErrorType.NOT_SUPPORTED, field, words, value)


def unplaced(words: str) -> FieldError:
    """A problem of the object as a whole."""
    return FieldError(FieldErrorType.INVALID, NO_FIELD, words, None)
