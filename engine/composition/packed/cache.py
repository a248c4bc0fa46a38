"""The packed model's KV cache: half precision, one length for all layers, cut back and mixed like the general one."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from engine.composition.packed import binding

_ROOM = 256
"""Positions added at least whenever the buffers grow."""


@dataclass(slots=True)
class PackedLayer:
    """Buffers of one layer.

    Attributes:
        keys: ``[kv_heads, room, head_dim]``, half precision.
        values: The same.
        bias: For positions in front that belong to no token, what is added to their scores ``[extra]``.
    """

    keys: torch.Tensor
    values: torch.Tensor
    bias: torch.Tensor

    @property
    def extra(self) -> int:
        """How many positions there are in front."""
        return len(self.bias)

    @property
    def room(self) -> int:
        """For how many tokens there is room."""
        return self.keys.shape[1] - self.extra

    def grown(self, room: int) -> PackedLayer:
        """The same states in buffers of ``room`` positions."""
        return PackedLayer(_in_room_of(room, self.keys), _in_room_of(room, self.values), self.bias)


class PackedCache:
    """Keys and values of a conversation.

    Attributes:
        layers: Their buffers. Caches may share some: what lies behind a cache's own length belongs to nobody.
        length: Tokens that are held.
    """

    def __init__(self, layers: list[PackedLayer], length: int = 0) -> None:
        self.layers = layers
        self.length = length
        self._native: ctypes.Array[binding.Cache] | None = None
        self._room = 0

    @classmethod
    def empty(cls, layers: int, kv_heads: int, head_dim: int) -> PackedCache:
        """A cache of nothing."""
        none = torch.empty((kv_heads, 0, head_dim), dtype=torch.float16)
        return cls([PackedLayer(none, none, torch.empty(0)) for _ in range(layers)])

    def cut(self, length: int) -> None:
        """Forget all positions from ``length`` on."""
        self.length = min(self.length, length)

    def rows(self, layer: int, start: int, end: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Keys and values of tokens ``start`` to ``end``, ``[kv_heads, end - start, head_dim]``, not copied."""
        own = self.layers[layer]
        span = slice(own.extra + start, own.extra + end)
        return own.keys[:, span], own.values[:, span]

    def native(self, tokens: int) -> ctypes.Array[binding.Cache]:
        """What the kernel is given, with room for so many more tokens."""
        need = self.length + tokens
        if self._native is None or need > self._room:
            self._make_room(need)
            self._native = (binding.Cache * len(self.layers))(*map(_native, self.layers))
        return self._native

    def _make_room(self, need: int) -> None:
        for index, layer in enumerate(self.layers):
            if layer.room < need:
                self.layers[index] = layer.grown(need + layer.extra + max(_ROOM, need // 4))
        self._room = min(layer.room for layer in self.layers)

    def take_over(self, other: PackedCache, start: int, end: int, first: int) -> None:
        """Append what ``other`` holds of tokens ``start`` to ``end``, in the layers from ``first`` on."""
        self.native(end - start)
        for index in range(first, len(self.layers)):
            for mine, theirs in zip(
                self.rows(index, self.length, self.length + end - start), other.rows(index, start, end), strict=True
            ):
                mine.copy_(theirs)
        self.length += end - start

    def mixed_with(
        self, other: PackedCache, layers: Sequence[int], span: range, factor: float | torch.Tensor
    ) -> PackedCache:
        """As :func:`~engine.composition.bridge.mixed_cache`: this is the base's, ``other`` the scaffold's."""
        weight = factor if isinstance(factor, float) else factor[None, :, None].to(torch.float16)
        mixture = list(self.layers)
        for index in layers:
            keys, values = (
                _with_room(before, torch.lerp(mine, theirs, weight))
                for before, mine, theirs in zip(
                    self.rows(index, 0, span.start),
                    self.rows(index, span.start, span.stop),
                    other.rows(index, span.start, span.stop),
                    strict=True,
                )
            )
            mixture[index] = PackedLayer(keys, values, self.layers[index].bias)
        return PackedCache(mixture, span.stop)

    def prefaced(self, traces: dict[int, tuple[torch.Tensor, torch.Tensor]], bias: torch.Tensor) -> PackedCache:
        """A copy in which some layers have positions in front of the tokens.

        Args:
            traces: For each of these layers keys and values ``[extra, kv_heads, head_dim]``.
            bias: Of their scores, ``[extra]``.
        """
        layers = list(self.layers)
        for index, added in traces.items():
            keys, values = (
                _with_room(front.transpose(0, 1), states)
                for front, states in zip(added, self.rows(index, 0, self.length), strict=True)
            )
            layers[index] = PackedLayer(keys, values, bias.float().contiguous())
        return PackedCache(layers, self.length)


def _native(layer: PackedLayer) -> binding.Cache:
    pointers = layer.keys.data_ptr(), layer.values.data_ptr()
    return binding.Cache(*pointers, layer.keys.shape[1], layer.extra, layer.bias.data_ptr())


def _with_room(before: torch.Tensor, states: torch.Tensor) -> torch.Tensor:
    """States ``[kv_heads, positions, head_dim]`` one behind the other, in a buffer with room for an answer."""
    start, end = before.shape[1], before.shape[1] + states.shape[1]
    buffer = states.new_empty((states.shape[0], end + _ROOM, states.shape[2]))
    buffer[:, :start], buffer[:, start:end] = before, states
    return buffer


def _in_room_of(room: int, states: torch.Tensor) -> torch.Tensor:
    buffer = states.new_empty((states.shape[0], room, states.shape[2]))
    buffer[:, : states.shape[1]] = states
    return buffer
