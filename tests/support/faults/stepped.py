"""Runs esoctl with a clock that a test sets: the file ``$STEPPED_CLOCK`` holds by how many seconds it is ahead.

The program is unmodified; the clock it makes for itself is another class. The steady clocks of the machine stay.
"""

import os
import pathlib
from datetime import UTC, datetime, timedelta

from esoctl import app, operating
from esoctl.cli import main
from esoctl.kube import campaign, connect

AHEAD = pathlib.Path(os.environ["STEPPED_CLOCK"])


class SteppedClock:
    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(AHEAD.read_text()))


for module in (app, operating, campaign, connect):
    module.SystemClock = SteppedClock

if __name__ == "__main__":
    main()
