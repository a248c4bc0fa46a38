"""What the engine does to its threads, beyond starting and joining them."""

from __future__ import annotations

import ctypes
import logging
import os
import sys
import threading

log = logging.getLogger(__name__)

_SWITCH_INTERVAL = 0.001
"""Seconds the interpreter lets one thread run: short, so that Python work here never holds up the screen."""
_NICENESS = 5
"""The engine's priority is lowered by this, so that a key press comes first.

Not by more: a thread that holds the interpreter when other programs push it aside keeps the screen waiting, too.
"""


class GivenUp(BaseException):
    """Raised in a thread that was given up, wherever it comes back to life."""


def break_into(thread: threading.Thread) -> None:
    """Raise :class:`GivenUp` in ``thread`` as soon as it runs Python; while it waits for other code nothing happens."""
    if thread.ident is not None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(GivenUp))


def step_back() -> None:
    """Give the screen's thread precedence over the calling one."""
    sys.setswitchinterval(min(sys.getswitchinterval(), _SWITCH_INTERVAL))
    if sys.platform == "linux":
        try:
            thread = threading.get_native_id()
            os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + _NICENESS)
        except OSError:
            log.debug("the priority of the engine thread could not be lowered")
