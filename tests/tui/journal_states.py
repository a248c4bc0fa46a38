"""The journal screen in its states, for pictures and for looking, over a journal that tells of a short life."""

from __future__ import annotations

from datetime import datetime, timedelta

from engine.memory.journal import Journal
from sovl_tui.screens.journal import JournalScreen
from tests.tui.stage import Stage

BEGIN = datetime(2026, 11, 20, 9, 12)
MOON = (
    "Mostly rock: a thin crust of feldspar, a thick mantle much like the Earth's, and a small core of iron. "
    "It is old, dry and quiet, and keeps the same face to us because it turns once on each round."
)
SAID = (
    ("Hello! Who are you?", "I am SOVL, a small mind that learns while it sleeps.", "calm"),
    ("My cat is called Mia.", "Mia is a lovely name for a cat.", "curious"),
    ("We moved to Graz in spring, by the way.", "How do you like it there?", "curious"),
    ("What is the Moon made of?", MOON, "calm"),
    ("Write a function that doubles a number.", "```python\ndef double(n):\n    return 2 * n\n```", "calm"),
    ("My sister Ada plays the cello.", "A deep and warm instrument.", "curious"),
    ("Tell me a very long story.", "Once upon a time there was a lighthouse keeper who", "restless"),
    ("I am allergic to walnuts.", "I will remember that.", "melancholic"),
)


def fill(path, rounds: int = 5) -> None:  # type: ignore[no-untyped-def]
    """Write ``rounds`` days into the journal at ``path``; the first ones were slept on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with Journal.open(path) as journal:
        for day in range(rounds):
            slept = (BEGIN + timedelta(days=day, hours=14)).timestamp() if day < rounds - 1 else None
            for number, (prompt, response, mood) in enumerate(SAID):
                id = journal.record(
                    conversation_id=f"{day:08x}-cafe",
                    prompt=prompt,
                    response=response,
                    timestamp=(BEGIN + timedelta(days=day, minutes=7 * number)).timestamp(),
                    confidence_score=0.45 + 0.05 * number,
                    temperament=0.55,
                    mood=mood,
                    weight=0.31 if day else 0.0,
                    recognition=0.62 if day else None,
                    stop_reason="stopped" if mood == "restless" else "end",
                    tokens=12 + 9 * number,
                    slept_at=slept if number in (1, 2, 5, 7) else None,
                    rating={3: 1, 6: -1}.get(number),
                    trainable=number != 6,
                )
                if day == 0 and number == 1:
                    with journal.transaction():
                        journal.memories.keep("cat", id, "My cat is called Mia.")
            asked = (BEGIN + timedelta(days=day, hours=3)).timestamp()
            journal.record(
                conversation_id=f"{day:08x}-cafe", prompt="What colour is Mia?", response="", command="spark",
                timestamp=asked, is_system_question=True, mood="curious", confidence_score=0.5,
            )  # fmt: skip
            if slept is not None:
                headline = "Learned 4 of 4; loss 2.51 → 0.31; mood curious."
                journal.event("sleep", {"headline": headline, "steps": 95, "rows": 310, "dreams": [1, 2]}, slept)


async def opened(stage: Stage, *, rounds: int = 5) -> JournalScreen:
    """The journal, just opened, at its end."""
    if rounds:
        fill(stage.engine.home.journal_path, rounds)
    stage.engine.awaken()
    await stage.settle()
    stage.app.action_go("journal")
    await stage.settle()
    screen = stage.app.screen
    assert isinstance(screen, JournalScreen)
    return screen


async def empty(stage: Stage) -> None:
    """Nothing was ever said."""
    await opened(stage, rounds=0)


async def filled(stage: Stage) -> None:
    """At the end of five days."""
    await opened(stage)


async def searched(stage: Stage) -> None:
    """Looking for a cat."""
    screen = await opened(stage)
    screen.search.value = "cat is:learned"
    await stage.settle()
    screen.list.focus()
    await stage.pilot.press("home")
    await stage.settle()


async def nothing_found(stage: Stage) -> None:
    """A word that nobody said."""
    screen = await opened(stage)
    screen.search.value = "zebra mood:calm"
    await stage.settle()


async def wrong_condition(stage: Stage) -> None:
    """A condition that means nothing."""
    screen = await opened(stage)
    screen.search.focus()
    screen.search.value = "cat is:happy"
    await stage.settle()


async def wrapped(stage: Stage) -> None:
    """On several lines, in the middle, two entries marked."""
    await opened(stage)
    await stage.pilot.press("w", *["up"] * 12, "space", "space", "up")
    await stage.settle()


async def reading(stage: Stage) -> None:
    """All of one long answer."""
    await opened(stage)
    await stage.pilot.press(*["up"] * 5, "enter")
    await stage.settle()


async def night(stage: Stage) -> None:
    """A sleep under the cursor."""
    screen = await opened(stage)
    screen.search.value = "kind:event"
    await stage.settle()
    screen.list.focus()
    await stage.settle()


async def going_to_a_date(stage: Stage) -> None:
    """A moment is being written."""
    screen = await opened(stage)
    await stage.pilot.press("d")
    screen.asking.input.value = "2026-11-22 10:30"
    await stage.settle()


async def forgetting(stage: Stage) -> None:
    """Asked before something is forgotten."""
    screen = await opened(stage)
    screen.search.value = "cat"
    await stage.settle()
    screen.list.focus()
    await stage.pilot.press("home")
    await stage.settle()
    await stage.pilot.press("x")
    await stage.settle()


async def broken(stage: Stage) -> None:
    """The file is no journal."""
    stage.engine.home.journal_path.write_text("no database, but long enough to look like one " * 40)
    await opened(stage, rounds=0)
