"""The stages in earnest, with a tiny model: a day at the engine's front door, and asking from the saved home."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bench import learning, learning_telling
from bench.learning_asking import Question
from bench.learning_base import ask_job, question_json
from bench.learning_controls import said_lines
from bench.learning_failure import BenchError
from bench.learning_make_facts import as_lines, make_facts
from bench.learning_protocol import make_home
from bench.learning_telling import live_a_day, sleep_events
from bench.learning_worker import ask, day, run_worker
from engine.api import Output, SleepPhase, TrainingStep
from engine.commands import registry
from engine.commands.spec import Call, CommandSpec
from engine.lifeform import Lifeform

LINES = ["My cat is Zorblax.", "hello", "/tune cross 0.5", "sleep", "status"]


@pytest.fixture
def home(tiny_folders: dict[str, Path], tmp_path: Path) -> Path:
    model = str(tiny_folders["llama"])
    settings: Mapping[str, Any] = {
        "base_model_name": model,
        "scaffold_model_name": model,
        "cpu_threads": 1,
        "max_new_tokens": 3,
        "enable_gestation": False,
    }
    return make_home(tmp_path / "life", settings)


def day_job(home: Path, **changes: Any) -> dict[str, Any]:
    job = {"stage": "day", "home": str(home), "control": "sovl", "lines": LINES, "sleep": False, "facts": [], "seed": 0}
    return {**job, **changes}


def test_everything_on_a_days_plan_is_said_as_chat(home: Path) -> None:
    result = day(day_job(home))
    assert said_lines(home) == LINES
    assert result["turns"] == 5
    assert result["sleep_seconds"] is None
    assert result["sleep_events"] == []


def test_after_so_many_turns_a_new_conversation_begins(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.memory.journal import Journal

    monkeypatch.setattr(learning_telling, "TURNS_PER_CONVERSATION", 2)
    live_a_day(home, LINES, sleep=False)
    with Journal.open(home / "journal.sqlite3", read_only=True) as journal:
        conversations = [record.conversation_id for record in journal]
    assert len(dict.fromkeys(conversations)) == 3
    assert conversations[0] == conversations[1] != conversations[2]


@dataclass
class Nap:
    """A ``sleep`` command that tells of itself as a real one does, and learns nothing."""

    steps: int = 3

    def __call__(self, life: Lifeform, call: Call) -> None:
        call.emit(SleepPhase(call.id, "training"))
        for step in range(self.steps):
            call.emit(TrainingStep(call.id, step + 1, self.steps, 2.0 / (step + 1), 0.0))
        call.emit(SleepPhase(call.id, "waking"))
        call.emit(Output(call.id, "I slept."))
        life.journal.event("sleep", {"steps": self.steps, "facts": 1})


def test_what_a_sleep_tells_is_kept(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nap = CommandSpec("sleep", "learning", "Sleeps.", Nap(), needs_model=True)
    monkeypatch.setitem(registry._BY_NAME, "sleep", nap)
    result = live_a_day(home, LINES[:1], sleep=True)
    assert result.sleep_lines == ["I slept."]
    assert [entry["event"] for entry in result.sleep_story] == [
        "sleep_phase", "training_step", "training_step", "training_step", "sleep_phase",
    ]  # fmt: skip
    assert [round(entry["loss"], 2) for entry in result.sleep_story[1:4]] == [2.0, 1.0, 0.67]
    assert list(result.phase_seconds) == ["training", "waking"]
    assert result.sleep_seconds is not None
    assert sum(result.phase_seconds.values()) <= result.sleep_seconds
    assert result.sleep_events == sleep_events(home) == [{"steps": 3, "facts": 1}]
    assert result.before == result.after == {}


def test_a_home_that_was_told_things_answers_in_another_process_and_stays_as_it_is(home: Path) -> None:
    day(day_job(home))
    questions = [question_json(Question("where is my cat"), ["shipped", "gate off", "base"])]
    job = ask_job(home, "asking", questions, forbidden=["Zorblax"], learned=True, drift_modes=["shipped"], passages=2)
    here, there = ask(job), run_worker(job)
    assert here["answers"] == there["answers"]
    heard = here["answers"][0]
    assert heard["shipped"]["ids"] == heard["base"]["ids"]
    assert here["drift"]["held-out"]["shipped"]["tokens"] == 256
    assert here["drift"]["held-out"]["shipped"]["divergence"] == 0.0
    assert not here["learned"]
    assert here["machine"]["torch threads"] == 1
    assert said_lines(home) == LINES


def test_what_goes_wrong_in_the_other_process_is_said_in_this_one(home: Path) -> None:
    day(day_job(home, lines=["hello"]))
    job = ask_job(home, "asking", [question_json(Question("is it Zorblax?"), ["base"])], forbidden=["Zorblax"])
    with pytest.raises(BenchError, match="contains the taught answer") as caught:
        run_worker(job)
    assert caught.value.status == 1


@pytest.mark.slow
def test_the_whole_bench_in_earnest(tiny_folders: dict[str, Path], tmp_path: Path) -> None:
    facts, out, model = tmp_path / "facts.jsonl", tmp_path / "out.json", tiny_folders["llama"]
    facts.write_text(as_lines(make_facts(2, seed=0)))
    settings = [f"base_model_name={model}", f"scaffold_model_name={model}", "context_length=1024"]
    arguments = [
        "--facts", str(facts), "--seeds", "0", "--control", "sovl,others-dreams,plain-lora", "--sleeps", "2",
        "--corrections", "0.5", "--noise", "--small-talk-before", "1", "--passages", "1", "--json", str(out),
        *(word for setting in settings for word in ("--set", setting)),
    ]  # fmt: skip
    assert learning.main(arguments) == 0
    document = json.loads(out.read_text())
    assert set(document["figures"]) == {
        "sovl", "sovl, gate off", "others-dreams", "others-dreams, gate off", "plain-lora", "plain-lora, gate off",
    }  # fmt: skip
    for run in document["runs"]:
        assert len(run["days"]) == 3
        assert [len(row) for row in run["matrix"]] == [2, 2, 2]
        assert all(run["weight_zero"])
        assert all(day["sleep_events"] for day in run["days"])
        shut = [
            r
            for r in run["records"]
            if r["mode"] == "shipped" and r["weight"] == 0 and not r["kind"].endswith("_after")
        ]
        assert all(record["identical"] for record in shut)
