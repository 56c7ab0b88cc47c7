"""How busy the machine is with other things: how much longer a piece of work takes than the processor works on it.

A bystander's lateness is compared with that of a run without the fault. Instead of running twice, the stage measures
all the while what share of a processor it gets: 1.0 on a machine of its own, 10.0 where nine others want the same core.
"""

import contextlib
import hashlib
import threading
import time
from collections.abc import Iterator

EVERY_SECONDS = 1.0
ROUNDS = 20_000
"""Of work that needs about ten milliseconds, and does not hold the interpreter's lock."""


class Strain:
    def __init__(self) -> None:
        self._seen: list[tuple[float, float]] = []
        self._over = threading.Event()

    def watch(self) -> None:
        while not self._over.wait(EVERY_SECONDS):
            began, worked = time.monotonic(), time.thread_time()
            hashlib.pbkdf2_hmac("sha256", b"work", b"salt", ROUNDS)
            spent, used = time.monotonic() - began, time.thread_time() - worked
            self._seen.append((time.time(), spent / used if used else 1.0))

    def since(self, moment: float) -> float:
        """The factor since then by which work took longer, but for the worst tenth of the looks."""
        found = sorted(factor for at, factor in self._seen if at >= moment)
        return max(1.0, found[int(len(found) * 0.9)]) if found else 1.0

    def stop(self) -> None:
        self._over.set()


@contextlib.contextmanager
def watched() -> Iterator[Strain]:
    strain = Strain()
    thread = threading.Thread(target=strain.watch, daemon=True)
    thread.start()
    try:
        yield strain
    finally:
        strain.stop()
        thread.join()
