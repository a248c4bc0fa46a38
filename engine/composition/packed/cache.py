"""The packed model's KV cache: half precision, one length for all layers, cut back and mixed like the general one."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from engine.composition.packed import binding

_ROOM = 256
"""Positions added at least whenever the buffers grow."""
_TILE = 16
"""Positions whose keys lie side by side, as the kernel takes them."""
_BLOCK = 32
"""Positions that the kernel shrinks to 8 bits together."""


@dataclass(slots=True)
class PackedLayer:
    """Buffers of one layer.

    Attributes:
        keys: ``[kv_heads, room / 16, head_dim, 16]``, half precision: the keys of 16 positions side by side.
        values: ``[kv_heads, room, head_dim]``, half precision.
        bias: For positions in front that belong to no token, what is added to their scores ``[extra]``.
        small: Where the kernel keeps 8 bits of the keys, and of the values, of what is far behind, and their scales.
        shrunk: Of how many blocks of 32 positions it does, ``[1]``.
    """

    keys: torch.Tensor
    values: torch.Tensor
    bias: torch.Tensor
    small: tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]
    shrunk: torch.Tensor

    @classmethod
    def of_room(cls, room: int, kv_heads: int, head_dim: int, bias: torch.Tensor) -> PackedLayer:
        """Buffers for at least ``room`` positions, those in front included; what is in them is anything."""
        blocks = -(-room // _BLOCK)
        tiles, room = blocks * _BLOCK // _TILE, blocks * _BLOCK
        keys = torch.empty((kv_heads, tiles, head_dim, _TILE), dtype=torch.float16)
        values = torch.empty((kv_heads, room, head_dim), dtype=torch.float16)
        integers = (torch.empty(keys.numel(), dtype=torch.uint8) for _ in range(2))
        scales = (torch.empty(keys.numel() // _BLOCK, dtype=torch.float16) for _ in range(2))
        (of_keys, of_values), (key_scales, value_scales) = integers, scales
        small = (of_keys, key_scales, of_values, value_scales)
        return cls(keys, values, bias, small, torch.zeros(1, dtype=torch.int32))

    @property
    def extra(self) -> int:
        """How many positions there are in front."""
        return len(self.bias)

    @property
    def room(self) -> int:
        """For how many tokens there is room."""
        return self.values.shape[1] - self.extra

    def like(self, room: int, bias: torch.Tensor) -> PackedLayer:
        """Other buffers of this layer's shape."""
        return PackedLayer.of_room(room, self.values.shape[0], self.values.shape[2], bias)

    def grown(self, room: int) -> PackedLayer:
        """The same states in buffers of ``room`` positions."""
        other = self.like(room, self.bias)
        other.keys[:, : self.keys.shape[1]] = self.keys
        other.values[:, : self.values.shape[1]] = self.values
        return other

    def read(self, start: int, end: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Keys and values of positions ``start`` to ``end``, those in front included.

        Returns:
            ``[end - start, kv_heads, head_dim]`` each.
        """
        return self.keys[_places(start, end)], self.values[:, start:end].transpose(0, 1)

    def write(self, start: int, keys: torch.Tensor, values: torch.Tensor) -> None:
        """Put keys and values, shaped as :meth:`read` returns them, where ``start`` is."""
        end = start + len(keys)
        self.keys[_places(start, end)] = keys.to(self.keys.dtype)
        self.values[:, start:end] = values.transpose(0, 1)
        self.shrunk.clamp_(max=start // _BLOCK)


def _places(start: int, end: int) -> tuple[slice, torch.Tensor, slice, torch.Tensor]:
    """Where keys of these positions lie; indexing puts the positions first."""
    positions = torch.arange(start, end)
    return slice(None), positions // _TILE, slice(None), positions % _TILE


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
        return cls([PackedLayer.of_room(0, kv_heads, head_dim, torch.empty(0)) for _ in range(layers)])

    def cut(self, length: int) -> None:
        """Forget all positions from ``length`` on."""
        self.length = min(self.length, length)

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
        for mine, theirs in zip(self.layers[first:], other.layers[first:], strict=True):
            mine.write(mine.extra + self.length, *theirs.read(theirs.extra + start, theirs.extra + end))
        self.length += end - start

    def mixed_with(
        self, other: PackedCache, layers: Sequence[int], span: range, factor: float | torch.Tensor
    ) -> PackedCache:
        """As :func:`~engine.composition.bridge.mixed_cache`: this is the base's, ``other`` the scaffold's.

        Neither has positions in front of its tokens.
        """
        tiles = -(-span.stop // _TILE)
        weight = torch.zeros(tiles * _TILE, dtype=torch.float16)
        weight[span.start : span.stop] = factor
        of_keys, of_values = weight.view(tiles, 1, _TILE), weight[: span.stop, None]
        mixture = list(self.layers)
        for index in layers:
            mine, theirs = self.layers[index], other.layers[index]
            mixed = mixture[index] = mine.like(span.stop + _ROOM, mine.bias)
            torch.lerp(mine.keys[:, :tiles], theirs.keys[:, :tiles], of_keys, out=mixed.keys[:, :tiles])
            own, heard = mine.values[:, : span.stop], theirs.values[:, : span.stop]
            torch.lerp(own, heard, of_values, out=mixed.values[:, : span.stop])
        return PackedCache(mixture, span.stop)

    def prefaced(self, traces: dict[int, tuple[torch.Tensor, torch.Tensor]], bias: torch.Tensor) -> PackedCache:
        """A copy in which some layers have positions in front of the tokens.

        Args:
            traces: For each of these layers keys and values ``[extra, kv_heads, head_dim]``.
            bias: Of their scores, ``[extra]``.
        """
        layers = list(self.layers)
        for index, added in traces.items():
            own = self.layers[index]
            layers[index] = other = own.like(len(bias) + self.length + _ROOM, bias.float().contiguous())
            other.write(0, *added)
            other.write(len(bias), *own.read(own.extra, own.extra + self.length))
        return PackedCache(layers, self.length)


def _native(layer: PackedLayer) -> binding.Cache:
    pointers = layer.keys.data_ptr(), layer.values.data_ptr()
    small = (tensor.data_ptr() for tensor in (*layer.small, layer.shrunk))
    return binding.Cache(*pointers, layer.values.shape[1], layer.extra, layer.bias.data_ptr(), *small)
