"""A long conversation: what streaming costs with many messages before it, what they take of memory, focus in and out.

The scripted engine of the tests speaks 100 tokens a second. What the app spends on them is the processor time of its
thread for each token that was shown, times 100: so it holds on a busy machine, too.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from textual import events

from bench.interface_figures import Figure, now, resident_mb, until, watching
from engine.api import Done, Outcome, Started, TextChunk
from engine.config import Config

if TYPE_CHECKING:
    from sovl_tui.app import SovlApp
    from tests.tui.fakes import FakeEngine

EARLIER = (0, 1_000, 10_000)
"""Messages before the one that streams; half of them are questions."""
TOKENS_PER_SECOND = 100
GOALS = {f"streaming after {count:,}": 0.15 for count in EARLIER} | {"focus out and in after 10,000": 0.2}

_SENTENCE = "The Moon is **mostly rock**, and a `crust` of feldspar lies over a thick mantle of old dry stone.\n\n"
_WORDS = _SENTENCE.split(" ")
_ANSWER = _SENTENCE + "1. thin crust\n2. thick mantle\n\n```python\nphases = ['new', 'full']\n```\n"
_WARM = 2
"""Messages at the least, so that what draws them is imported."""
_SETTLE_SECONDS = 600.0


async def measure_chat(args: argparse.Namespace, folder: Path) -> dict[str, Figure]:
    """Each figure in :data:`GOALS`, and some beside them."""
    figures: dict[str, Figure] = {}
    for count in EARLIER:
        figures |= await _with_earlier(count, args.seconds, folder / str(count))
    return figures


async def _with_earlier(count: int, seconds: float, folder: Path) -> dict[str, Figure]:
    from sovl_tui.app import SovlApp
    from tests.tui.fakes import FakeEngine

    engine = FakeEngine(folder)
    config = Config()
    sys.setswitchinterval(0.001)  # as the real engine does
    app = SovlApp(engine, config)
    figures: dict[str, Figure] = {}
    async with app.run_test(size=(120, 40)):
        engine.awaken()
        await asyncio.sleep(0.5)
        gc.freeze()  # as the engine does once all is imported
        empty = resident_mb()
        await _fill(app, max(count, _WARM))
        if count:
            figures[f"memory of {count:,}"] = Figure(resident_mb() - empty, "MB")
        share, stall = await _stream(app, engine, seconds)
        figures[f"streaming after {count:,}"] = share
        figures[f"loop stall, streaming after {count:,}"] = stall
        if count:
            figures[f"focus out and in after {count:,}"] = await _focus(app)
    return figures


async def _fill(app: SovlApp, count: int) -> None:
    """Have ``count`` messages said, and wait until their heights are known."""
    transcript = app.live.transcript
    for number in range(1, count // 2 + 1):
        transcript.conversation.submitted(number, f"Question {number} about the Moon?")
        for event in (Started(number, "chat"), TextChunk(number, _ANSWER), Done(number, Outcome.OK, _ANSWER)):
            transcript.conversation.apply(event)
    transcript.catch_up()
    end = time.monotonic() + _SETTLE_SECONDS
    while transcript.refine(0.02):
        if time.monotonic() > end:
            raise SystemExit(f"{count:,} messages were not laid out within {_SETTLE_SECONDS:.0f} seconds.")
        await asyncio.sleep(0)


async def _stream(app: SovlApp, engine: FakeEngine, seconds: float) -> tuple[Figure, Figure]:
    """Let it speak for ``seconds``: the share of a core at 100 tokens a second, and the longest stall."""
    number = 1_000_000
    app.live.submitted(number, "And now?")
    engine.begin(number)
    said = 0
    async with watching() as stalls:
        began = now()
        while (passed := time.perf_counter() - began[0]) < seconds:
            due = int(passed * TOKENS_PER_SECOND)
            engine.say(number, [f"{_WORDS[index % len(_WORDS)]} " for index in range(said, due)])
            said = due
            await asyncio.sleep(1 / TOKENS_PER_SECOND)
        spent = now()[1] - began[1]
    engine.finish(number, "over")
    await asyncio.sleep(0.2)
    return Figure(spent / said * TOKENS_PER_SECOND, "share"), stalls.longest


async def _focus(app: SovlApp) -> Figure:
    """The terminal loses the focus and gets it back; until the screen is painted."""
    began = now()
    app.post_message(events.AppBlur())
    await until(began, lambda: not app.app_focus)
    app.post_message(events.AppFocus())
    screen = app.screen
    return await until(
        began,
        lambda: app.app_focus and not (screen._dirty_widgets or screen._repaint_required or screen._layout_required),
    )
