"""A process of its own for each stage: ``python -m bench.learning_worker JOB.json RESULT.json``.

What is told in one process is asked in another, which finds nothing but the saved home. The caller has no torch
loaded and keeps nothing that could leak from one to the other.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from bench.learning_asking import Asker, LifeAsker, Mode, Question
from bench.learning_controls import CONTROLS
from bench.learning_drift import Drift, measure, passages
from bench.learning_facts import Correction, Fact
from bench.learning_failure import BenchError
from bench.learning_guessing import Guess
from bench.learning_telling import live_a_day
from bench.machine import describe_machine

_SAY_EVERY = 15.0
"""Seconds between two lines of progress."""
_NICENESS = 10
"""A worker is at least so patient; one that was started patiently is not made more so."""


def run_worker(job: dict[str, Any]) -> dict[str, Any]:
    """Run ``job`` in a new process at low priority and with one torch thread; returns its result.

    Raises:
        BenchError: The job could not be done; or the process died, and what it wrote to stderr has been shown.
    """
    with tempfile.TemporaryDirectory(prefix="sovl-bench-") as folder:
        asked, answered = Path(folder, "job.json"), Path(folder, "result.json")
        asked.write_text(json.dumps(job), encoding="utf-8")
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
        command = [sys.executable, "-m", "bench.learning_worker", str(asked), str(answered)]
        root = Path(__file__).parents[1]
        status = subprocess.run(command, cwd=root, env=environment, check=False).returncode
        if not answered.exists():
            raise BenchError(f"a process of the bench died with status {status}; see above", 1)
        result: dict[str, Any] = json.loads(answered.read_text(encoding="utf-8"))
    if "error" in result:
        raise BenchError(result["error"], result["status"])
    return result


def day(job: dict[str, Any]) -> dict[str, Any]:
    """Stage ``day``: tell, sleep if asked to, quit."""
    nights = CONTROLS[job["control"]].nights
    with nights(_facts(job), job["seed"]) if nights else nullcontext():
        return live_a_day(Path(job["home"]), job["lines"], sleep=job["sleep"]).as_json()


def ask(job: dict[str, Any]) -> dict[str, Any]:
    """Stage ``ask``: open the home read-only in this new process, and ask.

    With the gate off, a prompt on which it had opened anyway is not computed again: it is the same computation. What an
    answer will probably be is guessed in batches first; see :mod:`bench.learning_guessing`.
    """
    from engine import Home, load_config
    from engine.lifeform import Lifeform

    started = time.perf_counter()
    path = Path(job["home"])
    before = _digest(path)
    opened = Home(path).open(read_only=True)
    config, _ = load_config(opened.config_path)
    config.set("controls_config.enable_gestation", False)
    life = Lifeform(opened, config)
    life.awaken(lambda _doing, _fraction: None)
    if life.warnings and job["learned"]:
        raise BenchError(f"the saved state was not taken up: {life.warnings[0]}", 1)
    asker: Asker = (CONTROLS[job["control"]].asker or LifeAsker)(life, job["forbidden"])
    answers = _answers(asker, job["questions"], job["title"])
    drifts: dict[str, dict[str, Any]] = {}
    if job["drift_modes"]:
        _say(f"{job['title']}: drift")
        for name, texts in (("held-out", passages(asker.tokenizer, job["passages"])), ("generic", job["generic"])):
            drifts[name] = {mode: drift.as_json() for mode, drift in _measure(asker, texts, job).items()}
    result = {
        "answers": answers,
        "drift": drifts,
        "seconds": time.perf_counter() - started,
        "weight": life.weight,
        "learned": life.composed.learned,
        "machine": machine(life),
    }
    life.close()
    if changed := sorted(name for name, _ in _digest(path).items() ^ before.items()):
        raise BenchError(f"asking has changed {changed[0]} in the home {path}; it must be left as it is", 1)
    return result


def _measure(asker: Asker, texts: list[tuple[str, list[int]]], job: dict[str, Any]) -> dict[Mode, Drift]:
    return measure(asker, texts, job["drift_modes"])


def _answers(asker: Asker, asked: list[dict[str, Any]], title: str) -> list[dict[str, Any]]:
    """Each question in each of its modes, in order: ``{mode: heard}``."""
    questions = [Question(one["text"], tuple(one["after"]), one["guarded"]) for one in asked]
    bare, opened = _guesses(asker, questions, asked)
    answers: list[dict[str, Any]] = []
    said = time.monotonic()
    for number, (question, one) in enumerate(zip(questions, asked, strict=True)):
        heard: dict[str, Any] = {}
        for mode in one["modes"]:
            shipped = heard.get("shipped")
            open_anyway = mode == "gate off" and not question.after and shipped is not None and shipped["weight"] > 0
            own = mode == "gate off" or (mode == "shipped" and opened[number].opens)
            guess = opened[number].ids if own else bare[number]
            heard[mode] = shipped if open_anyway else asker.ask(question, mode, guess).as_json()
        answers.append(heard)
        if time.monotonic() - said > _SAY_EVERY:
            said = time.monotonic()
            _say(f"{title}: {number + 1} of {len(questions)} questions")
    return answers


def _guesses(
    asker: Asker, questions: list[Question], asked: list[dict[str, Any]]
) -> tuple[list[Sequence[int]], list[Guess]]:
    """For each question what the bare base will answer, and what the lifeform will with its gate open."""
    unheard = [q for q, one in zip(questions, asked, strict=True) if "base" in one["modes"] and not one["guess"]]
    found = dict(zip(unheard, asker.guesses(unheard, influence=False), strict=True))
    bare = [one["guess"] or found.get(q, Guess()).ids for q, one in zip(questions, asked, strict=True)]
    under = [q for q, one in zip(questions, asked, strict=True) if set(one["modes"]) - {"base"}]
    opened = dict(zip(under, asker.guesses(under, influence=True), strict=True))
    return bare, [opened.get(question, Guess()) for question in questions]


def _digest(home: Path) -> dict[str, str]:
    """SHA-256 of every file in ``home``; the journal's shared-memory file is SQLite's own affair."""
    return {
        str(file.relative_to(home)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(home.rglob("*"))
        if file.is_file() and not file.name.endswith("-shm")
    }


def _facts(job: dict[str, Any]) -> list[Fact]:
    return [fact_from_json(data) for data in job["facts"]]


def fact_from_json(data: dict[str, Any]) -> Fact:
    """A fact from what ``dataclasses.asdict`` made of it."""
    lists = {key: tuple(value) for key, value in data.items() if isinstance(value, list)}
    correction = data["correction"]
    if correction is not None:
        correction = Correction(correction["statement"], tuple(correction["answers"]))
    return Fact(**{**data, **lists, "correction": correction})


def machine(life: Any) -> dict[str, Any]:
    """What the figures were measured on."""
    import torch

    from engine import __version__

    composition = life.composed
    return {
        **describe_machine(),
        "torch threads": torch.get_num_threads(),
        "device": str(composition.base.device),
        "precision": str(composition.base.dtype).removeprefix("torch."),
        "sovl": __version__,
        "base model": composition.base.name,
        "form": composition.form,
        "bridged layers": list(composition.layers),
        "LoRA parameters": composition.lora_parameters,
    }


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main(asked: str, answered: str) -> None:
    """Do the job in the file ``asked``, and write the result, or what went wrong, into ``answered``."""
    job = json.loads(Path(asked).read_text(encoding="utf-8"))
    os.nice(max(0, _NICENESS - os.nice(0)))
    try:
        result = {"day": day, "ask": ask}[job["stage"]](job)
    except BenchError as error:
        result = {"error": str(error), "status": error.status}
    beside = Path(f"{answered}.part")
    beside.write_text(json.dumps(result), encoding="utf-8")
    beside.replace(answered)


if __name__ == "__main__":
    main(*sys.argv[1:])
