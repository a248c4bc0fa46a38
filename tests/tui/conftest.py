"""What all tests of the app share: waiting for messages to be handled, not for the processor to be idle."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator

import pytest
from textual import app as textual_app
from textual import pilot as textual_pilot
from textual._context import active_app
from textual.app import App

_QUIET_ROUNDS = 3
"""Turns of the event loop without a message after which nothing more is to be expected."""
_UPDATES = 2
"""Times the screen does what a timer would have it do: lay out, paint, call what waits for that."""
_MOST_ROUNDS = 2000


def _waiting(app: App[object]) -> int:
    """Messages and callbacks that no one has handled yet."""
    nodes = [app, *(node for screen in app.screen_stack for node in screen.walk_children(with_self=True))]
    return sum(node._message_queue.qsize() + len(node._next_callbacks) for node in nodes)


async def handled(min_sleep: float = 0.0, max_sleep: float = 1.0) -> None:
    """Let the event loop turn until every message is handled and the screen is laid out.

    Textual's own waits until the process takes no processor time for 20 ms, which on a busy machine costs up to a
    second each time, and says nothing about messages.
    """
    app = active_app.get(None)
    quiet, updates = 0, 0
    for _ in range(_MOST_ROUNDS):
        await asyncio.sleep(0)
        if app is None or not app.is_running:
            return
        quiet = quiet + 1 if _waiting(app) == 0 else 0
        if quiet >= _QUIET_ROUNDS:
            if updates == _UPDATES:
                return
            quiet, updates = 0, updates + 1
            app._check_resize()
            app.screen._on_timer_update()


@pytest.fixture(autouse=True)
def no_idle_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pilots wait for messages."""
    monkeypatch.setattr(textual_pilot, "wait_for_idle", handled)
    monkeypatch.setattr(textual_app, "wait_for_idle", handled)


@pytest.fixture(scope="module", autouse=True)
def rare_collections() -> Iterator[None]:
    """Each app is thousands of objects that all live to its end; looking through them for garbage took a third."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, 50, 50)
    yield
    gc.set_threshold(*before)
