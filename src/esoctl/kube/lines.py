"""Cuts a stream of bytes into lines. Pure.

A watch event is one line and may be far longer than a read buffer: a Secret of 1 MiB is 1.4 MiB in base64 and more
with its managed fields. What stays without a line end when the stream stops is half an object and is dropped.
"""

LONGEST = 4 * 1024 * 1024


class LineTooLong(ValueError):
    """A line passed the limit. The message holds nothing of it."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"a line of the stream is longer than {limit} bytes")


class Splitter:
    """Feed it chunks, get complete lines without their ends; empty lines are left out."""

    def __init__(self, longest: int = LONGEST) -> None:
        self._longest = longest
        self._parts: list[bytes] = []
        self._held = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """The lines that this chunk completes; raises LineTooLong."""
        *complete, rest = chunk.split(b"\n")
        if complete:
            complete[0] = b"".join([*self._parts, complete[0]])
            self._parts.clear()
            self._held = 0
        if rest:
            self._parts.append(rest)
            self._held += len(rest)
        if self._held > self._longest or any(len(line) > self._longest for line in complete):
            raise LineTooLong(self._longest)
        return [line for line in complete if line.strip()]
