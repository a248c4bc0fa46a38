"""The second model: the one that learns.

The scaffold is a language model whose frozen weights carry LoRA adapters in its bridged layers. When it is the same
checkpoint as the base, it *is* the base, tensor for tensor: the frozen weights are shared, and below the lowest
bridged layer there is nothing to compute twice, so those layers are left out and the base's hidden states are
handed in where the scaffold begins to differ.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers.cache_utils import Cache

from engine.composition.cache import KVCache, StateRows
from engine.composition.frozen import FrozenModel, decoder_layers, trunk_of
from engine.composition.layers import find_lora_targets
from engine.composition.packed.model import PackedAdapters, PackedLlama
from engine.composition.without_bitsandbytes import without_bitsandbytes

with without_bitsandbytes():
    from peft import LoraConfig, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict


@dataclass(frozen=True, slots=True)
class LoraSettings:
    """``lora_config`` and what else shapes the adapters at birth."""

    rank: int
    alpha: float
    dropout: float
    target_modules: tuple[str, ...]
    enabled: bool = True
    seed: int = 42


class LeftOut(nn.Module):
    """Stands for a decoder layer below the scaffold's first own one.

    It computes nothing. It writes one empty position per token into the cache, so that the layers above count
    positions rightly; the topmost one hands on the base's hidden states in place of its input.
    """

    def __init__(self, index: int) -> None:
        super().__init__()
        self.index = index
        self.states: torch.Tensor | None = None

    def forward(self, hidden_states: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
        """Pass on ``states`` when set, else the input; both ``[1, tokens, hidden]``."""
        cache = kwargs.get("past_key_values")
        if cache is None:
            cache = next((arg for arg in args if isinstance(arg, Cache)), None)
        if cache is not None:
            empty = hidden_states.new_zeros((hidden_states.shape[0], 1, hidden_states.shape[1], 1))
            cache.update(empty, empty, self.index)
        return hidden_states if self.states is None else self.states


class Scaffold:
    """A frozen language model with LoRA in some of its layers.

    Attributes:
        frozen: The checkpoint it stands on. Its ``model`` is never changed.
        model: The same model with the adapters in it; every frozen tensor is shared.
        shared: Whether ``frozen`` is the base itself.
        first: The lowest layer it computes itself; 0 when not shared.
        layers: Indices of its layers that carry LoRA.
        warning: What the user should know about the choice of LoRA modules; empty when nothing.
        version: Rises with every change of the adapters, so that caches know when they are stale.
        learned: Whether the adapters differ from a newborn's; as long as not, the scaffold has nothing to say.
        adapter_parameters: Number of LoRA parameters; 0 when adapters are switched off.
    """

    def __init__(self, frozen: FrozenModel, layers: Sequence[int], lora: LoraSettings, *, shared: bool) -> None:
        self.frozen = frozen
        self.shared = shared
        self.layers = tuple(layers)
        self.first = min(layers) if shared else 0
        self.lora = lora
        self.warning = ""
        self.version = 0
        self.learned = False
        self._packed: tuple[int, PackedAdapters] | None = None
        self.model: Any = _sharing_copy(frozen.model)
        self._entry: LeftOut | None = None
        own_layers = decoder_layers(self.model)
        if shared:
            for index in range(self.first):
                own_layers[index] = self._entry = LeftOut(index)
        self.decoder_layers = own_layers
        self.peft: Any = self._with_lora(own_layers) if lora.enabled else None
        # Counted once: PEFT takes long to find them, and the lifecycle asks at every answer.
        self.adapter_parameters = sum(tensor.numel() for tensor in self.adapters().values())

    def _with_lora(self, own_layers: nn.ModuleList) -> Any:
        prefix = next(name for name, module in self.model.named_modules() if module is own_layers)
        targets = find_lora_targets(own_layers, prefix, self.layers, self.lora.target_modules)
        self.warning = targets.warning
        config = LoraConfig(
            r=self.lora.rank,
            lora_alpha=self.lora.alpha,
            lora_dropout=self.lora.dropout,
            target_modules=list(targets.modules),
            fan_in_fan_out=targets.transposed,
            bias="none",
        )
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.lora.seed)
            with nullcontext() if self.frozen.by_bitsandbytes else without_bitsandbytes():
                peft = get_peft_model(self.model, config)
        peft.eval()
        return peft

    # -- adapters ------------------------------------------------------------------------------------------------------

    def adapters(self) -> dict[str, torch.Tensor]:
        """The adapters' tensors by PEFT's names: the live tensors, not copies."""
        return dict(get_peft_model_state_dict(self.peft)) if self.peft is not None else {}

    def packed_adapters(self, packed: PackedLlama) -> PackedAdapters:
        """The adapters as they are since they were last changed, for the packed model."""
        if self._packed is None or self._packed[0] != self.version:
            scale = self.lora.alpha / self.lora.rank
            self._packed = self.version, PackedAdapters(packed, self.adapters(), scale)
        return self._packed[1]

    def set_adapters(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Replace all adapters.

        Raises:
            ValueError: When names or shapes differ from this scaffold's; nothing is changed then.
        """
        own = self.adapters()
        if odd := sorted(own.keys() ^ tensors.keys()):
            raise ValueError(f"the adapters do not fit this scaffold: {odd[0]} is in one of the two only")
        for name, tensor in own.items():
            if tensor.shape != tensors[name].shape:
                raise ValueError(
                    f"the adapters do not fit this scaffold: {name} has shape {tuple(tensors[name].shape)}, "
                    f"{tuple(tensor.shape)} is expected"
                )
        if own:
            set_peft_model_state_dict(self.peft, dict(tensors))
        self.changed()

    def changed(self) -> None:
        """Take note that the adapters were changed: caches go stale, and having learned is looked up anew."""
        self.version += 1
        self.learned = any(name.endswith("lora_B.weight") and bool(t.any()) for name, t in self.adapters().items())

    def write_peft(self, folder: Path) -> None:
        """Write the adapters into ``folder`` as PEFT loads them, on the checkpoint that the scaffold stands on."""
        config = self.peft.peft_config["default"]
        before = config.base_model_name_or_path, config.layers_to_transform
        # PEFT may have shortened the modules' names to what tells them apart here, where the layers below are left out.
        config.base_model_name_or_path, config.layers_to_transform = str(self.frozen.folder), list(self.layers)
        try:
            self.peft.save_pretrained(folder)
        finally:
            config.base_model_name_or_path, config.layers_to_transform = before

    # -- reading -------------------------------------------------------------------------------------------------------

    def forward(
        self,
        ids: torch.Tensor,
        cache: KVCache,
        trunk_states: torch.Tensor | None,
        positions: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Read tokens behind those in ``cache``.

        Args:
            ids: Token ids ``[1, new]``.
            cache: What was read so far; grows by ``new``.
            trunk_states: The base's hidden states ``[1, new, hidden]`` below layer ``first``; None when the scaffold
                computes all its layers.
            positions: Where the tokens stand, ``[1, new]``; behind those in ``cache`` by default.

        Returns:
            Final normed hidden states ``[1, new, hidden]``.
        """
        if self._entry is not None:
            self._entry.states = trunk_states
        standing = {} if positions is None else {"position_ids": positions}
        try:
            output = trunk_of(self.model)(input_ids=ids, past_key_values=cache, use_cache=True, **standing)
        finally:
            if self._entry is not None:
                self._entry.states = None
        states: torch.Tensor = output.last_hidden_state
        return states


class ScaffoldReading:
    """How far the scaffold has read a conversation: its cache, its states, and the adapters it read them with."""

    def __init__(
        self, scaffold: Scaffold, record_layers: Sequence[int] = (), packed: PackedLlama | None = None
    ) -> None:
        """Args:
        scaffold: Who reads.
        record_layers: Whose states are kept.
        packed: Computes in Transformers' place, from the trunk's states on.
        """
        self.scaffold = scaffold
        self._packed = packed
        self.cache: Any = KVCache() if packed is None else packed.new_cache()
        self.ids: list[int] = []
        self.final = StateRows()
        self.recorded = {layer: StateRows() for layer in record_layers}
        self.preamble = 0
        self._version = scaffold.version

    def cut(self, length: int) -> None:
        """Forget everything from position ``length`` on."""
        self.cache.cut(length)
        for rows in (self.final, *self.recorded.values()):
            rows.cut(max(0, length - self.preamble))
        del self.ids[length:]

    def _take_over(self, base: Any, start: int, end: int) -> None:
        if self._packed is not None:
            self.cache.take_over(base, start, end, self.scaffold.first)
            return
        for index, layer in enumerate(base.layers):
            keys, values = layer.keys[:, :, start:end], layer.values[:, :, start:end]
            if index < self.scaffold.first:
                keys = values = keys.new_zeros((*keys.shape[:1], 1, keys.shape[2], 1))
            self.cache.update(keys, values, index)

    def read(self, ids: Sequence[int], trunk: StateRows | None = None, base: Any = None, preamble: int = 0) -> None:
        """Have read exactly ``ids``; only what is new, or was read with other adapters, is computed.

        Args:
            ids: Token ids of the whole context.
            trunk: The base's states for at least as many positions; None when the scaffold has no part in common.
            base: A cache of the context without any adapters: the base's, or that of the scaffold's own checkpoint.
            preamble: So many positions are taken over from ``base`` as they are. Their states are not kept.
        """
        if self._version != self.scaffold.version or preamble != self.preamble:
            self.cut(0)
            self._version, self.preamble = self.scaffold.version, preamble
        start = common_prefix(self.ids, ids)
        self.cut(start)
        if start == len(ids):
            return
        if start < preamble and base is not None:
            self._take_over(base, start, preamble)
            start = preamble
            self.ids = list(ids[:preamble])
        states = trunk.view(start, len(ids)) if trunk is not None else None
        with _Recording(self.scaffold.decoder_layers, self.recorded):
            try:
                final = self._forward(ids[start:], states)
            except BaseException:
                self.cut(start)
                raise
        self.final.append(final)
        self.ids = list(ids)

    def _forward(self, ids: Sequence[int], trunk: torch.Tensor | None) -> torch.Tensor:
        packed, scaffold = self._packed, self.scaffold
        if packed is None:
            return scaffold.forward(torch.tensor([ids], device=scaffold.frozen.device), self.cache, trunk)
        states = packed.embed(ids) if trunk is None else trunk[0].clone()
        packed.forward(states, self.cache, scaffold.first, adapters=scaffold.packed_adapters(packed), precise=False)
        self.cache.length += len(ids)
        return packed.finish(states, logits=False)[None]


class _Recording:
    """While entered, appends the output of some decoder layers to their rows."""

    def __init__(self, layers: nn.ModuleList, rows: Mapping[int, StateRows]) -> None:
        self._layers, self._rows = layers, rows

    def __enter__(self) -> None:
        self._handles = [
            self._layers[index].register_forward_hook(
                lambda _module, _inputs, output, rows=rows: rows.append(hidden_of(output))
            )
            for index, rows in self._rows.items()
        ]

    def __exit__(self, *_: object) -> None:
        for handle in self._handles:
            handle.remove()


def hidden_of(output: Any) -> torch.Tensor:
    """The hidden states in what a decoder layer returned: some return a tuple."""
    states: torch.Tensor = output[0] if isinstance(output, tuple) else output
    return states


def common_prefix(one: Sequence[int], other: Sequence[int]) -> int:
    """Length of the longest common beginning."""
    length = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        length += 1
    return length


def _sharing_copy(model: nn.Module) -> nn.Module:
    """A copy whose parameters and buffers are the very same tensors.

    Copied modules can then be wrapped or replaced without the original noticing, at the price of the module objects.
    """
    tensors = [*model.parameters(), *model.buffers()]
    return copy.deepcopy(model, memo={id(tensor): tensor for tensor in tensors})
