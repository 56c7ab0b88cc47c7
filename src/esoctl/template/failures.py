"""The failure of a template while it is parsed or run, and the text of its message.

The name of a template is part of Go's format string, so one with a percent sign garbles the message the way Go does.
"""

from __future__ import annotations

from typing import Final

from esoctl.template import printf
from esoctl.template.limits import Budget, Env

_FREE: Final = Env()


class Failure(Exception):
    """What is wrong, as Go words it; line and column count from 1, 0 when unknown."""

    def __init__(self, problem: str, line: int = 0, column: int = 0) -> None:
        super().__init__(problem)
        self.problem = problem
        self.line = line
        self.column = column


def message(template: str, *args: object) -> str:
    """The arguments put into a Go format string; text arguments are Go strings."""
    values = [arg.encode("utf-8", "surrogateescape") if isinstance(arg, str) else arg for arg in args]
    shown = printf.errorf(template.encode("utf-8", "surrogateescape"), values, Budget(_FREE))
    return shown.decode("utf-8", "surrogateescape")
