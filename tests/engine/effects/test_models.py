"""Settings that shape the models: which, where they are bridged, what adapters they carry. They act after a reset."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from effects import effect_of
from observing import heard, teach

from engine.lifeform import Lifeform
from engine.status import snapshot_of


@pytest.fixture(autouse=True)
def models_by_name(tiny_folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tiny_folders["llama"].parent)


@effect_of("base_model_name", "llama", "gpt2", seen=["LlamaForCausalLM", "GPT2LMHeadModel"])
def test_another_base_speaks(life: Lifeform) -> str:
    return type(life.composed.base.model).__name__


@effect_of("scaffold_model_name", "llama", "gpt2", seen=["LlamaForCausalLM", "GPT2LMHeadModel"])
def test_another_scaffold_learns(life: Lifeform) -> str:
    return type(life.composed.scaffold.frozen.model).__name__


@effect_of("cross_attn_layers", [5], [2, 4], seen=[(5,), (2, 4)])
def test_these_layers_are_bridged(life: Lifeform) -> tuple[int, ...]:
    return life.composed.layers


@effect_of("use_dynamic_layers", False, True, seen=[(2, 3, 4, 5), (2, 3)])
def test_a_third_is_bridged(life: Lifeform) -> tuple[int, ...]:
    return life.composed.layers


@effect_of(
    "layer_selection_mode",
    *("early", "balanced", "late"),
    given={"use_dynamic_layers": True},
    seen=[(0, 1), (2, 3), (4, 5)],
)
def test_that_third_is_bridged(life: Lifeform) -> tuple[int, ...]:
    return life.composed.layers


@effect_of(
    "custom_layers",
    *([0], [1, 3]),
    given={"use_dynamic_layers": True, "custom_layers": [0], "layer_selection_mode": "custom"},
    seen=[(0,), (1, 3)],
)
def test_layers_of_one_s_own_are_bridged(life: Lifeform) -> tuple[int, ...]:
    return life.composed.layers


@effect_of("bridge_form", "auto", "bridge", seen=["key-value", "bridge"])
def test_the_base_reads_the_scaffold_in_that_form(life: Lifeform) -> str:
    return life.composed.form


@effect_of("random_seed", 1, 2)
def test_another_seed_is_another_newborn(life: Lifeform) -> float:
    adapters = life.composed.scaffold.adapters()
    return float(next(t for name, t in adapters.items() if name.endswith("lora_A.weight")).sum())


@effect_of("quantization", "fp16", "int8", "int4", seen=[("float32", 32), ("int8", 8), ("int4", 4)])
def test_frozen_weights_take_fewer_bits(life: Lifeform) -> tuple[str, int]:
    layer: Any = life.composed.base.layers[0].self_attn.q_proj
    weight = layer.weight
    return snapshot_of(life).precision, weight.element_size() * weight.numel() * 8 // (
        layer.in_features * layer.out_features
    )


@effect_of("lora_rank", 2, 8)
def test_a_higher_rank_has_more_parameters(life: Lifeform) -> int:
    return life.composed.lora_parameters


@effect_of("lora_alpha", 8, 16, 32, given={"enable_lifecycle_weighting": False})
def test_a_higher_alpha_makes_the_same_adapters_louder(life: Lifeform) -> float:
    teach(life)
    return heard(life)[1]


@effect_of("lora_target_modules", ["q_proj"], ["q_proj", "down_proj"], seen=[{"q_proj"}, {"q_proj", "down_proj"}])
def test_these_modules_carry_adapters(life: Lifeform) -> set[str]:
    return {name.split(".lora_")[0].rpartition(".")[2] for name in life.composed.scaffold.adapters()}


@effect_of("enable_lora_adapters", False, True)
def test_without_adapters_there_is_nothing_to_train(life: Lifeform) -> int:
    assert life.composed.can_learn == (life.composed.lora_parameters > 0)
    return life.composed.lora_parameters
