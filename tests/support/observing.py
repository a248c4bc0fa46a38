"""Looking at what a tiny life does: how far its scaffold is heard, what a training or a night goes through."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from lives import Ear

from engine.api import AnswerStats, Event, Output, TrainingStep

if TYPE_CHECKING:
    from engine.lifeform import Lifeform

TEXT = "hello, my cat is called"
FACTS = (
    "My cat is called Zorblax.",
    "The river Velmora flows into the Corvic sea.",
    "My sister Noor lives in Graz.",
    "My dog is called Kelpast.",
    "My brother Tom lives in Bern.",
)


def stats(confidence: float | None = 0.5) -> AnswerStats:
    """Figures of an answer that was so sure."""
    return AnswerStats(3, 0.5, 0.1, 6.0, 10, 0, confidence, 0.0, None, "end")


def teach(life: Lifeform, sure: float = 8.0) -> None:
    """Give it adapters as a long life leaves them, and a gate whose r is sigmoid(``sure``) whatever the prompt."""
    composition, chance = life.composed, torch.Generator().manual_seed(3)
    adapters = composition.scaffold.adapters()
    composition.scaffold.set_adapters({n: torch.randn(t.shape, generator=chance) * 0.3 for n, t in adapters.items()})
    composition.gate.head[2].weight.data.zero_()
    composition.gate.head[2].bias.data.fill_(sure)
    composition.gate.trained = True


def heard(life: Lifeform, text: str = TEXT) -> tuple[float, float]:
    """The weight at which the scaffold speaks after ``text``, and how far it moves the next token's logits."""
    from engine.composition.prompt import Prompt

    ids = life.composed.base.tokenizer(text)["input_ids"]
    prompt = Prompt(ids, text)
    bare = life.composed.listen(prompt).logits(ids[-1])
    utterance = life.composed.listen(prompt, life.influence())
    return utterance.weight, float((utterance.logits(ids[-1]) - bare).abs().mean())


def moved_adapters(life: Lifeform) -> float:
    """Mean size of what is zero in a newborn's adapters."""
    born_zero = [t for name, t in life.composed.scaffold.adapters().items() if name.endswith("lora_B.weight")]
    return float(torch.cat([t.flatten() for t in born_zero]).abs().mean())


@dataclass
class Watch(Ear):
    """Watches a training or a night, and stops it at the first event of the kind ``until``."""

    until: type[Any] | None = None
    moved: list[float] = field(default_factory=list)
    """Of a training, after each step, how far the adapters are from a newborn's."""
    life: Lifeform | None = None

    def emit(self, event: Event) -> None:
        super().emit(event)
        if self.life is not None and isinstance(event, TrainingStep):
            self.moved.append(moved_adapters(self.life))

    def enter(self, *_: Any) -> None:
        pass

    def attend(self, *_: Any) -> None:
        pass

    def cancelled(self) -> bool:
        return self.until is not None and bool(self.of(self.until))

    @property
    def said(self) -> str:
        return "\n".join(event.text for event in self.of(Output))


def train(life: Lifeform, until: type[Any] | None = None, **wanted: Any) -> Watch:
    """Go through the command ``train``."""
    from engine.schooling import Wanted
    from engine.schooling import train as schooled

    watch = Watch(until=until, life=life)
    schooled(life, watch, Wanted(**wanted))
    return watch


def night(life: Lifeform, until: type[Any] | None = None) -> Watch:
    """Go through the command ``sleep``."""
    watch = Watch(until=until, life=life)
    life.sleep(watch)
    return watch


def trace_noise(life: Lifeform) -> list[float]:
    """How far the trace of each dream is from what its memory leaves undisturbed, as a share of its rms."""
    from engine.composition.prompt import Turn, build_prompt
    from engine.composition.recollection import Recollection

    tokenizer = life.composed.base.tokenizer
    recalled = Recollection(life.composed, lambda text: build_prompt(tokenizer, [Turn("user", text)], limit=500))
    texts = {memory.id: memory.text for memory in life.journal.memories.all()}
    found = []
    for one in life.dreams.dreams:
        clean = recalled.trace(texts[one.memory_id])
        squares = [((one.trace[n].float() - t) / t.square().mean().sqrt()).square() for n, t in clean.items()]
        found.append(math.sqrt(torch.cat([s.flatten() for s in squares]).mean()))
    return found
