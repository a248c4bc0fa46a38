"""A program in a terminal of its own, seen from outside: when it paints, when a key shows, what it takes."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte

SIZE = (120, 40)
_TICKS = os.sysconf("SC_CLK_TCK")
_KEYBOARD = re.compile(rb"\x1b\[[<=>][\d;]*u")
"""Asks for another way to tell of keys; pyte would write it on the screen."""
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Program:
    """Runs ``command``; ends it, with everything it started, when the block is left."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], folder: Path | None = None) -> None:
        self.master, slave = pty.openpty()
        columns, rows = SIZE
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.began = time.perf_counter()
        self.process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**environment, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
            cwd=folder,
            start_new_session=True,
        )
        os.close(slave)
        self._rows = [""] * rows
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.wait_for(lambda: self.process.poll() is not None, 10.0)
            self.process.wait(1.0)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self.master)

    def read(self, seconds: float) -> bool:
        """Take in output for at most ``seconds``; True when there was any."""
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        try:
            piece = os.read(self.master, 65536)
        except OSError:  # how Linux says that the other side is closed
            time.sleep(min(seconds, 0.05))
            return False
        self._stream.feed(_KEYBOARD.sub(b"", piece))
        for row in self._screen.dirty:
            cells = self._screen.buffer[row]
            self._rows[row] = "".join(cells[column].data for column in range(self._screen.columns))
        self._screen.dirty.clear()
        return bool(piece)

    @property
    def screen(self) -> str:
        """What a person sees now: all rows, joined by line breaks."""
        return "\n".join(self._rows)

    def shows(self, text: str) -> bool:
        """Whether ``text`` stands on one row of the screen."""
        return any(text in row for row in self._rows)

    def wait_for(self, holds: Callable[[], bool], patience: float) -> float | None:
        """Seconds until ``holds``, looked at after each piece of output; None when it does not in time."""
        began = time.perf_counter()
        while not holds():
            left = patience - (time.perf_counter() - began)
            if left <= 0:
                return None
            self.read(min(left, 0.02))
        return time.perf_counter() - began

    def calm(self, seconds: float, patience: float) -> None:
        """Wait until it has written nothing for ``seconds``, or all ``patience`` is gone."""
        end = last = time.perf_counter()
        end += patience
        while time.perf_counter() < end and time.perf_counter() - last < seconds:
            if self.read(0.05):
                last = time.perf_counter()

    def echo(self, text: str, patience: float = 10.0) -> float | None:
        """Seconds until ``text``, typed now, can be seen; None when it cannot in time."""
        os.write(self.master, text.encode())
        return self.wait_for(lambda: self.shows(text), patience)

    def press(self, keys: bytes) -> None:
        """Send ``keys``."""
        os.write(self.master, keys)

    def cpu(self) -> float:
        """Seconds of processor time of it and of the children that live."""
        return sum(_cpu(pid) for pid in _family(self.process.pid))

    def memory_mb(self) -> float:
        """Resident memory of it and of the children that live."""
        return sum(_pages(pid) for pid in _family(self.process.pid)) * _PAGE / 1e6


def _family(pid: int) -> list[int]:
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += [one for child in task.read_text().split() for one in _family(int(child))]
    return found


def _cpu(pid: int) -> float:
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS
    return 0.0


def _pages(pid: int) -> int:
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return 0
