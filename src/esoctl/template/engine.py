"""Renders Go templates: the façade of this package.

``render`` is what a Secret's template sees: the values by name as strings, a missing one is an error.
``render_text`` renders over any other data. A parsed template is kept by source and name, so rendering it again does
not parse it again. Whatever goes wrong is a TemplateError in Go's words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, Literal

from esoctl.errors import TemplateError
from esoctl.template import evaluate, parser
from esoctl.template.failures import Failure
from esoctl.template.funcs.table import FUNCTIONS
from esoctl.template.functions import Context
from esoctl.template.govalues import StringMap, encode
from esoctl.template.limits import Budget, Env, Limits
from esoctl.template.parser import Parsed

__all__ = ["Env", "Limits", "check", "render", "render_text"]

_CACHED: Final = 512
_LONGEST: Final = 1 << 20
_LONGEST_KEPT: Final = 1 << 15
_UNPAIRED: Final = re.compile("[\ud800-\udc7f\udd00-\udfff]")


@lru_cache(maxsize=_CACHED)
def _kept(name: str, source: str, delimiters: tuple[str, str]) -> Parsed:
    return parser.parse(name, source, delimiters, FUNCTIONS)


def check(source: str, env: Env) -> None:
    """Parse the source; a TemplateError says why it cannot be."""
    try:
        _parse(_well_formed(source), env)
    except Failure as failure:
        raise _error(env, failure) from None


def _well_formed(source: str) -> str:
    """The source with U+FFFD for each unpaired surrogate, as Go's JSON decoder has it; an escaped byte stays."""
    return source if source.isascii() else _UNPAIRED.sub("\ufffd", source)


def _parse(source: str, env: Env) -> Parsed:
    if len(source) > _LONGEST:
        raise Failure(f"template: {env.name}:1: limit exceeded: source of more than {_LONGEST} characters", 1)
    if len(source) > _LONGEST_KEPT:
        return parser.parse(env.name, source, env.delimiters, FUNCTIONS)
    return _kept(env.name, source, env.delimiters)


def render(source: str, data: Mapping[str, bytes], env: Env) -> bytes:
    """The text of a template over the values by name, which keep their bytes whatever they are."""
    dot = StringMap((encode(name), bytes(value)) for name, value in data.items())
    return render_text(source, dot, env, missing="error")


def render_text(source: str, data: object, env: Env, *, missing: Literal["error", "default"] = "default") -> bytes:
    """The text of a template over Go values (see govalues); ``missing`` is what an absent map entry means."""
    source = _well_formed(source)
    try:
        trees = _parse(source, env).trees
        context = Context(env, Budget(env))
        return evaluate.run(source, trees, FUNCTIONS, context, data, strict=missing == "error")
    except Failure as failure:
        raise _error(env, failure) from None


def _error(env: Env, failure: Failure) -> TemplateError:
    return TemplateError(env.name, failure.problem, failure.line, failure.column)
