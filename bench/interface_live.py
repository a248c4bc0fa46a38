"""The live screen on the real engine: keys and Esc while it speaks and while it trains, and how long the loop stalls.

The app runs without a terminal in this process; a key is posted as the driver would post it, and counts until the
frame with its letter is painted. The engine's first imports, which hold up every thread, are over by then.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual import events

from bench.interface_figures import Figure, Stalls, at, now, until, watching
from engine import Engine, Home
from engine.api import EngineState
from engine.config import Config
from sovl_tui.conversation import Phase

if TYPE_CHECKING:
    from sovl_tui.app import SovlApp
    from sovl_tui.conversation import Entry

GOALS = {
    "key while training, p95": 0.033,
    "key while training, p99": 0.060,
    "key while speaking, p95": 0.033,
    "key while speaking, p99": 0.060,
    "loop stall while training, longest": 0.080,
    "loop stall while speaking, longest": 0.080,
    "esc to the last token": 0.100,
    "esc to the answer marked stopped": 0.100,
}
TRAINING = "/train 500"
"""Longer than anybody types; what a night does between its dreams and its audit, on the sample data."""
STORY = "Tell me a very long story about a lighthouse keeper, with many turns, and do not stop."
STOPS = 5
_TRIES = 5
_LONG = 1000
"""Most tokens of the story."""
_BEGUN = 40
"""Characters of the story after which it is stopped."""
_KEY_SECONDS = 0.06
"""Between two keys, as a quick writer types."""
_START_SECONDS = 120.0


async def measure_live(args: argparse.Namespace, folder: Path) -> dict[str, Figure]:
    """Each figure in :data:`GOALS`, and some beside them."""
    from sovl_tui.app import SovlApp

    config = Config()
    config.set("max_new_tokens", _LONG)
    engine = Engine(Home(folder / "home").open(), config)
    app = SovlApp(engine, config)
    figures: dict[str, Figure] = {}
    try:
        async with app.run_test(size=(120, 40)):
            await _state(app, EngineState.AWAKE, seconds=_START_SECONDS)
            figures |= await _typing(app, "at rest", args.keys, lambda: True)
            figures |= await _typing(app, "speaking", args.keys, lambda: _keep_speaking(app))
            await _rest(app)
            stops = [await _esc(app) for _ in range(STOPS)]
            figures["esc to the last token"] = at([last for last, _ in stops], 1.0)
            figures["esc to the answer marked stopped"] = at([stopped for _, stopped in stops], 1.0)
            app.send(TRAINING)
            await _state(app, EngineState.TRAINING, seconds=_START_SECONDS)
            figures |= await _typing(app, "training", args.keys, lambda: _is(app, EngineState.TRAINING))
            await _rest(app)
    finally:
        engine.shutdown()
        engine.join(30.0)
    return figures


async def _typing(app: SovlApp, while_: str, keys: int, goes_on: Callable[[], bool]) -> dict[str, Figure]:
    """Type, one key after the other, as long as ``goes_on``; until each one's frame is painted."""
    spent: list[Figure] = []
    stalls: Stalls
    async with watching() as stalls:
        for number in range(keys):
            if not goes_on():
                break
            prompt = app.live.prompt
            wanted = len(prompt.text) + 1
            letter = "abcdefghij"[number % 10]
            began = now()
            app.post_message(events.Key(letter, letter))
            spent.append(await until(began, partial(_is_shown, app, wanted)))
            if wanted > 60:
                prompt.clear()
            await asyncio.sleep(_KEY_SECONDS)
    app.live.prompt.clear()
    if not spent:
        raise SystemExit(f"It was over before a key could be pressed while {while_}.")
    print(f"  ({len(spent)} keys while {while_})", file=sys.stderr)
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
    figures = {f"key while {while_}, {name}": at(spent, share) for name, share in shares.items()}
    return figures | {f"loop stall while {while_}, longest": stalls.longest}


async def _esc(app: SovlApp) -> tuple[Figure, Figure]:
    """From Esc to the last text that still came (at once, if none did), and until the answer is marked as stopped.

    An answer that ended by itself at that moment does not count.
    """
    for _ in range(_TRIES):
        answer, figures = await _stopped(app)
        await _rest(app)
        if answer.phase is Phase.STOPPED:
            return figures
    raise SystemExit("Every answer ended by itself before Esc could stop it.")


async def _stopped(app: SovlApp) -> tuple[Entry, tuple[Figure, Figure]]:
    """The answer that was being said when Esc was pressed, and the figures of :func:`_esc`."""
    entries = _entries(app)
    while not (entries[-1].kind == "answer" and entries[-1].phase == "running" and len(entries[-1].text) > _BEGUN):
        _keep_speaking(app)
        await asyncio.sleep(0.001)
    answer = entries[-1]
    began = last = now()
    seen = answer.text
    app.post_message(events.Key("escape", None))
    while answer.phase == "running":
        if answer.text != seen:
            seen, last = answer.text, now()
        if time.perf_counter() - began[0] > _START_SECONDS:
            raise SystemExit("Esc did not stop the answer.")
        await asyncio.sleep(0.001)
    marked = now()
    last = marked if answer.text != seen else last
    return answer, (_between(began, last), _between(began, marked))


def _between(began: tuple[float, float], ended: tuple[float, float]) -> Figure:
    return Figure(ended[0] - began[0], "s", ended[1] - began[1])


async def _rest(app: SovlApp) -> None:
    """Stop what it says, if it still does, and wait until it is awake and nothing waits."""
    end = time.monotonic() + _START_SECONDS
    while _speaks(app):
        app.action_stop_job()
        if time.monotonic() > end:
            raise SystemExit(f"It did not stop within {_START_SECONDS:.0f} seconds.")
        await asyncio.sleep(0.05)
    await _state(app, EngineState.AWAKE)


def _entries(app: SovlApp) -> list[Entry]:
    return app.live.transcript.conversation.entries


def _speaks(app: SovlApp) -> bool:
    """Whether a line waits or is being answered."""
    return any(entry.phase in ("waiting", "running") for entry in _entries(app)[-4:])


def _keep_speaking(app: SovlApp) -> bool:
    """Ask for the story when it is not being told."""
    if not _speaks(app):
        app.send(STORY)
    return True


def _is(app: SovlApp, state: EngineState) -> bool:
    return app.engine.outbox.latest.state is state


async def _state(app: SovlApp, state: EngineState, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not _is(app, state) or app.live._vitals.snapshot.state is not state:
        if app.engine.outbox.latest.state is EngineState.FAILED:
            raise SystemExit(f"The engine failed: {app.engine.outbox.latest.note}")
        if time.monotonic() > end:
            last = [(one.kind.value, one.phase.value, one.text[:80]) for one in _entries(app)[-4:]]
            raise SystemExit(f"It was not {state.value} within {seconds:.0f} seconds. What was said last: {last}")
        await asyncio.sleep(0.01)


def _is_shown(app: SovlApp, length: int) -> bool:
    """Whether the prompt has so many letters, and nothing waits to be drawn any more."""
    screen, prompt = app.screen, app.live.prompt
    waits = screen._dirty_widgets or screen._repaint_required or screen._layout_required or screen._callbacks
    on_its_way = prompt._repaint_required or prompt.message_queue_size or screen.message_queue_size
    return len(prompt.text) >= length and not (waits or on_its_way)
