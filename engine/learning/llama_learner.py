"""The learner for Llamas: what :class:`~engine.learning.learner.Learner` does, computed by :class:`LlamaStack`.

Only where the numbers come from differs; rows, losses, the gate and the mixture are the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from engine.composition.frozen import decoder_layers
from engine.learning.batching import at_places, stacked, stacked_keys
from engine.learning.exercise import Exercise, Reply, disturbed, replies
from engine.learning.learner import Heed, Learner
from engine.learning.llama_stack import KeysValues, LayerAdapters, LlamaStack, adapters_of

_NEVER = -1e9
"""Added to a score that must not count; finite, so that padding which sees nothing does no harm."""


class LlamaLearner(Learner):
    """A learner whose base and scaffold are one plain Llama."""

    def _take_models(self) -> None:
        composition = self.composition
        self._stack = LlamaStack(composition.base.model)
        scaffold: Any = composition.scaffold.peft.get_base_model()
        self._wrapped = list(decoder_layers(scaffold))[self.first :]
        self.parameters = [p for n, p in scaffold.named_parameters() if "lora_" in n]
        self._dropped = [m for m in scaffold.modules() if isinstance(m, nn.Dropout)]
        self._lower = range(self.first)
        self._upper = range(self.first, len(self._stack.layers))

    @torch.no_grad()
    def _read_preamble(self) -> list[KeysValues]:
        stack = self._stack
        everything = range(len(stack.layers))
        ids = torch.tensor([self.preamble], dtype=torch.long, device=self.device)
        nothing = torch.zeros(1, stack.groups, 0, stack.head_dim, dtype=torch.bfloat16, device=self.device)
        if not self.preamble:
            return [(nothing, nothing)] * len(everything)
        real = torch.ones_like(ids, dtype=torch.bool)
        rotary = stack.rotary(torch.arange(ids.shape[1], device=self.device)[None])
        shared = [(nothing, nothing)] * len(everything)
        return stack.run(stack.embed(ids), everything, rotary, _causal(real), shared)[1]

    # -- preparing rows ------------------------------------------------------------------------------------------------

    def _prepare(self, rows: Sequence[tuple[Sequence[int], Sequence[int], bool]], own: bool) -> Iterator[Exercise]:
        stack = self._stack
        ids, real = self._padded([[*prompt, *answer[:-1]] for prompt, answer, _ in rows], left=False)
        rotary, mask = stack.rotary(self._positions(real)), _causal(real)
        lower = stack.run(stack.embed(ids), self._lower, rotary, mask, self._preamble, real=real)[0]
        mixed = self.keeps_own and any(answer for _, answer, _ in rows)
        final: torch.Tensor | None = None
        seen: list[KeysValues] = []
        if own or mixed:
            states, seen = stack.run(lower, self._upper, rotary, mask, self._preamble, real=real)
            final = stack.final(states)
        for index, (prompt, answer, told) in enumerate(rows):
            context, end = len(prompt) - 1, len(prompt) - 1 + len(answer)
            exercise = Exercise(list(prompt), list(answer), told, lower[index, :context].clone())
            if answer:
                exercise.answer_states = lower[index, context:end].clone()
                if self.keeps_own:
                    exercise.keys_values = torch.stack([torch.stack(kv)[:, index, :, :context] for kv in seen])
                if own and final is not None:
                    exercise.final = final[index, context:end]
            yield exercise

    # -- one step ------------------------------------------------------------------------------------------------------

    def _adapters(self) -> list[LayerAdapters]:
        return [adapters_of(layer) for layer in self._wrapped]

    def _read(self, rows: Sequence[Exercise]) -> tuple[torch.Tensor, torch.Tensor, list[KeysValues]]:
        width = max(1, *(len(row.prompt) - 1 for row in rows))
        _, real = self._padded([row.prompt[:-1] for row in rows], left=True, width=width)
        states = stacked([disturbed(row) for row in rows], width, left=True).to(self.device)
        rotary = self._stack.rotary(self._positions(real))
        rate = next((part.p for part in self._dropped if part.training), 0.0)
        states, seen = self._stack.run(
            states,
            self._upper,
            rotary,
            _causal(real),
            self._preamble,
            adapters=self._adapters(),
            dropout=rate,
            real=real,
        )
        return self._stack.final(states), real, seen

    def predict(self, rows: Sequence[Exercise], real: torch.Tensor, scaffold: list[KeysValues]) -> torch.Tensor:
        """See :meth:`Learner.predict`."""
        width = max(len(row.answer) for row in rows)
        _, valid = self._padded([row.answer for row in rows], left=False, width=width)
        real = real[: len(rows)]
        mixed = scaffold = [(keys[: len(rows)], values[: len(rows)]) for keys, values in scaffold]
        if self.keeps_own:
            own = stacked_keys([row.keys_values for row in rows], real.shape[1]).to(self.device)
            factors = torch.full((len(rows),), self.factor, device=self.device)
            mixed = self._mixed_with(list(own.unbind()), scaffold, factors)
        states = stacked([row.answer_states for row in rows], width, left=False).to(self.device)
        context = real.sum(1, keepdim=True) + len(self.preamble)
        rotary = self._stack.rotary(context + torch.arange(width, device=self.device))
        mask = _causal(valid, real)
        states, _ = self._stack.run(states, self._upper, rotary, mask, self._preamble, mixed, real=valid)
        return self._stack.logits(self._stack.final(states[at_places(rows, valid)]))

    def base_logits(self, rows: Sequence[Exercise]) -> torch.Tensor:
        """See :meth:`Learner.base_logits`."""
        with torch.no_grad():
            return self._stack.logits(torch.cat([row.final for row in rows if row.final is not None]))

    def _mixed_with(
        self, own: Sequence[Any], scaffold: Sequence[KeysValues], factors: torch.Tensor
    ) -> list[KeysValues]:
        """The base's keys and values of the prompts moved toward the scaffold's by ``factors [rows]``."""
        weight = factors[:, None, None, None]
        mixture: list[KeysValues] = []
        for place, (mine, theirs) in enumerate(zip(own, scaffold, strict=True)):
            if self.first + place not in self.bridged:
                mixture.append((mine[0], mine[1]))
                continue
            keys, values = ((a + weight * (b.float() - a)).bfloat16() for a, b in zip(mine, theirs, strict=True))
            mixture.append((keys, values))
        return mixture

    # -- answering -----------------------------------------------------------------------------------------------------

    def _answer(
        self, prompts: Sequence[Sequence[int]], tokens: int, heed: Heed, influence: bool, threshold: float | None
    ) -> list[Reply]:
        stack, tokenizer, end_ids = self._stack, self.composition.base.tokenizer, self.composition.base.end_ids
        ids, real = self._padded([prompt[:-1] for prompt in prompts], left=True)
        heed()
        rotary, mask = stack.rotary(self._positions(real)), _causal(real)
        lower, seen = stack.run(stack.embed(ids), self._lower, rotary, mask, self._preamble, real=real)
        heed()
        seen += stack.run(lower, self._upper, rotary, mask, self._preamble, real=real)[1]
        recognised = torch.zeros(len(prompts))
        dreaming = None
        if influence:
            heed()
            adapters = self._adapters()
            states, theirs = stack.run(lower, self._upper, rotary, mask, self._preamble, adapters=adapters, real=real)
            recognised = self.gate.logits(stack.final(states), real).sigmoid()
            opened = torch.ones_like(recognised) if threshold is None else (recognised >= threshold).float()
            seen[self.first :] = self._mixed_with(seen[self.first :], theirs, self.factor * opened)
            dreaming = opened > 0 if self.dreams is not None else None
        said: list[list[int]] = [[] for _ in prompts]
        sure: list[list[float]] = [[] for _ in prompts]
        speaking = list(range(len(prompts)))
        token = torch.tensor([[prompt[-1]] for prompt in prompts], device=self.device)
        position = real.sum(1, keepdim=True) + len(self.preamble)
        for _ in range(tokens):
            heed()
            seen, logits = self._next(token, position, real, seen, dreaming)
            best, token = torch.exp(logits.max(-1).values - logits.logsumexp(-1)), logits.argmax(-1, keepdim=True)
            going = []
            for place, (index, one, share) in enumerate(
                zip(speaking, token[:, 0].tolist(), best.tolist(), strict=True)
            ):
                if one not in end_ids:
                    said[index].append(one)
                    sure[index].append(share)
                    going.append(place)
            if not going:
                break
            real = torch.cat([real, real.new_ones(len(speaking), 1)], dim=1)
            position = position + 1
            if len(going) < len(speaking):
                # Those who have ended leave the batch.
                speaking = [speaking[place] for place in going]
                token, position, real = token[going], position[going], real[going]
                seen = [(keys[going], values[going]) for keys, values in seen]
                dreaming = None if dreaming is None else dreaming[going]
        return replies(tokenizer, said, sure, recognised)

    def _next(
        self,
        token: torch.Tensor,
        position: torch.Tensor,
        real: torch.Tensor,
        seen: list[KeysValues],
        dreaming: torch.Tensor | None,
    ) -> tuple[list[KeysValues], torch.Tensor]:
        """Show each row one token; returns the grown cache and the logits ``[rows, vocabulary]`` that follow."""
        stack = self._stack
        everything = range(len(stack.layers))
        mask = _causal(torch.ones_like(token, dtype=torch.bool), real)
        shared, bias = (self._preamble, None) if dreaming is None else self._with_dreams(dreaming)
        states, seen = stack.run(stack.embed(token), everything, stack.rotary(position), mask, shared, seen, bias=bias)
        return seen, stack.logits(stack.final(states[:, -1]))

    def _with_dreams(self, dreaming: torch.Tensor) -> tuple[list[KeysValues], list[torch.Tensor | None]]:
        """The preamble with the dreams in front of it in the bridged layers, and what is added to the scores of both.

        Args:
            dreaming: Which rows see the dreams, ``[rows]``.
        """
        assert self.dreams is not None
        loud = torch.where(dreaming[:, None, None, None], self.dreams.bias.float(), _NEVER)
        shared = list(self._preamble)
        bias: list[torch.Tensor | None] = [None] * len(shared)
        for index in self.bridged:
            keys, values = (self.dreams.traces[f"{what}.{index}"].transpose(0, 1)[None] for what in ("keys", "values"))
            early_keys, early_values = self._preamble[index]
            shared[index] = (
                torch.cat([keys.bfloat16(), early_keys], dim=2),
                torch.cat([values.bfloat16(), early_values], dim=2),
            )
            bias[index] = functional.pad(loud, (0, early_keys.shape[2]))
        return shared, bias


def _causal(real: torch.Tensor, past: torch.Tensor | None = None) -> torch.Tensor:
    """What is added to scores ``[rows, 1, T, past + T]``: 0 where a token may look, else as good as −∞.

    Args:
        real: Which of the ``T`` tokens are no padding, ``[rows, T]``.
        past: Which of the earlier ones are none, ``[rows, past]``.
    """
    tokens = real.shape[1]
    order = torch.ones(tokens, tokens, dtype=torch.bool, device=real.device).tril()
    visible = order & real[:, None, :]
    if past is not None:
        visible = torch.cat([past[:, None, :].expand(-1, tokens, -1), visible], dim=-1)
    return torch.where(visible, 0.0, _NEVER)[:, None]
