"""Hearing the same prompt three ways: from the base alone, as chat would answer it now, and with the gate held open.

All that an evaluation counts rests on this: whether an answer is right, whether it is still the base's own word for
word, and how far the probabilities have moved where it is not. Nothing here changes anything.

Everything is asked in a fresh conversation and answered greedily. Chat differs in two small ways: it draws by
temperature, and the token map's memory may weigh single tokens.
"""

from __future__ import annotations

import math
import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

import torch

from engine.learning.exercise import Reply
from engine.learning.facts import Fact
from engine.learning.learner import Learner
from engine.learning.phrasing import lower_first
from engine.learning.questions import plain_questions, questions
from engine.resources import resource

if TYPE_CHECKING:
    from engine.composition.bridge import Influence
    from engine.composition.composition import Composition

Way = Literal["base", "as_shipped", "gate_open"]
WAYS: tuple[Way, ...] = ("base", "as_shipped", "gate_open")

TOKENS = 24
"""Most tokens of an answer."""
AT_ONCE = 32
"""Prompts that are answered together; between two such batches an evaluation can pause."""
PASSAGES = 12
SHOWN_TOKENS = 32
SCORED_TOKENS = 64
"""A passage of prose: so many tokens are shown as the user's turn, and so many of what follows are scored."""

_SCORED_AT_ONCE = 4
_HELD_OUT = 2
_FRAMES = ("Let me ask you something: {l}", "Here is a question for you. {q}")
"""Training never puts a question like this, so one in such a frame was not trained on, whatever the nights drew."""


class Pace(Protocol):
    """Who watches over the time it takes."""

    def heed(self) -> None:
        """Called before every token; raises to end it."""

    def step(self) -> None:
        """Called before every batch; may pause, and raises to end it."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """How the scaffold would be heard in chat.

    Attributes:
        audible: Whether it would be heard at all: it has learned something, and its influence is not 0.
        threshold: r below it silences the scaffold; None while the gate knows nothing, and is open.
    """

    audible: bool
    threshold: float | None

    @classmethod
    def in_chat(cls, composition: Composition, influence: Influence) -> Hearing:
        """As ``composition`` would listen now under ``influence``."""
        audible = composition.learned and not influence.silent
        return cls(audible, influence.threshold if composition.gate.trained else None)

    def opens(self, recognition: float) -> bool:
        """Whether the scaffold is heard at a prompt with this r."""
        return self.audible and (self.threshold is None or recognition >= self.threshold)


@dataclass(frozen=True, slots=True)
class Heard:
    """The answers to one prompt.

    Attributes:
        base: Of the bare base.
        opened_reply: With the gate held open.
        opened: Whether the gate opens by itself.
    """

    base: Reply
    opened_reply: Reply
    opened: bool

    def by(self, way: Way) -> Reply:
        """The answer of one way; a shut gate leaves the base's own."""
        return self.opened_reply if way == "gate_open" or (way == "as_shipped" and self.opened) else self.base

    def unchanged(self, way: Way) -> bool:
        """Whether the answer is the base's own, token for token."""
        return self.by(way).ids == self.base.ids

    def as_json(self) -> dict[str, Any]:
        """A JSON-ready object."""
        return {
            "opened": self.opened,
            "recognition": self.opened_reply.recognition,
            "answers": {way: self.by(way).text for way in WAYS},
            "confidence": {way: self.by(way).confidence for way in WAYS},
        }


def batches(prompts: int, hearing: Hearing) -> int:
    """How many steps :func:`ask` takes for so many prompts."""
    return math.ceil(prompts / AT_ONCE) * (2 if hearing.audible else 1)


def ask(
    learner: Learner, prompts: Sequence[Sequence[int]], hearing: Hearing, pace: Pace, tokens: int = TOKENS
) -> list[Heard]:
    """Answer every prompt in all three ways.

    Args:
        learner: The composition as it is, at the influence of chat.
        prompts: Token ids behind the preamble.
        hearing: How the scaffold would be heard.
        pace: Watches over it.
        tokens: Most tokens of each answer.
    """
    found: dict[int, Heard] = {}
    order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
    for start in range(0, len(order), AT_ONCE):
        chosen = order[start : start + AT_ONCE]
        batch = [prompts[i] for i in chosen]
        pace.step()
        base = learner.answers(batch, tokens, pace.heed, influence=False)
        opened = base
        if hearing.audible:
            pace.step()
            opened = learner.answers(batch, tokens, pace.heed, influence=True, threshold=None)
        for index, own, other in zip(chosen, base, opened, strict=True):
            found[index] = Heard(own, other, hearing.opens(other.recognition))
    return [found[index] for index in range(len(prompts))]


# -- drift -------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Drift:
    """How given texts are predicted, summed over their tokens, in nats.

    Attributes:
        tokens: Scored tokens.
        nats: Cross-entropy of each way.
        divergence: KL(base ‖ way).
    """

    tokens: int = 0
    nats: dict[Way, float] = field(default_factory=lambda: dict.fromkeys(WAYS, 0.0))
    divergence: dict[Way, float] = field(default_factory=lambda: dict.fromkeys(WAYS, 0.0))

    def perplexity(self, way: Way) -> float | None:
        """exp of the mean cross-entropy; None without tokens."""
        return math.exp(min(700.0, self.nats[way] / self.tokens)) if self.tokens else None

    def rise(self, way: Way) -> float | None:
        """Perplexity over that of the base, less 1."""
        return math.expm1(min(700.0, (self.nats[way] - self.nats["base"]) / self.tokens)) if self.tokens else None

    def kl(self, way: Way) -> float | None:
        """Mean KL(base ‖ way) per token."""
        return self.divergence[way] / self.tokens if self.tokens else None


def scoring_steps(rows: int) -> int:
    """How many steps :func:`drift` takes for so many rows."""
    return math.ceil(rows / _SCORED_AT_ONCE)


@torch.no_grad()
def drift(learner: Learner, rows: Sequence[tuple[Sequence[int], Sequence[int]]], hearing: Hearing, pace: Pace) -> Drift:
    """Score given continuations of given prompts.

    Args:
        learner: As of :func:`ask`.
        rows: Prompt behind the preamble, and the continuation that is scored, in token ids.
        hearing: As of :func:`ask`.
        pace: Watches over it.
    """
    found = Drift()
    order = sorted((row for row in rows if row[1]), key=lambda row: len(row[0]) + len(row[1]))
    for start in range(0, len(order), _SCORED_AT_ONCE):
        pace.step()
        some = order[start : start + _SCORED_AT_ONCE]
        exercises = learner.prepare([(prompt, said, False) for prompt, said in some], pace.heed, own=True)
        base = learner.base_logits(exercises).log_softmax(-1)
        scaffolded, opened = base, [False] * len(some)
        if hearing.audible:
            gate, real, cache = learner.read(exercises)
            scaffolded = learner.predict(exercises, real, cache).log_softmax(-1)
            opened = [hearing.opens(float(r)) for r in gate.sigmoid()]
        at = 0
        for (_, said), is_open in zip(some, opened, strict=True):
            span = slice(at, at := at + len(said))
            mine, theirs = base[span], scaffolded[span]
            ids = torch.tensor(list(said), device=base.device)[:, None]
            own_nats, nats = -float(mine.gather(1, ids).sum()), -float(theirs.gather(1, ids).sum())
            divergence = max(0.0, float((mine.exp() * (mine - theirs)).sum()))
            found.tokens += len(said)
            found.nats["base"] += own_nats
            found.nats["as_shipped"] += nats if is_open else own_nats
            found.nats["gate_open"] += nats
            found.divergence["as_shipped"] += divergence if is_open else 0.0
            found.divergence["gate_open"] += divergence
    return found


def passages(tokenizer: Any) -> list[tuple[str, list[int]]]:
    """Pieces of English prose that nothing is trained on: what is shown, and the token ids that go on from it."""
    text = " ".join(resource("data/held_out_prose.txt").read_text(encoding="utf-8").split())
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    length = SHOWN_TOKENS + SCORED_TOKENS
    stride = max(length, len(ids) // PASSAGES)
    starts = range(0, len(ids) - length + 1, stride)[:PASSAGES]
    return [
        (tokenizer.decode(ids[start : start + SHOWN_TOKENS]), ids[start + SHOWN_TOKENS : start + length])
        for start in starts
    ]


# -- questions ---------------------------------------------------------------------------------------------------------


def questions_for(fact: Fact, known: Collection[Fact]) -> tuple[str, ...]:
    """What is asked about ``fact``: its plainest question, then others that were not trained on; empty if none fits.

    The same in every run, so that two evaluations can be compared.

    Args:
        fact: What was told.
        known: All facts that hold: a shortened subject must mean only one of them.
    """
    chance = random.Random(fact.id)
    plain = plain_questions(fact, chance)[:1]
    made = [one for one in questions(fact, chance, 60, known) if one.form in ("words", "short", "order", "plain")]
    made.sort(key=lambda one: one.form == "plain")  # in other words where there are any
    others = [one.text for one in made if one.text not in plain]
    if not plain:
        plain, others = others[:1], others[1:]
    asked = (others or plain) * _HELD_OUT
    return (
        *plain,
        *(frame.format(q=q, l=lower_first(q)) for frame, q in zip(_FRAMES, asked[:_HELD_OUT], strict=False)),
    )
