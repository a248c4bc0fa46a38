"""What the speech commands say, unselected: ``python -m bench.speech [--seed 0] [--commands A,B] [--out FILE.md]``.

Ten ordinary conversations are held with the real model, each in a life of its own, and after each of them every speech
command is run once. All that was printed is written down, with the figures of each command: how many outputs are free
of the flaws that :mod:`engine.speech.checking` knows, how often it tried, and how long it took. The same seed says the
same again. Whether an output has sense is for a reader to judge.
"""

from __future__ import annotations

import argparse
import io
import json
import logging
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any

from bench.machine import describe_machine

if TYPE_CHECKING:
    from engine import Config
    from engine.api import Event
    from engine.lifeform import Lifeform

# `generate` comes last: what it was asked counts as said, and would be reflected on.
COMMANDS = ("spark", "reflect", "muse", "flare", "echo", "debate", "glitch", "rewind", "mimic", "generate")
CONVERSATIONS = Path(__file__).with_name("speech_conversations.toml")
_REWOUND = 2
_ANSWER_TOKENS = 48
"""Of an answer in a conversation: enough to have been one."""
_LONGEST = 1000
"""Words that any passage may have."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """One run of a command.

    Attributes:
        conversation: Its number, from 1.
        line: What was typed.
        printed: What ``sovl exec`` would print.
        flaws: What is wrong with what the model said, passage by passage; empty when nothing is.
        attempts: How often the model began to say something that could have been shown.
        discarded: Flaws of the attempts that were not shown, and how often each.
        seconds: Wall time.
    """

    conversation: int
    line: str
    printed: str
    flaws: list[str]
    attempts: int
    discarded: dict[str, int]
    seconds: float


def conversations() -> list[dict[str, Any]]:
    """What is said in each conversation, and what each command is given after it."""
    found: list[dict[str, Any]] = tomllib.loads(CONVERSATIONS.read_text(encoding="utf-8"))["conversation"]
    return found


def line_of(command: str, conversation: Mapping[str, Any]) -> str:
    """What is typed for ``command`` after ``conversation``."""
    match command:
        case "spark" | "reflect" | "muse":
            return f"/{command}"
        case "rewind":
            return f"/rewind {_REWOUND}"
        case "mimic":
            style, text = conversation["mimic"]
            return f'/mimic {style} "{text}"'
        case _:
            return f'/{command} "{conversation[command]}"'


@dataclass
class _Ear:
    """Hears one command: all its events, and what the model said in each of its passages."""

    id: int = 1
    events: list[Event] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def emit(self, event: Event) -> None:
        from engine.api import Passage, TextChunk

        self.events.append(event)
        match event:
            case Passage():
                self.said.append("")
            case TextChunk(text=text):
                self.said = [*self.said[:-1], "".join(self.said[-1:]) + text]

    def cancelled(self) -> bool:
        return False

    @property
    def printed(self) -> str:
        from sovl_tui.headless import TextPrinter

        out = io.StringIO()
        printer = TextPrinter(out, out)
        for event in self.events:
            printer.show(event)
        return out.getvalue().rstrip("\n")


class _Attempts(logging.Handler):
    """Counts what the speech commands tried, by what was wrong with it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.seen: Counter[str] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        assert isinstance(record.args, tuple)
        self.seen[str(record.args[0])] += 1


def speak(life: Lifeform, number: int, line: str, attempts: _Attempts, seed: int) -> Spoken:
    """Run one command; its chance begins with ``seed``, whatever was said before it."""
    from engine.api import Done, Outcome, Started
    from engine.commands import Call, parse
    from engine.speech.checking import Rules, flaw_in

    intent = parse(line)
    assert intent.spec is not None, intent.message
    life.chance.manual_seed(seed)
    attempts.seen.clear()
    ear = _Ear()
    started = time.perf_counter()
    ear.emit(Started(ear.id, intent.spec.name))
    intent.spec.handler(life, Call(ear.id, intent.args, ear.emit, ear.cancelled))
    ear.emit(Done(ear.id, Outcome.OK))
    seconds = time.perf_counter() - started
    rules = Rules(fewest=1, most=_LONGEST, finished=False)
    said = [text.strip() for text in ear.said if text.strip()]
    flaws = [str(flaw) for text in said if (flaw := flaw_in(text, rules))] if said else ["nothing was said"]
    discarded = {flaw: count for flaw, count in attempts.seen.items() if flaw != "good"}
    return Spoken(number, line, ear.printed, flaws, sum(attempts.seen.values()) or 1, discarded, round(seconds, 2))


def measure(
    config: Callable[[], Config], seed: int, commands: Sequence[str], talks: Sequence[Mapping[str, Any]]
) -> dict[str, list[Spoken]]:
    """Hold every conversation in ``talks``, and run every command after it.

    Args:
        config: Makes the settings of each life.
        seed: Where chance begins.
        commands: Which ones.
        talks: As of :func:`conversations`.
    """
    from engine import Home
    from engine.lifeform import Lifeform

    heard: dict[str, list[Spoken]] = {command: [] for command in commands}
    attempts = _Attempts()
    log = logging.getLogger("engine.speech.attempts")
    level = log.level
    log.addHandler(attempts)
    log.setLevel(logging.DEBUG)
    try:
        for number, talk in enumerate(talks, 1):
            print(f"conversation {number} of {len(talks)}", file=sys.stderr, flush=True)
            with tempfile.TemporaryDirectory() as folder, Home(Path(folder)).open() as home:
                settings = config()
                settings.set("random_seed", seed)
                life = Lifeform(home, settings)
                life.awaken(lambda *_: None)
                usual = settings.get("max_new_tokens")
                settings.set("max_new_tokens", _ANSWER_TOKENS)
                for text in talk["said"]:
                    life.chat(_Ear(), text)
                settings.set("max_new_tokens", usual)
                for command in commands:
                    heard[command].append(speak(life, number, line_of(command, talk), attempts, seed))
                life.close()
    finally:
        log.removeHandler(attempts)
        log.setLevel(level)
    return heard


def figures_of(spoken: Sequence[Spoken]) -> dict[str, float]:
    """Outputs, those without a flaw, and the means of attempts and seconds."""
    return {
        "outputs": len(spoken),
        "clean": sum(not one.flaws for one in spoken),
        "attempts": round(mean(one.attempts for one in spoken), 2),
        "seconds": round(mean(one.seconds for one in spoken), 2),
    }


def table(heard: Mapping[str, Sequence[Spoken]]) -> list[str]:
    """The figures as a table in Markdown."""
    lines = ["| command | outputs | without a flaw | attempts | seconds |", "|---|---|---|---|---|"]
    for command, spoken in heard.items():
        found = figures_of(spoken)
        lines.append(
            f"| {command} | {found['outputs']} | {found['clean']} | {found['attempts']:.1f} | {found['seconds']:.1f} |"
        )
    return lines


def as_markdown(heard: Mapping[str, Sequence[Spoken]], seed: int, machine: str) -> str:
    """Everything that was said, command by command."""
    lines = [f"Seed {seed}; {machine}.", "", *table(heard)]
    for command, spoken in heard.items():
        lines += ["", f"## {command}"]
        for one in spoken:
            remark = f"    ({', '.join(one.flaws)})" if one.flaws else ""
            lines += ["", "```", f"> {one.line}{remark}", one.printed, "```"]
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Let it speak, print the figures, and write down what was said."""
    from engine import Config

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--commands", default=",".join(COMMANDS), help="which ones, with commas between them")
    parser.add_argument("--out", type=Path, help="writes everything that was said there")
    parser.add_argument("--json", type=Path, help="the same with all figures, as JSON")
    options = parser.parse_args(arguments)
    wanted = options.commands.split(",")
    if unknown := [command for command in wanted if command not in COMMANDS]:
        parser.error(f"no speech command: {', '.join(unknown)}; there are {', '.join(COMMANDS)}")

    def config() -> Config:
        settings = Config()
        settings.set("cpu_threads", 1)  # sums differ in their last bits with the number of threads
        return settings

    heard = measure(config, options.seed, wanted, conversations())
    machine = describe_machine()
    print("\n".join(table(heard)))
    if options.out:
        options.out.write_text(as_markdown(heard, options.seed, machine["text"]), encoding="utf-8")
    if options.json:
        spoken = {command: [asdict(one) for one in all_of_it] for command, all_of_it in heard.items()}
        figures = {command: figures_of(all_of_it) for command, all_of_it in heard.items()}
        report = {"machine": machine, "seed": options.seed, "figures": figures, "spoken": spoken}
        options.json.write_text(json.dumps(report, indent=1, ensure_ascii=False), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
