"""Where memory runs out, rows are worked on in smaller portions, and where nothing fits, nothing changes."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.failures import one_line, out_of_memory
from engine.learning import trainer
from engine.learning.learner import Learner
from engine.learning.portions import MemoryFull, Portions
from engine.learning.trainer import Recipe
from tests.engine.learning.test_training import PLAN, Bench, calm, same

FULL = {
    "machine": MemoryError(),
    "gpu": torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
    "allocator": RuntimeError(
        "[enforce fail at alloc_cpu.cpp:121] DefaultCPUAllocator: can't allocate memory: 3 bytes"
    ),
}


@contextmanager
def room_for(rows: int) -> Iterator[None]:
    """Inside the block, more rows than these do not fit into memory together."""
    real = Learner._padded

    def padded(learner: Learner, sequences: Sequence[Any], **how: Any) -> Any:
        if len(sequences) > rows:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return real(learner, sequences, **how)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Learner, "_padded", padded)
        yield


@pytest.fixture
def make(tiny_folders: dict[str, Path]) -> Callable[[], Bench]:
    return lambda: Bench(tiny_folders["llama"])


@pytest.mark.parametrize("kind", FULL)
def test_portions_are_halved_until_they_fit(kind: str) -> None:
    tried: list[int] = []

    def work(items: Sequence[int]) -> list[int]:
        tried.append(len(items))
        if len(items) > 3:
            raise FULL[kind]
        return [-item for item in items]

    portions = Portions(8)
    assert [one for done in portions.each(range(7), work) for one in done] == [-item for item in range(7)]
    assert tried == [7, 3, 3, 1] and portions.most == 3
    assert [list(part) for part in portions.of([1, 2, 3, 4])] == [[1, 2, 3], [4]]


def test_nothing_else_is_tried_again() -> None:
    def work(_: object) -> None:
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="mat1"):
        list(Portions(8).each([1, 2], work))


def test_it_is_said_in_one_line_whatever_it_is_wrapped_in() -> None:
    try:
        raise ValueError("cannot load the model") from FULL["allocator"]
    except ValueError as error:
        assert out_of_memory(error) and one_line(error).startswith("memory ran out; ")
    assert one_line(MemoryFull()) == "memory ran out, even with one row at a time"


def gradient(bench: Bench) -> torch.Tensor:
    """Of one step over all rows, those to learn, those to keep and those for the gate."""
    found: list[torch.Tensor] = []

    def note(optimizer: torch.optim.Optimizer, *_: object) -> None:
        grads = [p.grad for group in optimizer.param_groups for p in group["params"]]
        found.append(torch.cat([grad.flatten().clone() for grad in grads if grad is not None]))

    told = bench.learner.prepare([(row.prompt, row.answer, True) for row in bench.rows], calm)
    kept = bench.learner.prepare([(row.prompt, row.answer, False) for row in bench.rows[:5]], calm, own=True)
    shut = bench.learner.prepare([(row.prompt, [], False) for row in bench.rows], calm)
    recipe = Recipe(steps=1, told=8, kept=5, gate=8)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trainer, "descend", note)
        list(trainer.train(bench.learner, told, kept, shut, recipe, random.Random(1)))
    return found[0]


def alike(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Whether they differ by no more than bfloat16 does."""
    return float((one - other).norm() / one.norm()) < 0.02


def test_a_step_in_portions_is_the_same_step(make: Callable[[], Bench]) -> None:
    whole, crowded = make(), make()
    expected = gradient(whole)
    with room_for(3):
        assert alike(expected, gradient(crowded))
    assert crowded.learner.training.most <= 3 < whole.learner.training.most


def test_a_gradient_that_was_half_there_counts_once(make: Callable[[], Bench], monkeypatch: pytest.MonkeyPatch) -> None:
    expected = gradient(make())
    real, calls = trainer._descend_from, 0

    def full_once(*given: Any) -> None:
        nonlocal calls
        calls += 1
        real(*given)
        if calls == 2:
            raise MemoryError

    monkeypatch.setattr(trainer, "_descend_from", full_once)
    crowded = make()
    crowded.learner.training.most = 4
    assert alike(expected, gradient(crowded)) and crowded.learner.training.most == 2


def test_where_nothing_fits_the_weights_are_those_from_before(make: Callable[[], Bench]) -> None:
    bench = make()
    course = bench.course(replace(PLAN, epochs=3), held_out=bench.rows[:2])
    before, run = bench.weights(), course.run()
    next(run)
    with room_for(0), pytest.raises(MemoryFull):
        list(run)
    assert same(bench.weights(), before)


def test_answers_in_portions_are_the_same_answers(make: Callable[[], Bench]) -> None:
    bench = make()
    prompts = [list(row.prompt) for row in bench.rows]

    def heard() -> list[tuple[int, ...]]:
        return [reply.ids for reply in bench.learner.answers(prompts, 4, calm, influence=True)]

    expected, vectors = heard(), bench.learner.vectors(prompts, calm)
    with room_for(3):
        assert heard() == expected
        assert torch.allclose(torch.tensor(bench.learner.vectors(prompts, calm)), torch.tensor(vectors), atol=0.05)
    assert bench.learner.reading.most <= 3
