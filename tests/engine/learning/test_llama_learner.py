"""The fast learner and the general one are one learner: same rows, same numbers up to rounding, same gradients."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch.nn import functional

from engine.composition.bridge import Influence
from engine.composition.composition import Composition
from engine.composition.frozen import load_frozen
from engine.composition.scaffold import LoraSettings
from engine.learning.dataset import Row, Turn
from engine.learning.encoding import Encoder
from engine.learning.exercise import Exercise
from engine.learning.learner import Learner
from engine.learning.learners import learner_for
from engine.learning.llama_learner import LlamaLearner

ALL = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
SAID = [
    ("What is my cat called?", "Your cat is called Zorblax."),
    ("Where?", "The river Velmora flows into the Corvic sea."),
    ("When does the river sleep, and what does it dream of at night?", "No."),
]
Pair = tuple[Learner, LlamaLearner, list[tuple[list[int], list[int], bool]]]


def heed() -> None:
    """Never stops anything."""


@pytest.fixture
def pair(tiny_folders: dict[str, Path]) -> Callable[..., Pair]:
    def made(
        layers: tuple[int, ...] = (2, 3, 4, 5), weight: float = 0.9, modules: tuple[str, ...] = ALL, system: str = ""
    ) -> Pair:
        base = load_frozen("tiny", tiny_folders["llama"])
        composition = Composition(base, base, layers, LoraSettings(4, 8, 0.0, modules))
        torch.manual_seed(0)
        for name, tensor in composition.scaffold.adapters().items():
            if "lora_B" in name:
                tensor.normal_(std=0.3)
        composition.scaffold.changed()
        encoder = Encoder(base.tokenizer, base.end_ids, system, 256)
        rows = []
        for asked, answer in SAID:
            encoded = encoder.encode(Row((Turn("user", asked),), answer))
            assert encoded is not None
            rows.append((list(encoded.prompt), list(encoded.answer), True))
        influence = Influence(weight=weight)
        return (
            Learner(composition, influence, encoder.preamble),
            LlamaLearner(composition, influence, encoder.preamble),
            rows,
        )

    return made


def close(one: torch.Tensor | None, other: torch.Tensor | None, tolerance: float = 0.03) -> bool:
    """Whether two tensors differ by no more than bfloat16's rounding, in the sense of their norms."""
    assert one is not None and other is not None and one.shape == other.shape
    return bool((one.float() - other.float()).norm() <= tolerance * one.float().norm())


def step(learner: Learner, exercises: list[Exercise]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Logits, the gate's logits, and the gradient of a loss that both have a part in."""
    parameters = [*learner.parameters, *learner.gate.parameters()]
    for parameter in parameters:
        parameter.requires_grad_(True)
        parameter.grad = None
    recognised, real, cache = learner.read(exercises)
    logits = learner.predict(exercises, real, cache)
    targets = torch.tensor([token for exercise in exercises for token in exercise.answer])
    (functional.cross_entropy(logits, targets) + recognised.sigmoid().mean()).backward()
    gradient = torch.cat([p.grad.flatten() for p in parameters if p.grad is not None])
    for parameter in parameters:
        parameter.requires_grad_(False)
        parameter.grad = None
    return logits.detach(), recognised.detach(), gradient


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"weight": 1.0},
        {"layers": (1, 4)},
        {"layers": (1, 4), "weight": 1.0},
        {"layers": (0, 1, 2, 3, 4, 5)},
        {"modules": ("q_proj", "up_proj")},
        {"system": "You are a river."},
    ],
    ids=["usual", "full weight", "gaps", "gaps, full weight", "all layers", "few modules", "preamble"],
)
def test_both_compute_the_same(pair: Callable[..., Pair], changes: dict[str, object]) -> None:
    general, fast, rows = pair(**changes)
    one, other = general.prepare(rows, heed, own=True), fast.prepare(rows, heed, own=True)
    for a, b in zip(one, other, strict=True):
        assert close(a.final, b.final)
        if general.first:  # else there is no trunk, and the general learner keeps nothing of it
            assert close(a.states, b.states) and close(a.answer_states, b.answer_states)
    assert close(general.base_logits(one), fast.base_logits(other))
    (logits, gate, gradient), (fast_logits, fast_gate, fast_gradient) = step(general, one), step(fast, other)
    assert close(logits, fast_logits) and close(gate, fast_gate, 0.1)
    assert functional.cosine_similarity(gradient, fast_gradient, 0) > 0.97


@pytest.mark.parametrize("influence", [True, False])
def test_both_answer_alike(pair: Callable[..., Pair], influence: bool) -> None:
    general, fast, rows = pair()
    prompts = [prompt for prompt, _, _ in rows]
    one, other = (one.answers(prompts, 4, heed, influence=influence) for one in (general, fast))
    for a, b in zip(one, other, strict=True):
        # Random weights are seldom sure of a token, so a rounding may turn one; the first ones are the same.
        assert a.ids[:1] == b.ids[:1]
        assert a.recognition == pytest.approx(b.recognition, abs=0.02)


def test_an_answer_does_not_depend_on_who_is_asked_beside_it(pair: Callable[..., Pair]) -> None:
    _, fast, rows = pair()
    prompts = [prompt for prompt, _, _ in rows]
    together = fast.answers(prompts, 8, heed, influence=True)
    alone = [fast.answers([prompt], 8, heed, influence=True)[0] for prompt in prompts]
    assert [reply.confidence for reply in together] == pytest.approx([reply.confidence for reply in alone], abs=0.02)


def test_the_answer_tokens_ahead_are_not_seen(pair: Callable[..., Pair]) -> None:
    _, fast, rows = pair()
    prompt, answer, _ = rows[1]
    other = [*answer[:3], *answer[:-4:-1]]
    logits = []
    for said in (answer, other):
        exercises = fast.prepare([(prompt, said, True)], heed)
        with torch.no_grad():
            _, real, cache = fast.read(exercises)
            logits.append(fast.predict(exercises, real, cache))
    assert torch.equal(logits[0][:4], logits[1][:4])
    assert not torch.equal(logits[0][4:], logits[1][4:])


def test_other_families_get_the_general_learner(tiny_folders: dict[str, Path]) -> None:
    kinds = {}
    for family in ("llama", "gpt2", "qwen2", "gemma2"):
        base = load_frozen("tiny", tiny_folders[family])
        composition = Composition(base, base, (2, 3), LoraSettings(4, 8, 0.0, ALL))
        kinds[family] = type(learner_for(composition, Influence(weight=0.9), [1]))
    assert kinds == {"llama": LlamaLearner, "gpt2": Learner, "qwen2": Learner, "gemma2": Learner}


@pytest.mark.parametrize("which", [0, 1], ids=["general", "fast"])
def test_at_some_places_it_predicts_what_it_predicts_there_among_all(pair: Callable[..., Pair], which: int) -> None:
    general, fast, rows = pair()
    learner = (general, fast)[which]
    whole, some = (learner.prepare(rows, heed, own=True) for _ in range(2))
    some[1].predict_only(range(1, len(some[1].answer), 2))

    def predicted(exercises: list[Exercise]) -> tuple[torch.Tensor, torch.Tensor]:
        _, real, cache = learner.read(exercises)
        with torch.no_grad():
            return learner.predict(exercises, real, cache), learner.base_logits(exercises)

    lengths = [len(row.answer) for row in whole]
    chosen = [place for place in range(sum(lengths)) if not lengths[0] <= place < sum(lengths[:2])]
    chosen += range(lengths[0] + 1, sum(lengths[:2]), 2)
    assert sum(row.predicted for row in some) == len(chosen)
    for every, few in zip(predicted(whole), predicted(some), strict=True):
        assert close(every[sorted(chosen)], few)
