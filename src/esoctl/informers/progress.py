"""Waiting until an informer has seen a version, so that a reconcile reads what the one before it wrote."""

import anyio

from esoctl.informers import versions


class Progress:
    """How far an informer is."""

    def __init__(self) -> None:
        self._seen = ""
        self._waiting: list[tuple[str, anyio.Event]] = []

    def advance(self, resource_version: str) -> None:
        """The informer and its sink have everything up to this version."""
        self._seen = resource_version
        for wanted, event in self._waiting:
            if versions.reached(resource_version, wanted):
                event.set()
        if self._waiting:
            self._waiting = [(wanted, event) for wanted, event in self._waiting if not event.is_set()]

    async def reach(self, resource_version: str, within_seconds: float) -> bool:
        """Wait for a version; False when the time is over first."""
        if versions.reached(self._seen, resource_version):
            return True
        event = anyio.Event()
        entry = (resource_version, event)
        self._waiting.append(entry)
        try:
            with anyio.move_on_after(within_seconds):
                await event.wait()
        finally:
            if entry in self._waiting:
                self._waiting.remove(entry)
        return event.is_set()
