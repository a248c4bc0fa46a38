"""A minute in the app as a recording: ``python -m bench.recording [--out docs/minute.cast]``, for ``asciinema play``.

The real program runs in a pseudo-terminal on a home of its own and is typed at, as a person would; what it writes to
the terminal is kept with its times. Waiting for the model is cut short, typing is not.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pexpect
import pyte

ENTER, TAB, ESCAPE, BACKSPACE, PALETTE, SEARCH = "\r", "\t", "\x1b", "\x7f", "\x10", "\x06"
_LONGEST_PAUSE = 2.0
"""Seconds that a pause has in the recording at the most."""
_PER_KEY = 0.06
_PATIENCE = 1200.0
_CHUNK = 65_536


@dataclass(frozen=True, slots=True)
class Step:
    """Keys, and what is waited for before the next ones.

    Attributes:
        keys: What is typed, key by key.
        until: Words on the screen that say it is done; none waits for the pause alone.
        pause: Seconds to look at it.
    """

    keys: str
    until: str = ""
    pause: float = 1.5


MINUTE = (
    Step("", "Awake", 2.0),
    Step("Hello! My cat's name is Mirtle." + ENTER, "tok/s", 2.0),
    Step("/deb", "debate <topic>", 1.5),
    Step(TAB + '"AI will replace artists" 1' + ENTER, "Rebuttal", 3.0),
    Step("/tune cross ", "weight", 2.0),
    Step("0.8" + ENTER, "weight=0.80", 1.5),
    Step("artists" + SEARCH, "Enter takes this line", 2.0),
    Step(ESCAPE + BACKSPACE * len("artists"), "", 0.5),
    Step(PALETTE + "evalu", "evaluate", 2.0),
    Step(ESCAPE, "", 0.5),
    Step("/reset" + ENTER, "(n)", 2.0),
    Step("n", "", 1.0),
    Step("status" + ENTER, "Data Exposure", 2.0),
    Step("quit" + ENTER, "", 0.5),
)


@dataclass
class Recording:
    """A program in a terminal of ``columns`` × ``rows``, and what it wrote, with the seconds since it began."""

    command: Sequence[str]
    columns: int = 100
    rows: int = 30
    environment: dict[str, str] = field(default_factory=dict)
    written: list[tuple[float, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._screen = pyte.Screen(self.columns, self.rows)
        self._stream = pyte.Stream(self._screen)

    def play(self, steps: Sequence[Step]) -> None:
        """Run the program, and take the steps; it must have ended or is ended behind the last one.

        Raises:
            SystemExit: When what a step waits for does not come.
        """
        self._began = time.monotonic()
        self._program = pexpect.spawn(
            self.command[0],
            list(self.command[1:]),
            dimensions=(self.rows, self.columns),
            env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **self.environment},
            encoding="utf-8",
        )
        try:
            for step in steps:
                self._take(step)
        finally:
            self._read_for(1.0)
            self._program.close(force=True)

    @property
    def text(self) -> str:
        """What is on the screen."""
        return "\n".join(self._screen.display)

    def _take(self, step: Step) -> None:
        for key in step.keys:
            self._program.send(key)
            self._read_for(_PER_KEY)
        end = time.monotonic() + _PATIENCE
        while step.until and step.until not in self.text:
            if time.monotonic() > end or not self._program.isalive():
                raise SystemExit(f"waited in vain for {step.until!r}; the screen is\n{self.text}")
            self._read_for(0.1)
        self._read_for(step.pause)

    def _read_for(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            try:
                piece = self._program.read_nonblocking(_CHUNK, timeout=left)
            except (pexpect.TIMEOUT, pexpect.EOF):
                return
            self.written.append((time.monotonic() - self._began, piece))
            self._stream.feed(piece)

    def as_cast(self, title: str) -> Iterator[str]:
        """The lines of a file in version 2 of asciinema's format, long pauses cut short."""
        yield json.dumps({"version": 2, "width": self.columns, "height": self.rows, "title": title})
        shown = before = 0.0
        for at, piece in self.written:
            shown += min(_LONGEST_PAUSE, at - before)
            before = at
            yield json.dumps([round(shown, 3), "o", piece], ensure_ascii=False)


def main(arguments: Sequence[str] | None = None) -> int:
    """Record it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/minute.cast"), help="the file to write")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config.json"
        config.write_text(
            json.dumps({"controls_config": {"max_new_tokens": 40}, "interface_config": {"animations": False}})
        )
        recording = Recording([sys.executable, "-m", "sovl_tui", "--home", folder])
        recording.play(MINUTE)
    options.out.write_text("\n".join(recording.as_cast("A minute in SOVL")) + "\n", encoding="utf-8")
    print(f"{options.out}: {options.out.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
