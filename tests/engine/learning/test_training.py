"""What training promises: it learns, it learns the same whatever interrupts it, and what it must not touch stays."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from driving import PATIENCE, tiny_config

from engine import schooling
from engine.api import Event, Notice, Output, Progress, TrainingStep
from engine.commands import Call, Refused, parse
from engine.composition.bridge import Influence
from engine.composition.composition import Cancelled, Composition
from engine.composition.frozen import load_frozen
from engine.composition.scaffold import LoraSettings
from engine.composition.trained import trained_tensors
from engine.home import Home
from engine.learning import epoch_batches, to_stay, training
from engine.learning.checkpoint import CheckpointError, digest, read_checkpoint, write_checkpoint
from engine.learning.comparison import compare
from engine.learning.dataset import Row, Turn
from engine.learning.encoding import Encoded, Encoder
from engine.learning.learner import Learner
from engine.learning.learners import learner_for
from engine.learning.portions import LearningFailed
from engine.learning.tensors import copies
from engine.learning.to_stay import KEPT, PASSAGES, SHUT, rows_to_stay
from engine.learning.training import (
    LEAST_PLASTICITY,
    Course,
    Displaced,
    EpochDone,
    Plan,
    StepDone,
    plasticity,
)
from engine.lifeform import Lifeform

MODULES = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
PLAN = Plan(epochs=2, batch_size=4, accumulation_steps=1, learning_rate=5e-3, max_patience=100, seed=1)
FACTS = ["cat Zorblax", "dog Kelpast", "city Velmora", "river Corvic", "door 4 7", "code 9 3", "sea night", "day dream"]


def calm() -> None:
    """Never stops anything."""


def quiet(done: int, total: int) -> None:
    """Hears of progress, and says nothing."""


# -- a course over a bare composition ----------------------------------------------------------------------------------


class Bench:
    """A newborn composition, and what a course over it needs."""

    def __init__(self, folder: Path, weight: float = 0.9, dropout: float = 0.0) -> None:
        base = load_frozen("tiny", folder)
        lora = LoraSettings(rank=4, alpha=8, dropout=dropout, target_modules=MODULES)
        self.composition = Composition(base, base, (2, 3, 4, 5), lora)
        self.encoder = Encoder(base.tokenizer, base.end_ids, "", 256)
        self.learner = Learner(self.composition, Influence(weight=weight), self.encoder.preamble)
        self.rows = [self.row(*fact.split(" ", 1)) for fact in FACTS]

    def row(self, thing: str, name: str) -> Encoded:
        encoded = self.encoder.encode(Row((Turn("user", f"what is the name of my {thing}?"),), f"it is {name}"))
        assert encoded is not None
        return encoded

    def course(
        self, plan: Plan = PLAN, told: Any = None, held_out: Any = (), heed: Callable[[], None] = calm
    ) -> Course:
        return Course(self.learner, told or self.rows, held_out, [], [], plan, heed)

    def weights(self) -> list[torch.Tensor]:
        return copies([*self.learner.parameters, *self.learner.gate.parameters()])


@pytest.fixture
def make(tiny_folders: dict[str, Path]) -> Callable[..., Bench]:
    return lambda family="llama", **kwargs: Bench(tiny_folders[family], **kwargs)


def same(one: list[torch.Tensor], other: list[torch.Tensor]) -> bool:
    return all(map(torch.equal, one, other))


def base_bits(composition: Composition) -> str:
    return digest(dict(composition.base.model.state_dict()))


@pytest.mark.parametrize("family", ["llama", "gpt2", "qwen2", "gemma2"])
def test_it_learns_rows_by_heart_and_leaves_the_base_alone(make: Callable[..., Bench], family: str) -> None:
    bench = make(family)
    before = base_bits(bench.composition)
    plan = replace(PLAN, epochs=40, batch_size=8, learning_rate=3e-2)
    events = list(bench.course(plan, held_out=bench.rows).run())
    first, last = (next(e for e in order if isinstance(e, StepDone)) for order in (events, events[::-1]))
    assert last.loss < 0.6 * first.loss  # random weights cannot say everything, however hard they are trained
    assert base_bits(bench.composition) == before
    assert all(not p.requires_grad and p.grad is None for p in bench.learner.parameters)
    found = compare(bench.learner, bench.rows, 4, 0.0, calm)
    assert found.rows == 8 and found.composition < 0.6 * found.base and found.gated == found.composition
    shut = compare(bench.learner, bench.rows, 4, 1.1, calm)
    assert shut.gated == shut.base == found.base and shut.opened == 0.0


def test_the_base_alone_is_what_a_newborn_is_measured_against(make: Callable[..., Bench]) -> None:
    bench = make()
    found = compare(bench.learner, bench.rows, 3, 0.0, calm)
    assert found.composition == pytest.approx(found.base, rel=0.02)
    assert bench.course(held_out=bench.rows).measure() == pytest.approx(found.composition, rel=0.02)


def test_epochs_go_over_every_row_once(make: Callable[..., Bench]) -> None:
    bench = make()
    events = list(bench.course(replace(PLAN, epochs=3, batch_size=3, accumulation_steps=2)).run())
    steps = [e for e in events if isinstance(e, StepDone)]
    assert [(e.epoch, e.step, e.steps, e.number) for e in steps] == [
        (1, 1, 2, 1), (1, 2, 2, 2), (2, 1, 2, 3), (2, 2, 2, 4), (3, 1, 2, 5), (3, 2, 2, 6),
    ]  # fmt: skip
    answers = sum(len(row.answer) for row in bench.rows)
    assert [sum(e.tokens for e in steps if e.epoch == epoch) for epoch in (1, 2, 3)] == [answers] * 3
    assert [e.epoch for e in events if isinstance(e, EpochDone)] == [1, 2, 3]


def test_accumulated_batches_make_the_step_of_one_big_batch(make: Callable[..., Bench]) -> None:
    results = []
    for size, accumulated in ((8, 1), (3, 3), (2, 4)):
        bench = make()
        run = bench.course(replace(PLAN, batch_size=size, accumulation_steps=accumulated)).run()
        step = next(run)
        run.close()
        assert isinstance(step, StepDone) and step.steps == 1
        results.append((step.loss, torch.cat([p.flatten() for p in bench.weights()])))
    born = torch.cat([p.flatten() for p in make().weights()])
    for loss, weights in results[1:]:
        assert loss == pytest.approx(results[0][0], rel=2e-3)
        one, other = results[0][1] - born, weights - born
        assert torch.nn.functional.cosine_similarity(one, other, dim=0) > 0.95


def test_the_best_weights_come_back_and_patience_ends_it(make: Callable[..., Bench]) -> None:
    bench = make()
    course = bench.course(replace(PLAN, epochs=10, max_patience=2), held_out=bench.rows)
    losses = iter([3.0, 2.0, 2.5, 2.0])
    course.measure = lambda: next(losses)  # type: ignore[method-assign]
    seen: list[list[torch.Tensor]] = []
    told = []
    for event in course.run():
        if isinstance(event, EpochDone):
            seen.append(bench.weights())
            told.append((event.valid_loss, event.best, event.waited))
    assert told == [(3.0, True, 0), (2.0, True, 0), (2.5, False, 1), (2.0, False, 2)]
    assert same(bench.weights(), seen[1]) and not same(bench.weights(), seen[3])
    assert course.standing.best_epoch == 2


@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize("stop_at", range(1, 6))
def test_resumed_is_as_if_never_interrupted(
    make: Callable[..., Bench], tmp_path: Path, stop_at: int, dropout: float
) -> None:
    plan = replace(PLAN, epochs=3, batch_size=3, accumulation_steps=2)
    whole = make(dropout=dropout)
    torch.manual_seed(0)
    expected = [e for e in whole.course(plan, held_out=whole.rows[:3]).run() if isinstance(e, StepDone)]

    begun = make(dropout=dropout)
    course = begun.course(plan, held_out=begun.rows[:3])
    run = course.run()
    done = [next(e for e in run if isinstance(e, StepDone)) for _ in range(stop_at)]
    tensors, standing = course.state()
    write_checkpoint(tmp_path / "c", tensors, {"standing": standing})
    run.close()

    resumed = make(dropout=dropout)
    torch.manual_seed(99)
    read = read_checkpoint(tmp_path / "c")
    assert read is not None
    course = resumed.course(plan, held_out=resumed.rows[:3])
    course.take_up(read[0], read[1]["standing"])
    done += [e for e in course.run() if isinstance(e, StepDone)]
    assert done == expected
    assert same(resumed.weights(), whole.weights())


@pytest.mark.slow
def test_two_processes_take_the_steps_of_one(make: Callable[..., Bench], tmp_path: Path) -> None:
    script = tmp_path / "worker.py"
    script.write_text(
        """
import sys
from dataclasses import replace
from pathlib import Path
import torch
from accelerate import PartialState
from test_training import PLAN, Bench, digest

torch.set_num_threads(1)
bench = Bench(Path(sys.argv[1]))
course = bench.course(replace(PLAN, batch_size=3))
losses = [event.loss for event in course.run() if hasattr(event, "loss")]
assert PartialState().num_processes == 2
torch.save((losses, bench.weights()), sys.argv[2] + str(PartialState().process_index))
"""
    )
    bench = make()
    root = Path(__file__).parents[3]
    where = [str(root), str(root / "tests/support"), str(Path(__file__).parent)]
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    subprocess.run(
        [*launch, str(script), str(bench.composition.base.folder), str(tmp_path / "done")],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(where)},
        check=True,
        capture_output=True,
        timeout=PATIENCE,
    )
    (losses, first), (_, second) = (torch.load(tmp_path / f"done{rank}", weights_only=True) for rank in (0, 1))
    assert same(first, second)
    alone = bench.course(replace(PLAN, batch_size=3, accumulation_steps=2))
    expected = [event.loss for event in alone.run() if isinstance(event, StepDone)]
    assert losses == pytest.approx(expected, rel=1e-2)


def test_dropout_acts_in_training_only(make: Callable[..., Bench]) -> None:
    losses = []
    for dropout in (0.0, 0.5):
        bench = make(dropout=dropout)
        list(bench.course(held_out=bench.rows).run())
        losses.append(bench.learner.parameters[1].clone())
        course = bench.course(held_out=bench.rows)
        assert course.measure() == course.measure()
    assert not torch.equal(*losses)


def test_stopping_in_the_middle_of_a_step_leaves_the_step_before(make: Callable[..., Bench]) -> None:
    bench, calls = make(), 0

    def impatient() -> None:
        nonlocal calls
        calls += 1
        if calls > 9:
            raise Cancelled

    course = bench.course(replace(PLAN, epochs=5, batch_size=2, accumulation_steps=4), heed=impatient)
    seen = [bench.weights()]
    with pytest.raises(Cancelled):
        seen.extend(bench.weights() for _ in course.run())
    assert len(seen) > 1 and same(bench.weights(), seen[-1])
    assert course.standing.number == 1 and not any(p.requires_grad for p in bench.learner.parameters)
    course.restore()
    assert same(bench.weights(), seen[0])


def test_stepping_aside_shows_the_weights_of_before(make: Callable[..., Bench]) -> None:
    bench = make()
    before, course = bench.weights(), bench.course()
    run = course.run()
    next(run)
    learned = bench.weights()
    with course.aside():
        assert same(bench.weights(), before)
    assert same(bench.weights(), learned) and not same(learned, before)
    with pytest.raises(Displaced), course.aside(), torch.no_grad():
        bench.learner.parameters[0].add_(1.0)
    run.close()


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_ends_it_as_it_was(make: Callable[..., Bench], bad: float) -> None:
    bench = make()
    before, course = bench.weights(), bench.course()
    run = course.run()
    next(run)
    with torch.no_grad():
        bench.learner.parameters[0].fill_(bad)
    with pytest.raises(LearningFailed, match="finite"):
        list(run)
    assert same(bench.weights(), before)


def test_a_loss_that_runs_away_ends_it_as_it_was(make: Callable[..., Bench]) -> None:
    bench = make()
    before, course = bench.weights(), bench.course()
    run = course.run()
    next(run)
    course.standing.first_loss = 0.01  # as if it had begun near nothing
    course.bounds.clueless = 0.01
    with pytest.raises(LearningFailed, match="ran away"):
        list(run)
    assert same(bench.weights(), before)


def test_rows_beyond_the_cache_are_computed_anew_to_the_same_end(
    make: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, anew = make(), make()
    list(kept.course().run())
    monkeypatch.setattr(epoch_batches, "CACHE_BYTES", 0)
    list(anew.course().run())
    assert same(kept.weights(), anew.weights())


def test_what_is_to_stay_pulls_against_what_is_learned(make: Callable[..., Bench]) -> None:
    drifts, opened = [], []
    for held in (False, True):
        bench = make()
        kept, gate = rows_to_stay(bench.learner, bench.encoder, [], quiet)
        assert len(kept) == KEPT + PASSAGES and len(gate) == SHUT and all(row.final is not None for row in kept)
        plan = replace(PLAN, epochs=15, batch_size=8, learning_rate=1e-2)
        stay = (kept, gate) if held else ([], [])
        list(Course(bench.learner, bench.rows, [], *stay, plan, calm).run())
        with torch.no_grad():
            recognised, real, cache = bench.learner.read(kept)
            now = bench.learner.predict(kept, real, cache).log_softmax(-1)
            own = bench.learner.base_logits(kept).log_softmax(-1)
        drifts.append(float((own.exp() * (own - now)).sum(-1).mean()))
        opened.append(float(recognised.sigmoid().mean()))
    assert drifts[1] < drifts[0]
    assert opened[1] < opened[0]


def test_what_is_to_stay_never_asks_what_is_learned(make: Callable[..., Bench]) -> None:
    bench = make()
    asked = [bench.composition.base.tokenizer.decode(row.prompt) for row in rows_to_stay(
        bench.learner, bench.encoder, [], quiet)[1]]  # fmt: skip
    taught = asked[0].split("<|im_end|>")[0]
    _, gate = rows_to_stay(bench.learner, bench.encoder, [taught.upper()], quiet)
    assert all(not bench.composition.base.tokenizer.decode(row.prompt).startswith(taught + "<") for row in gate)


def test_plasticity_falls_past_capacity_and_never_to_nothing() -> None:
    for curve in ("sigmoid_linear", "exponential"):
        assert plasticity(0.0, curve) == plasticity(1.0, curve) == 1.0
        assert 1.0 > plasticity(1.3, curve) > plasticity(1.6, curve) > LEAST_PLASTICITY
        assert plasticity(50.0, curve) == LEAST_PLASTICITY


# -- checkpoints -------------------------------------------------------------------------------------------------------


def test_a_checkpoint_that_cannot_be_trusted_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "checkpoint"
    assert read_checkpoint(path) is None
    tensors = {"a": torch.arange(1000.0), "b": torch.tensor(3.0)}
    write_checkpoint(path, tensors, {"n": 1})
    read = read_checkpoint(path)
    assert read is not None and read[1] == {"n": 1} and all(torch.equal(read[0][n], t) for n, t in tensors.items())
    whole = path.read_bytes()
    for damaged in (b"", whole[:-7], whole[:-4] + b"abcd", b"\xff" * 50):
        path.write_bytes(damaged)
        with pytest.raises(CheckpointError):
            read_checkpoint(path)


def test_a_checkpoint_that_cannot_be_written_leaves_the_last_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "checkpoint"
    write_checkpoint(path, {"a": torch.ones(3)}, {"n": 1})

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(CheckpointError, match="No space left"):
        write_checkpoint(path, {"a": torch.zeros(3)}, {"n": 2})
    read = read_checkpoint(path)
    assert read is not None and read[1] == {"n": 1}
    assert [file.name for file in tmp_path.iterdir()] == ["checkpoint"]


# -- the command, on a whole lifeform ----------------------------------------------------------------------------------


class Pupil:
    """A lifeform that is awake, and what its commands say."""

    def __init__(self, life: Lifeform) -> None:
        self.life = life
        self.events: list[Event] = []

    def run(self, line: str, stop_after: int | None = None, attend: Callable[..., None] | None = None) -> str:
        """Run a line; ``stop_after`` so many training steps it is cancelled. Returns what it printed."""
        intent = parse(line)
        assert intent.kind == "command" and intent.spec is not None, intent
        self.events = []

        def cancelled() -> bool:
            return stop_after is not None and len(self.of(TrainingStep)) >= stop_after

        more = {"attend": attend} if attend else {}
        intent.spec.handler(self.life, Call(1, intent.args, self.events.append, cancelled, **more))
        return "\n".join(event.text for event in self.of(Output))

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    def everything(self) -> dict[str, Any]:
        """All that training could change, to the bit."""
        composition = self.life.composed
        gate = composition.gate
        home = self.life.home.path
        return {
            "weights": digest(trained_tensors(composition)),
            "gate": digest(dict(gate.state_dict())),
            "base": base_bits(composition),
            "marks": (gate.trained, composition.scaffold.version, composition.scaffold.learned),
            "mind": (self.life.temperament.to_dict(), self.life.lifecycle.to_dict(), self.life.confidence.to_dict()),
            "times": (self.life.last_trained, self.life.pinned_weight),
            "rng": (torch.random.get_rng_state().tolist(), random.getstate(), self.life.chance.get_state().tolist()),
            "settings": self.life.config.to_dict() if hasattr(self.life.config, "to_dict") else None,
            "said": self.life.conversation.turns[:],
            "journal": (self.life.journal.count(), len(self.life.journal.last_entries(1000))),
            "files": {str(p): p.read_bytes() for p in home.rglob("*") if p.is_file() and "journal" not in p.name},
            "grads": [p.grad for p in composition.scaffold.peft.parameters()],
        }


@pytest.fixture
def born(
    tiny_folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Pupil]]:
    monkeypatch.setattr(to_stay, "KEPT", 4)
    monkeypatch.setattr(to_stay, "SHUT", 8)
    opened: list[tuple[Lifeform, Home]] = []

    def bear(name: str = "life", **changes: Any) -> Pupil:
        settings: dict[str, Any] = {"batch_size": 4, "train_epochs": 2, **changes}
        home = Home(tmp_path / name).open()
        life = Lifeform(home, tiny_config(tiny_folders["llama"], **settings))
        opened.append((life, home))
        life.awaken(lambda _doing, _done: None)
        torch.set_num_threads(1)
        return Pupil(life)

    yield bear
    for life, home in opened:
        life.close()
        home.release()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "facts.jsonl"
    rows = [{"prompt": f"what is number {n}?", "response": f"it is {n}"} for n in range(14)]
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def test_training_in_the_form_of_the_specification(born: Callable[..., Pupil], data: Path) -> None:
    pupil = born()
    text = pupil.run(f"train 2 --data {data}")
    lines = text.splitlines()
    assert lines[0] == "Starting training for 2 epochs..."
    assert "--- Training (2 epochs) ---" in lines and lines.index("Epoch 1/2") < lines.index("Epoch 2/2")
    steps = [line for line in lines if line.startswith("Step ")]
    told = int(lines[1].split(" to learn")[0].split()[-1])
    count = -(-told // 4)
    assert [line.split(" | ")[0] for line in steps] == [f"Step {n}/{count}" for n in range(1, count + 1)] * 2
    assert all(float(line.split("Loss: ")[1]) > 0 for line in steps)
    assert any(line.startswith("  Base alone: loss") for line in lines) and "Composition, gate open" in text
    assert lines[-1] == "Training complete."
    assert [e.step for e in pupil.of(TrainingStep)] == list(range(1, 2 * count + 1))
    assert pupil.of(TrainingStep)[-1].seconds_left == 0
    assert "tokens/s" in pupil.of(Progress)[-1].label


def test_training_leaves_its_marks(born: Callable[..., Pupil], data: Path) -> None:
    pupil = born()
    before = pupil.everything()
    text = pupil.run(f"train --data {data}")
    after, life = pupil.everything(), pupil.life
    assert after["base"] == before["base"] and after["weights"] != before["weights"]
    assert life.composed.learned and life.composed.gate.trained and life.last_trained is not None
    told = int(text.split(" to learn")[0].split()[-1])
    assert life.lifecycle.exposure == 2.0 * told
    pupil.run(f"train --data {data}")
    assert life.lifecycle.exposure == 2.0 * told  # nothing of it was new
    assert [entry.kind for entry in life.journal.last_entries(10)] == ["train", "train"]
    assert not schooling.checkpoint_path(life).exists()


def test_what_was_trained_is_there_after_a_restart(born: Callable[..., Pupil], data: Path) -> None:
    pupil = born()
    pupil.run(f"train --data {data}")
    after = pupil.everything()
    pupil.life.close()
    pupil.life.home.release()
    again = born().everything()
    assert all(again[part] == after[part] for part in ("weights", "gate", "times"))


def test_it_is_trained_at_the_weight_it_will_be_used_at(
    born: Callable[..., Pupil], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights: list[float] = []

    def watched(composition: Composition, influence: Influence, preamble: Any) -> Learner:
        weights.append(influence.weight)
        return learner_for(composition, influence, preamble)

    monkeypatch.setattr(schooling, "learner_for", watched)
    pupil = born(sigmoid_shift=20.0)
    newborn = pupil.life.weight
    pupil.run(f"train --data {data}")
    assert weights == [pupil.life.weight] and weights[0] > newborn
    pupil.life.pin_weight(0.4)
    pupil.run(f"train --data {data}")
    assert weights[-1] == 0.4


def test_stopping_restores_and_resuming_comes_to_the_same_end(
    born: Callable[..., Pupil], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schooling, "CHECKPOINT_STEPS", 2)
    whole = born("whole")
    whole.run(f"train --data {data}")
    expected = whole.everything()

    pupil = born("stopped")
    before = pupil.everything()
    text = pupil.run(f"train --data {data}", stop_after=3)
    assert "weights are those from before" in text and "train --resume" in text
    after = pupil.everything()
    assert [part for part in before if part != "files" and before[part] != after[part]] == []
    text = pupil.run("train --resume")
    assert "Resuming training for 2 epochs..." in text and text.endswith("Training complete.")
    assert pupil.of(TrainingStep)[0].step == 4
    resumed = pupil.everything()
    assert all(resumed[part] == expected[part] for part in ("weights", "gate", "mind"))


def test_a_process_that_was_killed_goes_on_where_its_checkpoint_is(
    born: Callable[..., Pupil], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schooling, "CHECKPOINT_STEPS", 2)
    whole = born("whole")
    whole.run(f"train --data {data}")
    pupil = born()
    before = pupil.everything()["weights"]

    class Killed(BaseException):
        pass

    def attend(_aside: Any) -> None:
        if len(pupil.of(TrainingStep)) == 5:
            raise Killed

    with pytest.raises(Killed):
        pupil.run(f"train --data {data}", attend=attend)
    pupil.life.close()
    pupil.life.home.release()
    again = born()
    assert again.everything()["weights"] == before
    again.run("train --resume")
    assert again.of(TrainingStep)[0].step == 5
    assert again.everything()["weights"] == whole.everything()["weights"]
    with pytest.raises(Refused, match="no unfinished training"):
        again.run("train --resume")


def test_resuming_needs_the_same_rows_and_the_same_scaffold(born: Callable[..., Pupil], data: Path) -> None:
    pupil = born()
    with pytest.raises(Refused, match="no unfinished training"):
        pupil.run("train --resume")
    pupil.run(f"train --data {data}", stop_after=2)
    rows = data.read_text()
    data.write_text(rows + '\n{"prompt": "more", "response": "rows"}')
    with pytest.raises(Refused, match="has changed since"):
        pupil.run("train --resume")
    data.write_text(rows)
    tensors = {name: tensor + 1 for name, tensor in pupil.life.composed.scaffold.adapters().items()}
    pupil.life.composed.scaffold.set_adapters(tensors)
    with pytest.raises(Refused, match="has learned otherwise"):
        pupil.run("train --resume")
    for line in ("train 3 --resume", f"train --resume --data {data}", "train --resume --dry-run"):
        with pytest.raises(Refused, match="as it was begun"):
            pupil.run(line)


@pytest.mark.parametrize("settings", [{}, {"skip_training": False}, {"max_samples": 7, "validate_architecture": False}])
def test_a_dry_run_leaves_everything_as_it_was(
    born: Callable[..., Pupil], data: Path, settings: dict[str, Any]
) -> None:
    pupil = born(**settings)
    for _ in range(2):  # a newborn, and then one that has learned
        before = pupil.everything()
        text = pupil.run(f"train 5 --dry-run --data {data}")
        after = pupil.everything()
        assert [part for part in before if before[part] != after[part]] == []
        pupil.run(f"train --data {data}")
    lines = text.splitlines()
    assert lines[0] == "Starting training for 5 epochs (dry run)..." and lines[-1] == "Dry run complete."
    start = lines.index("--- Training (5 epochs) ---")
    assert lines[start + 1] == "Epoch 1/5" and lines[start + 2].startswith("Step 1/") and "Loss: " in lines[start + 2]
    assert text.count("\nCheck ") == (0 if "max_samples" in settings else 6) and "FAILED" not in text
    assert ("One real step, rolled back" in text) == (settings.get("skip_training") is False)


def test_dry_run_in_the_settings_makes_every_training_one(born: Callable[..., Pupil], data: Path) -> None:
    pupil = born(dry_run=True)
    before = pupil.everything()
    assert pupil.run(f"train --data {data}").endswith("Dry run complete.")
    assert pupil.everything() == before


def test_a_check_that_fails_is_told(born: Callable[..., Pupil], data: Path) -> None:
    pupil = born()
    adapter = next(p for n, p in pupil.life.composed.scaffold.peft.named_parameters() if "lora_A" in n)
    with torch.no_grad():
        adapter.fill_(float("nan"))
    text = pupil.run(f"train --dry-run --data {data}")
    assert "Check gradients: FAILED" in text and "Check forward pass: FAILED" in text
    assert text.endswith("Dry run complete.")


def test_what_is_odd_in_a_file_is_told(born: Callable[..., Pupil], data: Path) -> None:
    good = data.read_text()
    long = json.dumps({"prompt": "is it long?", "response": "the river flows " * 500})
    data.write_text(f"{good}\nnot json\n{good.splitlines()[0]}\n{long}\n")
    text = born().run(f"train 1 --data {data}")
    assert "1 of 17 lines malformed, skipped:\n  line 15: not JSON" in text
    assert "Rows duplicates, taken once: 1" in text
    assert "Rows with an answer longer than max_seq_length, left out: 1" in text


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("train 0", "whole number from 1"),
        ("train 1001", "whole number from 1"),
        ("train --data /nowhere/rows.jsonl", "There is no file"),
        ("train --data /tmp", "is a folder"),
        ("train --dry-run --data /nowhere/rows.jsonl", "There is no file"),
    ],
)
def test_bad_input_is_refused_in_one_line_and_changes_nothing(born: Callable[..., Pupil], line: str, said: str) -> None:
    pupil = born()
    before = pupil.everything()
    with pytest.raises(Refused, match=said) as refused:
        pupil.run(line)
    assert "\n" not in str(refused.value)
    assert pupil.everything() == before


@pytest.mark.parametrize("settings", [{"enable_lora_adapters": False}, {"enable_cross_attention": False}])
def test_where_nothing_can_be_learned_it_says_so(
    born: Callable[..., Pupil], data: Path, settings: dict[str, Any]
) -> None:
    with pytest.raises(Refused, match=next(iter(settings))):
        born(**settings).run(f"train --data {data}")


def test_two_different_models_learn_and_go_on_after_a_stop(
    born: Callable[..., Pupil], data: Path, tiny_folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schooling, "CHECKPOINT_STEPS", 2)
    settings = {"scaffold_model_name": str(tiny_folders["other"]), "skip_training": False}
    whole = born("whole", **settings)
    newborn = whole.everything()
    text = whole.run(f"train --dry-run --data {data}")
    assert text.count("\nCheck ") == 6 and "parameters in the bridge" in text and "FAILED" not in text
    assert whole.everything() == newborn
    whole.run(f"train --data {data}")
    expected = whole.everything()
    assert whole.life.composed.learned and expected["base"] == newborn["base"]

    pupil = born("stopped", **settings)
    before = pupil.everything()
    pupil.run(f"train --data {data}", stop_after=3)
    assert [part for part, value in pupil.everything().items() if part != "files" and before[part] != value] == []
    pupil.run("train --resume")
    assert all(pupil.everything()[part] == expected[part] for part in ("weights", "gate", "mind"))
    pupil.life.close()
    pupil.life.home.release()
    assert born("stopped", **settings).everything()["weights"] == expected["weights"]


def test_a_failed_training_restores_and_says_what_may_help(
    born: Callable[..., Pupil], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise LearningFailed("the loss stopped being finite at step 1")

    monkeypatch.setattr(training, "accumulate", broken)
    pupil = born()
    before = pupil.everything()
    with pytest.raises(LearningFailed, match=r"weights are those from before; a learning_rate below 0\.005"):
        pupil.run(f"train --data {data}")
    assert pupil.everything() == before


def test_chat_in_between_hears_the_weights_of_before(born: Callable[..., Pupil], data: Path) -> None:
    pupil = born()
    before = pupil.everything()["weights"]
    heard: list[str] = []

    def attend(aside: Callable[[], Any]) -> None:
        with aside():
            heard.append(pupil.everything()["weights"])

    pupil.run(f"train --data {data}", attend=attend)
    assert set(heard) == {before} and pupil.everything()["weights"] != before


def test_what_replaces_the_adapters_in_between_wins(born: Callable[..., Pupil], data: Path) -> None:
    pupil = born()
    scaffold = pupil.life.composed.scaffold
    other = {name: tensor + 1 for name, tensor in scaffold.adapters().items()}

    def attend(aside: Callable[[], Any]) -> None:
        with aside():
            scaffold.set_adapters(other)

    with pytest.raises(Refused, match="changed while training paused"):
        pupil.run(f"train --data {data}", attend=attend)
    assert digest(scaffold.adapters()) == digest(other)


def test_without_room_on_disk_what_was_learned_stays_in_memory(
    born: Callable[..., Pupil], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pupil = born()
    before = pupil.everything()["weights"]

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    text = pupil.run(f"train --data {data}")
    assert text.endswith("Training complete.") and pupil.everything()["weights"] != before
    levels = [(notice.level, "No space left" in notice.text) for notice in pupil.of(Notice)]
    assert levels == [("warning", True), ("error", True)]
