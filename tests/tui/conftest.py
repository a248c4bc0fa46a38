"""What all tests of the app share: no clock, and waiting for what is to be done, not for the processor to be idle."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator

import pytest
from driving import PATIENCE
from textual import app as textual_app
from textual import pilot as textual_pilot
from textual._context import active_app
from textual.app import App
from textual.pilot import Pilot
from textual.timer import Timer

from sovl_tui import clipboard

_QUIET_ROUNDS = 3
"""Turns of the event loop without a message after which nothing more is to be expected."""
_BREATH = 0.001
"""Seconds that a working thread is given at a time."""
_MOST_ROUNDS = 20_000
"""Turns after which the app will not come to rest: about a hundred times what the longest test takes."""


def _waiting(app: App[object]) -> int:
    """Messages and callbacks that no one has handled yet, and workers that have not ended."""
    nodes = [app, *(node for screen in app.screen_stack for node in screen.walk_children(with_self=True))]
    return len(app.workers) + sum(node._message_queue.qsize() + len(node._next_callbacks) for node in nodes)


def _due(app: App[object]) -> bool:
    """Whether a timer would find anything to do: to lay out, to paint, to move, to call what waits for that."""
    screen = app.screen
    return bool(
        app._animator._animations
        or app._resize_event is not None
        or screen._layout_required
        or screen._scroll_required
        or screen._repaint_required
        or screen._recompose_required
        or screen._dirty_widgets
        or screen._callbacks
    )


def _act_as_timer(app: App[object]) -> None:
    app._check_resize()
    app._animator()
    app.screen._on_timer_update()


async def handled(min_sleep: float = 0.0, max_sleep: float = 1.0) -> None:
    """Let the event loop turn until every message is handled, the screen laid out and painted.

    Textual's own waits until the process takes no processor time for 20 ms, which on a busy machine costs up to a
    second each time, and says nothing about messages.
    """
    app = active_app.get(None)
    quiet = 0
    for _ in range(_MOST_ROUNDS):
        # A thread that works for the app gets no turn while this one spins.
        await asyncio.sleep(_BREATH if app is not None and app.workers else 0)
        if app is None or not app.is_running:
            return
        quiet = quiet + 1 if _waiting(app) == 0 else 0
        if quiet < _QUIET_ROUNDS:
            continue
        due = _due(app)
        _act_as_timer(app)  # when nothing is due, too: it lets go whoever waits until nothing moves any more
        if not due:
            return
        quiet = 0
    raise AssertionError(f"the app does not come to rest: {_waiting(app)} messages wait, drawing is due: {_due(app)}")


@pytest.fixture(autouse=True)
def no_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pilots wait for messages, and no timer goes off: how fast the machine is must not decide what a test sees.

    ``handled`` does in their place what Textual's own timers do, ``Stage.settle`` what the pump's does.
    """
    monkeypatch.setattr(Timer, "_start", lambda self: None)
    monkeypatch.setattr(App, "delay_update", lambda self, delay=0.0: None)  # against flicker; a timer would end it
    monkeypatch.setattr(textual_pilot, "wait_for_idle", handled)
    monkeypatch.setattr(textual_app, "wait_for_idle", handled)
    monkeypatch.setattr(Pilot._wait_for_screen, "__defaults__", (PATIENCE,))


@pytest.fixture(autouse=True)
def own_clipboard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that a test copies gets onto the desktop."""
    monkeypatch.setattr(clipboard, "_TOOLS", ())


@pytest.fixture(scope="module", autouse=True)
def rare_collections() -> Iterator[None]:
    """Each app is thousands of objects that all live to its end; looking through them for garbage took a third."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, 50, 50)
    yield
    gc.set_threshold(*before)
