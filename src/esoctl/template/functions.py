"""What a template function is: its Go signature and the Python function behind it.

The signature decides how the evaluator converts arguments and words its errors, so it is the reference's own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from esoctl.template.limits import Budget, Env

ANY: Final = "interface {}"
RAW: Final = "reflect.Value"
"""A parameter that takes a value as it is, boxed or not, even none at all."""
DICT: Final = "map[string]interface {}"
LIST: Final = "[]interface {}"


@dataclass(slots=True)
class Context:
    """What a function may use besides its arguments: the environment and the budget of the render."""

    env: Env
    budget: Budget


@dataclass(frozen=True, slots=True)
class Function:
    """A template function. ``call`` takes the context first when ``context`` is set."""

    call: Callable[..., object]
    params: tuple[str, ...]
    variadic: str | None
    result: str
    context: bool = False
    heavy: bool = False
    """Whether a call can take so long that the caller should render in a thread."""
    price: int = 128
    """The bytes of argument text that cost a step."""

    @property
    def fixed(self) -> int:
        """How many parameters must be given."""
        return len(self.params)


def function(
    call: Callable[..., object],
    params: str,
    result: str,
    *,
    context: bool = False,
    heavy: bool = False,
    slow: bool = False,
) -> Function:
    """A function from its parameter types, written as in Go with commas between; the last may begin with dots.

    Slow is a function that looks at every character of its arguments one by one.
    """
    names = [name.strip() for name in params.split(",")] if params else []
    variadic = names.pop()[3:] if names and names[-1].startswith("...") else None
    return Function(call, tuple(names), variadic, result, context, heavy, 4 if slow else 128)
