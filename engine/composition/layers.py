"""Which layers are bridged, and which linear maps in them carry LoRA.

Pure name and number work: no tensor is touched here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import nn
from transformers.pytorch_utils import Conv1D

from engine.composition.model_folder import WeightsError


class LayerError(WeightsError):
    """A choice of layers or modules that does not fit the model; its text is one clear line."""


def choose_layers(
    count: int,
    *,
    dynamic: bool = False,
    mode: str = "balanced",
    fixed: Sequence[int] | None = None,
    custom: Sequence[int] = (),
) -> tuple[int, ...]:
    """The bridged layers of a base with ``count`` decoder layers, lowest first.

    Fixed layers by default (``None`` means the upper two thirds); with ``dynamic``, a third of the model by ``mode``
    ``early``, ``balanced`` or ``late``, or the ``custom`` list. At least one layer is always chosen.

    Raises:
        LayerError: For an empty or out-of-range list, or an unknown mode.
    """
    third = max(1, count // 3)
    if not dynamic:
        if fixed is None:
            return tuple(range(min(third, count - 1), count))
        return _checked("cross_attn_layers", fixed, count)
    match mode:
        case "early":
            return tuple(range(third))
        case "balanced":
            return tuple(range(min(third, count - 1), max(2 * count // 3, min(third, count - 1) + 1)))
        case "late":
            return tuple(range(min(2 * count // 3, count - 1), count))
        case "custom":
            return _checked("custom_layers", custom, count)
    raise LayerError(f"layer_selection_mode = {mode!r} is unknown; choose early, balanced, late or custom")


def _checked(key: str, layers: Sequence[int], count: int) -> tuple[int, ...]:
    chosen = tuple(sorted(set(layers)))
    if not chosen:
        raise LayerError(f"{key} is empty; name at least one layer from 0 to {count - 1}")
    if beyond := [layer for layer in chosen if not 0 <= layer < count]:
        raise LayerError(f"{key} names layer {beyond[0]}, but the base model has {count} layers: 0 to {count - 1}")
    return chosen


def matching_layer(layer: int, base_count: int, scaffold_count: int) -> int:
    """The scaffold layer at the same relative depth as base layer ``layer``."""
    return min(scaffold_count - 1, max(0, round((layer + 1) / base_count * scaffold_count) - 1))


_QKV = ("c_attn", "qkv_proj", "query_key_value", "Wqkv", "query", "key", "value", "q_lin", "k_lin", "v_lin")
_OUT = ("attn.c_proj", "out_proj", "attention.dense", "out_lin", "dense")
_MLP_IN = ("gate_up_proj", "c_fc", "fc1", "fc_in", "dense_h_to_4h", "w1", "w3", "lin1")
_MLP_OUT = ("mlp.c_proj", "fc2", "fc_out", "dense_4h_to_h", "w2", "lin2")
_EQUIVALENTS: dict[str, tuple[str, ...]] = {
    "q_proj": _QKV,
    "k_proj": _QKV,
    "v_proj": _QKV,
    "o_proj": _OUT,
    "gate_proj": _MLP_IN,
    "up_proj": _MLP_IN,
    "down_proj": _MLP_OUT,
    "c_attn": ("q_proj", "k_proj", "v_proj", *_QKV),
    "c_proj": ("o_proj", "down_proj", *_OUT, *_MLP_OUT),
    "c_fc": ("gate_proj", "up_proj", *_MLP_IN),
}
"""What a module of one family is called in others, by the role it plays."""


@dataclass(frozen=True, slots=True)
class LoraTargets:
    """Full names of the modules that carry LoRA, and what had to be said about finding them."""

    modules: tuple[str, ...]
    transposed: bool
    """Whether the targets keep their weights as ``[in, out]`` (GPT-2's Conv1D)."""
    warning: str = ""


def find_lora_targets(layers: nn.ModuleList, prefix: str, chosen: Sequence[int], wanted: Sequence[str]) -> LoraTargets:
    """The linear modules of the ``chosen`` layers whose names end in one of ``wanted``.

    A wanted name that the architecture does not know is replaced by its equivalents; the replacement is told in
    ``warning``. When nothing matches even then, all linear modules are taken.

    Args:
        layers: The decoder layers.
        prefix: Full name of ``layers`` inside the model, e.g. ``model.layers``.
        chosen: Indices of the layers that carry LoRA.
        wanted: ``lora_target_modules`` of the configuration.

    Raises:
        LayerError: When the chosen layers hold no linear module at all.
    """
    linear = {
        f"{prefix}.{index}.{name}": module
        for index in chosen
        for name, module in layers[index].named_modules()
        if isinstance(module, nn.Linear | Conv1D)
    }
    if not linear:
        raise LayerError("the bridged layers hold no linear module that LoRA could adapt")

    def matching(names: Sequence[str]) -> list[str]:
        return [full for full in linear if any(full.endswith(f".{name}") for name in names)]

    found: set[str] = set()
    replaced: list[str] = []
    for name in wanted:
        if matches := matching((name,)):
            found.update(matches)
        elif matches := matching(_EQUIVALENTS.get(name, ())):
            found.update(matches)
            replaced.append(f"{name} → {', '.join(sorted({m.rsplit('.', 1)[-1] for m in matches}))}")
        else:
            replaced.append(f"{name} → nothing")
    if not found:
        found = set(linear)
        replaced = [f"{', '.join(wanted) or 'an empty list'} → all linear modules"]
    modules = tuple(full for full in linear if full in found)
    warning = f"lora_target_modules: this model has other names ({'; '.join(replaced)})" if replaced else ""
    return LoraTargets(modules, isinstance(linear[modules[0]], Conv1D), warning)
