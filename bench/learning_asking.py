"""Asking a lifeform that does not change by being asked: greedy, briefly, each question for itself.

Everything goes through the lifeform's own ``generate`` and ``chat``. Between it and the models sits an :class:`Ear`
that notes what the models were really shown and which tokens came of it. So the guard against taught answers in a
prompt looks at the very prompt, template and earlier turns included, and two outputs are compared token by token.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from bench.learning_facts import given_away
from bench.learning_failure import BenchError
from bench.learning_guessing import Checked, Guess, MakeLearner, guesses
from engine.conversation import Conversation
from engine.in_view import examples

if TYPE_CHECKING:
    import torch

    from engine.api import Event
    from engine.composition.composition import Composition
    from engine.composition.prompt import Prompt
    from engine.lifeform import Lifeform

Mode = Literal["base", "shipped", "gate off"]
"""``base``: weight 0. ``shipped``: as the settings are. ``gate off``: the gate opens whatever r is."""
MODES: tuple[Mode, ...] = ("base", "shipped", "gate off")

MAX_NEW_TOKENS = 24


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to ask.

    Attributes:
        text: What is said.
        after: Lines of small talk said before it in the same conversation; none is a conversation of its own.
        guarded: Whether no taught answer may stand in the prompt.
    """

    text: str
    after: tuple[str, ...] = ()
    guarded: bool = True


@dataclass(slots=True)
class Heard:
    """An answer, and how sure the model was of it.

    Attributes:
        text: The answer.
        ids: Its tokens as they came, the end token included.
        stop_reason: As the decoder says it.
        weight: Influence weight that acted; 0 when the scaffold kept silent.
        recognition: The gate's r; None when it was not asked or is untrained.
        confidence: c as the program itself computes it: the mean over tokens of max p.
        other_confidences: Other readings of the same tokens: ``geometric`` (exp of the mean log p), ``least`` (the
            least p), ``first`` (p of the first token), ``margin`` (mean of first less second).
    """

    text: str
    ids: list[int]
    stop_reason: str
    weight: float
    recognition: float | None
    confidence: float | None
    other_confidences: dict[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """A JSON-ready object."""
        return asdict(self)


class Asker(Protocol):
    """Whatever can be asked: a lifeform, or what it is compared with."""

    def ask(self, question: Question, mode: Mode, guess: Sequence[int] = ()) -> Heard:
        """Answer, greedily, with at most :data:`MAX_NEW_TOKENS` tokens, and be the same afterwards.

        ``guess`` are the tokens that the answer may consist of: a good one saves time, a bad one changes nothing.
        """

    def guesses(self, questions: Sequence[Question], *, influence: bool) -> list[Guess]:
        """A guess at the answer to each of ``questions``; empty where none can be made."""

    def prompt(self, text: str) -> Prompt:
        """``text`` as the only turn of a conversation."""

    def logits(self, prompt: Prompt, continuation: Sequence[int], mode: Mode) -> torch.Tensor:
        """Logits ``[len(continuation), vocabulary]`` for each token of a given continuation of ``prompt``."""

    @property
    def tokenizer(self) -> Any:
        """Of the model that speaks."""


class Ear:
    """Listens in between a lifeform and its composition.

    A prompt is read from its beginning, whatever was read before it; only the very same prompt is not read twice. So
    no answer depends on what was asked before.

    Attributes:
        prompt_text: What the models were shown last, as it was typed and as it was meant.
        steps: What came of it.
        guess: Tokens that the next answer may consist of.
    """

    def __init__(self, composition: Composition) -> None:
        self.prompt_text = ""
        self.steps: list[Step] = []
        self.guess: Sequence[int] = ()
        self._composition, self._listen, self._read = composition, composition.listen, [-1]
        composition.listen = self._overhear  # type: ignore[method-assign]

    def _overhear(self, prompt: Prompt, *args: Any, **kwargs: Any) -> Any:
        if prompt.ids != self._read:
            self._composition.forget_reading()
            self._read = list(prompt.ids)
        self.prompt_text, self.steps = prompt.text, []
        if prompt.meant:
            self.prompt_text += "\n" + self._composition.base.tokenizer.decode(prompt.meant)
        guess, self.guess = self.guess, ()
        return _Overheard(Checked(self._listen(prompt, *args, **kwargs), guess), self.steps)


@dataclass(frozen=True, slots=True)
class Step:
    """One decoding step: the likeliest token, its probability, and the next likeliest's."""

    token: int
    first: float
    second: float


class _Overheard:
    """An utterance whose logits are noted as they pass."""

    def __init__(self, utterance: Any, steps: list[Step]) -> None:
        self._utterance, self._steps = utterance, steps

    def __getattr__(self, name: str) -> Any:
        return getattr(self._utterance, name)

    def logits(self, token: int) -> torch.Tensor:
        logits: torch.Tensor = self._utterance.logits(token)
        top = logits.softmax(-1).topk(2).values.tolist()
        self._steps.append(Step(int(logits.argmax()), *top))
        return logits


@dataclass(slots=True)
class Silent:
    """A listener who only waits for the end."""

    id: int = 0

    def emit(self, event: Event) -> None:
        """Take no notice."""

    def cancelled(self) -> bool:
        """Never."""
        return False


class LifeAsker:
    """Asks a lifeform that was opened read-only.

    ``forbidden`` are the taught answers: none of them may stand in a guarded prompt. ``learner`` makes the learner that
    it sleeps with, where that is another than usual.
    """

    def __init__(self, life: Lifeform, forbidden: Sequence[str], learner: MakeLearner | None = None) -> None:
        self.life = life
        self._forbidden = forbidden
        self._learner = learner
        self._ear = Ear(life.composed)
        self._prefixes: dict[tuple[tuple[str, ...], Mode], list[Any]] = {}
        self._scored_text: tuple[int, ...] = ()
        self._scored: dict[float, torch.Tensor] = {}
        # Chat has no temperature of its own to give; the likeliest of one candidate is the likeliest.
        life.set_config("controls_config.top_k", 1)
        life.set_config("controls_config.max_new_tokens", MAX_NEW_TOKENS)

    @property
    def tokenizer(self) -> Any:
        """The base's."""
        return self.life.composed.base.tokenizer

    def prompt(self, text: str) -> Prompt:
        """``text`` as the only turn of a conversation, with the system prompt in use."""
        from engine.composition.prompt import Turn, build_prompt

        controls = self.life.config.controls_config
        turns = [Turn("user", text)]
        return build_prompt(self.tokenizer, turns, limit=controls.context_length, system=controls.system_prompt)

    def ask(self, question: Question, mode: Mode, guess: Sequence[int] = ()) -> Heard:
        """Ask, in a conversation of its own.

        Raises:
            BenchError: A taught answer stands in the prompt, so that the answer would prove nothing.
        """
        life = self.life
        with self._as(mode), unchanged(life):
            turns = self._prefix(question.after, mode) if question.after else []
            life.conversation = Conversation(turns=list(turns))
            self._ear.guess = guess
            if question.after:
                answer = life.chat(Silent(), question.text)
            else:
                answer = life.generate(Silent(), question.text, MAX_NEW_TOKENS, 0.0)
            if question.guarded:
                self._guard(question)
        steps, stats = self._ear.steps, answer.stats
        if answer.text and not steps:
            raise BenchError("the decoder no longer passes through Utterance.logits; nothing could be overheard", 1)
        return Heard(
            text=answer.text,
            ids=[step.token for step in steps],
            stop_reason=stats.stop_reason,
            weight=stats.weight,
            recognition=stats.recognition,
            confidence=stats.confidence,
            other_confidences=_confidences(steps[: stats.tokens]),
        )

    def guesses(self, questions: Sequence[Question], *, influence: bool) -> list[Guess]:
        """Guess at answers in batches; empty for questions after small talk."""
        alone = [question for question in questions if not question.after]
        prompts = [self.prompt(question.text) for question in alone]
        made = guesses(self.life, prompts, MAX_NEW_TOKENS, influence=influence, learner=self._learner)
        found = dict(zip(alone, made, strict=True))
        return [found.get(question, Guess()) for question in questions]

    def logits(self, prompt: Prompt, continuation: Sequence[int], mode: Mode) -> torch.Tensor:
        """Logits for each token of ``continuation``, in one pass over all of it."""
        life = self.life
        controls = life.config.controls_config
        rate = controls.memory_decay_rate if controls.use_token_map_memory else None
        shown = [prompt.ids[-1], *continuation[:-1]]
        with self._as(mode):
            utterance = life.composed.listen(prompt, life.influence(), memory_rate=rate)
        # Modes of equal weight are one and the same computation.
        key = (*prompt.ids, *shown)
        if key != self._scored_text:
            self._scored_text, self._scored = key, {}
        if utterance.weight not in self._scored:
            self._scored[utterance.weight] = utterance.read(shown)
        return self._scored[utterance.weight]

    def _prefix(self, lines: tuple[str, ...], mode: Mode) -> list[Any]:
        """The turns of a conversation in which ``lines`` were said; made once for each mode."""
        if (lines, mode) not in self._prefixes:
            self.life.conversation = Conversation()
            for line in lines:
                self.life.chat(Silent(), line)
            self._prefixes[lines, mode] = list(self.life.conversation.turns)
        return self._prefixes[lines, mode]

    def _guard(self, question: Question) -> None:
        shown = self._ear.prompt_text
        for example in examples(self.life):
            shown = shown.replace(example.text, "", 1)
        if leak := given_away([shown], self._forbidden):
            raise BenchError(f"the prompt of {question.text!r} contains the taught answer {leak[1]!r}", 1)

    @contextmanager
    def _as(self, mode: Mode) -> Iterator[None]:
        life = self.life
        pinned, threshold = life.pinned_weight, life.config.core_config.gate_threshold
        try:
            if mode == "base":
                life.pin_weight(0.0)
            elif mode == "gate off":
                life.set_config("core_config.gate_threshold", 0.0)
            yield
        finally:
            life.pin_weight(pinned)
            life.set_config("core_config.gate_threshold", threshold)


@contextmanager
def unchanged(life: Lifeform) -> Iterator[None]:
    """While entered, ``life`` may live; afterwards its mind and the token map's memory are what they were."""
    memory = copy.deepcopy(life.composed.memory)
    confidence, temperament = copy.deepcopy(life.confidence), copy.deepcopy(life.temperament)
    conversation, last = life.conversation, life.last_answer
    try:
        yield
    finally:
        life.composed.memory = memory
        life.confidence, life.temperament = confidence, temperament
        life.conversation, life.last_answer = conversation, last


def _confidences(steps: Sequence[Step]) -> dict[str, float]:
    if not steps:
        return {}
    return {
        "geometric": math.exp(sum(math.log(step.first) for step in steps) / len(steps)),
        "least": min(step.first for step in steps),
        "first": steps[0].first,
        "margin": sum(step.first - step.second for step in steps) / len(steps),
    }
