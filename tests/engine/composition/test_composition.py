"""What the composition promises: silence is exact, influence is real, and caches change nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import DynamicCache

from engine.composition.bridge import Influence
from engine.composition.composition import Cancelled, Composition
from engine.composition.frozen import FrozenModel, load_frozen
from engine.composition.prompt import Prompt
from engine.composition.scaffold import LoraSettings

FAMILIES = ["llama", "gpt2", "qwen2", "gemma2"]
LORA = LoraSettings(rank=4, alpha=8, dropout=0.0, target_modules=("q_proj", "v_proj", "up_proj", "down_proj"))
FULL = Influence(weight=0.9, cap=0.9, threshold=0.7)
Compose = Callable[..., Composition]


@pytest.fixture
def load(tiny_folders: dict[str, Path]) -> Callable[[str], FrozenModel]:
    return lambda family: load_frozen(family, tiny_folders[family])


@pytest.fixture
def compose(load: Callable[[str], FrozenModel]) -> Compose:
    """Composes a family with itself in key–value form, or ``base+scaffold`` in bridge form."""

    def build(pair: str, layers: tuple[int, ...] = (2, 3, 4, 5), **kwargs: Any) -> Composition:
        base_name, _, scaffold_name = pair.partition("+")
        base = load(base_name)
        scaffold = load(scaffold_name) if scaffold_name else base
        return Composition(base, scaffold, layers, LORA, **kwargs)

    return build


def teach(composition: Composition, scale: float = 0.3) -> None:
    """Give adapters and bridge random values, as training would."""
    generator = torch.Generator().manual_seed(7)
    tensors = {
        name: torch.randn(tensor.shape, generator=generator) * scale
        for name, tensor in composition.scaffold.adapters().items()
    }
    composition.scaffold.set_adapters(tensors)
    if composition.bridge is not None:
        for block in composition.bridge.blocks.values():
            block.gate.data.fill_(0.5)


def prompt_of(composition: Composition, text: str) -> Prompt:
    return Prompt(composition.base.tokenizer(text)["input_ids"], text)


def answer_logits(composition: Composition, text: str, influence: Influence, steps: int = 4) -> torch.Tensor:
    """Logits ``[steps, vocabulary]`` of a greedy answer."""
    prompt = prompt_of(composition, text)
    utterance = composition.listen(prompt, influence)
    token, rows = prompt.ids[-1], []
    for _ in range(steps):
        rows.append(utterance.logits(token))
        token = int(rows[-1].argmax())
    return torch.stack(rows)


@torch.inference_mode()
def bare_logits(frozen: FrozenModel, text: str, steps: int = 4) -> torch.Tensor:
    """The same from Transformers alone: prefill without the last token, then token by token."""
    ids = frozen.tokenizer(text)["input_ids"]
    cache = DynamicCache()
    frozen.model(torch.tensor([ids[:-1]]), past_key_values=cache, use_cache=True)
    token, rows = ids[-1], []
    for _ in range(steps):
        rows.append(frozen.model(torch.tensor([[token]]), past_key_values=cache, use_cache=True).logits[0, -1].float())
        token = int(rows[-1].argmax())
    return torch.stack(rows)


TEXT = "hello, my cat is called Zorblax. what is the river that flows into the sea?"
PAIRS = [*FAMILIES, "llama+gpt2", "gpt2+llama", "qwen2+gemma2", "gemma2+other", "llama+other"]


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("why", ["newborn", "weight 0", "blend 0", "gate closed"])
def test_silence_is_the_bare_base_bit_for_bit(compose: Compose, pair: str, why: str) -> None:
    composition = compose(pair)
    influence = FULL
    if why != "newborn":
        teach(composition)
    if why == "weight 0":
        influence = Influence(weight=0.0)
    elif why == "blend 0":
        influence = Influence(weight=0.9, blend=0.0)
    elif why == "gate closed":
        composition.gate.trained = True
        influence = Influence(weight=0.9, threshold=1.0)
    assert torch.equal(answer_logits(composition, TEXT, influence), bare_logits(composition.base, TEXT))


@pytest.mark.parametrize("pair", PAIRS)
def test_a_taught_scaffold_is_heard(compose: Compose, pair: str) -> None:
    composition = compose(pair)
    teach(composition)
    heard = answer_logits(composition, TEXT, FULL, steps=1)
    assert (heard - bare_logits(composition.base, TEXT, steps=1)).abs().max() > 1e-3


@pytest.mark.parametrize("pair", PAIRS)
def test_influence_is_a_function_of_the_weight(compose: Compose, pair: str) -> None:
    composition = compose(pair)
    teach(composition, 0.1)
    bare = bare_logits(composition.base, TEXT, steps=1)
    moved = [
        (answer_logits(composition, TEXT, Influence(weight=w, cap=1.0), steps=1) - bare).abs().mean().item()
        for w in (0.05, 0.2, 0.5, 0.9)
    ]
    assert moved == sorted(moved) and moved[0] > 0


@pytest.mark.parametrize("pair", ["llama", "llama+other"])
def test_blend_and_weight_multiply(compose: Compose, pair: str) -> None:
    composition = compose(pair)
    teach(composition)
    one = answer_logits(composition, TEXT, Influence(weight=0.4, blend=0.5))
    two = answer_logits(composition, TEXT, Influence(weight=0.8, blend=0.25))
    assert torch.allclose(one, two, atol=1e-5)


@pytest.mark.parametrize("pair", PAIRS)
def test_reused_caches_give_what_rebuilt_ones_give(compose: Compose, pair: str) -> None:
    composition = compose(pair)
    teach(composition)
    turns = [TEXT, TEXT + " you know it. tell me", TEXT + " you know", "the dog sleeps"]
    influences = [FULL, Influence(weight=0.0), Influence(weight=0.3), FULL]
    reused = [answer_logits(composition, t, i) for t, i in zip(turns, influences, strict=True)]
    for text, influence, logits in zip(turns, influences, reused, strict=True):
        composition.forget_reading()
        rebuilt = answer_logits(composition, text, influence)
        assert torch.allclose(logits, rebuilt, atol=2e-4), text


@pytest.mark.parametrize("pair", ["llama", "gpt2+other"])
def test_new_adapters_leave_no_stale_reading(compose: Compose, pair: str) -> None:
    composition = compose(pair)
    teach(composition, 0.3)
    answer_logits(composition, TEXT, FULL)
    teach(composition, 0.6)
    fresh = compose(pair)
    teach(fresh, 0.6)
    assert torch.allclose(answer_logits(composition, TEXT, FULL), answer_logits(fresh, TEXT, FULL), atol=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_leaving_out_the_shared_trunk_changes_nothing(compose: Compose, family: str) -> None:
    """Bridged from layer 0 on, the scaffold computes every layer itself; higher layers reuse the base's trunk."""
    whole, cut = compose(family, layers=(0, 3, 4, 5)), compose(family, layers=(3, 4, 5))
    generator = torch.Generator().manual_seed(1)
    values = {n: torch.randn(t.shape, generator=generator) * 0.3 for n, t in cut.scaffold.adapters().items()}
    cut.scaffold.set_adapters(values)
    whole.scaffold.set_adapters({n: values.get(n, torch.zeros_like(t)) for n, t in whole.scaffold.adapters().items()})
    assert torch.allclose(answer_logits(cut, TEXT, FULL), answer_logits(whole, TEXT, FULL), atol=1e-4)


def test_frozen_tensors_are_shared_not_copied(compose: Compose) -> None:
    composition = compose("llama")
    own = {p.data_ptr() for p in composition.base.model.parameters()}
    second = [p for n, p in composition.scaffold.peft.named_parameters() if "lora_" not in n]
    assert second and all(p.data_ptr() in own for p in second)
    assert not any(p.requires_grad for p in composition.base.model.parameters())


def test_the_scaffold_does_not_touch_the_base(compose: Compose, load: Callable[[str], FrozenModel]) -> None:
    composition = compose("llama")
    teach(composition)
    assert torch.equal(bare_logits(composition.base, TEXT), bare_logits(load("llama"), TEXT))
    assert not any("lora" in name for name, _ in composition.base.model.named_modules())


def test_untrained_gate_opens_once_something_was_learned(compose: Compose) -> None:
    composition = compose("llama")
    prompt = prompt_of(composition, TEXT)
    assert composition.listen(prompt, FULL).weight == 0
    teach(composition)
    utterance = composition.listen(prompt, FULL)
    assert (utterance.weight, utterance.recognition) == (0.9, None)


def test_trained_gate_decides_by_its_threshold(compose: Compose) -> None:
    composition = compose("llama")
    teach(composition)
    composition.gate.trained = True
    r = composition.listen(prompt_of(composition, TEXT), FULL).recognition
    assert r is not None and 0 < r < 1
    for threshold, weight in ((r - 1e-6, 0.9), (r + 1e-6, 0.0)):
        utterance = composition.listen(prompt_of(composition, TEXT), Influence(weight=0.9, threshold=threshold))
        assert (utterance.weight, utterance.recognition) == (weight, pytest.approx(r))


def test_only_new_tokens_are_read(compose: Compose) -> None:
    composition = compose("llama")
    teach(composition)
    first, longer = prompt_of(composition, TEXT), prompt_of(composition, TEXT + " good night")
    assert composition.listen(first, FULL).cached_tokens == 0
    assert composition.listen(longer, FULL).cached_tokens == len(first.ids) - 1


@pytest.mark.parametrize("pair", ["llama", "llama+other"])
def test_token_memory_shifts_influence_per_token(compose: Compose, pair: str) -> None:
    composition = compose(pair)
    teach(composition)
    prompt = prompt_of(composition, TEXT)
    plain = composition.listen(prompt, FULL, memory_rate=0.95).logits(prompt.ids[-1])
    assert torch.equal(plain, composition.listen(prompt, FULL).logits(prompt.ids[-1]))
    own = composition.token_map.scaffold_ids(prompt.ids)
    composition.memory.interaction(own[:5], confidence=1.0, rate=0.95)
    at_half = Influence(weight=0.4, cap=0.9)
    shifted = composition.listen(prompt, at_half, memory_rate=0.95).logits(prompt.ids[-1])
    assert not torch.equal(shifted, composition.listen(prompt, at_half).logits(prompt.ids[-1]))


@pytest.mark.parametrize("after", [0, 1, 4, 9])
def test_cancelled_reading_can_be_taken_up_again(compose: Compose, after: int) -> None:
    composition = compose("llama")
    teach(composition)
    expected = answer_logits(composition, TEXT, FULL)
    composition.forget_reading()
    calls = iter(range(1000))
    with pytest.raises(Cancelled):
        composition.listen(prompt_of(composition, TEXT), FULL, cancelled=lambda: next(calls) >= after)
    assert torch.allclose(answer_logits(composition, TEXT, FULL), expected, atol=1e-5)


def test_adapters_of_another_shape_are_refused_whole(compose: Compose) -> None:
    composition = compose("llama")
    teach(composition)
    before = {name: tensor.clone() for name, tensor in composition.scaffold.adapters().items()}
    wrong = {name: tensor.clone() for name, tensor in before.items()}
    wrong[list(wrong)[-1]] = torch.zeros(3, 3)
    with pytest.raises(ValueError, match="has shape \\(3, 3\\)"):
        composition.scaffold.set_adapters(wrong)
    after = composition.scaffold.adapters()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_adapters_can_be_switched_off(load: Callable[[str], FrozenModel]) -> None:
    base = load("llama")
    off = LoraSettings(4, 8, 0.0, ("q_proj",), enabled=False)
    composition = Composition(base, base, (2, 3), off)
    assert composition.lora_parameters == 0 and not composition.learned
    assert torch.equal(answer_logits(composition, TEXT, FULL), bare_logits(base, TEXT))


def test_key_value_form_needs_one_checkpoint(load: Callable[[str], FrozenModel]) -> None:
    with pytest.raises(ValueError, match="same checkpoint"):
        Composition(load("llama"), load("gpt2"), (1,), LORA, key_value=True)


def test_bridge_form_works_on_one_checkpoint_too(compose: Compose) -> None:
    composition = compose("llama", key_value=False)
    assert composition.form == "bridge"
    assert torch.equal(answer_logits(composition, TEXT, FULL), bare_logits(composition.base, TEXT))
    teach(composition)
    assert not torch.equal(answer_logits(composition, TEXT, FULL), bare_logits(composition.base, TEXT))


def test_bridge_starts_from_the_base_s_own_attention_where_shapes_agree(compose: Compose) -> None:
    composition = compose("llama", key_value=False)
    assert composition.bridge is not None
    block, layer = composition.bridge.blocks["2"], composition.base.layers[3]
    assert torch.equal(block.query.weight, layer.self_attn.q_proj.weight)
    assert torch.equal(block.out.weight, layer.self_attn.o_proj.weight)
    assert block.key.weight.shape == block.query.weight.shape
    assert float(block.gate) == 0.0


def test_decoding_on_a_growing_cache_matches_one_long_reading(compose: Compose) -> None:
    """Far past the room that buffers start with."""
    composition = compose("llama")
    ids = (composition.base.tokenizer(TEXT)["input_ids"] * 30)[:400]
    utterance = composition.listen(Prompt(ids[:10], ""))
    for token in ids[9:-1]:
        utterance.logits(token)
    stepwise = utterance.logits(ids[-1])
    with torch.inference_mode():
        whole = composition.base.model(torch.tensor([ids])).logits[0, -1]
    assert torch.allclose(stepwise, whole, atol=1e-3)


def test_a_norm_that_keeps_its_scale_less_one_starts_the_bridge_rightly(compose: Compose) -> None:
    composition = compose("gemma2", key_value=False)
    assert composition.bridge is not None
    block, layer = composition.bridge.blocks["2"], composition.base.layers[3]
    states = torch.randn(2, 64, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(block.norm_base(states), layer.input_layernorm(states), atol=1e-3)
    assert block.norm_base(states).abs().max() > 1.0


@pytest.mark.parametrize("pair", PAIRS)
def test_what_was_learned_answers_as_in_a_fresh_conversation(compose: Compose, pair: str) -> None:
    """Whatever was talked of before, and again when the talk goes on."""
    composition = compose(pair)
    teach(composition)
    ids = composition.base.tokenizer(TEXT)["input_ids"]
    preamble, newest = ids[:2], ids[-6:]

    def logits(*talk: int) -> list[torch.Tensor]:
        before = [*preamble, *talk]
        prompt = Prompt([*before, *newest], "", preamble=len(preamble), question=len(before))
        utterance = composition.listen(prompt, FULL)
        return [utterance.logits(token) for token in newest[-1:] * 3]

    fresh = logits()
    for talk in (ids[2:9], ids[2:20]):
        assert all(torch.equal(*pair) for pair in zip(logits(*talk), fresh, strict=True))


@pytest.mark.parametrize("pair", PAIRS)
def test_what_was_meant_is_recalled_and_what_was_typed_is_read_by_the_base_alone(compose: Compose, pair: str) -> None:
    composition = compose(pair)
    teach(composition)
    ids = composition.base.tokenizer(TEXT)["input_ids"]
    preamble, right, typed = ids[:2], ids[2:12], [*ids[5:9], *ids[2:5], ids[11]]

    def logits(prompt: Prompt, influence: Influence) -> list[torch.Tensor]:
        utterance = composition.listen(prompt, influence)
        return [utterance.logits(token) for token in right[-1:] * 3]

    def prompt(message: list[int], meant: list[int]) -> Prompt:
        return Prompt([*preamble, *message], "", preamble=2, question=2, meant=tuple(meant))

    slipped = prompt(typed, right)
    for influence, same in ((FULL, prompt(right, [])), (Influence(weight=0.0), prompt(typed, []))):
        heard, expected = logits(slipped, influence), logits(same, influence)
        assert all(torch.equal(*pair) for pair in zip(heard, expected, strict=True))


@pytest.mark.parametrize("pair", PAIRS)
def test_what_was_not_learned_is_answered_by_the_base_that_heard_it_all(compose: Compose, pair: str) -> None:
    composition = compose(pair)
    teach(composition)
    composition.gate.trained = True
    ids = composition.base.tokenizer(TEXT)["input_ids"]
    strict = Influence(weight=FULL.weight, threshold=1.1)
    utterance = composition.listen(Prompt(ids, "", preamble=2, question=len(ids) - 6), strict)
    assert utterance.recognition is not None and utterance.weight == 0.0
    assert torch.equal(utterance.logits(ids[-1]), bare_logits(composition.base, TEXT, steps=1)[0])


def test_a_scaffold_of_less_context_than_the_base_reads_the_end_of_a_long_conversation(
    load: Callable[[str], FrozenModel],
) -> None:
    base, scaffold = load("llama"), load("gpt2")
    scaffold.model.config.n_positions = scaffold.model.config.max_position_embeddings = 40
    composition = Composition(base, scaffold, (2, 4), LORA)
    teach(composition)
    ids = (base.tokenizer(TEXT)["input_ids"] * 10)[:90]
    for question in (30, 80):
        utterance = composition.listen(Prompt(ids, TEXT, preamble=1, question=question), FULL)
        assert utterance.weight == FULL.weight and utterance.logits(ids[-1]).isfinite().all()
        assert composition._scaffold_reading.ids[-5:] == ids[-5:] and len(composition._scaffold_reading.ids) <= 40
