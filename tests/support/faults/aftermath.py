"""What comes after a fault that struck every object: some of what began during it still ends badly after it."""

import time

from support.faults.stage import EVERY_SECONDS, EXTERNAL_SECRETS, TROUBLES, Figures, Stage


def aftermath(stage: Stage, bound: float) -> tuple[float, Figures]:
    """N1 to N7 after a fault that is over: seconds until all was right, within ``bound``, and what ``check`` found.

    A visit whose writes were under way when the fault ended reports a failure after that, and makes up for it. So a
    refresh goes by before it is watched that all stays quiet.
    """
    began = time.monotonic()
    stage.until(lambda: served(stage), lambda: "the API server serves our kinds", bound)
    stage.converged(bound - (time.monotonic() - began))
    spent = time.monotonic() - began
    time.sleep(EVERY_SECONDS)
    return spent, stage.check(bound=EVERY_SECONDS, late=None)


def served(stage: Stage) -> bool:
    """A server that is ready answers 429 for kinds of definitions for a moment."""
    try:
        return stage.api.get(EXTERNAL_SECRETS, limit=1).status == 200
    except TROUBLES:
        return False
