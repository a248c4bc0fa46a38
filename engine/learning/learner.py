"""The composition in batches, for learning: many prompts at once, gradients only where something is learned.

What is frozen is computed once per row and kept: the base's hidden states below the scaffold's first own layer, and the
base's keys and values above it. A step then runs the scaffold's upper layers over the prompts, and the base's upper
layers over the answers, which read the scaffold through the mixed keys and values; there are no logits but on answer
tokens, and nothing is differentiated that nobody trains. Frozen weights are bfloat16 here, the residual stream and
everything trained is float32.

Layout of a batch: the preamble that all prompts share, prompts padded on the left, answers padded on the right.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import chain
from typing import Any, TypeVar

import torch
from torch import nn
from transformers.cache_utils import DynamicCache

from engine.composition.bridge import Influence
from engine.composition.composition import Composition
from engine.composition.frozen import decoder_layers, trunk_of
from engine.composition.scaffold import LeftOut
from engine.learning.batching import (
    at_places,
    cache_of,
    capturing,
    half_copy,
    leave_out,
    mask_behind,
    opened,
    padded,
    positions_behind,
    stacked,
    stacked_keys,
    vocabulary_logits,
)
from engine.learning.exercise import Exercise, Reply, disturbed, replies
from engine.learning.portions import Portions

Made = TypeVar("Made")
Heed = Callable[[], None]
"""Called often during long work; raises to end it."""

BATCH = 32
"""Rows that are read or answered at once outside of training, if they fit."""
_ALL = 1 << 30


class Learner:
    """A composition in key–value form, rebuilt for batches. Make it for one sleep, and let it go afterwards.

    The LoRA parameters and the gate are the composition's own: what is trained here is trained there.

    Attributes:
        parameters: What is trained, but for the gate.
        dreams: What joins the context of :meth:`answers` under influence. Training does without it.
        reading: Rows that are read or answered at once.
        training: Rows of a step that are trained on at once; all of them, unless memory runs out.
    """

    form = "key-value"

    def __init__(self, composition: Composition, influence: Influence, preamble: Sequence[int]) -> None:
        """Args:
        composition: Of this learner's form, with something to train.
        influence: The weight that the scaffold will be used at.
        preamble: Token ids that begin every prompt.
        """
        if composition.form != self.form or not composition.can_learn:
            raise ValueError(f"this learner needs a composition in {self.form} form that has something to train")
        self.composition = composition
        self.factor = 2 * influence.blend * influence.weight
        self.dreams = influence.dreams
        self.first = composition.scaffold.first
        self.bridged = frozenset(composition.layers)
        self.device = composition.base.device
        self.gate = composition.gate
        self.preamble = list(preamble)
        self.reading, self.training = Portions(BATCH), Portions(_ALL)
        upper = range(self.first, len(composition.base.layers))
        self.keeps_own = self.factor != 1.0 or not self.bridged.issuperset(upper)
        """Whether the base's own keys and values of a prompt are a part of the mixture."""
        self._take_models()
        self._preamble = self._read_preamble()

    def _take_models(self) -> None:
        frozen: dict[int, Any] = {}
        base = self.composition.base.model
        self._whole = half_copy(base, frozen)
        self._base = half_copy(base, frozen)
        self._scaffold = half_copy(self.composition.scaffold.model, frozen)
        self._base_entry = leave_out(self._base, self.first)
        self._scaffold_entry = next(
            (m for m in reversed(list(decoder_layers(self._scaffold))) if isinstance(m, LeftOut)), None
        )
        self.parameters = [p for n, p in self._scaffold.named_parameters() if "lora_" in n]
        self._dropped = [m for m in self._scaffold.modules() if isinstance(m, nn.Dropout)]

    @property
    def groups(self) -> list[tuple[list[nn.Parameter], float]]:
        """``parameters`` by how fast they move, each group with its share of the learning rate."""
        return [(self.parameters, 1.0)]

    @torch.no_grad()
    def _read_preamble(self) -> list[tuple[torch.Tensor, torch.Tensor]]:
        ids = torch.tensor([self.preamble], device=self.device)
        cache = DynamicCache()
        with self._arithmetic():
            trunk_of(self._whole)(input_ids=ids, past_key_values=cache, use_cache=True)
        return [(layer.keys, layer.values) for layer in cache.layers]

    def beginning_with(self, preamble: Sequence[int]) -> Learner:
        """The same learner for prompts that begin otherwise; nothing is copied."""
        other = copy.copy(self)
        other.preamble = list(preamble)
        other._preamble = other._read_preamble()
        return other

    @torch.no_grad()
    def vectors(self, prompts: Sequence[Sequence[int]], heed: Heed) -> list[list[float]]:
        """One vector ``[hidden]`` per prompt: the mean of the scaffold's final states over it."""

        def of(chosen: Sequence[Sequence[int]]) -> list[list[float]]:
            heed()
            final, real = self.states(self.prepare([(prompt, [], True) for prompt in chosen], heed))
            means: list[list[float]] = ((final * real[..., None]).sum(1) / real.sum(1, keepdim=True)).tolist()
            return means

        return [vector for vectors in self.reading.each(prompts, of) for vector in vectors]

    # -- preparing rows ------------------------------------------------------------------------------------------------

    @torch.no_grad()
    def prepare(
        self, rows: Sequence[tuple[Sequence[int], Sequence[int], bool]], heed: Heed, *, own: bool = False
    ) -> list[Exercise]:
        """Compute what is frozen about each row ``(prompt, answer, told)``, in the order given.

        Args:
            rows: Token ids behind the preamble; an empty answer teaches the gate alone.
            heed: Called before every batch.
            own: The answers are the base's own: keep what it thought, to hold the composition to it.
        """

        def made(chosen: Sequence[int]) -> list[Exercise]:
            heed()
            return list(self._prepare([rows[i] for i in chosen], own))

        return self.in_order([len(row[0]) + len(row[1]) for row in rows], made)

    def _prepare(self, rows: Sequence[tuple[Sequence[int], Sequence[int], bool]], own: bool) -> Iterator[Exercise]:
        sequences = [[*prompt, *answer[:-1]] for prompt, answer, _ in rows]
        ids, _ = self._padded(sequences, left=False)
        cache = self._preamble_cache(len(rows), range(len(self._preamble)))
        with self._arithmetic(), capturing(decoder_layers(self._whole), self.first - 1) as captured:
            final = trunk_of(self._whole)(input_ids=ids, past_key_values=cache, use_cache=True).last_hidden_state
        states = captured[0] if captured else None
        n = len(self.preamble)
        for index, (prompt, answer, told) in enumerate(rows):
            context, end = len(prompt) - 1, len(prompt) - 1 + len(answer)
            if states is None:
                states = torch.zeros_like(final)
            exercise = Exercise(list(prompt), list(answer), told, states[index, :context].clone())
            if answer:
                exercise.answer_states = states[index, context:end].clone()
                if self.keeps_own:
                    exercise.keys_values = torch.stack(
                        [
                            torch.stack(
                                [layer.keys[index, :, n : n + context], layer.values[index, :, n : n + context]]
                            )
                            for layer in cache.layers[self.first :]
                        ]
                    ).bfloat16()
                if own:
                    exercise.final = final[index, context:end].float()
            yield exercise

    # -- one step ------------------------------------------------------------------------------------------------------

    def read(self, rows: Sequence[Exercise]) -> tuple[torch.Tensor, torch.Tensor, Any]:
        """Let the scaffold read the prompts.

        Returns:
            The gate's logits ``[rows]``, which positions the scaffold read are real ``[rows, P]``, and what
            :meth:`predict` lets the base read: the scaffold's cache.
        """
        final, real, cache = self._read(rows)
        return self.gate.logits(final, real), real, cache

    def states(self, rows: Sequence[Exercise]) -> tuple[torch.Tensor, torch.Tensor]:
        """The scaffold's final states of the prompts ``[rows, P, hidden]``, and which are real ``[rows, P]``."""
        final, real, _ = self._read(rows)
        return final, real

    def _read(self, rows: Sequence[Exercise]) -> tuple[torch.Tensor, torch.Tensor, Any]:
        """Final states ``[rows, P, hidden]``, which positions are real, and the scaffold's cache."""
        width = max(1, *(len(row.prompt) - 1 for row in rows))
        ids, real = self._padded([row.prompt[:-1] for row in rows], left=True, width=width)
        cache = self._preamble_cache(len(rows), range(self.first, len(self._preamble)))
        self._enter(self._scaffold_entry, stacked([disturbed(row) for row in rows], width, left=True))
        with self._arithmetic():
            final = trunk_of(self._scaffold)(
                input_ids=ids,
                attention_mask=self._mask(real),
                position_ids=self._positions(real),
                past_key_values=cache,
                use_cache=True,
            ).last_hidden_state
        return final.float(), real, cache

    def predict(self, rows: Sequence[Exercise], real: torch.Tensor, scaffold: Any) -> torch.Tensor:
        """Let the base predict the answers while it reads the scaffold.

        Args:
            rows: Exercises with answers; the first of those that were read, or all.
            real: From :meth:`read`.
            scaffold: From :meth:`read`.

        Returns:
            Logits ``[answer tokens of all rows, vocabulary]``, row by row.
        """
        width = max(len(row.answer) for row in rows)
        ids, valid = self._padded([[row.prompt[-1], *row.answer[:-1]] for row in rows], left=False, width=width)
        real = real[: len(rows)]
        mixed = self._mixed(rows, real.shape[1], scaffold)
        self._enter(self._base_entry, stacked([row.answer_states for row in rows], width, left=False))
        context = real.sum(1, keepdim=True) + len(self.preamble)
        with self._arithmetic():
            hidden = trunk_of(self._base)(
                input_ids=ids,
                attention_mask=torch.cat([self._mask(real), torch.ones_like(valid, dtype=torch.long)], dim=1),
                position_ids=context + torch.arange(width, device=self.device),
                past_key_values=mixed,
                use_cache=True,
            ).last_hidden_state
            return vocabulary_logits(self._base, hidden[at_places(rows, valid)])

    @contextmanager
    def dropping(self) -> Iterator[None]:
        """While entered, ``lora_dropout`` acts on the adapters' inputs. Outside of it nothing is ever dropped."""
        for part in self._dropped:
            part.train()
        try:
            yield
        finally:
            for part in self._dropped:
                part.eval()

    def base_logits(self, rows: Sequence[Exercise]) -> torch.Tensor:
        """What the bare base predicted for rows prepared with ``own``: logits as of :meth:`predict`."""
        hidden = torch.cat([row.final for row in rows if row.final is not None])
        with torch.no_grad(), self._arithmetic():
            return vocabulary_logits(self._base, hidden)

    # -- answering -----------------------------------------------------------------------------------------------------

    @torch.no_grad()
    def answers(
        self,
        prompts: Sequence[Sequence[int]],
        tokens: int,
        heed: Heed,
        *,
        influence: bool,
        threshold: float | None = None,
    ) -> list[Reply]:
        """Answer prompts greedily, many at once.

        Args:
            prompts: Token ids behind the preamble.
            tokens: Most new tokens of each.
            heed: Called before every token.
            influence: Whether the scaffold is heard; without it this is the bare base.
            threshold: r below it silences the scaffold for a prompt; None opens the gate for all.
        """

        def answered(chosen: Sequence[int]) -> list[Reply]:
            return self._answer([prompts[i] for i in chosen], tokens, heed, influence, threshold)

        return self.in_order([len(prompt) for prompt in prompts], answered)

    def _answer(
        self, prompts: Sequence[Sequence[int]], tokens: int, heed: Heed, influence: bool, threshold: float | None
    ) -> list[Reply]:
        tokenizer, end_ids = self.composition.base.tokenizer, self.composition.base.end_ids
        ids, real = self._padded([prompt[:-1] for prompt in prompts], left=True)
        cache = self._preamble_cache(len(prompts), range(len(self._preamble)))
        heed()
        with self._arithmetic(), capturing(decoder_layers(self._whole), self.first - 1) as captured:
            trunk_of(self._whole)(
                input_ids=ids,
                attention_mask=self._mask(real),
                position_ids=self._positions(real),
                past_key_values=cache,
                use_cache=True,
            )
        recognised = torch.zeros(len(prompts))
        acting: Callable[[], AbstractContextManager[None]] = nullcontext
        if influence:
            states = captured[0] if captured else torch.zeros(*ids.shape, 1)
            recognised, acting = self._hear(prompts, states, cache, threshold)
        token = torch.tensor([[prompt[-1]] for prompt in prompts], device=self.device)
        mask, position = self._mask(real), real.sum(1, keepdim=True) + len(self.preamble)
        said: list[list[int]] = [[] for _ in prompts]
        sure: list[list[float]] = [[] for _ in prompts]
        speaking = set(range(len(prompts)))
        for _ in range(tokens):
            heed()
            mask = torch.cat([mask, torch.ones_like(token)], dim=1)
            with self._arithmetic(), acting():
                output = self._whole(
                    input_ids=token, attention_mask=mask, position_ids=position, past_key_values=cache, use_cache=True
                )
            logits = output.logits[:, -1].float()
            best, token = torch.exp(logits.max(-1).values - logits.logsumexp(-1)), logits.argmax(-1, keepdim=True)
            position = position + 1
            for index in list(speaking):
                if int(token[index]) in end_ids:
                    speaking.discard(index)
                else:
                    said[index].append(int(token[index]))
                    sure[index].append(float(best[index]))
            if not speaking:
                break
        return replies(tokenizer, said, sure, recognised)

    def _hear(
        self, prompts: Sequence[Sequence[int]], states: torch.Tensor, cache: DynamicCache, threshold: float | None
    ) -> tuple[torch.Tensor, Callable[[], AbstractContextManager[None]]]:
        """Let the scaffold read the prompts and the base hear it.

        Args:
            prompts: Token ids behind the preamble.
            states: The base's below the scaffold's first layer, padded on the left.
            cache: The base's, from which it will answer.
            threshold: As of :meth:`answers`.

        Returns:
            r of each prompt, and what is to be entered for every token of the answers.
        """
        rows = [
            Exercise(list(prompt), [], True, states[index, states.shape[1] - len(prompt) + 1 :])
            for index, prompt in enumerate(prompts)
        ]
        logits, _, scaffold = self.read(rows)
        recognised = logits.sigmoid()
        heard = opened(recognised, threshold)
        self._mix_into(cache, scaffold, self.factor * heard)
        if self.dreams is None:
            return recognised, nullcontext
        layers = decoder_layers(self._whole)
        return recognised, self.dreams.join(cache, layers, sorted(self.bridged), heard.to(self.device) > 0)

    # -- parts ---------------------------------------------------------------------------------------------------------

    def in_order(self, lengths: Sequence[int], work: Callable[[Sequence[int]], list[Made]]) -> list[Made]:
        """What ``work`` makes of the rows of these lengths, given by number, those of like length together."""
        order = sorted(range(len(lengths)), key=lengths.__getitem__)
        made = dict(zip(order, chain.from_iterable(self.reading.each(order, work)), strict=True))
        return [made[index] for index in range(len(lengths))]

    @contextmanager
    def _arithmetic(self) -> Iterator[None]:
        with torch.autocast(self.device.type, dtype=torch.bfloat16):
            yield

    def _enter(self, entry: LeftOut | None, states: torch.Tensor) -> None:
        if entry is not None:
            entry.states = states.to(self.device)

    def _padded(
        self, sequences: Sequence[Sequence[int]], *, left: bool, width: int | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Ids ``[rows, width]`` with zeros as padding, and which of them are real."""
        ids, real = padded(sequences, width or max(1, *(len(s) for s in sequences)), left=left)
        return ids.to(self.device), real.to(self.device)

    def _mask(self, real: torch.Tensor) -> torch.Tensor:
        """Attention mask ``[rows, preamble + width]``."""
        return mask_behind(len(self.preamble), real)

    def _positions(self, real: torch.Tensor) -> torch.Tensor:
        return positions_behind(len(self.preamble), real)

    def _preamble_cache(self, rows: int, layers: range) -> DynamicCache:
        """A cache that holds the preamble for ``layers``, and empty positions for those below."""
        return cache_of(self._preamble, rows, layers)

    def _mixed(self, rows: Sequence[Exercise], width: int, scaffold: DynamicCache) -> DynamicCache:
        """The cache from which the base answers."""
        own = stacked_keys([row.keys_values for row in rows], width) if self.keeps_own else None
        n, mixture = len(self.preamble), DynamicCache()
        for index, layer in enumerate(scaffold.layers):
            heard = [part[: len(rows)] for part in (layer.keys, layer.values)]
            if index < self.first or own is None:
                mixture.update(*heard, index)
                continue
            parts = []
            for which, theirs in enumerate(heard):
                mine = own[index - self.first, which].to(theirs.dtype)
                said = torch.lerp(mine, theirs[:, :, n:], self.factor) if index in self.bridged else mine
                parts.append(torch.cat([theirs[:, :, :n], said], dim=2))
            mixture.update(*parts, index)
        return mixture

    def _mix_into(self, cache: DynamicCache, scaffold: DynamicCache, factors: torch.Tensor) -> None:
        n, factors = len(self.preamble), factors[:, None, None, None].to(self.device)
        for index in self.bridged:
            mine, theirs = cache.layers[index], scaffold.layers[index]
            for name in ("keys", "values"):
                own, other = getattr(mine, name), getattr(theirs, name)
                said = torch.lerp(own[:, :, n:].float(), other[:, :, n:].float(), factors)
                setattr(mine, name, torch.cat([own[:, :, :n], said.to(own.dtype)], dim=2))
