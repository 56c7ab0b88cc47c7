"""The cause of asking travels with the task that asks."""

import anyio
import pytest

from esoctl.providers.asking import Asking, Haste, accepting, asked, asking, asking_afresh


def test_who_says_nothing_asks_for_a_fresh_answer_at_once() -> None:
    assert asked() == Asking(Haste.PROMPT, 0, 0.0)


def test_a_cause_ends_with_its_block() -> None:
    with asking(Asking(Haste.CALM)), accepting(5.0):
        inside = asked()

    assert inside == Asking(Haste.CALM, oldest_seconds=5.0)
    assert asked() == Asking()


def test_a_proof_is_asked_for_afresh_and_as_urgently() -> None:
    with asking(Asking(Haste.QUEUED, 3, 5.0)), asking_afresh():
        inside = asked()

    assert inside == Asking(Haste.QUEUED, 3, 0.0)


@pytest.mark.asyncio
async def test_tasks_that_are_started_inside_ask_for_the_same_reason() -> None:
    seen: list[Asking] = []

    async def ask() -> None:
        seen.append(asked())

    async with anyio.create_task_group() as group:
        with asking(Asking(Haste.CALM, 3, 1.0)):
            group.start_soon(ask)

    assert seen == [Asking(Haste.CALM, 3, 1.0)]
