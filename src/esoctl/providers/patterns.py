"""Names by regular expression: RE2, found anywhere in the full name, as Go's regexp does it."""

from collections.abc import Callable

import re2

from esoctl.errors import ProviderError


def matcher(provider: str, pattern: str | None) -> Callable[[str], bool]:
    """Whether a name matches; every name does without a pattern. Raises ProviderError for a pattern that is none."""
    if pattern is None:
        return lambda _name: True
    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile(pattern, options)
    except re2.error as error:
        raise ProviderError(
            provider, "find", f"could not compile find.name.regexp {pattern!r}: {_text(error)}; correct the pattern"
        ) from None
    return lambda name: compiled.search(name) is not None


def _text(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    return said.decode(errors="replace") if isinstance(said, bytes) else str(said)
