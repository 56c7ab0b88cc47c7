"""What one look-up may cost: paths come from whoever may write manifests, documents from whoever may write secrets.

The dialect has nested queries, recursive descent and chains of modifiers, so a short path can ask for far more work
than the document is long. Steps are counted where loops run, nesting where evaluations nest.
"""

MAX_PATH = 16_384
"""Bytes of a path."""
MAX_NESTING = 64
"""Evaluations inside evaluations: queries, members of a selection, parts behind ``#``."""
STEPS = 1_000_000
"""Enough for every path of sense over the largest secret of AWS (64 KiB), and over in about a second. A step is about
a microsecond: one element, one member, some bytes to copy or to read."""


class Budget:
    """Counts down; ValueError when used up. It is not absence, so it is not reported as such."""

    def __init__(self, steps: int = STEPS) -> None:
        self._steps = steps
        self._nesting = 0

    def spend(self, steps: int, *, read: int = 0, copied: int = 0) -> None:
        """Count steps; bytes that are read one by one, and those that are only copied, count by the dozen."""
        self._steps -= steps + read // 8 + copied // 64
        if self._steps < 0:
            raise ValueError("the path asks for too much work on this document; use a more direct one")

    def __enter__(self) -> None:
        self._nesting += 1
        if self._nesting > MAX_NESTING:
            raise ValueError(f"the path nests more than {MAX_NESTING} selections; use a more direct one")

    def __exit__(self, *_: object) -> None:
        self._nesting -= 1
