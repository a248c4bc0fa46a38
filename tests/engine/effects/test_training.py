"""Settings of the command train, and of its dry run."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import torch
from effects import effect_of
from observing import train

from engine.api import TrainingStep
from engine.composition.trained import copy_of_trained, put_trained
from engine.learning import to_stay
from engine.learning.training import Course
from engine.lifeform import Lifeform

BRIEF = {"train_epochs": 1, "batch_size": 4}


@pytest.fixture(autouse=True)
def little_to_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainings keep little else, and read a file of ten rows whose answers grow longer and longer."""
    monkeypatch.setattr(to_stay, "KEPT", 1)
    monkeypatch.setattr(to_stay, "SHUT", 2)
    monkeypatch.chdir(tmp_path)
    rows = [{"prompt": f"what is number {n}?", "response": "it is so " + "x" * 12 * n} for n in range(10)]
    for name in ("one.jsonl", "two.jsonl"):
        Path(name).write_text("\n".join(map(json.dumps, rows)))


@pytest.fixture(autouse=True)
def that_file(life: Lifeform) -> None:
    life.set_config("train_data", "one.jsonl")


def count(pattern: str, text: str) -> int:
    """The number that ``pattern`` finds in what was said."""
    found = re.search(pattern, text)
    assert found, text
    return int(found[1])


def steps(life: Lifeform) -> int:
    """Steps that a training is planned to take."""
    return train(life, until=TrainingStep).of(TrainingStep)[0].steps


def learn(life: Lifeform) -> bool:
    """Go through a training, and put back what it was before. Returns whether it learned anything."""
    before = copy_of_trained(life.composed)
    train(life)
    learned = life.composed.learned
    put_trained(life.composed, before)
    life.composed.gate.trained = False
    return learned


@effect_of("learning_rate", 1e-4, 1e-3, 1e-2, given=BRIEF)
def test_a_higher_rate_moves_the_adapters_further(life: Lifeform) -> float:
    return train(life, until=TrainingStep).moved[0]


@effect_of("train_epochs", 1, 2, 5, seen=[1, 2, 5])
def test_so_many_passes_are_planned(life: Lifeform) -> int:
    return steps(life)


@effect_of("batch_size", 1, 2, 4, given={"train_epochs": 1})
def test_larger_batches_make_fewer_steps(life: Lifeform) -> int:
    return steps(life)


@effect_of("accumulation_steps", 1, 2, 4, given={"train_epochs": 1, "batch_size": 1})
def test_more_batches_to_a_step_make_fewer_steps(life: Lifeform) -> int:
    return steps(life)


@effect_of("max_seq_length", 48, 96, 512, given={**BRIEF, "valid_split_ratio": 0.0})
def test_longer_rows_are_learned_from(life: Lifeform) -> int:
    return count(r"(\d+) to learn", train(life, until=TrainingStep).said)


@effect_of("valid_split_ratio", 0.0, 0.3, 0.6, given=BRIEF)
def test_more_rows_are_held_out(life: Lifeform) -> int:
    return count(r"(\d+) held out", train(life, until=TrainingStep).said)


@effect_of("train_data", "one.jsonl", "two.jsonl", given=BRIEF)
def test_that_file_is_read(life: Lifeform) -> str:
    said = train(life, until=TrainingStep).said
    found = re.search(r"rows of (\w+)\.jsonl", said)
    assert found, said
    return found[1]


@effect_of("exposure_gain_eager", 1.0, 3.0, given={"train_epochs": 1, "valid_split_ratio": 0.0}, seen=[10, 30])
def test_a_curious_one_ages_by_each_row(life: Lifeform) -> float:
    life.temperament.swing_to(0.95, life._temper)
    learn(life)
    return life.lifecycle.exposure


@effect_of("exposure_gain_default", 1.0, 2.0, given={"train_epochs": 1, "valid_split_ratio": 0.0}, seen=[10, 20])
def test_any_other_ages_by_each_row(life: Lifeform) -> float:
    life.temperament.swing_to(0.5, life._temper)
    learn(life)
    return life.lifecycle.exposure


@effect_of("max_patience", 1, 3, given={"train_epochs": 5}, seen=[2, 4])
def test_it_goes_on_without_improving(life: Lifeform, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(Course, "measure", lambda _: 1.0)
    before = copy_of_trained(life.composed)
    said = train(life).said
    put_trained(life.composed, before)
    return len(re.findall(r"^Epoch \d/5$", said, re.MULTILINE))


@effect_of("dry_run", False, True, seen=[0, 1], given=BRIEF)
def test_a_dry_run_leaves_everything_as_it_was(life: Lifeform) -> int:
    return int(not learn(life))


@effect_of("lora_dropout", 0.0, 0.25, 0.75, given={"train_data": "one.jsonl", **BRIEF})
def test_a_share_of_the_adapters_inputs_is_dropped(life: Lifeform, monkeypatch: pytest.MonkeyPatch) -> float:
    shares = [0.0]
    real = torch.nn.functional.dropout

    def dropout(x: torch.Tensor, *args: object, **more: object) -> torch.Tensor:
        kept = real(x, *args, **more)
        shares.append(float((kept == 0).float().mean()))
        return kept

    torch.manual_seed(0)
    monkeypatch.setattr(torch.nn.functional, "dropout", dropout)
    train(life, until=TrainingStep)
    monkeypatch.setattr(torch.nn.functional, "dropout", real)
    return max(shares)


# -- dry run -----------------------------------------------------------------------------------------------------------


@effect_of("max_samples", 1, 3, 5, seen=[1, 3, 5])
def test_so_many_rows_are_looked_at(life: Lifeform) -> int:
    return count(r"Data: (\d+) of", train(life, dry_run=True).said)


@effect_of("max_length", 48, 96, 512, given={"max_samples": 100, "valid_split_ratio": 0.0})
def test_longer_rows_are_looked_at(life: Lifeform) -> int:
    return count(r"Data: (\d+) of", train(life, dry_run=True).said)


@effect_of("validate_architecture", False, True)
def test_the_architecture_is_checked(life: Lifeform) -> int:
    return train(life, dry_run=True).said.count("\nCheck ")


@effect_of("skip_training", False, True, seen=[1, 0])
def test_a_real_step_is_taken_and_rolled_back(life: Lifeform) -> int:
    return train(life, dry_run=True).said.count("\nOne real step, rolled back")
