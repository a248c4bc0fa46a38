"""What learning in bridge form promises: any two models, the conditions of use, every trained tensor and no other."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.composition.bridge import Influence
from engine.composition.composition import Composition
from engine.composition.frozen import FrozenModel, load_frozen
from engine.composition.prompt import Prompt, Turn
from engine.composition.scaffold import LoraSettings
from engine.composition.trained import copy_of_trained, put_trained, trained_tensors
from engine.learning.checkpoint import digest
from engine.learning.dataset import Row
from engine.learning.encoding import Encoded, Encoder
from engine.learning.learner import Learner
from engine.learning.learners import learner_for
from engine.learning.trainer import Recipe, accumulate, optimizer_for, release, train

MODULES = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
PAIRS = {
    "llama": (2, 3, 4, 5),
    "llama+gpt2": (0, 3, 5),
    "gpt2+other": (2, 3, 4, 5),
    "qwen2+gemma2": (2, 4),
    "gemma2+llama": (1, 5),
    "llama+other": (5,),
}
"""``base+scaffold``, and the bridged layers; a single name is one checkpoint that is made to take the bridge form."""
LEARNING = {"llama+gpt2": 80, "llama": 40, "qwen2+gemma2": 60, "gpt2+other": 200}
"""Pairs that learn, and steps in which random weights do; the first is the fastest."""
LOUD = Influence(weight=0.9, cap=0.9, threshold=0.5)
FACTS = {"cat": "Zorblax", "river": "Velmora", "city": "Kelpast", "door": "4 7"}


def calm() -> None:
    """Never stops anything."""


class Pupil:
    """A composition in bridge form, its learner, and four facts."""

    def __init__(self, load: Callable[[str], FrozenModel], pair: str, adapters: bool) -> None:
        base_name, _, scaffold_name = pair.partition("+")
        base = load(base_name)
        scaffold = load(scaffold_name) if scaffold_name else base
        lora = LoraSettings(rank=4, alpha=8, dropout=0.0, target_modules=MODULES, enabled=adapters)
        self.composition = Composition(base, scaffold, PAIRS[pair], lora, key_value=False)
        self.encoder = Encoder(base.tokenizer, base.end_ids, "", 256)
        self.learner: Learner = learner_for(self.composition, LOUD, self.encoder.preamble)
        self.rows = [self.row(f"what is the name of my {thing}?", f"it is {name}") for thing, name in FACTS.items()]

    def row(self, question: str, answer: str) -> Encoded:
        encoded = self.encoder.encode(Row((Turn("user", question),), answer))
        assert encoded is not None
        return encoded

    def exercises(self, rows: Any = None, *, own: bool = False) -> list[Any]:
        return self.learner.prepare([(r.prompt, r.answer, True) for r in rows or self.rows], calm, own=own)

    def whole(self, row: Encoded) -> Prompt:
        n = len(self.encoder.preamble)
        return Prompt([*self.encoder.preamble, *row.prompt], "", preamble=n, question=n)

    def said(self, row: Encoded, influence: Influence) -> torch.Tensor:
        """Logits ``[answer, vocabulary]`` for each token of the answer, from the composition itself."""
        self.composition.forget_reading()
        utterance = self.composition.listen(self.whole(row), influence)
        shown = [row.prompt[-1], *row.answer[:-1]]
        return torch.stack([utterance.logits(token) for token in shown]).clone()

    def answer(self, row: Encoded, influence: Influence) -> tuple[int, ...]:
        """What the composition itself answers, greedily."""
        self.composition.forget_reading()
        utterance = self.composition.listen(self.whole(row), influence)
        token, ids = row.prompt[-1], []
        while len(ids) < 12 and (token := int(utterance.logits(token).argmax())) not in self.composition.base.end_ids:
            ids.append(token)
        return tuple(ids)

    def stir(self, scale: float = 0.2) -> None:
        """Give all that is trained random values."""
        chance = torch.Generator().manual_seed(5)
        values = copy_of_trained(self.composition)
        for name, tensor in values.items():
            tensor.add_(torch.randn(tensor.shape, generator=chance) * scale)
            if name.endswith(".gate"):
                tensor.fill_(2.0)
        put_trained(self.composition, values)

    def learn(self, steps: int, **changes: Any) -> list[float]:
        recipe = Recipe(steps=steps, told=4, **changes)
        kept = self.learner.prepare([(self.row("hello", "good day").prompt, [5, 6, 7], False)], calm, own=True)
        return [s.loss for s in train(self.learner, self.exercises(), kept, [], recipe, random.Random(0))]


@pytest.fixture
def pupil(tiny_folders: dict[str, Path]) -> Callable[..., Pupil]:
    def load(name: str) -> FrozenModel:
        return load_frozen(name, tiny_folders[name])

    def make(pair: str, adapters: bool = True) -> Pupil:
        return Pupil(load, pair, adapters)

    return make


@pytest.fixture
def exact(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The learner computes in single precision, so that it can be compared with chat closely."""
    monkeypatch.setattr(torch, "autocast", lambda *_, **__: nullcontext())
    monkeypatch.setattr(torch.Tensor, "bfloat16", torch.Tensor.float)
    yield


@pytest.mark.usefixtures("exact")
@pytest.mark.parametrize("pair", PAIRS)
def test_a_row_is_learned_as_it_will_be_asked(pupil: Callable[..., Pupil], pair: str) -> None:
    one = pupil(pair)
    one.stir()
    exercises = one.exercises(own=True)
    with torch.no_grad():
        recognised, real, states = one.learner.read(exercises)
        logits = one.learner.predict(exercises, real, states).split([len(row.answer) for row in one.rows])
        own = one.learner.base_logits(exercises).split([len(row.answer) for row in one.rows])
    for row, learned, bare in zip(one.rows, logits, own, strict=True):
        said, silent = one.said(row, LOUD), one.said(row, Influence(weight=0.0))
        assert torch.allclose(learned, said, atol=1e-3)
        assert torch.allclose(bare, silent, atol=1e-3)
        assert (said - silent).abs().max() > 0.05
    replies = one.learner.answers([row.prompt for row in one.rows], 12, calm, influence=True)
    assert [reply.ids for reply in replies] == [one.answer(row, LOUD) for row in one.rows]
    assert [reply.recognition for reply in replies] == pytest.approx(recognised.sigmoid().tolist(), abs=1e-4)
    shut = one.learner.answers([row.prompt for row in one.rows], 12, calm, influence=True, threshold=1.1)
    assert [reply.ids for reply in shut] == [one.answer(row, Influence(weight=0.0)) for row in one.rows]


@pytest.mark.parametrize("pair", PAIRS)
def test_the_scaffold_never_sees_an_answer(pupil: Callable[..., Pupil], pair: str) -> None:
    """What comes later in an answer moves no logits before it: the classic silent leak of cross-attention."""
    one = pupil(pair)
    one.stir()
    prompt, answer = one.rows[0].prompt, [5, 6, 7, 8, 9]
    other = [5, 6, 90, 91, 92]

    def look(said: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
        rows = one.learner.prepare([(prompt, said, True)], calm)
        recognised, real, states = one.learner.read(rows)
        return recognised, one.learner.predict(rows, real, states)

    with torch.no_grad():
        (mine, logits), (theirs, changed) = look(answer), look(other)
    assert torch.equal(mine, theirs)
    assert torch.equal(logits[:3], changed[:3]) and not torch.equal(logits[3:], changed[3:])


@pytest.mark.parametrize("adapters", [True, False])
@pytest.mark.parametrize("pair", PAIRS)
def test_gradients_reach_all_that_is_trained_and_nothing_frozen_moves(
    pupil: Callable[..., Pupil], pair: str, adapters: bool
) -> None:
    one = pupil(pair, adapters)
    models = [one.composition.base.model, one.composition.scaffold.frozen.model]
    frozen = [digest(dict(model.state_dict())) for model in models]
    one.stir(0.05)
    before, rows, recipe = copy_of_trained(one.composition), one.exercises(), Recipe(steps=1)
    optimizer, _ = optimizer_for(one.learner, recipe)
    accumulate(one.learner, rows, [], [], recipe, {id(row): 1.0 for row in rows}, 1)
    trained = [p for group in optimizer.param_groups for p in group["params"]]
    assert all(p.grad is not None and p.grad.isfinite().all() and p.grad.any() for p in trained)
    live = trained_tensors(one.composition)
    assert {p.data_ptr() for p in trained} == {t.data_ptr() for t in live.values()}
    assert any("lora_" in name for name in live) == adapters
    optimizer.step()
    release(optimizer)
    assert not any(torch.equal(before[name], tensor) for name, tensor in live.items())
    assert [digest(dict(model.state_dict())) for model in models] == frozen


@pytest.mark.parametrize(
    "pair", [pytest.param(pair, marks=pytest.mark.slow) if pair != "llama+gpt2" else pair for pair in LEARNING]
)
def test_it_learns_to_answer_and_can_be_put_back_bit_for_bit(pupil: Callable[..., Pupil], pair: str) -> None:
    one = pupil(pair)
    newborn, silent = copy_of_trained(one.composition), Influence(weight=0.0)
    bare = [one.said(row, silent) for row in one.rows]
    assert not one.composition.learned
    one.learn(LEARNING[pair], learning_rate=1e-2)
    one.composition.scaffold.changed()
    assert one.composition.learned
    assert [one.answer(row, LOUD) for row in one.rows] == [row.answer[:-1] for row in one.rows]
    assert all(torch.equal(one.said(row, silent), logits) for row, logits in zip(one.rows, bare, strict=True))
    put_trained(one.composition, newborn)
    assert not one.composition.learned
    assert all(torch.equal(one.said(row, LOUD), logits) for row, logits in zip(one.rows, bare, strict=True))


def test_without_adapters_the_bridge_learns_alone(pupil: Callable[..., Pupil]) -> None:
    one = pupil("llama+gpt2", adapters=False)
    losses = one.learn(12, learning_rate=2e-2)
    assert losses[-1] < 0.8 * losses[0]
    assert one.composition.learned and not one.composition.scaffold.adapters()
