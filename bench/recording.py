"""A minute in the app as a recording: ``python -m bench.recording [--out docs/minute.cast] [--pictures DIR]``.

The real program runs in a pseudo-terminal on a home of its own and is typed at, as a person would; what it writes to
the terminal is kept with its times, for ``asciinema play``. Waiting for the model is told faster, typing is not. Some
moments become pictures, too: the terminal's screen as SVG.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pexpect
import pyte
from rich.console import Console
from rich.style import Style
from rich.text import Text

from bench.screenshots import pinned

ENTER, TAB, ESCAPE, PALETTE, LIVE, MEMORY = "\r", "\t", "\x1b", "\x10", "\x1bOQ", "\x1b[15~"
_LONGEST_WAIT = 5.0
"""Seconds that waiting for the model takes in the recording at the most."""
_PER_KEY = 0.06
_BEGINNING = 1.5
"""Seconds in which what was entered has surely begun."""
_PATIENCE = 3600.0
_TO_DIE = 5.0
"""Seconds that the program may take to end when it is told to; on a busy machine it takes some."""
_CHUNK = 65_536
_KEY = re.compile(r"\x1bO.|\x1b\[[\d;]*[~A-Za-z]|.", re.DOTALL)
"""A key is sent whole: with a pause behind its escape it would be another."""


@dataclass(frozen=True, slots=True)
class Step:
    """Keys, and what is waited for before the next ones.

    Attributes:
        keys: What is typed, key by key.
        until: Words on the screen that say it is done; none waits for the pause alone.
        pause: Seconds to look at it.
        picture: Name of the picture that is taken then; empty for none.
    """

    keys: str
    until: str = ""
    pause: float = 1.5
    picture: str = ""


_QUIET = "● awake"
"""What the status column says when it neither loads nor speaks nor sleeps."""

MINUTE = (
    Step("", _QUIET, 2.0),
    Step("Hello! My cat's name is Mirtle." + ENTER, _QUIET, 2.0),
    Step("My sister Noor lives in Graz." + ENTER, _QUIET, 2.0),
    Step("/deb", "debate <topic>", 1.5, "popup"),
    Step(TAB + '"AI will replace artists" 1' + ENTER, "Rebuttal", 4.0, "debate"),
    Step(PALETTE + "evalu", "evaluate", 2.0, "palette"),
    Step(ESCAPE, "", 0.5),
    Step("sleep" + ENTER, "Learned", 3.0, "sleep"),
    Step(LIVE, "", 1.0),  # the night has opened its own room
    Step("new" + ENTER, "New conversation", 1.0),
    Step("What do I call my cat?" + ENTER, _QUIET, 2.5, "learned"),
    Step(MEMORY, "Mirtle", 3.0, "memory"),
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
    waits: list[tuple[float, float]] = field(default_factory=list)
    """From when to when it was waited for the model, in seconds since it began."""
    pictures: dict[str, str] = field(default_factory=dict)
    """SVG of the screen by name."""

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
        self._program.ptyproc.delayafterterminate = _TO_DIE
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
        for key in _KEY.findall(step.keys):
            self._program.send(key)
            self._read_for(_PER_KEY)
        since = time.monotonic()
        if step.keys.endswith(ENTER):
            self._read_for(_BEGINNING)
        end = since + _PATIENCE
        while step.until and step.until not in self.text:
            if time.monotonic() > end or not self._program.isalive():
                raise SystemExit(f"waited in vain for {step.until!r}; the screen is\n{self.text}")
            self._read_for(0.1)
        self.waits.append((since - self._began, time.monotonic() - self._began))
        self._read_for(step.pause)
        if step.picture:
            self.pictures[step.picture] = picture_of(self._screen, step.picture)

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
        """The lines of a file in version 2 of asciinema's format, long waits told faster."""
        yield json.dumps({"version": 2, "width": self.columns, "height": self.rows, "title": title})
        for at, piece in self.written:
            yield json.dumps([round(self._told_at(at), 3), "o", piece], ensure_ascii=False)

    def _told_at(self, at: float) -> float:
        """Seconds into the recording of what happened ``at`` seconds into the run."""
        told = at
        for since, until in self.waits:
            spent = min(at, until) - since
            if spent > 0 and until - since > _LONGEST_WAIT:
                told -= spent * (1 - _LONGEST_WAIT / (until - since))
        return told


def picture_of(screen: pyte.Screen, title: str) -> str:
    """The terminal's screen as SVG, every character in its place."""
    console = Console(
        width=screen.columns, height=screen.lines, file=io.StringIO(), record=True, color_system="truecolor"
    )
    for row in range(screen.lines):
        line = Text()
        for column in range(screen.columns):
            cell = screen.buffer[row][column]
            colour, ground = (cell.bg, cell.fg) if cell.reverse else (cell.fg, cell.bg)
            style = Style(color=_colour(colour), bgcolor=_colour(ground), bold=cell.bold, italic=cell.italics)
            line.append(cell.data or "", style)
        console.print(line, no_wrap=True, overflow="ignore", crop=True)
    return pinned(console.export_svg(title=f"sovl: {title}"))


def _colour(name: str) -> str | None:
    """A colour of the terminal as Rich names it."""
    if name == "default":
        return None
    return f"#{name}" if re.fullmatch("[0-9a-f]{6}", name) else name.replace("brown", "yellow")


def main(arguments: Sequence[str] | None = None) -> int:
    """Record it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/minute.cast"), help="the file to write")
    parser.add_argument("--pictures", type=Path, default=Path("docs"), help="the folder for the pictures")
    options = parser.parse_args(arguments)
    options.pictures.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config.json"
        config.write_text(
            json.dumps({"controls_config": {"max_new_tokens": 40}, "interface_config": {"animations": False}})
        )
        recording = Recording([sys.executable, "-m", "sovl_tui", "--home", folder])
        recording.play(MINUTE)
    options.out.write_text("\n".join(recording.as_cast("A minute in SOVL")) + "\n", encoding="utf-8")
    for name, svg in recording.pictures.items():
        (options.pictures / f"minute-{name}.svg").write_text(svg, encoding="utf-8")
    print(f"{options.out}: {options.out.stat().st_size:,} bytes, {len(recording.pictures)} pictures")
    return 0


if __name__ == "__main__":
    sys.exit(main())
