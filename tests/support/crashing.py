"""Kills the real program at chosen points, starts it again, looks whether anything is lost.

``python tests/support/crashing.py FOLDER N [JSON]``. The points are every call that changes the disk (before, after,
and in the middle of a write), every statement of the journal, every step of loading and of a night. They are told apart
by what is going on: an old journal is brought to the present form, the weights are converted, something is said, saved
or set, and the phases of a night. One run counts them; then one process is killed at each of N of them, chosen evenly
from every kind. All processes are forked from this one, which has imported what takes seconds.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]
os.environ.update(HF_HUB_OFFLINE="1", OMP_NUM_THREADS="1", TOKENIZERS_PARALLELISM="false")

FACTS = ("My cat is called Zorblax.", "My sister Noor lives in Graz.")
LINES = (*FACTS, "/save", "/config top_k 9", "/config save", "/sleep", "/tune cross 0.6", "/save", "/save mine")


class Points:
    """Counts the points that a process comes by, and kills it at one of them."""

    def __init__(self, fatal: int | None) -> None:
        self.fatal = fatal
        self.kinds: list[str] = []
        self.during = ""

    def passed(self, kind: str) -> bool:
        """Take note of a point; whether it is the fatal one."""
        self.kinds.append(self.during or kind)
        return len(self.kinds) - 1 == self.fatal

    def at(self, kind: str) -> None:
        """A point of this kind: the process may die here."""
        if self.passed(kind):
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self) -> None:
        """Find the points in all that this process does from now on."""
        for name in ("replace", "rename", "mkdir", "rmdir", "unlink", "link", "fsync"):
            setattr(os, name, self._around(getattr(os, name)))
        self._watch_files()
        self._watch_journal()
        self._watch_events()

    def _around(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            kind = _kind(args[0]) if isinstance(args[0], str | os.PathLike) else "save"
            self.at(kind)
            result = real(*args, **kwargs)
            self.at(kind)
            return result

        return call

    def _watch_files(self) -> None:
        real_open, points = Path.open, self

        def opened(path: Path, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
            file = real_open(path, mode, *args, **kwargs)
            if "w" in mode:
                points.at(_kind(path))
                write = file.write

                def in_two_halves(data: Any) -> int:
                    if points.passed(_kind(path)):
                        write(data[: len(data) // 2])
                        file.flush()
                        os.kill(os.getpid(), signal.SIGKILL)
                    return write(data)

                file = _Writing(file, in_two_halves)
            return file

        Path.open = opened  # type: ignore[method-assign, assignment]

    def _watch_journal(self) -> None:
        real = sqlite3.connect

        def connect(*args: Any, **kwargs: Any) -> sqlite3.Connection:
            connection = real(*args, **kwargs)
            connection.set_trace_callback(lambda _: self.at("journal"))
            return connection

        sqlite3.connect = connect  # type: ignore[assignment]
        from engine.memory import schema

        migrate = schema._migrate

        def migrating(connection: sqlite3.Connection) -> None:
            self.during = "format migration"
            migrate(connection)
            self.during = ""

        schema._migrate = migrating

    def _watch_events(self) -> None:
        from engine.api import Done, Dreamt, MemoryAudited, Outbox, Progress, SleepPhase, TrainingStep, Woke

        steps = (SleepPhase, Dreamt, TrainingStep, MemoryAudited, Woke, Progress, Done)
        real = Outbox.put

        def put(outbox: Outbox, *events: Any) -> None:
            real(outbox, *events)
            for event in events:
                if isinstance(event, SleepPhase):
                    self.during = f"sleep: {event.phase}"
                elif isinstance(event, Done):
                    self.during = ""
                if isinstance(event, steps):
                    self.at("loading" if isinstance(event, Progress) else "answers")

        Outbox.put = put  # type: ignore[method-assign, assignment]


class _Writing:
    """An open file whose writes go another way."""

    def __init__(self, file: Any, write: Callable[[Any], int]) -> None:
        self._file, self.write = file, write

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> _Writing:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _kind(path: Any) -> str:
    text = os.fspath(path)
    return "cache" if "/cache/" in text else "settings" if "config.json" in text else "save"


def forked(work: Callable[[], Any], out: Path) -> int:
    """Do ``work`` in a process of its own, its output in the file ``out``. Returns how the process ended."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(descriptor, 1)
            os.dup2(descriptor, 2)
            sys.stdout = os.fdopen(1, "w", closefd=False)
            sys.stderr = sys.stdout
            work()
            sys.stdout.flush()
            status = 0
        except BaseException:
            import traceback

            traceback.print_exc()
            sys.stdout.flush()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@dataclass(frozen=True)
class Trial:
    """One life that is ended at one point, and what is found afterwards."""

    folder: Path
    fatal: int | None = None
    """The number of the point; None for a life that comes to its end."""
    cache: Path | None = None
    """Where converted weights are ready; None for a cache of its own."""

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def live(self, model: Path) -> int:
        """Run the program from its first start to its end, or to the fatal point. Returns how it ended."""
        self.folder.mkdir(parents=True)
        settings = self.folder / "given.json"
        values = {"max_new_tokens": 4, "context_length": 1024, "sleep_quiet_seconds": 0.0, "enable_curiosity": False}
        core = {"base_model_name": str(model), "scaffold_model_name": str(model)}
        settings.write_text(json.dumps({"core_config": core, "controls_config": values}))
        points = Points(self.fatal)

        def work() -> None:
            from sovl_tui.cli import main

            os.environ["SOVL_CACHE"] = str(self.cache or self.folder / "cache")
            self._first_settings(settings)
            points.watch()
            try:
                main(["exec", "--json", "--home", str(self.home), *LINES])
            except SystemExit as end:
                assert not end.code, end.code
            (self.folder / "points.json").write_text(json.dumps(points.kinds))

        return forked(work, self.folder / "said")

    def _first_settings(self, settings: Path) -> None:
        """The home's own settings, so that ``config save`` has something to replace, and a journal from long ago."""
        from old_journal import write_old_journal

        self.home.mkdir()
        (self.home / "config.json").write_bytes(settings.read_bytes())
        write_old_journal(self.home / "journal.sqlite3")

    def acknowledged(self) -> int:
        """How many of the facts had been answered."""
        done = 0
        for line in (self.folder / "said").read_text().splitlines():
            event = json.loads(line) if line.startswith("{") else {}
            done += event.get("event") == "done" and event.get("id", 99) <= len(FACTS) and event["outcome"] == "ok"
        return done

    def points(self, model: Path) -> list[str]:
        """The kinds of all the points that a whole life comes by."""
        assert self.live(model) == 0 and self.refused() == [], (self.folder / "said").read_text()[-3000:]
        kinds: list[str] = json.loads((self.folder / "points.json").read_text())
        return kinds

    def refused(self) -> list[str]:
        """What lines were not carried out, and why."""
        events = [json.loads(line) for line in (self.folder / "said").read_text().splitlines() if line.startswith("{")]
        return [one["message"] for one in events if one["event"] == "done" and one["outcome"] != "ok"]

    def look(self) -> dict[str, Any]:
        """Start again, in a process of its own, and tell what is found."""
        found = self.folder / "found.json"

        def work() -> None:
            os.environ["SOVL_CACHE"] = str(self.cache or self.folder / "cache")
            found.write_text(json.dumps(_found(self.home)))

        ended = forked(work, self.folder / "looked")
        assert ended == 0, (self.folder / "looked").read_text()
        told: dict[str, Any] = json.loads(found.read_text())
        return told


def _found(home: Path) -> dict[str, Any]:
    from engine import Home
    from engine.composition.trained import copy_of_trained
    from engine.config import load_config
    from engine.learning.checkpoint import digest
    from engine.lifeform import Lifeform

    with Home(home) as opened:
        config, _ = load_config(home / "config.json")
        life = Lifeform(opened, config)
        life.awaken(lambda *_: None)
        told = {
            "weights": digest(copy_of_trained(life.composed)),
            "dreams": len(life.dreams),
            "top_k": config.get("top_k"),
            "said": [one.prompt for one in life.journal if one.command == "chat"],
            "journal": life.journal._connection.execute("PRAGMA integrity_check").fetchone()[0],
            "warnings": life.warnings,
        }
        from lives import Ear

        life.generate(Ear(), "hello", 2)
        life.save()
        life.close()
    told["files"] = sorted({_name(path.relative_to(home)) for path in home.rglob("*") if path.is_file()})
    return told


def _name(path: Path) -> str:
    """A file's name; what says when it was saved left out."""
    return "/".join("TIME" if part.replace(".", "").isdigit() else part for part in path.parts)


def chosen(kinds: list[str], count: int) -> list[int]:
    """``count`` points, evenly from every kind, and evenly within each; those of no kind are left out."""
    places: dict[str, list[int]] = {kind: [] for kind in sorted(set(kinds) - {""})}
    for number, kind in enumerate(kinds):
        if kind:
            places[kind].append(number)
    share = -(-count // len(places))
    taken = {n for all_of in places.values() for n in all_of[:: max(1, len(all_of) // share)][:share]}
    rest = [n for n, kind in enumerate(kinds) if kind and n not in taken]
    while rest and len(taken) < count:
        taken.add(rest.pop(len(rest) // 2))
    return sorted(taken)


def main(folder: Path, count: int, figures: Path | None = None) -> int:
    """Find the points, die at ``count`` of them, and print what became of it. Returns 1 when anything was lost."""
    prepare()
    from tiny_gguf import U32, metadata, write

    folder.mkdir(parents=True, exist_ok=True)
    model = write(folder / "tiny.gguf", metadata(llama__context_length=(U32, 1024)))
    first = Trial(folder / "first")  # it converts the weights; all others find them ready
    whole = Trial(folder / "whole", cache=first.folder / "cache")
    found_points = {trial: trial.points(model) for trial in (first, whole)}
    reference = whole.look()
    dies_young = Trial(folder / "young", fatal=found_points[whole].index("answers"), cache=whole.cache)
    dies_young.live(model)
    newborn = dies_young.look()
    good = {newborn["weights"], reference["weights"]}
    allowed = set(reference["files"]) | set(newborn["files"])
    converting = [kind if kind in ("cache", "loading") else "" for kind in found_points[first]]
    kinds = found_points[whole] + converting
    print(f"{len(kinds) - converting.count('')} points: {dict(Counter(filter(None, kinds)))}", flush=True)
    survived, recovered, records = Counter[str](), Counter[str](), 0
    points = chosen(kinds, count)
    for number, place in enumerate(points):
        beyond = place - len(found_points[whole])
        if beyond < 0:
            trial = Trial(folder / f"{place:05}", fatal=place, cache=whole.cache)
        else:
            trial = Trial(folder / f"{place:05}", fatal=beyond)
        ended = trial.live(model)
        wrong = [] if ended == -signal.SIGKILL else [f"it was not killed there, but ended with {ended}"]
        try:
            cut_off = any(trial.home.rglob("*.writ*"))
            found = trial.look()
            wrong += judged(trial, found, good, allowed, cut_off)
            records += len(found["said"])
            recovered.update(text.split(";")[0] for text in found["warnings"])
        except Exception as error:
            wrong.append(f"it does not start again: {error}")
        survived[kinds[place]] += not wrong
        for line in wrong:
            print(f"point {place} ({kinds[place]}): {line}", flush=True)
        if number % 20 == 19:
            print(f"{number + 1} of {len(points)}", flush=True)
    killed = Counter(kinds[place] for place in points)
    lost = len(points) - survived.total()
    for kind, times in sorted(killed.items()):
        print(f"{kind}: killed at {times}, survived {survived[kind]}")
    print(f"Killed at {len(points)} points, lost something at {lost}; {records} records were looked at.")
    print(f"Said at the next start: {dict(recovered)}")
    if figures is not None:
        told = {"killed": killed, "survived": survived, "records": records, "said at the next start": recovered}
        figures.write_text(json.dumps(told, indent=1))
    return int(lost > 0)


def judged(trial: Trial, found: dict[str, Any], good: set[str], allowed: set[str], cut_off: bool) -> list[str]:
    """What is wrong with what was found after a crash, which a save was ``cut_off`` by or not."""
    from old_journal import SAID

    wrong = []
    if cut_off and not any(text.startswith("a save of ") for text in found["warnings"]):
        wrong.append(f"a save was cut off, and the start only says {found['warnings']}")
    if found["journal"] != "ok":
        wrong.append(f"the journal is damaged: {found['journal']}")
    told = [SAID, *FACTS]
    if found["said"] != told[: len(found["said"])] or len(found["said"]) < 1 + trial.acknowledged():
        wrong.append(f"the journal holds {found['said']}, and {trial.acknowledged()} were acknowledged")
    if found["weights"] not in good:
        wrong.append("the adapters are neither those of before nor those of after the night")
    if found["top_k"] not in (40, 9):
        wrong.append(f"the settings hold top_k {found['top_k']}")
    if odd := set(found["files"]) - allowed:
        wrong.append(f"files are left over: {sorted(odd)}")
    if any(trial.folder.glob("cache/models/.making-*")):
        wrong.append("a half-made conversion is left over")
    return wrong


def prepare() -> None:
    """Import what takes seconds, once, and make nights short; every process that is forked has it."""
    import pytest
    import torch
    from short_nights import shorten_nights

    import sovl_tui.headless  # noqa: F401
    from engine.learning import sleep

    torch.set_num_threads(1)
    shorten_nights(pytest.MonkeyPatch())
    sleep._Night._objection = lambda *_: ""  # type: ignore[method-assign, assignment]


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), *map(Path, sys.argv[3:4])))
