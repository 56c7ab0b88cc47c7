"""What differs between a recorded outcome and a new one, and which of it is wanted.

* A failure's message may say more than the recorded one, so the recorded text need only be its beginning.
* Of Warning events only the object and the reason are compared, of Normal ones the message too.
* Events about ignored fields are our own and of no interest.
* A condition type the recording does not have is our own and of no interest, unless it is Ready.
"""

import fnmatch
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from support.api import Json


class Difference(NamedTuple):
    path: str
    want: Json
    got: Json


def differences(want: Json, got: Json, path: str = "") -> Iterator[Difference]:
    if isinstance(want, dict) and isinstance(got, dict):
        for key in sorted(set(want) | set(got)):
            yield from differences(want.get(key), got.get(key), f"{path}/{key}")
    elif path.endswith("/conditions") and isinstance(want, list) and isinstance(got, list):
        yield from condition_differences(want, got, path)
    elif path.endswith("/events") and isinstance(want, list) and isinstance(got, list):
        short_want, short_got = sorted({short(e) for e in want}), sorted({short(e) for e in got if not ours(e)})
        if short_want != short_got:
            yield Difference(path, short_want, short_got)
    elif want != got:
        yield Difference(path, want, got)


def same_condition(want: Json, got: Json) -> bool:
    return bool(want == got or (says_more(want, got) and want == got | {"message": want["message"]}))


def condition_differences(want: list[Json], got: list[Json], path: str) -> Iterator[Difference]:
    wanted, found = ({c["type"]: c for c in side} for side in (want, got))
    for kind in sorted(set(wanted) | set(found)):
        before, now = wanted.get(kind), found.get(kind)
        if before is None and kind != "Ready":
            continue
        if not (before and now and same_condition(before, now)):
            yield Difference(f"{path}/{kind}", before, now)


def says_more(want: Json, got: Json) -> bool:
    return want["status"] == got["status"] == "False" and str(got["message"]).startswith(str(want["message"]))


def ours(event: str) -> bool:
    """An event that the reference has no word for: it tells of fields that it ignores in silence."""
    return " | Warning | FieldIgnored" in event


def short(event: str) -> str:
    if " | Normal | " in event:
        return event
    return event.rsplit(" | ", 1)[0] if event.count(" | ") == 4 else " | ".join(event.split(" | ")[:4])


def unwanted(name: str, found: Sequence[Difference], deviations: Sequence[Json]) -> list[Difference]:
    """The differences of a case that no deviation allows.

    A deviation's case and path are globs. With a `want` it is an expectation of its own, compared like a recorded one;
    without, whatever is there instead is fine.
    """
    chosen = [d for d in deviations if "case" in d and fnmatch.fnmatch(name, d["case"])]
    return [difference for difference in found if not any(allows(d, difference) for d in chosen)]


def allows(deviation: Json, difference: Difference) -> bool:
    path, _, got = difference
    if not fnmatch.fnmatch(path, deviation["path"]):
        return False
    if "want" not in deviation:
        return True
    want = deviation["want"]
    if fnmatch.fnmatch(path, "*/conditions/*") and isinstance(want, dict) and isinstance(got, dict):
        return same_condition(want, got)
    return not list(differences(want, got, path))
