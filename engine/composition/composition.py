"""Base, scaffold and bridge together: the thing that generates.

For every answer both models read the context, each into its own cache, computing only what is new; then the base is
set up to answer under the scaffold's influence. Where there is no influence the scaffold is skipped, not multiplied
by zero: the answer then comes from the bare base, bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

import torch

from engine.composition.bridge import CrossAttentionBridge, Influence, RecognitionGate, key_bias, mixed_cache
from engine.composition.cache import KVCache, StateRows
from engine.composition.frozen import FrozenModel
from engine.composition.layers import matching_layer
from engine.composition.packed.model import PackedLlama
from engine.composition.prompt import Prompt
from engine.composition.scaffold import LoraSettings, Scaffold, ScaffoldReading, common_prefix, hidden_of
from engine.composition.token_map import TokenMap, TokenMemory

SILENT = Influence(weight=0.0)


class Cancelled(Exception):
    """The user stopped the computation. What was read before it is kept."""


class BaseReading:
    """How far the base has read a conversation, untouched by any influence.

    Attributes:
        cache: Its keys and values.
        trunk: Hidden states below the scaffold's first own layer; None where the models have no trunk in common.
        ids: The tokens that ``cache`` holds and may be continued from.
    """

    def __init__(self, base: FrozenModel, trunk_layers: int, packed: PackedLlama | None = None) -> None:
        self._base = base
        self._trunk_layers = trunk_layers
        self._packed = packed
        self.cache: Any = KVCache() if packed is None else packed.new_cache()
        self.trunk = StateRows() if trunk_layers else None
        self.ids: list[int] = []

    def cut(self, length: int) -> None:
        """Forget everything from position ``length`` on."""
        self.cache.cut(length)
        if self.trunk is not None:
            self.trunk.cut(length)
        del self.ids[length:]

    def read(self, ids: Sequence[int]) -> int:
        """Have read exactly ``ids``. Returns how many of them were known already."""
        known = common_prefix(self.ids, ids)
        self.cut(known)
        if known < len(ids):
            self.go_on(ids[known:], logits=False)
        return known

    def go_on(self, ids: Sequence[int], *, logits: bool) -> torch.Tensor | None:
        """Read ``ids`` behind what was read. Returns logits ``[len(ids), vocabulary]`` if they are wanted."""
        known = len(self.ids)
        try:
            read = self._packed_through(ids, logits) if self._packed else self._through(ids, logits)
        except BaseException:
            self.cut(known)
            raise
        self.ids.extend(ids)
        return read

    def _through(self, ids: Sequence[int], logits: bool) -> torch.Tensor | None:
        new = torch.tensor([list(ids)], device=self._base.device)
        through = self._base.model if logits else self._base.trunk
        with self._recording_trunk():
            output = through(input_ids=new, past_key_values=self.cache, use_cache=True)
        return output.logits[0].float() if logits else None

    def _packed_through(self, ids: Sequence[int], logits: bool) -> torch.Tensor | None:
        packed = self._packed
        assert packed is not None
        states = packed.embed(ids)
        if self.trunk is not None:
            packed.forward(states, self.cache, 0, self._trunk_layers, precise=logits)
            self.trunk.append(states[None])
        packed.forward(states, self.cache, self._trunk_layers, keys_only=not logits, precise=logits)
        self.cache.length += len(ids)
        return packed.finish(states, logits=True) if logits else None

    @contextmanager
    def _recording_trunk(self) -> Iterator[None]:
        """While entered, what the trunk's topmost layer computes is kept for the scaffold."""
        rows = self.trunk
        if rows is None:
            yield
            return
        layer = self._base.layers[self._trunk_layers - 1]
        handle = layer.register_forward_hook(lambda _module, _inputs, output: rows.append(hidden_of(output)))
        try:
            yield
        finally:
            handle.remove()


@dataclass(slots=True)
class Utterance:
    """One answer in the making: gives the logits that follow each token it is shown.

    Attributes:
        weight: w that acts; 0 when the scaffold keeps silent.
        recognition: The gate's r; None when it was not asked, or knows nothing yet.
        prompt_tokens: Tokens of context, the last one included.
        cached_tokens: How many of them were known from before.
    """

    weight: float
    recognition: float | None
    prompt_tokens: int
    cached_tokens: int
    _base: FrozenModel
    _reading: BaseReading
    _cache: Any
    _context: int
    _acting: Callable[[], AbstractContextManager[None]]
    _packed: PackedLlama | None = None

    def logits(self, token: int) -> torch.Tensor:
        """Logits ``[vocabulary]``, single precision, for what follows ``token``; the first one is the prompt's last."""
        return self.read([token])[0]

    @torch.inference_mode()
    def read(self, tokens: Sequence[int]) -> torch.Tensor:
        """Logits ``[tokens, vocabulary]``, single precision, for what follows each of several tokens, in one pass."""
        if self.weight == 0.0:
            # The base's own cache goes on by these tokens, and may be continued from here in the next turn.
            logits = self._reading.go_on(tokens, logits=True)
            assert logits is not None
            return logits
        if self._packed is not None:
            states = self._packed.embed(tokens)
            self._packed.forward(states, self._cache)
            self._cache.length += len(tokens)
            return self._packed.finish(states, logits=True)
        ids = torch.tensor([list(tokens)], device=self._base.device)
        with self._acting():
            output = self._base.model(input_ids=ids, past_key_values=self._cache, use_cache=True)
        return output.logits[0].float()

    def keep(self, tokens: int) -> None:
        """Take back all tokens that were read, but the first so many."""
        length = self._context + tokens
        if self.weight == 0.0:
            self._reading.cut(length)
        else:
            self._cache.cut(length)


class Composition:
    """A base, a scaffold, and the bridge between them.

    Attributes:
        layers: Bridged layers of the base.
        bridge: The cross-attention of the bridge form; None in key–value form.
        gate: The recognition gate.
        token_map: From the base's tokens to the scaffold's.
        memory: The token map's memory.
        packed: Computes in Transformers' place; None where it cannot, or shall not. Whoever changes that has the
            readings forgotten.
    """

    def __init__(
        self,
        base: FrozenModel,
        scaffold_model: FrozenModel,
        layers: Sequence[int],
        lora: LoraSettings,
        *,
        key_value: bool | None = None,
    ) -> None:
        """Compose two frozen models.

        Args:
            base: The one that speaks.
            scaffold_model: The one that learns; the same object as ``base`` when they are one checkpoint.
            layers: Bridged layers of the base.
            lora: The adapters' shape.
            key_value: Take this form; by default key–value form wherever it is possible.

        Raises:
            ValueError: When key–value form is asked for with two different checkpoints.
        """
        same = scaffold_model is base
        if key_value and not same:
            raise ValueError("the key–value form needs base and scaffold to be the same checkpoint")
        self.base = base
        self.layers = tuple(layers)
        self.token_map = TokenMap(base.tokenizer, scaffold_model.tokenizer)
        self.memory = TokenMemory()
        self._key_value = same if key_value is None else key_value
        lora_layers = self.layers
        if not self._key_value:
            counts = len(base.layers), len(scaffold_model.layers)
            lora_layers = tuple(sorted({matching_layer(layer, *counts) for layer in self.layers}))
        self.scaffold = Scaffold(scaffold_model, lora_layers, lora, shared=same)
        self.bridge = None if self._key_value else CrossAttentionBridge(base, scaffold_model, self.layers, lora.seed)
        self.gate = RecognitionGate(scaffold_model.hidden_size, lora.seed).to(base.device)
        self.packed = base.packed if self._key_value else None
        self.forget_reading()

    @property
    def form(self) -> str:
        """``key-value`` or ``bridge``."""
        return "key-value" if self._key_value else "bridge"

    @property
    def learned(self) -> bool:
        """Whether the scaffold has anything to say that the base would not."""
        if self.bridge is not None:
            return self.bridge.learned
        return self.scaffold.learned

    @property
    def can_learn(self) -> bool:
        """Whether there is anything to train: the key–value form has no parameters but the adapters."""
        return self.bridge is not None or self.scaffold.peft is not None

    @property
    def lora_parameters(self) -> int:
        """Number of LoRA parameters, the unit of the lifecycle's capacity."""
        return self.scaffold.adapter_parameters

    def forget_reading(self) -> None:
        """Drop both caches: the next answer reads its context from the beginning."""
        self._base_reading = BaseReading(self.base, self.scaffold.first, self.packed)
        self._base_alone = BaseReading(self.base, self.scaffold.first, self.packed)
        self._scaffold_before = BaseReading(self.scaffold.frozen, 0)
        recorded = sorted(set(self.bridge.source.values())) if self.bridge is not None else ()
        self._scaffold_reading = ScaffoldReading(self.scaffold, recorded, self.packed)

    @torch.inference_mode()
    def bare_logits(self, ids: Sequence[int]) -> torch.Tensor:
        """Logits ``[vocabulary]`` after ``ids``, of the base by itself: read afresh, with nothing composed."""
        reading = BaseReading(self.base, 0, self.packed)
        reading.read(ids[:-1])
        logits = reading.go_on(ids[-1:], logits=True)
        assert logits is not None
        return logits[0]

    def for_scaffold(self, before: Sequence[int], newest: Sequence[int]) -> tuple[list[int], list[int]]:
        """What the scaffold reads of a prompt, in its own token ids: what came before the newest message, and that.

        A scaffold that shares the base's trunk reads the base's tokens but the last, from which the answer begins.
        Another one reads the whole of the prompt, as far as it fits: each of the two loses its beginning beyond half
        of the scaffold's context.
        """
        if self.scaffold.shared:
            return list(before), list(newest[:-1])
        half = self.scaffold.frozen.context_limit // 2
        earlier, own = (self.token_map.scaffold_ids(part)[-half:] for part in (before, newest))
        return earlier, own

    @torch.inference_mode()
    def listen(
        self,
        prompt: Prompt,
        influence: Influence = SILENT,
        *,
        memory_rate: float | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Utterance:
        """Read a prompt and get ready to answer it.

        Args:
            prompt: The context; its last token is the first one given to :meth:`Utterance.logits`.
            influence: How loudly the scaffold may speak.
            memory_rate: ``memory_decay_rate``, when the token map's memory takes part; None when it is switched off.
            cancelled: Asked before every layer.

        Raises:
            Cancelled: When ``cancelled`` said so; what was read before stays.
        """
        context = prompt.ids[:-1]
        with self._stopping(cancelled):
            known = self._base_reading.read(context) if context else 0
            utterance = Utterance(
                weight=0.0,
                recognition=None,
                prompt_tokens=len(prompt.ids),
                cached_tokens=known,
                _base=self.base,
                _reading=self._base_reading,
                _cache=self._base_reading.cache,
                _context=len(context),
                _acting=nullcontext,
                _packed=self.packed,
            )
            if influence.silent or not self.learned or not context:
                return utterance
            return self._under_influence(utterance, prompt, influence, memory_rate)

    def _under_influence(
        self, utterance: Utterance, prompt: Prompt, influence: Influence, memory_rate: float | None
    ) -> Utterance:
        # What was learned is recalled from the newest message alone, as if it began the conversation: so it was
        # learned, and so it was audited. After talk of other things it would be hardly found again, and what was
        # recognised in one question would go on speaking in the answers to all later ones.
        beginning, message = prompt.apart
        fresh = [*beginning, *message] == prompt.ids
        context, dreams = [*beginning, *message[:-1]], influence.dreams
        reading, base = self._scaffold_reading, self._base_reading if fresh else self._base_alone
        base.read(context)
        earlier, newest = self.for_scaffold(beginning, message)
        as_born = base if self.scaffold.shared else self._scaffold_before
        if not self.scaffold.shared:
            as_born.read(earlier)
        scaffold_ids = [*earlier, *newest]
        reading.read(scaffold_ids, as_born.trunk, as_born.cache, len(earlier))
        recognition = self.gate.recognise(reading.final.view())
        if recognition is not None and recognition < influence.threshold:
            return replace(utterance, recognition=recognition)
        heard = replace(utterance, weight=influence.weight, recognition=recognition, _context=len(context))
        spoken_ids = scaffold_ids[reading.preamble :]
        multipliers = None if memory_rate is None else self.memory.multipliers(spoken_ids, memory_rate)
        if self.bridge is None:
            span = range(reading.preamble, len(context))
            if self.packed is not None:
                mixed = base.cache.mixed_with(reading.cache, self.layers, span, influence.factor(multipliers))
                mixed = mixed if dreams is None else dreams.in_front_of(mixed, self.layers)
                return replace(heard, _cache=mixed)
            cache = mixed_cache(base.cache, reading.cache, self.layers, span, influence.factor(multipliers))
            joined = nullcontext if dreams is None else dreams.join(cache, self.base.layers, self.layers)
            return replace(heard, _cache=cache, _acting=joined)
        bridge = self.bridge
        states = {layer: rows.view() for layer, rows in reading.recorded.items()}
        bias = key_bias(multipliers, self.base.device)
        if dreams is not None:
            read = len(spoken_ids) + 1
            bias = torch.cat([torch.zeros(read, device=self.base.device) if bias is None else bias, dreams.bias])
            states = {n: torch.cat([rows, dreams.states(n, like=rows)], dim=1) for n, rows in states.items()}
        keys_and_values = bridge.attend_to(states)
        factor = 2 * influence.blend * influence.weight

        def acting() -> AbstractContextManager[None]:
            return bridge.acting(self.base.layers, keys_and_values, factor, bias)

        return replace(heard, _cache=base.cache, _acting=acting)

    @contextmanager
    def _stopping(self, cancelled: Callable[[], bool]) -> Iterator[None]:
        """While entered, every decoder layer of both models, or a packed model at times, asks whether to go on."""

        def ask(*_: object) -> None:
            if cancelled():
                raise Cancelled

        if self.packed is not None:
            with self.packed.asking(ask):
                yield
            return

        layers = {*self.base.layers, *self.scaffold.frozen.layers, *self.scaffold.decoder_layers}
        handles = [layer.register_forward_pre_hook(ask) for layer in layers]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()
