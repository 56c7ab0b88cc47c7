"""Slash-separated paths: base, dir, clean, ext, isAbs. Nothing is looked up anywhere.

The functions beginning with ``os`` are those of path/filepath on Linux, which differ in nothing here.
Source: the Go packages path and path/filepath by way of the reference's functions.
"""

from __future__ import annotations

from typing import Final

from esoctl.template.functions import Function, function


def clean(path: bytes) -> bytes:
    """The shortest path that means the same, without looking at any file."""
    rooted = path.startswith(b"/")
    kept: list[bytes] = []
    for part in path.split(b"/"):
        if part == b"..":
            if kept and kept[-1] != b"..":
                kept.pop()
            elif not rooted:
                kept.append(part)
        elif part not in {b"", b"."}:
            kept.append(part)
    return (b"/" if rooted else b"") + b"/".join(kept) or b"."


def _base(path: bytes) -> bytes:
    stripped = path.rstrip(b"/")
    if not stripped:
        return b"/" if path else b"."
    return stripped.rpartition(b"/")[2]


def _dir(path: bytes) -> bytes:
    head, slash, _ = path.rpartition(b"/")
    return clean(head + slash)


def _ext(path: bytes) -> bytes:
    name = path.rpartition(b"/")[2]
    dot = name.rfind(b".")
    return name[dot:] if dot >= 0 else b""


def _is_abs(path: bytes) -> bool:
    return path.startswith(b"/")


_FUNCTIONS: Final = {
    "base": function(_base, "string", "string"),
    "dir": function(_dir, "string", "string"),
    "clean": function(clean, "string", "string"),
    "ext": function(_ext, "string", "string"),
    "isAbs": function(_is_abs, "string", "bool"),
}
PATHS: Final[dict[str, Function]] = {
    **_FUNCTIONS,
    **{f"os{name[0].upper()}{name[1:]}": entry for name, entry in _FUNCTIONS.items()},
}
