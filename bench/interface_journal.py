"""The journal screen over a million entries: how soon it opens, jumps, and finds."""

from __future__ import annotations

import argparse
import asyncio
import gc
import random
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from bench.interface_figures import Figure, at, now, until
from engine.config import Config
from engine.memory.journal import Journal

GOALS = {
    "open, end painted": 0.5,
    "jump, painted p50": 0.016,
    "filter mood, first hits": 0.1,
    "filter words, first hits": 0.1,
    "filter rare word, first hits": 0.1,
    "filter state and mood, first hits": 0.1,
}
FILTERS = {
    "mood": "mood:curious",
    "words": "moon garden",
    "rare word": "zanzibar",
    "state and mood": "is:waiting mood:restless",
}
JUMPS = 60
_WORDS = ("moon", "cat", "river", "garden", "blue", "train", "coffee", "sister", "winter", "piano", "answer", "bread")
_MOODS = ("calm",) * 6 + ("curious",) * 3 + ("restless", "melancholic")
_SEED = 7


def fill(path: Path, entries: int, *, numbered: bool = False) -> None:
    """Write a journal of so many interactions, an event after every hundredth; one in ten thousand has a rare word.

    With ``numbered`` the number of an entry can be read in it.
    """
    chance = random.Random(_SEED)
    columns = (
        "conversation_id, timestamp, command, prompt, response, confidence_score, mood, is_system_question, trainable, "
        "slept_at, extra, fingerprint"
    )

    def rows() -> Iterator[tuple[Any, ...]]:
        when = 1.7e9
        for number in range(entries):
            when += chance.random() * 60
            prompt = f"row-{number:07}-x " if numbered else ""
            prompt += " ".join(chance.choices(_WORDS, k=8)) + (" zanzibar" if number % 10_000 == 5 else "")
            response = " ".join(chance.choices(_WORDS, k=18))
            slept = when + 100 if number < 0.9 * entries else None
            yield (
                f"c{number // 200}", when, "chat", prompt, response, chance.random(), chance.choice(_MOODS), 0, 1,
                slept, "{}", number.to_bytes(16, "little"),
            )  # fmt: skip

    with Journal.open(path) as journal, journal.transaction():
        connection = journal._connection
        marks = ", ".join("?" * 12)
        connection.executemany(f"INSERT INTO interactions ({columns}) VALUES ({marks})", rows())
        nights = ((1.7e9 + 3000.0 * number, "sleep", '{"steps": 90}') for number in range(entries // 100))
        connection.executemany("INSERT INTO events (timestamp, kind, data) VALUES (?, ?, ?)", nights)


async def measure_journal(args: argparse.Namespace, folder: Path) -> dict[str, Figure]:
    """Each figure in :data:`GOALS`, and some beside them."""
    from sovl_tui.app import SovlApp
    from sovl_tui.screens.journal import JournalScreen
    from tests.tui.fakes import FakeEngine

    home = folder / "home"
    engine = FakeEngine(home)
    kept: Path | None = args.keep
    if kept is None:
        fill(engine.home.journal_path, args.entries)
    else:
        if not kept.exists():
            fill(kept, args.entries)
        engine.home.journal_path.symlink_to(kept.resolve())
    sys.setswitchinterval(0.001)  # as the real engine does
    app = SovlApp(engine, Config())
    figures: dict[str, Figure] = {}
    async with app.run_test(size=(120, 40)):
        engine.awaken()
        await asyncio.sleep(0.5)
        gc.freeze()  # as the engine does once all is imported
        began = now()
        app.action_go("journal")
        screen = app.screen
        assert isinstance(screen, JournalScreen)
        figures["open, end painted"] = await until(began, lambda: bool(screen.list.keys) and _painted(screen))
        figures["open, all keys known"] = await until(began, lambda: not screen.searching)
        figures |= await _jumps(screen)
        for name, line in FILTERS.items():
            began = now()
            number = screen.access.number
            screen.search.value = line
            figures[f"filter {name}, first hits"] = await until(began, partial(_has_hits, screen, number))
            figures[f"filter {name}, all"] = await until(began, lambda: not screen.searching)
    engine.close()
    return figures


async def _jumps(screen: Any) -> dict[str, Figure]:
    """To random places; until the frame with their lines is painted."""
    chance = random.Random(_SEED)
    spent = []
    for _ in range(JUMPS):
        place = chance.randrange(len(screen.list.keys))
        began = now()
        screen.list.move_to(place)
        spent.append(await until(began, lambda: _painted(screen)))
        await asyncio.sleep(0.05)
    return {"jump, painted p50": at(spent, 0.5), "jump, painted p95": at(spent, 0.95)}


def _has_hits(screen: Any, before: int) -> bool:
    """Whether something that a search after ``before`` found is painted."""
    return screen.access.number > before and bool(screen.list.keys) and _painted(screen)


def _painted(screen: Any) -> bool:
    """Whether the cursor is in view, every line there is read, and nothing waits to be drawn."""
    view = range(screen.list.top, screen.list.top + screen.list.page)
    if screen.list.cursor not in view:
        return False
    shown = screen.list.keys[view.start : view.stop]
    waits = screen._dirty_widgets or screen._repaint_required or screen._layout_required or screen._callbacks
    on_its_way = screen.list._repaint_required or screen.list.message_queue_size or screen.message_queue_size
    return not (waits or on_its_way) and all(screen.list.has_line(key) for key in shown)
