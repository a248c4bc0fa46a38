"""Does it learn? ``python -m bench.learning --facts FILE --seeds 0,1,2 [--control NAME] [--json FILE]``.

Facts are told in ordinary chat among small talk, the lifeform sleeps, the process ends, and a new one asks from the
saved home: in other words, without any context, greedily, with learning frozen. Metrics and judge are those of the
literature on editing and continual learning; see :mod:`bench.learning_metrics` and :mod:`bench.learning_judge`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench import learning_report
from bench.learning_asking import Question
from bench.learning_base import BaseAnswers
from bench.learning_controls import CONTROLS, Control
from bench.learning_drift import PASSAGES
from bench.learning_facts import Fact, load_facts, taught_answers
from bench.learning_failure import BenchError
from bench.learning_judge import is_right
from bench.learning_metrics import distinct_bigrams, estimate, mean, paired_difference
from bench.learning_protocol import Options, Run, home_settings, make_home, run_system, say
from bench.learning_records import Scope, items_for
from bench.learning_summary import as_json, drift_figures, summarise
from bench.learning_telling import can_sleep


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the bench; returns the exit status."""
    args = _parser().parse_args(arguments)
    try:
        return _bench(args)
    except BenchError as error:
        print(f"bench.learning: {error}", file=sys.stderr)
        return error.status
    except KeyboardInterrupt:
        print("bench.learning: interrupted; nothing was written", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.learning", description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--facts", type=Path, required=True, help="JSONL file of facts and their questions")
    add("--seeds", default="0,1,2", help="comma-separated; each is a life of its own (default %(default)s)")
    add("--control", default="sovl", help=f"comma-separated: {', '.join(CONTROLS)} (default %(default)s)")
    add("--limit", type=int, help="only the first so many facts")
    add("--sleeps", type=int, default=1, help="deal the facts out over so many days, each with its sleep")
    add("--batch", type=int, help="facts a day; all that there are, by default")
    add("--free-form", action="store_true", help="tell each fact in passing, as the file words it for that")
    add("--corrections", nargs="?", type=float, const=0.5, default=0.0, help="correct this share of the facts later")
    add("--noise", action="store_true", help="ask with typos, in small letters, and as yes/no questions, too")
    add("--small-talk-before", type=int, default=0, metavar="N", help="ask again after N turns of small talk")
    add("--no-gate-off", dest="gate_off", action="store_false", help="leave out the evaluation with the gate off")
    add("--no-drift", dest="drift", action="store_false", help="leave out perplexity and divergence")
    add("--passages", type=int, default=PASSAGES, help="held-out passages of 128 tokens (default %(default)s)")
    add("--set", dest="settings", action="append", default=[], metavar="KEY=VALUE", help="a setting of every home")
    add("--base-answers", type=Path, metavar="FILE", help="keep the bare base's answers here between runs")
    add("--keep", type=Path, metavar="FOLDER", help="keep the homes here")
    add("--json", type=Path, metavar="FILE", help="write everything there, each answer included")
    add("--against", type=Path, metavar="FILE", help="compare R and G with an earlier --json, paired by fact")
    return parser


def _bench(args: argparse.Namespace) -> int:
    started = time.time()
    seeds, controls = _seeds(args.seeds), _controls(args.control)
    options = _options(args)
    facts = _enough(load_facts(args.facts, args.limit), args)
    if args.free_form:
        facts = [_in_passing(fact, args) for fact in facts]
    before = _document(args.against) if args.against else None
    if any(control.sleeps for control in controls) and not can_sleep():
        raise BenchError(
            "this engine has no command sleep yet; without it only --control floor, icl, icl-own and retrieval work"
        )
    with tempfile.TemporaryDirectory(prefix="sovl-bench-") as scratch:
        folder = args.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        settings = home_settings(seeds[0], options)
        home = make_home(folder / "base", settings)
        base = BaseAnswers(home, _deciding(settings), args.base_answers)
        facts, known = _unknown_to(base, facts)
        runs = [run_system(control, facts, seed, base, options, folder) for control in controls for seed in seeds]
    columns = _columns(runs)
    document = _result(args, facts, known, runs, columns, base.machine, started)
    _print(document, columns, runs, facts, seeds)
    if args.json:
        _write(args.json, document)
    if before is not None:
        _compare(document, before)
    return 0


# -- what was asked for ------------------------------------------------------------------------------------------------


def _seeds(text: str) -> list[int]:
    try:
        return [int(word) for word in text.split(",")]
    except ValueError:
        raise BenchError(f"--seeds {text}: it takes whole numbers with commas between, such as 0,1,2") from None


def _controls(text: str) -> list[Control]:
    names = text.split(",")
    for name in names:
        if name not in CONTROLS:
            raise BenchError(f"--control {name}: there are {', '.join(CONTROLS)}")
    return [CONTROLS[name] for name in names]


def _options(args: argparse.Namespace) -> Options:
    settings = dict(pair.partition("=")[::2] for pair in args.settings)
    for key, value in settings.items():
        if not key or not value:
            raise BenchError(f"--set {key}={value}: it takes KEY=VALUE")
    if args.sleeps < 1 or (args.batch is not None and args.batch < 1):
        raise BenchError("--sleeps and --batch must be at least 1")
    if not 0.0 <= args.corrections <= 1.0:
        raise BenchError("--corrections takes a share from 0 to 1")
    if not 0 <= args.small_talk_before <= 12:
        raise BenchError("--small-talk-before takes 0 to 12 turns")
    return Options(
        batches=args.sleeps,
        corrections=args.corrections,
        noise=args.noise,
        small_talk_before=args.small_talk_before,
        gate_off=args.gate_off,
        drift=args.drift,
        passages=args.passages,
        settings=settings,
    )


def _enough(facts: list[Fact], args: argparse.Namespace) -> list[Fact]:
    size = args.batch or len(facts) // args.sleeps
    wanted = args.sleeps * size if (args.batch or args.sleeps > 1) else len(facts)
    if not size or wanted > len(facts):
        raise BenchError(f"{args.sleeps} sleeps of {size or 1} facts need {wanted or args.sleeps}; got {len(facts)}")
    return facts[:wanted]


def _in_passing(fact: Fact, args: argparse.Namespace) -> Fact:
    if not fact.free_form:
        raise BenchError(f"--free-form: fact {fact.id} of {args.facts} has no free_form statement; give it one")
    if args.corrections and fact.correction is None:
        raise BenchError(
            f"--free-form with --corrections: fact {fact.id} needs a correction of its own in {args.facts}"
        )
    return replace(fact, statement=fact.free_form)


_COMPUTES = Path(__file__).parents[1] / "engine" / "composition"
"""The code that computes an answer: another kernel rounds otherwise."""


def _deciding(settings: dict[str, Any]) -> dict[str, Any]:
    """What the bare base's answers depend on."""
    from importlib.metadata import version

    own = {key: value for key, value in settings.items() if not key.endswith("random_seed")}
    sources = [path for path in sorted(_COMPUTES.rglob("*")) if path.suffix in (".py", ".h", ".cpp")]
    code = hashlib.sha256(b"".join(path.read_bytes() for path in sources))
    versions = {"torch": version("torch"), "transformers": version("transformers")}
    return {**own, **versions, "code": code.hexdigest()[:16]}


def _unknown_to(base: BaseAnswers, facts: list[Fact]) -> tuple[list[Fact], list[str]]:
    """The facts that the base does not answer rightly anyway, and the ids of those that it does."""
    base.need(item.question for item in items_for(facts, facts, 0, Scope()))
    taught = taught_answers(facts)
    known = [f.id for f in facts if is_right(base[Question(f.question)]["text"], f.answers, taught)]
    rest = [fact for fact in facts if fact.id not in known]
    if not rest:
        raise BenchError("the base knows every one of these facts already; teach it something it cannot know")
    return rest, known


# -- what came of it ---------------------------------------------------------------------------------------------------


def _result(
    args: argparse.Namespace,
    facts: Sequence[Fact],
    known: list[str],
    runs: Sequence[Run],
    columns: dict[str, dict[str, Any]],
    machine: Any,
    started: float,
) -> dict[str, Any]:
    return {
        "bench": "learning",
        "started": time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(started)),
        "seconds": time.time() - started,
        "arguments": {key: str(value) if isinstance(value, Path) else value for key, value in vars(args).items()},
        "machine": machine,
        "load average": os.getloadavg(),
        "facts": [fact.id for fact in facts],
        "facts the base knew": known,
        "figures": as_json(columns),
        "figures by seed": {
            f"seed {seed}": as_json(_columns([run for run in runs if run.seed == seed]))
            for seed in dict.fromkeys(run.seed for run in runs)
        },
        "runs": [run.as_json() for run in runs],
    }


def _columns(runs: Sequence[Run]) -> dict[str, dict[str, Any]]:
    """Figures by column: a system, or a system in another mode."""
    columns: dict[str, dict[str, Any]] = {}
    for system in dict.fromkeys(run.system for run in runs):
        own = [run for run in runs if run.system == system]
        for mode in dict.fromkeys(record["mode"] for run in own for record in run.records):
            figures = summarise([record for run in own for record in run.records if record["mode"] == mode])
            name = f"{system}, gate off" if mode == "gate off" else system
            columns[name] = {**figures, **_beside_records(own, mode)}
    return columns


def _beside_records(runs: Sequence[Run], mode: str) -> dict[str, Any]:
    """Figures that come from elsewhere than the answers: drift, retention, time."""
    figures: dict[str, Any] = {}
    for text in ("held-out", "generic"):
        drift = drift_figures([run.drift[text][mode] for run in runs if mode in run.drift.get(text, {})])
        figures |= {f"{name} {text}": value for name, value in drift.items()}
    if mode == "gate off":
        return figures
    for name in ("ACC", "BWT", "FWT"):
        values = [(run.seed, value) for run in runs if (value := run.retention.get(name)) is not None]
        figures[name] = estimate(values)
    zero = [float(same) for run in runs for same in run.weight_zero]
    days = [day for run in runs for day in run.days]
    dreamt = [[entry for entry in day["sleep_story"] if entry["event"] == "dreamt"] for day in days]
    kept = [[entry["question"] for entry in night if entry["kept"]] for night in dreamt]
    figures |= {
        "weight 0 identical": mean(zero),
        "right line": mean(value for run in runs if (value := run.info.get("right line")) is not None),
        "dreams kept": mean(float(entry["kept"]) for night in dreamt for entry in night),
        "dreams distinct": mean(share for night in kept if (share := distinct_bigrams(night)) is not None),
        "telling seconds": mean(day["telling_seconds"] for day in days),
        "sleep seconds": mean(day["sleep_seconds"] for day in days if day["sleep_seconds"] is not None),
        "sleep steps": mean(steps for day in days if (steps := _steps(day)) is not None),
        "asking seconds": mean(run.info["seconds"] for run in runs if "seconds" in run.info),
    }
    return figures


def _steps_of(run: Run) -> list[float]:
    """Optimiser steps of each of its sleeps."""
    return [steps for day in run.days if (steps := _steps(day)) is not None]


def _steps(day: dict[str, Any]) -> float | None:
    """Optimiser steps of the day's sleep, as far as its event says."""
    events = day["sleep_events"]
    steps = events[-1].get("steps") if events else None
    return float(steps) if isinstance(steps, int | float) else None


def _print(
    document: dict[str, Any],
    columns: dict[str, dict[str, Any]],
    runs: Sequence[Run],
    facts: Sequence[Fact],
    seeds: Sequence[int],
) -> None:
    known = document["facts the base knew"]
    print(learning_report.machine(document["machine"]))
    print(
        f"{len(facts)} facts"
        + (f" ({len(known)} left out that the base knew: {', '.join(known)})" if known else "")
        + f", seeds {', '.join(map(str, seeds))}; rates with 95 % bootstrap intervals clustered by fact\n"
    )
    print(learning_report.table(columns), end="\n\n")
    for system in dict.fromkeys(run.system for run in runs):
        print(f"{system}: {CONTROLS[system].about}")
    for run in runs:
        if run.matrix:
            print(f"\n{run.system}, seed {run.seed}, retention\n{learning_report.matrix(run.matrix)}")
        for number, day in enumerate(run.days, 1):
            for event in day["sleep_events"][-1:]:
                print(f"\n{run.system}, seed {run.seed}, sleep {number}: {_event(event)}")
            if day["before"] and day["before"] == day["after"]:
                print(f"{run.system}, seed {run.seed}, sleep {number}: all weights bit-identical to before")
        if run.days and not run.info.get("learned", True):
            print(f"{run.system}, seed {run.seed}: nothing was learned; the base answered everything")
    for line in _comparisons(document, runs):
        print(line)


def _comparisons(document: dict[str, Any], runs: Sequence[Run]) -> Iterator[str]:
    """The first system against each other one, paired by fact, and whether both slept for as many steps."""
    first, *others = dict.fromkeys(run.system for run in runs)
    for other in others:
        yield ""
        for name, kind in (("R", "canonical"), ("G", "test")):
            difference = paired_difference(_outcomes(document, kind, first), _outcomes(document, kind, other))
            yield learning_report.difference(f"{name} of {first} less that of {other}", difference)
        for seed in dict.fromkeys(run.seed for run in runs):
            mine, theirs = (
                _steps_of(run) for name in (first, other) for run in runs if (run.system, run.seed) == (name, seed)
            )
            if mine and theirs and mine != theirs:
                yield f"{other}, seed {seed}: not at equal steps, {theirs} against {mine} of {first}"


def _event(event: dict[str, Any]) -> str:
    """What a sleep's event says, on one line."""
    return ", ".join(f"{key.replace('_', ' ')} {_brief(value)}" for key, value in event.items())


def _brief(value: Any) -> str:
    """Lists by their length, verdicts counted, figures short."""
    if isinstance(value, dict):
        if all(isinstance(entry, str) for entry in value.values()):
            value = Counter(value.values())
        return "(" + ", ".join(f"{key} {_brief(entry)}" for key, entry in value.items()) + ")"
    if isinstance(value, list):
        return str(len(value))
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _write(path: Path, document: dict[str, Any]) -> None:
    beside = path.with_name(f".{path.name}.part")
    try:
        beside.write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        raise BenchError(f"--json {path} cannot be written: {error.strerror}") from error
    say(f"written: {path}")


def _document(path: Path) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if document["bench"] != "learning":
            raise KeyError
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BenchError(f"--against {path}: it takes what --json wrote") from error
    return document


def _compare(document: dict[str, Any], before: dict[str, Any]) -> None:
    print()
    for name, kind in (("R", "canonical"), ("G", "test")):
        one, other = (_outcomes(which, kind, which["runs"][0]["system"]) for which in (document, before))
        print(learning_report.difference(f"{name} less that of --against", paired_difference(one, other)))


def _outcomes(document: dict[str, Any], kind: str, system: str) -> list[tuple[str, float]]:
    """(fact, right or not) of a system in ``document``, not with the gate off."""
    return [
        (record["cluster"], float(record["correct"]))
        for run in document["runs"]
        if run["system"] == system
        for record in run["records"]
        if record["kind"] == kind and record["mode"] != "gate off"
    ]


if __name__ == "__main__":
    sys.exit(main())
