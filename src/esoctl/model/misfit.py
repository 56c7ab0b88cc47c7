"""What does not fit a schema, said as ``path: problem`` in the words of a manifest.

msgspec names the place as ``$.spec.data[0]`` after the problem; people look for ``spec.data[0]`` first.
"""

import re

import msgspec

_PLACE = re.compile(r"^(?P<problem>.*?)(?: - at `(?P<place>[^`]*)`)?$", re.DOTALL)


def describe(error: msgspec.ValidationError | msgspec.DecodeError) -> tuple[str, str]:
    """(path, problem); the path is empty when the whole object is meant."""
    found = _PLACE.match(str(error))
    assert found is not None
    path = (found["place"] or "").removeprefix("$").removeprefix(".")
    problem = found["problem"]
    field, colon, rest = problem.partition(": ")
    if colon and field.isalnum():
        return f"{path}.{field}" if path else field, rest
    return path, _plain(problem)


def _plain(problem: str) -> str:
    return (
        problem.replace("`", "")
        .replace("Expected ", "must be ")
        .replace("Object missing required field ", "is missing ")
    )
