"""What the engine does to its threads."""

from __future__ import annotations

import os
import sys
import threading

import pytest

from engine.threads import step_back


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives threads priorities of their own")
def test_it_steps_back_from_where_the_program_was_put() -> None:
    seen: list[int] = []

    def run() -> None:
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, 12)
        step_back()
        seen.append(os.getpriority(os.PRIO_PROCESS, thread))

    ours, interval = os.getpriority(os.PRIO_PROCESS, 0), sys.getswitchinterval()
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert 12 < seen[0] < 19, "further back than the program, and not behind everything there is"
    assert os.getpriority(os.PRIO_PROCESS, 0) == ours, "the screen's own thread keeps its place"
    assert 0 < sys.getswitchinterval() <= 0.001
    sys.setswitchinterval(interval)
