"""The composition in batches where it has the bridge form: any two models, or one checkpoint joined by cross-attention.

What is frozen is computed once per row and kept: the base's hidden states behind its lowest bridged layer and its own
keys and values above it, which no influence ever changes, because that begins at the prompt's last token; and the
scaffold's hidden states below its lowest adapter. A step then runs the scaffold's upper layers over the prompts and the
base's upper layers over the answers, which read the scaffold through the bridge. The scaffold never sees an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import Any

import torch
from torch import nn
from transformers.cache_utils import DynamicCache

from engine.composition.frozen import decoder_layers, trunk_of
from engine.learning.batching import (
    at_places,
    cache_of,
    capturing,
    half_copy,
    leave_out,
    mask_behind,
    opened,
    positions_behind,
    stacked,
    stacked_keys,
    vocabulary_logits,
)
from engine.learning.exercise import Exercise, disturbed
from engine.learning.learner import Learner

_ADAPTER_SHARE, _BRIDGE_SHARE, _VOLUME_SHARE = 0.6, 0.4, 20.0
"""Of the learning rate: for the adapters, for the bridge's matrices, and for the one number that scales each
cross-attention. That one starts at zero, and all that the others learn waits for it."""


class BridgeLearner(Learner):
    """A composition in bridge form, rebuilt for batches. Make it for one sleep, and let it go afterwards.

    Adapters, bridge and gate are the composition's own: what is trained here is trained there. Without adapters the
    bridge alone learns.
    """

    form = "bridge"

    def _take_models(self) -> None:
        composition = self.composition
        assert composition.bridge is not None
        self.bridge = composition.bridge
        self._lowest = min(composition.layers)
        self._adapted = min(composition.scaffold.layers)
        frozen: dict[int, Any] = {}
        self._whole = half_copy(composition.base.model, frozen)
        self._base = half_copy(composition.base.model, frozen)
        self._base_entry = leave_out(self._base, self._lowest + 1)
        own = composition.scaffold.frozen.model
        self._as_born = self._whole if composition.scaffold.shared else half_copy(own, frozen)
        self._below = half_copy(own, frozen)
        self._layers_below = decoder_layers(self._below)
        del self._layers_below[self._adapted :]
        self._scaffold = half_copy(composition.scaffold.model, frozen)
        self._scaffold_entry = leave_out(self._scaffold, self._adapted)
        self._adapters = [p for n, p in self._scaffold.named_parameters() if "lora_" in n]
        self._dropped = [m for m in self._scaffold.modules() if isinstance(m, nn.Dropout)]
        self.parameters = [*self._adapters, *self.bridge.parameters()]

    @property
    def groups(self) -> list[tuple[list[nn.Parameter], float]]:
        """As of :attr:`Learner.groups`: adapters, the bridge's matrices, and how loud each cross-attention is."""
        volumes = [self.bridge.block(layer).gate for layer in self.bridge.layers]
        matrices = [p for name, p in self.bridge.named_parameters() if not name.endswith(".gate")]
        groups = [(self._adapters, _ADAPTER_SHARE), (matrices, _BRIDGE_SHARE), (volumes, _VOLUME_SHARE)]
        return [group for group in groups if group[0]]

    @torch.no_grad()
    def _read_preamble(self) -> list[tuple[torch.Tensor, torch.Tensor]]:
        own, _ = self.composition.for_scaffold(self.preamble, [])
        self._scaffold_preamble = self._keys_values(self._as_born, own)
        self._scaffold_before = len(own)
        return self._keys_values(self._whole, self.preamble)

    def _keys_values(self, model: Any, ids: Sequence[int]) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """What each layer of ``model`` keeps of ``ids``; nothing where there are none."""
        if not ids:
            return []
        cache = DynamicCache()
        with self._arithmetic():
            trunk_of(model)(
                input_ids=torch.tensor([list(ids)], device=self.device), past_key_values=cache, use_cache=True
            )
        return [(layer.keys, layer.values) for layer in cache.layers]

    # -- preparing rows ------------------------------------------------------------------------------------------------

    def _prepare(self, rows: Sequence[tuple[Sequence[int], Sequence[int], bool]], own: bool) -> Iterator[Exercise]:
        spoken = [self.composition.for_scaffold((), prompt)[1] for prompt, _, _ in rows]
        states = self._states_below(spoken)
        exercises = [
            Exercise(
                list(prompt), list(answer), told, states[index, : len(spoken[index])].clone(), spoken=spoken[index]
            )
            for index, (prompt, answer, told) in enumerate(rows)
        ]
        if answered := [exercise for exercise in exercises if exercise.answer]:
            self._listen_to_base(answered, own)
        yield from exercises

    def _states_below(self, spoken: Sequence[Sequence[int]]) -> torch.Tensor:
        """The scaffold's states below its adapters ``[rows, S, hidden]``; of no width where there is nothing below."""
        ids, _ = self._padded(spoken, left=False)
        if not self._adapted:
            return torch.empty(*ids.shape, 0, device=self.device)
        cache = cache_of(self._scaffold_preamble[: self._adapted], len(ids), range(self._adapted))
        with self._arithmetic(), capturing(self._layers_below, self._adapted - 1) as captured:
            trunk_of(self._below)(input_ids=ids, past_key_values=cache, use_cache=True)
        return captured[0]

    def _listen_to_base(self, rows: Sequence[Exercise], own: bool) -> None:
        """Keep what the base makes of prompts and answers by itself."""
        ids, _ = self._padded([[*row.prompt, *row.answer[:-1]] for row in rows], left=False)
        cache = self._preamble_cache(len(rows), range(len(self._preamble)))
        with self._arithmetic(), capturing(decoder_layers(self._whole), self._lowest) as captured:
            final = trunk_of(self._whole)(input_ids=ids, past_key_values=cache, use_cache=True).last_hidden_state
        n, above = len(self.preamble), min(self._lowest + 1, len(cache.layers) - 1)  # one layer at least, for its shape
        for index, row in enumerate(rows):
            context = len(row.prompt) - 1
            said, read = slice(context, context + len(row.answer)), slice(n, n + context)
            row.answer_states = captured[0][index, said].clone()
            row.keys_values = torch.stack(
                [
                    torch.stack([layer.keys[index, :, read], layer.values[index, :, read]])
                    for layer in cache.layers[above:]
                ]
            ).bfloat16()
            if own:
                row.final = final[index, said].float()

    # -- one step ------------------------------------------------------------------------------------------------------

    def _read(self, rows: Sequence[Exercise]) -> tuple[torch.Tensor, torch.Tensor, dict[int, torch.Tensor]]:
        """Final states ``[rows, S, hidden]``, which positions are real, and the states of each layer that is read."""
        ids, real = self._padded([row.spoken or [] for row in rows], left=True)
        before = self._scaffold_before
        layers = decoder_layers(self._scaffold)
        cache = cache_of(self._scaffold_preamble, len(rows), range(self._adapted, len(layers)))
        self._enter(self._scaffold_entry, stacked([disturbed(row) for row in rows], ids.shape[1], left=True))
        with self._arithmetic(), ExitStack() as stack:
            sources = set(self.bridge.source.values())
            captured = {layer: stack.enter_context(capturing(layers, layer)) for layer in sources}
            final = trunk_of(self._scaffold)(
                input_ids=ids,
                attention_mask=mask_behind(before, real),
                position_ids=positions_behind(before, real),
                past_key_values=cache,
                use_cache=True,
            ).last_hidden_state
        return final.float(), real, {layer: states for layer, (states,) in captured.items()}

    def predict(
        self, rows: Sequence[Exercise], real: torch.Tensor, scaffold: Mapping[int, torch.Tensor]
    ) -> torch.Tensor:
        """As of :meth:`Learner.predict`; ``scaffold`` are the scaffold's states by its layers."""
        width = max(len(row.answer) for row in rows)
        real, scaffold = real[: len(rows)], {layer: states[: len(rows)] for layer, states in scaffold.items()}
        ids, valid = self._padded([[row.prompt[-1], *row.answer[:-1]] for row in rows], left=False, width=width)
        _, context = self._padded([row.prompt[:-1] for row in rows], left=True)
        self._enter(self._base_entry, stacked([row.answer_states for row in rows], width, left=False))
        start = context.sum(1, keepdim=True) + len(self.preamble)
        layers = decoder_layers(self._base)
        with (
            self._arithmetic(),
            self.bridge.acting(layers, self.bridge.attend_to(scaffold), self.factor, _only(real)),
        ):
            hidden = trunk_of(self._base)(
                input_ids=ids,
                attention_mask=torch.cat([self._mask(context), torch.ones_like(valid, dtype=torch.long)], dim=1),
                position_ids=start + torch.arange(width, device=self.device),
                past_key_values=self._answering_cache(rows, context.shape[1]),
                use_cache=True,
            ).last_hidden_state
            return vocabulary_logits(self._base, hidden[at_places(rows, valid)])

    # -- answering -----------------------------------------------------------------------------------------------------

    def _hear(
        self, prompts: Sequence[Sequence[int]], states: torch.Tensor, cache: DynamicCache, threshold: float | None
    ) -> tuple[torch.Tensor, Callable[[], AbstractContextManager[None]]]:
        logits, real, scaffold = self.read(list(self._prepare([(prompt, [], True) for prompt in prompts], False)))
        recognised = logits.sigmoid()
        bias = _only(real)
        if (dreams := self.dreams) is not None:
            bias = torch.cat([bias, dreams.bias.expand(len(prompts), -1)], dim=1)
            scaffold = {
                layer: torch.cat([rows, dreams.states(layer, like=rows).expand(len(prompts), -1, -1)], dim=1)
                for layer, rows in scaffold.items()
            }
        with self._arithmetic():
            context = self.bridge.attend_to(scaffold)
        factor = (self.factor * opened(recognised, threshold))[:, None, None]
        layers = decoder_layers(self._whole)
        return recognised, lambda: self.bridge.acting(layers, context, factor, bias)

    # -- parts ---------------------------------------------------------------------------------------------------------

    def _answering_cache(self, rows: Sequence[Exercise], width: int) -> DynamicCache:
        """The base's own cache of the prompts, from which it answers; up to the lowest bridged layer it is empty."""
        own = stacked_keys([row.keys_values for row in rows], width)
        count = len(decoder_layers(self._base))
        cache = self._preamble_cache(len(rows), range(self._lowest + 1, count))
        nothing = own.new_zeros(len(rows), 1, width, 1)
        for index in range(count):
            keys, values = own[index - count + len(own)] if index > self._lowest else (nothing, nothing)
            cache.update(keys, values, index)
        return cache


def _only(real: torch.Tensor) -> torch.Tensor:
    """Attention bias ``[rows, S + 1]`` that leaves the null key and the ``real`` positions to be read."""
    readable = torch.cat([real.new_ones(real.shape[0], 1), real], dim=1)
    return torch.zeros(readable.shape, device=real.device).masked_fill(~readable, -torch.inf)
