"""The KV cache: keys and values of a conversation, grown in place, cut back, and shared between readings.

Transformers' own dynamic cache joins tensors anew for every token, which copies the whole conversation thirty times a
token. Here each layer owns a buffer with room to grow, and ``keys`` and ``values`` are views of its filled part. The
layers are never windowed, whatever the model's attention: the mask alone limits what sliding layers see, so every
layer can be cut back to any length.
"""

from __future__ import annotations

from typing import Any

import torch
from transformers.cache_utils import Cache, DynamicLayer

_ROOM = 256
"""Positions added at least whenever a buffer grows."""


class KVLayer(DynamicLayer):
    """Keys and values of one layer.

    ``keys`` and ``values`` are views ``[batch, heads, length, head_dim]`` into buffers that hold more positions.
    """

    def lazy_initialization(self, key_states: torch.Tensor, value_states: torch.Tensor) -> None:
        """Take data type, device and shapes from the first states."""
        self.dtype, self.device = key_states.dtype, key_states.device
        self._keys = key_states.new_empty((*key_states.shape[:2], 0, key_states.shape[3]))
        self._values = value_states.new_empty((*value_states.shape[:2], 0, value_states.shape[3]))
        self.keys, self.values = self._keys, self._values
        self.is_initialized = True

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Append states ``[batch, heads, new, head_dim]``; returns all keys and all values."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        start = self.keys.shape[2]
        end = start + key_states.shape[2]
        if end > self._keys.shape[2]:
            self._grow(end + max(_ROOM, end // 4))
        self._keys[:, :, start:end] = key_states
        self._values[:, :, start:end] = value_states
        self.keys, self.values = self._keys[:, :, :end], self._values[:, :, :end]
        return self.keys, self.values

    def _grow(self, room: int) -> None:
        length = self.keys.shape[2]
        for name in ("_keys", "_values"):
            old = getattr(self, name)
            new = old.new_empty((old.shape[0], old.shape[1], room, old.shape[3]))
            new[:, :, :length] = old[:, :, :length]
            setattr(self, name, new)

    def cut(self, length: int) -> None:
        """Forget all positions from ``length`` on."""
        if self.is_initialized and length < self.keys.shape[2]:
            self.keys, self.values = self._keys[:, :, :length], self._values[:, :, :length]


class PrefacedLayer(KVLayer):
    """A layer with positions in front that belong to no token: they are attended to, but not counted."""

    def __init__(self, keys: torch.Tensor, values: torch.Tensor) -> None:
        """Args are the states in front, ``[batch, heads, extra, head_dim]``."""
        super().__init__()
        self._extra = 0
        self.update(keys, values)
        self._extra = keys.shape[2]

    def get_seq_length(self) -> int:
        """Number of tokens."""
        return super().get_seq_length() - self._extra


class KVCache(Cache):
    """One :class:`KVLayer` per decoder layer, made as the layers first write."""

    def __init__(self, layers: list[Any] | None = None) -> None:
        if layers is None:
            super().__init__(layer_class_to_replicate=KVLayer)
        else:
            super().__init__(layers=layers)

    def cut(self, length: int) -> None:
        """Forget all positions from ``length`` on, in every layer; layers that hold fewer are left alone."""
        for layer in self.layers:
            layer.cut(length)

    @property
    def nbytes(self) -> int:
        """Bytes held by the buffers, the unused room included."""
        return sum(
            buffer.numel() * buffer.element_size()
            for layer in self.layers
            if layer.is_initialized
            for buffer in (layer._keys, layer._values)
        )


class StateRows:
    """Hidden states of consecutive positions, ``[1, length, width]``, grown in place and cut back like the cache."""

    def __init__(self) -> None:
        self._buffer: torch.Tensor | None = None
        self.length = 0

    def append(self, states: torch.Tensor) -> None:
        """Add states ``[1, new, width]`` behind the others."""
        end = self.length + states.shape[1]
        if self._buffer is None:
            self._buffer = states.new_empty((1, end + _ROOM, states.shape[2]))
        elif end > self._buffer.shape[1]:
            grown = states.new_empty((1, end + max(_ROOM, end // 4), states.shape[2]))
            grown[:, : self.length] = self._buffer[:, : self.length]
            self._buffer = grown
        self._buffer[:, self.length : end] = states
        self.length = end

    def cut(self, length: int) -> None:
        """Forget all positions from ``length`` on."""
        self.length = min(self.length, length)

    def view(self, start: int = 0, end: int | None = None) -> torch.Tensor:
        """States ``[1, end - start, width]``, not copied."""
        if self._buffer is None:
            raise ValueError("no states have been read yet")
        return self._buffer[:, start : self.length if end is None else end]
