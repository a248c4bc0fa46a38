"""Dreams in a life: what each setting moves, when dreams are heard, and what is kept of them."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from driving import tiny_config
from observing import FACTS, TEXT, trace_noise

from engine import Home, gestation
from engine.composition.bridge import Influence
from engine.composition.prompt import Prompt, Turn, build_prompt
from engine.learning import curriculum
from engine.learning import sleep as nights
from engine.learning.dreaming import Dreamable, DreamSettings, replay
from engine.learning.learner import Learner
from engine.learning.learners import learner_for
from engine.learning.night import Broken
from engine.lifeform import Lifeform
from engine.memory.dreams import DreamMemory

CHANGED = (
    "dream_memory_weight",
    "dream_memory_decay",
    "dream_prune_threshold",
    "dream_memory_maxlen",
    "dream_noise_scale",
    "dream_novelty_boost",
    "temp_melancholy_noise",
    "dream_prompt_weight",
    "enable_prompt_driven_dreams",
    "use_scaffold_memory",
)


class Caller:
    """Lets the night run."""

    id = 1
    emit = enter = attend = staticmethod(lambda *_: None)
    cancelled = staticmethod(lambda: False)


Born = Callable[..., Lifeform]


@pytest.fixture(scope="module", autouse=True)
def quiet_dreams() -> Iterator[None]:
    """They ask themselves nothing when they dream, and plan small nights."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nights, "questions", lambda *_: [])
        for name in ("_UNKNOWN", "_FEWEST_SHUT", "_GENERIC_KEPT", "_GENERIC_SHUT", "_SHUT_PER_FACT", "_CONTROLS"):
            patch.setattr(curriculum, name, 2)
        yield


@pytest.fixture
def born(tmp_path: Path, tiny_folders: dict[str, Path]) -> Iterator[Born]:
    """Lives that were told the facts and have learned something; those of one family go on in the same home."""
    lives: list[Lifeform] = []

    def be_born(family: str = "llama", **settings: Any) -> Lifeform:
        while lives:
            end(lives.pop())
        lives.append(awake(tmp_path / family, tiny_folders[family], **settings))
        return lives[-1]

    yield be_born
    while lives:
        end(lives.pop())


@pytest.fixture(scope="module")
def one_life(tmp_path_factory: pytest.TempPathFactory, tiny_folders: dict[str, Path]) -> Iterator[Lifeform]:
    life = awake(tmp_path_factory.mktemp("home") / "life", tiny_folders["llama"])
    yield life
    end(life)


@pytest.fixture
def life(one_life: Lifeform, monkeypatch: pytest.MonkeyPatch) -> Lifeform:
    """A life that has not dreamt, and always plans the same night."""
    plan = gestation._plan(one_life)
    monkeypatch.setattr(gestation, "_plan", lambda _: plan)
    one_life.dreams = DreamMemory()
    one_life.composed.gate.trained = False
    one_life.temperament.swing_to(0.5, one_life._temper)
    for key in CHANGED:
        one_life.reset_config(key)
    return one_life


def awake(home: Path, folder: Path, **settings: Any) -> Lifeform:
    config = tiny_config(folder, context_length=1024, enable_lifecycle_weighting=False, **settings)
    life = Lifeform(Home(home).open(), config)
    life.awaken(lambda *_: None)
    if not life.journal.count():
        for fact in FACTS:
            life.journal.record(conversation_id="a", prompt=fact, response="I see.")
    if not life.composed.learned:
        teach(life)
    return life


def end(life: Lifeform) -> None:
    life.close()
    life.home.release()


def teach(life: Lifeform) -> None:
    generator = torch.Generator().manual_seed(3)
    scaffold = life.composed.scaffold
    scaffold.set_adapters({n: torch.randn(t.shape, generator=generator) * 0.3 for n, t in scaffold.adapters().items()})
    if life.composed.bridge is not None:
        for block in life.composed.bridge.blocks.values():
            block.gate.data.fill_(0.5)


def dream(life: Lifeform, **settings: Any) -> None:
    for key, value in settings.items():
        life.set_config(key, value)
    gestation.dream(life, Caller())


def logits(life: Lifeform) -> torch.Tensor:
    ids = life.composed.base.tokenizer(TEXT)["input_ids"]
    return life.composed.listen(Prompt(ids, TEXT), life.influence()).logits(ids[-1])


# -- when they are heard -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_dreams_are_heard_by_their_weight_and_weight_0_leaves_every_bit(born: Born, family: str) -> None:
    life = born(family)
    without = logits(life)
    dream(life)
    assert len(life.dreams) == 3
    moved = []
    for weight in (0.0, 0.1, 0.5):
        life.set_config("dream_memory_weight", weight)
        moved.append(float((logits(life) - without).abs().mean()))
    assert moved[0] == 0.0 < moved[1] < moved[2]
    life.set_config("dream_memory_weight", 0.0)
    assert torch.equal(logits(life), without)


def test_memory_off_and_a_closed_gate_leave_every_bit(life: Lifeform) -> None:
    without = logits(life)
    dream(life)
    life.set_memory(scaffold=False)
    assert torch.equal(logits(life), without)
    life.set_memory(scaffold=True)
    assert not torch.equal(logits(life), without)
    life.composed.gate.head[2].bias.data.fill_(-9.0)
    life.composed.gate.trained = True
    closed = logits(life)
    life.dreams = DreamMemory()
    assert torch.equal(logits(life), closed)


def test_a_forgotten_memory_is_no_longer_heard(born: Born) -> None:
    life = born()
    without = logits(life)
    dream(life)
    for one in list(life.dreams.dreams):
        life.forget(one.memory_id)
    assert len(life.dreams) == 0 and torch.equal(logits(life), without)


def test_a_corrected_memory_is_no_longer_dreamt_of(born: Born) -> None:
    life = born()
    dream(life)
    cat = next(memory.id for memory in life.journal.memories.all() if "Zorblax" in memory.text)
    for _ in range(50):  # which memory is dreamt of is drawn
        if cat in {one.memory_id for one in life.dreams.dreams}:
            break
        dream(life)
    assert cat in {one.memory_id for one in life.dreams.dreams}
    life.journal.record(conversation_id="a", prompt="Actually, my cat is called Mirtle.", response="I see.")
    dream(life)
    assert cat not in {one.memory_id for one in life.dreams.dreams}


# -- what the settings move --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("decay", [0.95, 0.5])
def test_each_dream_takes_its_share_of_the_older_ones(life: Lifeform, decay: float) -> None:
    dream(life, dream_memory_decay=decay)
    assert [one.weight for one in life.dreams.dreams] == pytest.approx([decay**2, decay, 1.0])


def test_the_faintest_are_dropped(life: Lifeform) -> None:
    dream(life, dream_memory_decay=0.5, dream_prune_threshold=0.3)
    assert [one.weight for one in life.dreams.dreams] == [0.5, 1.0]


def test_only_so_many_are_kept(life: Lifeform) -> None:
    for count in (3, 6, 9):
        dream(life, dream_memory_maxlen=20)
        assert len(life.dreams) == count
    dream(life, dream_memory_maxlen=5)
    assert len(life.dreams) == 5
    assert [one.weight for one in life.dreams.dreams] == pytest.approx([0.95**n for n in (4, 3, 2, 1, 0)])


@pytest.mark.parametrize("scale", [0.01, 0.1])
def test_noise_is_a_share_of_a_trace_s_size(life: Lifeform, scale: float) -> None:
    dream(life, dream_noise_scale=scale, dream_novelty_boost=0.0)
    assert trace_noise(life) == pytest.approx([scale] * 3, rel=0.15)


def test_what_is_new_is_disturbed_more(life: Lifeform) -> None:
    dream(life, dream_noise_scale=0.01, dream_novelty_boost=0.05)
    first, *others = trace_noise(life)
    assert first == pytest.approx(0.06, rel=0.15), "nothing had been dreamt before"
    assert all(0.01 < one < 0.055 for one in others), "all sentences are a little like one another"


@pytest.mark.parametrize(("more", "expected"), [(0.0, 0.01), (0.05, 0.06)])
def test_melancholy_disturbs_dreams(life: Lifeform, more: float, expected: float) -> None:
    life.temperament.swing_to(0.05, life._temper)
    assert life.temperament.mood.value == "melancholic"
    dream(life, dream_noise_scale=0.01, dream_novelty_boost=0.0, temp_melancholy_noise=more)
    assert trace_noise(life) == pytest.approx([expected] * 3, rel=0.15)


def first_drawn(prompt_weight: float, *, driven: bool = True) -> Counter[int]:
    """Which of four memories is dreamt of first, in 400 lives; the oldest is what the last prompt was about."""
    memories = [Dreamable(number, f"fact {number}", "x") for number in range(4)]
    vectors = {0: [1.0, 0.0], 1: [0.1, 1.0], 2: [0.0, 1.0], 3: [-0.1, 1.0]}
    shape = DreamSettings(prompt_weight, driven, 0.05, 0.0, 0.0, 0.95, 0.1, 10)
    drawn: Counter[int] = Counter()
    for seed in range(400):
        drawn[replay(vectors, memories, [1.0, 0.0], DreamMemory(), shape, random.Random(seed), 1)[0].memory.id] += 1
    return drawn


def test_dreams_follow_the_last_prompt_or_what_is_recent(life: Lifeform) -> None:
    by_prompt, by_age, by_chance = first_drawn(1.0), first_drawn(0.0), first_drawn(1.0, driven=False)
    assert by_prompt[0] > 300
    assert by_age[0] < by_age[1] < by_age[2] < by_age[3]
    assert all(60 < by_chance[number] < 140 for number in range(4))
    taken: list[DreamSettings] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nights, "replay", lambda *a: taken.append(a[4]) or replay(*a))
        dream(life, dream_prompt_weight=0.25, enable_prompt_driven_dreams=False)
    assert (taken[0].prompt_weight, taken[0].prompt_driven) == (0.25, False)


def test_a_night_dreams_of_as_many_as_are_kept_the_recent_ones_sooner(born: Born) -> None:
    life = born(dream_memory_maxlen=5, dream_prompt_weight=0.0, enable_sleep_training=False)
    for number in range(20):
        life.journal.record(conversation_id="a", prompt=f"The code for door {number} is {7000 + number}.", response="")
    gestation.sleep(life, Caller())
    assert len(life.dreams) == 5
    ids = [memory.id for memory in life.journal.memories.all()]
    assert sum(one.memory_id > ids[len(ids) // 2] for one in life.dreams.dreams) >= 3


# -- what is kept ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", ["llama", "gemma2"])
def test_a_saved_life_dreams_on_bit_for_bit(born: Born, family: str) -> None:
    life = born(family)
    without = logits(life)
    dream(life)
    before, weights = logits(life), [one.weight for one in life.dreams.dreams]
    assert not torch.equal(before, without)
    life.save()
    life = born(family)
    assert not [warning for warning in life.warnings if "state" in warning]
    assert torch.equal(logits(life), before)
    assert [one.weight for one in life.dreams.dreams] == weights


def test_a_state_from_before_dreams_left_traces_is_read(born: Born) -> None:
    life = born()
    dream(life)
    vectors = [list(one.vector) for one in life.dreams.dreams]
    life.dreams = DreamMemory()
    without = logits(life)
    life.save()
    meta = life.state_prefix().with_name(life.state_prefix().name + "_meta.json")
    state = json.loads(meta.read_text())
    state["dreams"] = [{"memory_id": n, "vector": vector, "weight": 0.5} for n, vector in enumerate(vectors)]
    meta.write_text(json.dumps(state))
    life = born()
    assert [list(one.vector) for one in life.dreams.dreams] == vectors
    assert torch.equal(logits(life), without)


@pytest.mark.parametrize("harm", ["no index", "no vector", "other layers"])
def test_a_dream_memory_that_does_not_fit_is_refused(life: Lifeform, harm: str) -> None:
    from engine.state import capture, restore
    from engine.state_files import StateError

    dream(life)
    saved = capture(life)
    before = logits(life)
    match harm:
        case "no index":
            saved.meta["dreams"] = saved.meta["dreams"][:1]
        case "no vector":
            saved.meta["dreams"].append({"memory_id": 9, "weight": 1.0})
        case "other layers":
            trace = dict(life.dreams.dreams[0].trace)
            del trace[min(trace)]
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(life.dreams.dreams[0], "trace", trace)
                saved = capture(life)
    with pytest.raises(StateError, match="the saved state is damaged"):
        restore(life, saved)
    assert torch.equal(logits(life), before)


def test_a_dream_that_is_broken_off_leaves_the_dreams_of_before(
    life: Lifeform, monkeypatch: pytest.MonkeyPatch
) -> None:
    dream(life)
    before, weights = logits(life), [one.weight for one in life.dreams.dreams]

    def woken(*_: Any) -> None:
        raise Broken

    monkeypatch.setattr(nights, "questions", woken)
    assert "Woken early" in gestation.sleep(life, Caller())
    dream(life)
    assert [one.weight for one in life.dreams.dreams] == weights and torch.equal(logits(life), before)


# -- in batches --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["any model", "llama", "bridge form"])
def test_batches_are_answered_under_the_dreams_that_chat_hears(
    born: Born, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    life = born(bridge_form="bridge" if kind == "bridge form" else "auto", dream_memory_weight=0.5)
    dream(life)
    influence = life.influence()
    assert influence.dreams is not None
    # Batches are computed in half precision, which blurs more than dreams move.
    monkeypatch.setattr(torch, "autocast", lambda *_, **__: nullcontext())
    monkeypatch.setattr(torch.Tensor, "bfloat16", lambda tensor: tensor.float())
    monkeypatch.setattr(torch, "bfloat16", torch.float32)
    tokenizer = life.composed.base.tokenizer
    prompts = [build_prompt(tokenizer, [Turn("user", text)], limit=500) for text in (TEXT, "the dog sleeps", FACTS[1])]
    start = prompts[0].preamble
    batch = [prompt.ids[start:] for prompt in prompts]
    make = Learner if kind == "any model" else learner_for

    def in_batch(heard: Influence, threshold: float | None = None) -> list[float]:
        learner = make(life.composed, heard, prompts[0].ids[:start])
        replies = learner.answers(batch, 1, lambda: None, influence=True, threshold=threshold)
        return [reply.confidence for reply in replies]

    def in_chat(prompt: Prompt) -> float:
        return float(life.composed.listen(prompt, influence).logits(prompt.ids[-1]).softmax(-1).max())

    alone = replace(influence, dreams=None)
    together = in_batch(influence)
    assert together == pytest.approx([in_chat(prompt) for prompt in prompts], abs=1e-6)
    assert max(abs(a - b) for a, b in zip(together, in_batch(alone), strict=True)) > 1e-5
    assert in_batch(influence, 1.0) == pytest.approx(in_batch(alone, 1.0), abs=1e-6), "a closed gate shuts them out"
