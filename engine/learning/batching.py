"""Parts of the batched composition: copies that share what they can, layers left out, rows laid side by side."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from engine.composition.frozen import decoder_layers
from engine.composition.scaffold import LeftOut, hidden_of


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
    twin: Any = copy.deepcopy(model, memo)
    # Its backward pass is faster than that of the fused kernel here, and padding needs no special care.
    twin.config._attn_implementation = "eager"
    return twin


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
