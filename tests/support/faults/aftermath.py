"""What comes after a fault that struck every object: some of what began during it still ends badly after it."""

import time

from support.faults.stage import EVERY_SECONDS, Figures, Stage

BEGINNING = "storage is (re)initializing"
"""An API server that is ready answers 429 so for kinds of definitions, now and then in its first seconds."""


def aftermath(stage: Stage, bound: float) -> tuple[float, Figures]:
    """N1 to N7 after a fault that is over: seconds until all was right, within ``bound``, and what ``check`` found.

    A visit whose writes were under way when the fault ended reports a failure after that, and makes up for it. So a
    refresh goes by before it is watched that all stays quiet.
    """
    began = time.monotonic()
    while not converged(stage, bound - (time.monotonic() - began)):
        time.sleep(0.3)
    spent = time.monotonic() - began
    time.sleep(EVERY_SECONDS)
    return spent, stage.check(bound=EVERY_SECONDS, late=None)


def converged(stage: Stage, bound: float) -> bool:
    """False when the server could not be asked; raises AssertionError when the time is over."""
    try:
        stage.converged(bound)
    except AssertionError as error:
        if BEGINNING in str(error) and bound > 0:
            return False
        raise
    return True
