"""Remembers what was found out about a schema, as long as there is room.

A schema is known by its identity: it is part of a stored document, and those never change. Remembering it keeps it
alive, so that its identity is not given to another one.
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

T = TypeVar("T")
Schema = Mapping[str, object]
_ROOM = 20_000
"""Nodes of schemas; the definitions of the operator have fewer than half of that."""


def remembered(ask: Callable[[Schema], T]) -> Callable[[Schema], T]:
    """The same function, asking once for each schema."""
    known: dict[int, tuple[Schema, T]] = {}

    def answer(schema: Schema) -> T:
        if not schema:
            return ask(schema)
        found = known.get(id(schema))
        if found is not None:
            return found[1]
        if len(known) >= _ROOM:
            known.clear()
        result = ask(schema)
        known[id(schema)] = schema, result
        return result

    return answer
