"""The end of a run: what should be true must become true, stay so in peace, and follow the next rotation."""

from collections import Counter

import anyio

from simulation.acting import Acting
from simulation.crew import Crew
from simulation.hands import FOREIGN
from simulation.wishes import ANY, KEYS, MARK, PARAMETERS, SECONDS, TEXT, Wish, render, target
from simulation.witness import Place, Witness, decoded

CONVERGED_SECONDS = 420.0
"""The longest backoff with its jitter, an interval, and the longest that a call may hang."""
FOLLOWED_SECONDS = 75.0
"""The longest interval, its jitter, and a write."""
LOOK_SECONDS = 5.0
SETTLING_SECONDS = 30.0
"""What is right already may yet be looked at: an operator that was away comes back, a retry becomes due."""
CALM_SECONDS = 45.0
STATUS_PER_REFRESH = 1.25
"""Refreshes come a little before their time, by the jitter of slots."""
STORES = 3
"""Statuses of stores: each is checked anew now and then."""
REASONS_TO_WRITE = 2
"""N6: writes of a target that change it, for each reason there was; two where a key of it is somebody else's."""


class Judge:
    """Looks at one run when its faults are over."""

    def __init__(self, acting: Acting, witness: Witness, crew: Crew, logs: list[object]) -> None:
        self._acting = acting
        self._witness = witness
        self._hands = witness.hands
        self._crew = crew
        self._logs = logs
        self.converged = 0.0
        """Seconds that it took."""

    async def judge(self, ending: str) -> None:
        """N3, N6 and N4."""
        began = anyio.current_time()
        if not await self._becomes_true(CONVERGED_SECONDS):
            self._witness.broken += [f"N3: {text}" for text in self._untrue()]
            return
        self.converged = anyio.current_time() - began
        if ending in ("peace", "both"):
            await anyio.sleep(SETTLING_SECONDS)
            before, asked = self._witness.writes.copy(), self._asked()
            await anyio.sleep(CALM_SECONDS)
            self._was_calm(before, asked)
        if ending in ("rotation", "both"):
            for remote in (*KEYS, *PARAMETERS):
                self._witness.cloud.rotate(remote)
            if not await self._becomes_true(FOLLOWED_SECONDS):
                self._witness.broken += [f"N3 after a rotation: {text}" for text in self._untrue()]
        if number := self._crew.forgotten():
            self._witness.broken.append(f"N4 at the end: {number} objects are forgotten")
        self._was_thrifty()

    def _asked(self) -> int:
        return sum(life.asked for life in self._crew.lives)

    def _was_calm(self, before: Counter[str], asked: int) -> None:
        """N6: nothing changes, so no Secret is written, a status once a refresh at most, and AWS asked as often."""
        writes = self._witness.writes - before
        made = [wish for wish in self._acting.objects.values() if wish.kind == "made"]
        rounds = [
            CALM_SECONDS / SECONDS[wish.interval] * STATUS_PER_REFRESH + 1 for wish in self._acting.objects.values()
        ]
        renewals = sum(CALM_SECONDS / SECONDS[wish.interval] * STATUS_PER_REFRESH + 1 for wish in made)
        reads = sum(
            each * (len(wish.reads) + 2) for each, wish in zip(rounds, self._acting.objects.values(), strict=True)
        )
        asks = self._asked() - asked
        if writes["secret"] > renewals or writes["status"] > STORES + sum(rounds) or asks > reads:
            told = f"{dict(writes)} and {asks} calls of AWS in {CALM_SECONDS:g} s without a change"
            self._witness.broken.append(f"N6: {told}; wanted are {self._acting.objects}")

    def _was_thrifty(self) -> None:
        """N6: over the whole run, targets are written as often as there was a reason to."""
        lives = len(self._crew.lives)
        for place, number in self._witness.effective.items():
            wishes = [wanted.wish for wanted in self._witness.wanted[place]]
            remotes = {remote for wish in wishes for remote in wish.remotes}
            changes = sum(self._witness.cloud.changes[remote] for remote in remotes)
            texts = len(self._witness.texts.versions) if any(wish.kind == "text" for wish in wishes) else 0
            made = anyio.current_time() / 10 if any(wish.kind == "made" for wish in wishes) else 0
            reasons = self._witness.causes[place] + changes + texts + lives
            if number > REASONS_TO_WRITE * reasons + 3 + made:
                self._witness.broken.append(f"N6: {place} was written {number} times for {reasons} reasons")

    async def _becomes_true(self, seconds: float) -> bool:
        end = anyio.current_time() + seconds
        while self._untrue():
            if anyio.current_time() > end:
                return False
            await anyio.sleep(LOOK_SECONDS)
            self._acting.provide()
        return True

    def _untrue(self) -> list[str]:
        """What is not as it should be."""
        found = [text for place, wish in self._acting.objects.items() for text in self._wrong(place, wish)]
        terminating = [space for space in self._acting.ended if self._hands.has_namespace(space)]
        return found + [f"the namespace {space} cannot end" for space in terminating]

    def _wrong(self, place: Place, wish: Wish) -> list[str]:
        ready = self._hands.ready(*place)
        if ready[0] != "True":
            return [f"{place} is {ready}, wanted is {wish}"]
        if wish.creation == "None":
            return []
        secret = (place[0], target(place[1], wish))
        data = decoded(self._hands.secret(*secret) or {})
        texts = {TEXT: self._witness.texts.now}
        made = render(wish, self._witness.cloud.snapshot() | texts) or {}
        if any(data.get(key) != value and not (value == ANY and data.get(key)) for key, value in made.items()):
            return [f"{secret} holds {data}, wanted are {made} by {wish}"]
        left = [key for key, value in data.items() if key not in made and value.startswith(MARK.encode())]
        if left:
            return [f"{secret} still holds {left}, wanted are {made} by {wish}"]
        if secret in self._acting.foreign and FOREIGN[0] not in data:
            return [f"{secret} lost the key of somebody else"]
        return []

    def search(self) -> None:
        """N7: a value where none may be."""
        told = {
            "logs": "\n".join(map(repr, self._logs)),
            "objects": self._hands.everything(*((group, plural) for group, plural in TELLING)),
            "metrics": b"".join(self._crew.told).decode(),
        }
        for where, text in told.items():
            if MARK in text:
                at = text.index(MARK)
                self._witness.broken.append(f"N7: a value is in the {where}: …{text[max(0, at - 200) : at + 40]}")


TELLING = (
    ("", "events"),
    ("external-secrets.io", "externalsecrets"),
    ("external-secrets.io", "secretstores"),
    ("external-secrets.io", "clustersecretstores"),
)
