"""The control ``plain-lora``: the same night and the same questions, but the adapters act inside the base itself.

No scaffold beside the base and no bridge: a copy of the base with LoRA in the layers that the composition bridges reads
the prompt and says the answer. Rows, dreams, losses, steps, schedule, audit and the recognition gate are those of the
program, whose own ``sleep`` runs; the adapters are the same tensors, so the trained parameters are as many. Where the
gate keeps shut, the bare base answers, as ever.

What comes before the newest message is read with the base's eyes, as the composition does it. What dreams leave for the
base to attend to is left out: there is no bridge that it could be heard through.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import torch

from bench.learning_asking import LifeAsker
from engine.composition.bridge import Influence, mixed_cache
from engine.composition.composition import Composition, Utterance
from engine.composition.frozen import FrozenModel, decoder_layers
from engine.learning import sleep as nights
from engine.learning.exercise import Exercise, Reply
from engine.learning.learner import Heed, Learner
from engine.learning.llama_learner import LlamaLearner
from engine.learning.llama_stack import LayerAdapters, LlamaStack, is_plain_llama

if TYPE_CHECKING:
    from engine.composition.prompt import Prompt
    from engine.lifeform import Lifeform

_WHOLE = Influence(weight=1.0)
"""The adapters act or they do not; there is no weight at which they are heard."""
_BATCH = 32
"""Prompts that are read at once when the gate is asked."""


class _ActsInside(Learner):
    """What makes any learner one whose adapters act on prompt and answer alike, in one model."""

    kind: type[Learner]

    def __init__(self, composition: Composition, influence: Influence, preamble: Sequence[int]) -> None:
        """As :class:`Learner`, in key–value form; ``influence`` is not looked at."""
        super().__init__(composition, _WHOLE, preamble)
        # What answers has read the prompt itself: it takes its own keys and values, in every layer.
        self.bridged, self.keeps_own = frozenset(range(self.first, len(composition.base.layers))), False

    def _inside(self) -> Learner:
        """This learner with the adapters in all its models."""
        raise NotImplementedError

    def predict(self, rows: Sequence[Exercise], real: torch.Tensor, scaffold: Any) -> torch.Tensor:
        """As :meth:`Learner.predict`: the adapted model predicts."""
        return self.kind.predict(self._inside(), rows, real, scaffold)

    def answers(
        self,
        prompts: Sequence[Sequence[int]],
        tokens: int,
        heed: Heed,
        *,
        influence: bool,
        threshold: float | None = None,
    ) -> list[Reply]:
        """As :meth:`Learner.answers`: by the adapted model where the gate opens, by the bare base elsewhere."""
        if not influence:
            return super().answers(prompts, tokens, heed, influence=False)
        recognised = self._recognised(prompts, heed)
        speaks = [threshold is None or r >= threshold for r in recognised]
        replies: list[Reply | None] = [None] * len(prompts)
        for speaker, opened in ((self._inside(), True), (self, False)):
            chosen = [index for index, open_ in enumerate(speaks) if open_ is opened]
            said = self.kind.answers(speaker, [prompts[i] for i in chosen], tokens, heed, influence=False)
            for index, reply in zip(chosen, said, strict=True):
                replies[index] = replace(reply, recognition=recognised[index])
        return [reply for reply in replies if reply is not None]

    @torch.no_grad()
    def _recognised(self, prompts: Sequence[Sequence[int]], heed: Heed) -> list[float]:
        rows = self.prepare([(prompt, [], True) for prompt in prompts], heed)
        starts = range(0, len(rows), _BATCH)
        return [r for start in starts for r in self.read(rows[start : start + _BATCH])[0].sigmoid().tolist()]


class PlainLearner(_ActsInside):
    """Plain LoRA for any architecture."""

    kind = Learner

    def _take_models(self) -> None:
        super()._take_models()
        self._adapted = with_adapters(self._whole, self._scaffold, self.first)

    def _inside(self) -> Learner:
        inside = copy.copy(self)
        inside._whole = self._adapted
        inside._base, inside._base_entry = self._scaffold, self._scaffold_entry
        return inside


class PlainLlamaLearner(_ActsInside, LlamaLearner):
    """Plain LoRA for Llamas, as fast as the composition is trained."""

    kind = LlamaLearner

    def _inside(self) -> Learner:
        inside = copy.copy(self)
        inside._stack = cast("LlamaStack", _AdaptedStack(self._stack, self.first, self._adapters()))
        return inside


class _AdaptedStack:
    """A stack whose layers have their adapters, whoever sends states through them."""

    def __init__(self, stack: LlamaStack, first: int, adapters: Sequence[LayerAdapters]) -> None:
        self._stack = stack
        self._adapters: list[LayerAdapters] = [(None, None, None, None)] * first + list(adapters)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stack, name)

    def run(self, states: torch.Tensor, layers: range, *rest: Any, **more: Any) -> Any:
        """As :meth:`LlamaStack.run`."""
        return self._stack.run(states, layers, *rest, **{**more, "adapters": [self._adapters[i] for i in layers]})


def plain_learner_for(composition: Composition, influence: Influence, preamble: Sequence[int]) -> Learner:
    """As :func:`engine.learning.learners.learner_for`, for plain LoRA."""
    kind = PlainLlamaLearner if is_plain_llama(composition.base.model) else PlainLearner
    return kind(composition, influence, preamble)


def with_adapters(whole: Any, adapted: Any, first: int) -> Any:
    """``whole`` with the layers of ``adapted`` from ``first`` on; no tensor is copied."""
    memo = {id(tensor): tensor for tensor in (*whole.parameters(), *whole.buffers())}
    speaker = copy.deepcopy(whole, memo)
    own = decoder_layers(adapted)
    for index in range(first, len(own)):
        decoder_layers(speaker)[index] = own[index]
    return speaker


def act_inside(composition: Composition) -> None:
    """From now on the adapters of ``composition`` act inside the base when the gate opens, not through the bridge."""
    composition.packed = None  # a packed base knows nothing of adapters inside it
    composition.forget_reading()
    scaffold, base = composition.scaffold, composition.base
    model = with_adapters(base.model, scaffold.model, scaffold.first)
    speaker = FrozenModel(base.name, base.folder, model, base.tokenizer, decoder_layers(model), base.end_ids)
    own = range(scaffold.first, len(base.layers))
    under_influence = composition._under_influence

    def inside(utterance: Utterance, prompt: Prompt, influence: Influence, memory_rate: float | None) -> Utterance:
        recognised = under_influence(utterance, prompt, replace(influence, dreams=None), None)
        if recognised.weight == 0.0:
            return recognised
        # What was learned answers the newest message alone, here as there.
        beginning, message = prompt.apart
        alone = len(beginning) + len(message)
        reading = composition._scaffold_reading
        base_reading = composition._base_reading if alone == len(prompt.ids) else composition._base_alone
        cache = mixed_cache(base_reading.cache, reading.cache, own, range(reading.preamble, alone - 1), 1.0)
        return replace(recognised, _base=speaker, _cache=cache)

    composition._under_influence = inside  # type: ignore[method-assign]


@contextmanager
def nights_of_plain_lora() -> Iterator[None]:
    """While entered, whoever sleeps in this process trains plain LoRA."""
    usual = nights.learner_for
    nights.learner_for = plain_learner_for
    try:
        yield
    finally:
        nights.learner_for = usual


def ask_plain_lora(life: Lifeform, forbidden: Sequence[str]) -> LifeAsker:
    """Asks ``life``, whose nights were those of plain LoRA."""
    act_inside(life.composed)
    return LifeAsker(life, forbidden, plain_learner_for)
