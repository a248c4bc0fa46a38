"""Which layers are bridged, and where LoRA goes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.composition.frozen import decoder_layers, load_frozen
from engine.composition.layers import LayerError, choose_layers, find_lora_targets, matching_layer


@pytest.mark.parametrize(
    ("mode", "count", "expected"),
    [
        ("early", 30, range(10)),
        ("balanced", 30, range(10, 20)),
        ("late", 30, range(20, 30)),
        ("early", 12, range(4)),
        ("balanced", 12, range(4, 8)),
        ("late", 12, range(8, 12)),
    ],
)
def test_thirds(mode: str, count: int, expected: range) -> None:
    assert choose_layers(count, dynamic=True, mode=mode) == tuple(expected)


def test_the_default_is_the_upper_two_thirds() -> None:
    assert choose_layers(30) == tuple(range(10, 30))


def test_fixed_layers_count_only_when_not_dynamic() -> None:
    assert choose_layers(12, fixed=[7, 5, 5]) == (5, 7)
    assert choose_layers(12, dynamic=True, mode="late", fixed=[1]) == (8, 9, 10, 11)
    assert choose_layers(12, dynamic=True, mode="custom", custom=[3, 0]) == (0, 3)


@given(st.integers(1, 200), st.sampled_from(["early", "balanced", "late"]))
def test_every_third_of_every_model_has_a_layer(count: int, mode: str) -> None:
    for layers in (choose_layers(count, dynamic=True, mode=mode), choose_layers(count)):
        assert layers and all(0 <= layer < count for layer in layers)


def test_layers_out_of_range_name_the_count() -> None:
    with pytest.raises(LayerError, match=r"cross_attn_layers names layer 30, .* has 30 layers: 0 to 29"):
        choose_layers(30, fixed=[5, 30])
    with pytest.raises(LayerError, match="custom_layers names layer -1"):
        choose_layers(30, dynamic=True, mode="custom", custom=[-1])


def test_an_empty_custom_list_is_an_error() -> None:
    with pytest.raises(LayerError, match="custom_layers is empty"):
        choose_layers(30, dynamic=True, mode="custom")


@given(st.integers(1, 100), st.integers(1, 100))
def test_matching_layers_keep_order_and_reach_both_ends(base: int, scaffold: int) -> None:
    matched = [matching_layer(layer, base, scaffold) for layer in range(base)]
    assert matched == sorted(matched)
    assert matched[-1] == scaffold - 1
    assert all(0 <= layer < scaffold for layer in matched)


@given(st.integers(1, 100))
def test_equal_depths_match_one_to_one(count: int) -> None:
    assert [matching_layer(layer, count, count) for layer in range(count)] == list(range(count))


@pytest.mark.parametrize(
    ("family", "wanted", "suffixes", "told"),
    [
        ("llama", ["q_proj", "v_proj"], {"q_proj", "v_proj"}, ""),
        ("gpt2", ["q_proj", "v_proj"], {"c_attn"}, "q_proj → c_attn"),
        ("gpt2", ["o_proj", "down_proj"], {"c_proj"}, "o_proj → c_proj"),
        ("gpt2", ["c_attn", "c_fc"], {"c_attn", "c_fc"}, ""),
        ("llama", ["c_attn"], {"q_proj", "k_proj", "v_proj"}, "c_attn →"),
        ("llama", ["nonsense"], None, "all linear modules"),
        ("qwen2", ["q_proj", "nonsense"], {"q_proj"}, "nonsense → nothing"),
    ],
)
def test_lora_targets(
    tiny_folders: dict[str, Path], family: str, wanted: list[str], suffixes: set[str] | None, told: str
) -> None:
    model = load_frozen(family, tiny_folders[family]).model
    targets = find_lora_targets(decoder_layers(model), "layers", [2, 4], wanted)
    assert {name.split(".")[1] for name in targets.modules} == {"2", "4"}
    if suffixes is None:
        assert len({name.rsplit(".", 1)[1] for name in targets.modules}) == 7
    else:
        assert {name.rsplit(".", 1)[1] for name in targets.modules} == suffixes
    assert bool(told) == bool(targets.warning) and told in targets.warning
    assert targets.transposed == (family == "gpt2")


def test_attention_output_and_mlp_output_of_gpt2_are_told_apart(tiny_folders: dict[str, Path]) -> None:
    model = load_frozen("gpt2", tiny_folders["gpt2"]).model
    only_attention = find_lora_targets(decoder_layers(model), "h", [0], ["o_proj"])
    assert only_attention.modules == ("h.0.attn.c_proj",)
