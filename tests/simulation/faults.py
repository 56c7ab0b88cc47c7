"""What can go wrong between the operator and its world. Each class is a rate; the seed says which are on, and when.

The numbers in brackets are rows of the fault table in docs/notes/simulation.md. Faults of a kernel (a peer that is
gone, a full disk, a stopped process) are not here: tests/faults has them.
"""

import random
from collections import Counter
from dataclasses import dataclass, field

CALLS = (
    "refused",  # never sent [F07]
    "reset before",  # sent, and the server did nothing [F14]
    "reset after",  # sent, and the server did it, but the answer was lost: commit unknown [F14]
    "500 before",
    "500 after",
    "429",  # with Retry-After [F13]
    "slow",  # [F06]
    "hang",  # no answer until the time-out [F05]
    "409",  # on writes [F42]
    "403",  # on everything [F25]
    "403 secrets",  # on writes of Secrets [F26]
    "404 kind",  # ExternalSecrets are not served [F33]
)
LISTS = (
    "410 list",  # [F11]
    "compaction",  # [F10]
    "small pages",
    "stale list",  # the oldest state that the list allows [F15]
    "too large version",  # [F16]
    "no streaming lists",  # [F20]
)
WATCHES = (
    "watch reset",  # [F01]
    "watch ends",
    "watch 410",  # an ERROR event [F10]
    "watch 500",
    "watch 429",
    "watch refused",  # 410 when it is opened
    "late event",
    "held event",  # and all that come after it
    "silent watch",  # until keep-alive notices [F02]
    "doubled event",  # [F18]
    "dropped event",  # [F17]
    "no bookmarks",  # [F19]
    "garbage line",  # [F21]
)
AWS = (
    "aws throttles",  # [F60]
    "aws broken",  # 500 [F61]
    "aws away",  # no connection [F61]
    "aws hangs",  # [F62]
    "aws slow",
    "aws denies",
    "aws denies batches",
    "aws item error",  # one of a batch [F64]
    "aws leaves out",  # an item of a batch is neither a value nor an error
    "aws empty page",  # [F65]
    "aws bad token",  # [F65]
    "aws no value",  # 200 without SecretString [F63]
    "aws nonsense",  # 200 and no JSON [F63]
    "aws stale",  # an older version, for a while after a change [F68]
    "aws keys expired",  # [F66]
    "aws clock",  # the request is too old for AWS [F59]
    "aws kms",
)
PROCESS = (
    "kill at call",  # before, in or after a call of the API server [F50]
    "kill at aws",
    "stop at call",  # SIGTERM [F52]
    "delete at call",  # the ExternalSecret goes while it is worked on [F44]
    "edit at call",  # the store is edited while a reconcile is under way [F46]
)
KINDS = (*CALLS, *LISTS, *WATCHES, *AWS, *PROCESS)
SELDOM = {"compaction": 0.2, "kill at call": 0.03, "kill at aws": 0.05, "stop at call": 0.02, "delete at call": 0.03}
SELDOM |= {"edit at call": 0.05, "hang": 0.1, "silent watch": 0.2, "watch refused": 0.5, "409": 0.5}
"""Shares of the drawn rate, for what would otherwise leave nothing else to happen."""


@dataclass
class Menu:
    """Which faults are on, and how often each one struck."""

    draw: random.Random
    rates: dict[str, float] = field(default_factory=dict)
    struck: Counter[str] = field(default_factory=Counter)

    def strikes(self, kind: str) -> bool:
        """Whether that fault happens here and now; drawn only while it is on."""
        rate = self.rates.get(kind)
        if rate is None or self.draw.random() >= rate:
            return False
        self.struck[kind] += 1
        return True

    def upto(self, most: float) -> float:
        """So many seconds, or less."""
        return self.draw.random() * most

    def turn_on(self, kind: str, rate: float) -> None:
        self.rates[kind] = rate * SELDOM.get(kind, 1.0)
