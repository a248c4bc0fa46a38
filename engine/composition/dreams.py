"""Dreams in the context: positions that belong to no token, in front of what the base attends to.

What a dream leaves for attention is its *trace*. In key–value form these are means over a memory's tokens of the
scaffold's keys, without rotary position, and of its values, for each bridged layer; in bridge form, means of the
scaffold's hidden states. Each trace is one more position. The log of its weight is added to its attention scores, so
that it counts as that many tokens would: two equal dreams of weight a are one of weight 2a.

Bridged layers alone see these positions, and nobody counts them: tokens stay where they are.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from transformers.cache_utils import Cache

from engine.composition.cache import PrefacedLayer
from engine.composition.packed.cache import PackedCache

Trace = Mapping[str, torch.Tensor]
"""``keys.L`` and ``values.L`` ``[kv heads, head_dim]`` for each bridged layer L, or in bridge form ``states.L``
``[width]`` for each scaffold layer L that is read."""


@dataclass(frozen=True, slots=True, eq=False)
class DreamPositions:
    """The traces of several dreams, side by side.

    Attributes:
        traces: By name as in :data:`Trace`, ``[dreams, ...]``.
        bias: What is added to the attention scores of each, ``[dreams]``.
    """

    traces: Trace
    bias: torch.Tensor

    @classmethod
    def of(cls, left: Sequence[tuple[Trace, float]], device: torch.device) -> DreamPositions | None:
        """Lay traces side by side, each with the weight at which it acts.

        Dreams that left no trace, or are too faint to weigh anything, are left out; None when no dream remains.
        """
        there = [(trace, weight) for trace, weight in left if trace and weight > 0.0]
        if not there:
            return None
        stacked = {name: torch.stack([trace[name] for trace, _ in there]).to(device) for name in there[0][0]}
        return cls(stacked, torch.tensor([math.log(weight) for _, weight in there], device=device))

    def states(self, layer: int, like: torch.Tensor) -> torch.Tensor:
        """States ``[1, dreams, width]`` of a scaffold layer, in the data type of ``like``."""
        return self.traces[f"states.{layer}"].to(like.dtype)[None]

    def in_front_of(self, cache: PackedCache, bridged: Sequence[int]) -> PackedCache:
        """A copy of ``cache`` with the dreams in front of what it holds for the bridged layers."""
        traces = {index: (self.traces[f"keys.{index}"], self.traces[f"values.{index}"]) for index in bridged}
        return cache.prefaced(traces, self.bias)

    def join(
        self, cache: Cache, layers: nn.ModuleList, bridged: Sequence[int], opened: torch.Tensor | None = None
    ) -> Callable[[], AbstractContextManager[None]]:
        """Put the dreams in front of what ``cache`` holds for the bridged layers.

        Args:
            cache: Keys and values of a context; its bridged layers are replaced by longer copies.
            layers: The decoder layers that will attend to it, one new token at a time.
            bridged: Indices of the bridged ones.
            opened: For which rows ``[rows]`` of a batch the gate is open, and the dreams are seen; all by default.

        Returns:
            Makes a context for one forward pass: while it is entered, the layers see the added positions.
        """
        for index in bridged:
            layer = cache.layers[index]
            rows = layer.keys.shape[0]
            added = (self.traces[f"{what}.{index}"].transpose(0, 1) for what in ("keys", "values"))
            longer = PrefacedLayer(*(part.to(layer.keys.dtype).expand(rows, -1, -1, -1) for part in added))
            longer.update(layer.keys, layer.values)
            cache.layers[index] = longer
        bias = self.bias[None, None, None, :]
        if opened is not None:
            unseen = torch.finfo(cache.layers[bridged[0]].keys.dtype).min
            bias = torch.where(opened[:, None, None, None], bias, unseen)
        places = {index: _place_of_mask(layers[index]) for index in bridged}
        return lambda: _seen(cache, layers, places, bias)


@contextmanager
def _seen(cache: Cache, layers: nn.ModuleList, places: Mapping[int, int], bias: torch.Tensor) -> Iterator[None]:
    """While entered, the attention masks of the layers in ``places`` reach over the added positions, too."""
    made: dict[int, tuple[Any, torch.Tensor]] = {}  # layers share their masks; the masks are held, so ids stay unique

    def hook_for(index: int, place: int) -> Callable[[nn.Module, Any, Any], Any]:
        def hook(_module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            mask = args[place] if place < len(args) else kwargs.get("attention_mask")
            if id(mask) not in made:
                made[id(mask)] = mask, _widened(mask, bias, cache.layers[index].keys)
            wide = made[id(mask)][1]
            if place < len(args):
                return (*args[:place], wide, *args[place + 1 :]), kwargs
            return args, {**kwargs, "attention_mask": wide}

        return hook

    handles = [
        layers[index].register_forward_pre_hook(hook_for(index, place), with_kwargs=True)
        for index, place in places.items()
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _widened(mask: torch.Tensor | None, bias: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
    """A mask as attention adds it ``[rows, 1, tokens, dreams + context + tokens]``.

    Args:
        mask: Without the dreams, as Transformers makes it: True or 0 where a token is seen; None when one new token
            sees all that came before.
        bias: Of the dreams, ``[rows or 1, 1, 1, dreams]``.
        keys: What the cache holds before the new token, the dreams included.
    """
    if mask is None:
        seen = keys.new_zeros(*bias.shape[:3], keys.shape[2] + 1 - bias.shape[3])
    elif mask.dtype == torch.bool:
        seen = keys.new_zeros(mask.shape).masked_fill(~mask, torch.finfo(keys.dtype).min)
    else:
        seen = mask
    rows = max(seen.shape[0], bias.shape[0])
    ahead = bias.to(seen.dtype).expand(rows, *seen.shape[1:3], -1)
    return torch.cat([ahead, seen.expand(rows, -1, -1, -1)], dim=3)


def _place_of_mask(layer: nn.Module) -> int:
    """At which position a decoder layer takes its attention mask, where it is not given by name."""
    names = list(inspect.signature(layer.forward).parameters)
    return names.index("attention_mask") if "attention_mask" in names else len(names)
