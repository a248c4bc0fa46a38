"""Reading a memory again, for what a dream of it leaves: its trace, see :mod:`engine.composition.dreams`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from engine.composition.cache import KVCache
from engine.composition.composition import BaseReading, Composition
from engine.composition.prompt import Prompt
from engine.composition.scaffold import ScaffoldReading, common_prefix


class Recollection:
    """Reads memories as the newest message of a fresh conversation, apart from the conversation that is going on."""

    def __init__(self, composition: Composition, encode: Callable[[str], Prompt]) -> None:
        """Args:
        composition: Its scaffold reads.
        encode: A message to the prompt that it stands in.
        """
        self._composition, self._encode = composition, encode
        bridge = composition.bridge
        scaffold = composition.scaffold
        self._as_born = BaseReading(scaffold.frozen, scaffold.first)
        self._scaffold = ScaffoldReading(scaffold, () if bridge is None else [*set(bridge.source.values())])
        # What two messages that differ have in common is the template around them.
        one, other = self._ids("a"), self._ids("b")
        self._head, self._tail = common_prefix(one, other), common_prefix(one[::-1], other[::-1])

    @torch.inference_mode()
    def trace(self, text: str) -> dict[str, torch.Tensor]:
        """What a dream of ``text`` leaves, before it is disturbed: means over its own tokens, single precision."""
        scaffold, bridge = self._composition.scaffold, self._composition.bridge
        ids = self._ids(text)
        ids = ids[: max(self._head + 1, len(ids) - self._tail)]
        self._scaffold.cut(self._head)
        inputs: dict[int, torch.Tensor] = {}
        with _noting(scaffold.decoder_layers, self._composition.layers if bridge is None else (), inputs):
            self._as_born.read(ids if scaffold.shared else ids[: self._head])
            self._scaffold.read(ids, self._as_born.trunk, self._as_born.cache, self._head)
        if bridge is not None:
            return {f"states.{n}": _mean(rows.view()[0], 0) for n, rows in self._scaffold.recorded.items()}
        return self._without_position(ids[self._head :], inputs)

    def _ids(self, text: str) -> list[int]:
        return self._composition.token_map.scaffold_ids(self._encode(text).ids)

    def _without_position(self, ids: Sequence[int], inputs: dict[int, torch.Tensor]) -> dict[str, torch.Tensor]:
        """Mean keys and values of layers whose ``inputs`` ``[1, tokens, hidden]`` are known.

        At position 0 a rotation is the identity, whatever its kind. So the tokens are read once more, all of them
        there, and each layer is handed the input it had where the tokens really stand.
        """
        scaffold, cache = self._composition.scaffold, KVCache()
        tokens = torch.tensor([list(ids)], device=scaffold.frozen.device)
        with _handing(scaffold.decoder_layers, inputs):
            scaffold.forward(tokens, cache, None, torch.zeros_like(tokens))
        found: dict[str, torch.Tensor] = {}
        for index in inputs:
            layer = cache.layers[index]
            found |= {f"keys.{index}": _mean(layer.keys[0], 1), f"values.{index}": _mean(layer.values[0], 1)}
        return found


def _mean(states: torch.Tensor, dim: int) -> torch.Tensor:
    return states.float().mean(dim).cpu()


@contextmanager
def _noting(layers: nn.ModuleList, indices: Sequence[int], inputs: dict[int, torch.Tensor]) -> Iterator[None]:
    """While entered, the hidden states that go into some layers are noted."""

    def note(index: int) -> Callable[[nn.Module, Any], None]:
        def hook(_module: nn.Module, args: Any) -> None:
            inputs[index] = args[0]

        return hook

    handles = [layers[index].register_forward_pre_hook(note(index)) for index in indices]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def _handing(layers: nn.ModuleList, inputs: dict[int, torch.Tensor]) -> Iterator[None]:
    """While entered, some layers get ``inputs`` in place of the hidden states that come to them."""

    def hand(index: int) -> Callable[[nn.Module, Any], Any]:
        return lambda _module, args: (inputs[index], *args[1:])

    handles = [layers[index].register_forward_pre_hook(hand(index)) for index in inputs]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
