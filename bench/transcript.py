"""Every command in one run of ``sovl exec``: ``python -m bench.transcript [--out FILE.md] [--json FILE]``.

The lines of ``transcript_lines.toml`` are run in order, in a new home, by what runs them for ``sovl exec``, and what it
prints is written down line by line. A command of the registry that no line runs, or a line that fails, is an error; a
refusal is none.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import sys
import tempfile
import time
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.machine import describe_machine
from engine.api import Done, EngineFailed, Event, Notice, Outcome, Started
from engine.commands import COMMANDS
from sovl_tui.headless import Interrupts, TextPrinter, run

if TYPE_CHECKING:
    from engine import Config

LINES = Path(__file__).with_name("transcript_lines.toml")
_FOLDER = "{folder}"
_PROGRAM = Path(__file__).parent.parent
_HEAD = """\
# Every command, in one run

Written by `python -m bench.transcript`: the lines behind `>` went to one `sovl exec` in a new home, with the default
model and its default settings; below each stands what was printed. `HOME` is the home folder, `FOLDER` another one,
`SOVL` the program's own."""


@dataclass(frozen=True, slots=True)
class Part:
    """Lines that belong together."""

    title: str
    lines: tuple[str, ...]
    about: str = ""


@dataclass(slots=True)
class Ran:
    """One line that was run.

    Attributes:
        line: What was typed.
        command: The command's name, or ``chat``.
        printed: What ``sovl exec`` printed, refusals included.
        outcome: As of :class:`engine.api.Outcome`.
        seconds: Wall time.
    """

    line: str
    command: str
    printed: str = ""
    outcome: str = ""
    seconds: float = 0.0


def parts_of(path: Path = LINES) -> list[Part]:
    """What is typed."""
    found = tomllib.loads(path.read_text(encoding="utf-8"))["part"]
    return [Part(one["title"], tuple(one["lines"]), one.get("about", "")) for one in found]


class Recorder:
    """A printer that keeps apart what belongs to each line."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.ran: list[Ran] = []
        self.besides = io.StringIO()
        """What belongs to no line."""
        self._waiting = iter(lines)
        self._elsewhere = TextPrinter(self.besides, self.besides)
        self._text = io.StringIO()
        self._printer = self._elsewhere
        self._since = 0.0

    def show(self, event: Event) -> None:
        """Print ``event`` as ``sovl exec`` would."""
        match event:
            case Started(name=name):
                self._text = io.StringIO()
                self._printer, self._since = TextPrinter(self._text, self._text), time.perf_counter()
                self.ran.append(Ran(next(self._waiting), name))
                print(f"{len(self.ran)}: {self.ran[-1].line}", file=sys.stderr, flush=True)
                self._printer.show(event)
            case Done(outcome=outcome):
                self._printer.show(event)
                ran = self.ran[-1]
                ran.printed, ran.outcome = self._text.getvalue().rstrip("\n"), outcome.value
                ran.seconds = round(time.perf_counter() - self._since, 2)
                self._printer = self._elsewhere
            case Notice() | EngineFailed():
                self._elsewhere.show(event)
            case _:
                self._printer.show(event)


def record(config: Config, lines: Sequence[str]) -> Recorder:
    """Run ``lines`` in a new home; ``{folder}`` in them is an empty folder, and no path of this machine is shown.

    Args:
        config: The settings of the life.
        lines: Chat and commands, in order.
    """
    from engine import Engine, Home

    with tempfile.TemporaryDirectory() as place, Home(Path(place) / "home").open() as home:
        folder = Path(place) / "folder"
        folder.mkdir()
        recorder = Recorder(lines)
        engine = Engine(home, config, home.config_path)
        typed = [line.replace(_FOLDER, str(folder)) for line in lines]
        with Interrupts() as interrupts:  # what was recorded before Ctrl-C is written down
            run(engine, typed, recorder, recorder.besides, interrupts)
        engine.join(30.0)
        for ran in recorder.ran:
            for path, shown in ((folder, "FOLDER"), (home.path, "HOME"), (_PROGRAM, "SOVL")):
                ran.printed = ran.printed.replace(str(path), shown)
            ran.line = ran.line.replace(_FOLDER, "FOLDER")
    return recorder


def missing(ran: Sequence[Ran]) -> list[str]:
    """Commands of the registry that were not run."""
    run_ = {one.command for one in ran}
    return [spec.name for spec in COMMANDS if spec.name not in run_]


def as_markdown(parts: Sequence[Part], ran: Sequence[Ran], machine: str) -> str:
    """The whole run, part by part."""
    lines = [_HEAD, "", f"{len(ran)} lines; {machine}."]
    waiting = iter(ran)
    for part in parts:
        lines += ["", f"## {part.title}", *(["", part.about] if part.about else [])]
        for _, one in zip(part.lines, waiting, strict=False):
            # A fence of its own length: answers may hold fences, too.
            fence = "`" * max(3, *(len(run_) + 1 for run_ in re.findall("`+", one.printed)), 3)
            lines += ["", f"{fence}text", f"> {one.line}", *([one.printed] if one.printed else []), fence]
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run everything, and write down what was printed; returns 1 when something is missing or failed."""
    from engine import Config

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/transcript.md"), help="the page to write")
    parser.add_argument("--json", type=Path, help="the same with outcomes and seconds, as JSON")
    options = parser.parse_args(arguments)
    parts = parts_of()
    recorder = record(Config(), [line for part in parts for line in part.lines])
    machine = describe_machine()
    options.out.write_text(as_markdown(parts, recorder.ran, machine["text"]), encoding="utf-8")
    if options.json:
        report = {"machine": machine, "ran": [asdict(one) for one in recorder.ran]}
        options.json.write_text(json.dumps(report, indent=1, ensure_ascii=False), encoding="utf-8")
    problems = [f"no line runs {name}" for name in missing(recorder.ran)]
    problems += [f"{one.outcome}: {one.line}" for one in recorder.ran if one.outcome == Outcome.FAILED]
    problems += recorder.besides.getvalue().splitlines()
    print("\n".join(problems) or f"{len(recorder.ran)} lines, all {len(COMMANDS)} commands")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
