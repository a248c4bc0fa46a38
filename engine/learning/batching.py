"""Parts of the batched composition: copies that share what they can, layers left out, rows laid side by side."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from transformers.cache_utils import DynamicCache

from engine.composition.frozen import decoder_layers, text_config
from engine.composition.quantized import QuantizedLinear
from engine.composition.scaffold import LeftOut, hidden_of
from engine.learning.exercise import Exercise


def half_copy(model: nn.Module, made: dict[int, Any]) -> Any:
    """A copy of ``model`` whose frozen weights are bfloat16, made once for all copies; trained tensors are shared."""
    memo: dict[int, Any] = {}
    for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
        if "lora_" in name or not tensor.is_floating_point() or not isinstance(tensor, nn.Parameter):
            memo[id(tensor)] = tensor
        else:
            if id(tensor) not in made:
                made[id(tensor)] = nn.Parameter(tensor.detach().bfloat16(), requires_grad=False)
            memo[id(tensor)] = made[id(tensor)]
    for module in model.modules():
        if isinstance(module, QuantizedLinear):
            if (place := id(module.weight)) not in made:
                made[place] = _plain(module)
            memo[id(module)] = made[place]
    twin: Any = copy.deepcopy(model, memo)
    # Its backward pass is faster than that of the fused kernel here, and padding needs no special care.
    twin.config._attn_implementation = "eager"
    return twin


def _plain(linear: QuantizedLinear) -> nn.Linear:
    """The same layer with bfloat16 weights, which learning computes with faster, and differentiates."""
    plain = nn.Linear(linear.in_features, linear.out_features, bias=False, device="meta")
    plain.weight = nn.Parameter(linear.dequantized().bfloat16(), requires_grad=False)
    plain.bias = None if linear.bias is None else nn.Parameter(linear.bias.bfloat16(), requires_grad=False)
    return plain


def vocabulary_logits(model: Any, hidden: torch.Tensor) -> torch.Tensor:
    """Logits ``[…, vocabulary]``, single precision, of final hidden states, soft-capped where the model does so."""
    logits: torch.Tensor = model.get_output_embeddings()(hidden).float()
    cap = getattr(text_config(model), "final_logit_softcapping", None)
    return logits if cap is None else cap * torch.tanh(logits / cap)


def padded(sequences: Sequence[Sequence[int]], width: int, *, left: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids ``[rows, width]`` with zeros as padding, and which of them are real."""
    ids = torch.zeros(len(sequences), width, dtype=torch.long)
    real = torch.zeros(len(sequences), width, dtype=torch.bool)
    for index, sequence in enumerate(sequences):
        span = slice(width - len(sequence), width) if left else slice(0, len(sequence))
        ids[index, span] = torch.tensor(sequence, dtype=torch.long)
        real[index, span] = True
    return ids, real


def at_places(rows: Sequence[Exercise], real: torch.Tensor) -> torch.Tensor:
    """Of the ``real`` answer tokens ``[rows, width]`` those that are predicted."""
    chosen = real.clone()
    for index, row in enumerate(rows):
        if row.places is not None:
            chosen[index] = False
            chosen[index, row.places] = True
    return chosen


def cache_of(known: Sequence[tuple[torch.Tensor, torch.Tensor]], rows: int, layers: range) -> DynamicCache:
    """A cache that holds ``known``, keys and values by layer, for so many rows; empty positions outside ``layers``."""
    cache = DynamicCache()
    for index, (keys, values) in enumerate(known):
        if index not in layers:
            keys = values = keys.new_zeros(1, 1, keys.shape[2], 1)
        cache.update(keys.expand(rows, -1, -1, -1), values.expand(rows, -1, -1, -1), index)
    return cache


def mask_behind(before: int, real: torch.Tensor) -> torch.Tensor:
    """Attention mask ``[rows, before + width]``: ``before`` positions that all rows share, then the ``real`` ones."""
    return torch.cat([real.new_ones(real.shape[0], before), real], dim=1).long()


def positions_behind(before: int, real: torch.Tensor) -> torch.Tensor:
    """Positions ``[rows, width]`` of tokens padded on the left, behind ``before`` others."""
    return (real.long().cumsum(1) - 1).clamp(min=0) + before


def opened(recognised: torch.Tensor, threshold: float | None) -> torch.Tensor:
    """1 for each prompt whose r opens the gate, else 0; without a ``threshold`` it opens for all."""
    return torch.ones_like(recognised) if threshold is None else (recognised >= threshold).float()


def leave_out(model: Any, first: int) -> LeftOut | None:
    """Leave out the layers below ``first``; returns the one through which states come in."""
    layers, entry = decoder_layers(model), None
    for index in range(first):
        layers[index] = entry = LeftOut(index)
    return entry


@contextmanager
def capturing(layers: nn.ModuleList, index: int) -> Iterator[list[torch.Tensor]]:
    """While entered, the output of layer ``index`` is appended to a list; nothing for a negative index."""
    captured: list[torch.Tensor] = []
    if index < 0:
        yield captured
        return
    handle = layers[index].register_forward_hook(lambda _m, _i, output: captured.append(hidden_of(output)))
    try:
        yield captured
    finally:
        handle.remove()


def stacked(states: Sequence[torch.Tensor | None], width: int, *, left: bool) -> torch.Tensor:
    """States ``[length, hidden]`` of several rows as ``[rows, width, hidden]``, zeros as padding."""
    known = [s for s in states if s is not None]
    out = known[0].new_zeros(len(known), width, known[0].shape[1])
    for index, rows in enumerate(known):
        if left:
            out[index, width - rows.shape[0] :] = rows
        else:
            out[index, : rows.shape[0]] = rows
    return out


def stacked_keys(rows: Sequence[torch.Tensor | None], width: int) -> torch.Tensor:
    """Keys and values of several rows as ``[layers, 2, rows, kv heads, width, head_dim]``, padded on the left."""
    known = [row for row in rows if row is not None]
    layers, two, heads, _, dim = known[0].shape
    out = known[0].new_zeros(layers, two, len(known), heads, width, dim)
    for index, row in enumerate(known):
        out[:, :, index, :, width - row.shape[3] :] = row
    return out
