"""The rule for selections whose members have dots, in which the reference silently loses members.

``{user.name,port}`` is first looked up with its dots escaped; that exists, without the first member. We find the member
or say that the property does not exist.
"""

import json
import re

_SELECTION_WITH_DOT = re.compile(r"[{\[][^|]*\.")


def restored(path: str, recorded: object, got: object) -> bool:
    """Whether the outcome differs from the recorded one only by members that were lost, or by refusing to lose them."""
    before, after = _members(recorded), _members(got)
    if before is None or not _SELECTION_WITH_DOT.search(path):
        return False
    if isinstance(got, dict) and "error" in got:
        return f"key {path} does not exist in secret" in str(got["error"])
    return after is not None and len(after) > len(before) and _is_part(before, after)


def _members(outcome: object) -> list[object] | None:
    """The members of an outcome that is a JSON container or a map of values."""
    output = outcome.get("output") if isinstance(outcome, dict) else None
    if isinstance(output, bytes):
        try:
            output = json.loads(output)
        except ValueError:
            return None
    if isinstance(output, dict):
        return list(output.items())
    return output if isinstance(output, list) else None


def _is_part(before: list[object], after: list[object]) -> bool:
    """Whether all of the first stand in the second, in that order."""
    rest = iter(after)
    return all(any(member == other for other in rest) for member in before)
