"""What dreams in the context promise: exact absence, weights that count like tokens, and no trace in any cache."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.composition.bridge import Influence
from engine.composition.composition import Composition
from engine.composition.dreams import DreamPositions
from engine.composition.frozen import load_frozen
from engine.composition.prompt import Prompt, Turn, build_prompt
from engine.composition.recollection import Recollection
from engine.composition.scaffold import LoraSettings

LORA = LoraSettings(rank=4, alpha=8, dropout=0.0, target_modules=("q_proj", "k_proj", "v_proj", "down_proj"))
FULL = Influence(weight=0.9, cap=0.9, threshold=0.7)
FAMILIES = ["llama", "gpt2", "qwen2", "gemma2"]
PAIRS = [*FAMILIES, "llama+gpt2"]
TEXT = "hello, my cat is called Zorblax. what is the river that flows into the sea?"
MEMORIES = ("my dog sleeps in the city", "the code for the door is 5 0 2")
Compose = Callable[..., Composition]


@pytest.fixture(scope="module")
def compose(tiny_folders: dict[str, Path]) -> Compose:
    """Composes a family with itself, or ``base+scaffold`` in bridge form, and teaches it something."""

    def build(pair: str, layers: tuple[int, ...] = (2, 3, 4, 5), **kwargs: Any) -> Composition:
        base_name, _, scaffold_name = pair.partition("+")
        base = load_frozen(base_name, tiny_folders[base_name])
        scaffold = load_frozen(scaffold_name, tiny_folders[scaffold_name]) if scaffold_name else base
        composition = Composition(base, scaffold, layers, LORA, **kwargs)
        teach(composition)
        return composition

    return build


@pytest.fixture(scope="module")
def ready(compose: Compose) -> Callable[[str], Composition]:
    """Such a composition that has read nothing; made once, for tests that do not change it."""
    made: dict[str, Composition] = {}

    def of(pair: str) -> Composition:
        if pair not in made:
            made[pair] = compose(pair)
        made[pair].forget_reading()
        return made[pair]

    return of


def teach(composition: Composition, scale: float = 0.3) -> None:
    generator = torch.Generator().manual_seed(7)
    adapters = composition.scaffold.adapters()
    composition.scaffold.set_adapters(
        {name: torch.randn(tensor.shape, generator=generator) * scale for name, tensor in adapters.items()}
    )
    if composition.bridge is not None:
        for block in composition.bridge.blocks.values():
            block.gate.data.fill_(0.5)


def recollection(composition: Composition) -> Recollection:
    tokenizer = composition.base.tokenizer
    return Recollection(composition, lambda text: build_prompt(tokenizer, [Turn("user", text)], limit=500))


def dreaming(composition: Composition, *weights: float, influence: Influence = FULL) -> Influence:
    """Dreams of the memories in turn, at these weights."""
    recalled = recollection(composition)
    left = [(recalled.trace(MEMORIES[i % len(MEMORIES)]), weight) for i, weight in enumerate(weights)]
    return replace(influence, dreams=DreamPositions.of(left, composition.base.device))


def answer(composition: Composition, influence: Influence, text: str = TEXT, steps: int = 4) -> torch.Tensor:
    """Logits ``[steps, vocabulary]`` of a greedy answer."""
    prompt = Prompt(composition.base.tokenizer(text)["input_ids"], text)
    utterance = composition.listen(prompt, influence)
    token, rows = prompt.ids[-1], []
    for _ in range(steps):
        rows.append(utterance.logits(token))
        token = int(rows[-1].argmax())
    return torch.stack(rows)


@pytest.mark.parametrize("pair", PAIRS)
def test_dreams_are_heard(ready: Callable[[str], Composition], pair: str) -> None:
    composition = ready(pair)
    heard, without = answer(composition, dreaming(composition, 0.5, 0.4), steps=1), answer(composition, FULL, steps=1)
    assert (heard - without).abs().max() > 1e-4


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("why", ["no dreams", "weight 0", "no influence"])
def test_where_nothing_is_added_every_bit_is_as_without(
    ready: Callable[[str], Composition], pair: str, why: str
) -> None:
    composition = ready(pair)
    without = Influence(weight=0.0) if why == "no influence" else FULL
    weights = {"no dreams": (), "weight 0": (0.0, 0.0), "no influence": (0.5,)}[why]
    expected = answer(composition, without)
    composition.forget_reading()
    assert torch.equal(answer(composition, dreaming(composition, *weights, influence=without)), expected)


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("why", ["gate closed", "nothing learned"])
def test_where_the_scaffold_is_silent_dreams_are_too(compose: Compose, pair: str, why: str) -> None:
    composition = compose(pair)
    bare, influence = answer(composition, Influence(weight=0.0)), dreaming(composition, 0.5)
    composition.forget_reading()
    match why:
        case "gate closed":
            composition.gate.trained = True
            influence = replace(influence, threshold=1.0)
        case "nothing learned":
            newborn = {name: torch.zeros_like(tensor) for name, tensor in composition.scaffold.adapters().items()}
            composition.scaffold.set_adapters(newborn)
            if composition.bridge is not None:
                for block in composition.bridge.blocks.values():
                    block.gate.data.zero_()
    assert torch.equal(answer(composition, influence), bare)


@pytest.mark.parametrize("pair", PAIRS)
def test_two_dreams_of_a_weight_are_one_of_twice_that_weight(ready: Callable[[str], Composition], pair: str) -> None:
    composition = ready(pair)
    trace = recollection(composition).trace(MEMORIES[0])

    def heard(*weights: float) -> torch.Tensor:
        dreams = DreamPositions.of([(trace, weight) for weight in weights], composition.base.device)
        return answer(composition, replace(FULL, dreams=dreams))

    assert torch.allclose(heard(0.2, 0.2), heard(0.4), atol=1e-5)
    assert torch.allclose(heard(0.1, 0.2, 0.3), heard(0.6), atol=1e-5)
    assert not torch.allclose(heard(0.2), heard(0.4), atol=1e-5)


def test_fainter_than_any_token_they_leave_positions_as_they_were(compose: Compose) -> None:
    """Bridged from layer 0 on, where Transformers counts positions: an added one must not be counted."""
    composition = compose("llama", layers=(0, 3, 5))
    faint = dreaming(composition, 1e-9, 1e-8, 1e-9)
    assert torch.allclose(answer(composition, faint), answer(composition, FULL), atol=1e-5)


@pytest.mark.parametrize("family", ["llama", "gpt2", "qwen2"])
def test_both_ways_of_computing_attention_hear_the_same(compose: Compose, family: str) -> None:
    composition = compose(family)
    influence = dreaming(composition, 0.5, 0.3)
    fused = answer(composition, influence)
    composition.base.model.config._attn_implementation = "eager"
    composition.forget_reading()
    assert torch.allclose(answer(composition, influence), fused, atol=1e-4)


@pytest.mark.parametrize("layer", [2, 3])
def test_they_are_heard_in_sliding_and_in_full_layers_however_long_the_context(compose: Compose, layer: int) -> None:
    composition = compose("gemma2", layers=(layer,))
    text = TEXT + " " + TEXT  # far longer than the window of 8
    heard, without = answer(composition, dreaming(composition, 0.5), text), answer(composition, FULL, text)
    assert (heard - without).abs().max() > 1e-4


@pytest.mark.parametrize("pair", ["llama", "gemma2", "llama+gpt2"])
def test_reused_caches_hear_what_rebuilt_ones_hear(ready: Callable[[str], Composition], pair: str) -> None:
    """Turns follow one another while dreams come, change and go."""
    composition = ready(pair)
    turns = [TEXT, TEXT + " you know it. tell me", TEXT + " you know", "the dog sleeps"]
    influences = [dreaming(composition, 0.5), dreaming(composition, 0.1, 0.5), FULL, dreaming(composition, 0.2)]
    reused = [answer(composition, i, t) for t, i in zip(turns, influences, strict=True)]
    for text, influence, logits in zip(turns, influences, reused, strict=True):
        composition.forget_reading()
        assert torch.allclose(logits, answer(composition, influence, text), atol=2e-4), text


@pytest.mark.parametrize("family", ["llama", "gpt2", "qwen2", "gemma2"])
def test_a_trace_holds_mean_keys_before_their_rotation_and_mean_values(
    ready: Callable[[str], Composition], family: str
) -> None:
    composition = ready(family)
    recalled, layer = recollection(composition), composition.scaffold.decoder_layers[3]
    projected: list[torch.Tensor] = []
    names = ("attn.c_attn",) if family == "gpt2" else ("self_attn.k_proj", "self_attn.v_proj")
    handles = [
        layer.get_submodule(name).register_forward_hook(lambda _m, _i, out: projected.append(out)) for name in names
    ]
    try:
        trace = recalled.trace(MEMORIES[0])
    finally:
        for handle in handles:
            handle.remove()
    # The first of the two readings is the one in which the tokens stand where they stand.
    first = projected[0] if family == "gpt2" else torch.cat(projected[:2], dim=-1)
    mean = first[0].mean(0)
    width = trace["keys.3"].numel()
    assert torch.allclose(trace["keys.3"].flatten(), mean[-2 * width : -width], atol=1e-4)
    assert torch.allclose(trace["values.3"].flatten(), mean[-width:], atol=1e-4)


@pytest.mark.parametrize("pair", ["llama", "gpt2", "llama+gpt2"])
def test_a_trace_depends_on_the_memory_alone(ready: Callable[[str], Composition], pair: str) -> None:
    composition = ready(pair)
    recalled = recollection(composition)
    first = recalled.trace(MEMORIES[0])
    recalled.trace(MEMORIES[0] + " . my cat knows it")
    again = recalled.trace(MEMORIES[0])
    assert all(torch.allclose(first[name], again[name], atol=1e-5) for name in first)
    other = recalled.trace(MEMORIES[1])
    assert all(not torch.allclose(first[name], other[name], atol=1e-3) for name in first)


def test_recollecting_leaves_the_running_conversation_alone(ready: Callable[[str], Composition]) -> None:
    composition = ready("llama")
    answer(composition, FULL)
    before = copy.deepcopy(composition._base_reading.ids)
    recollection(composition).trace(MEMORIES[0])
    assert composition._base_reading.ids == before
    assert composition.listen(Prompt(composition.base.tokenizer(TEXT)["input_ids"], TEXT), FULL).cached_tokens > 10
