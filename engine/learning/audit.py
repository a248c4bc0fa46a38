"""Asking the sleeper, without any context, what it was told, and whether it still is what it was.

An audit asks every memory a few questions that were not trained on, in fresh conversations, and judges the generated
answers: never the loss, and never with the fact in view. It also asks what was never told, to see whether taught
answers turn up where they do not belong.

Everything is heard once, with the gate open. What would be said with the gate at a given threshold follows from that:
below it the base's own answer stands.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.learning.exercise import Reply
from engine.learning.learner import Heed, Learner

ANSWER_TOKENS = 20
"""Most tokens of an answer."""
_TITLE_STOP = re.compile(r"\b(mr|mrs|ms|dr|prof|st)\.")
"""``Dr. Amsel`` is ``Dr Amsel``."""
_ABBREVIATION = re.compile(r"\b(?:Dr|Mr|Mrs|Ms|Prof|St|Jr|Sr|vs|etc|e\.g|i\.e)\.$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Probe:
    """What one memory is asked.

    Attributes:
        memory_id: Which memory.
        questions: In words that were not trained on, the plainest first.
        value: What a right answer contains.
    """

    memory_id: int
    questions: tuple[str, ...]
    value: str


@dataclass(frozen=True, slots=True)
class Findings:
    """What an audit found.

    Attributes:
        strength: For each memory the share of its questions that were answered right.
        bleed: Share of the control prompts whose answer contains a taught value that the base's own answer lacks.
        opened: Share of the control prompts at which the gate opened.
    """

    strength: dict[int, float]
    bleed: float
    opened: float

    def known(self, ids: Sequence[int]) -> int:
        """How many of these memories are answered right at least half of the time."""
        return sum(self.strength.get(one, 0.0) >= 0.5 for one in ids)


@dataclass(frozen=True, slots=True)
class Heard:
    """One answer with the gate open: r at its prompt, and what came of it.

    Attributes:
        memory_id: Which memory was asked for; None for a control.
        recognition: r.
        told: Whether it says what was told: right for a memory, out of place for a control.
    """

    memory_id: int | None
    recognition: float
    told: bool


@dataclass(frozen=True, slots=True)
class Hearing:
    """All that an audit heard."""

    heard: tuple[Heard, ...]

    def findings(self, threshold: float) -> Findings:
        """What is found with the gate at ``threshold``."""
        right: dict[int, list[bool]] = {}
        for one in self.heard:
            if one.memory_id is not None:
                right.setdefault(one.memory_id, []).append(one.told and one.recognition >= threshold)
        strength = {memory: sum(hits) / len(hits) for memory, hits in right.items()}
        opened = [one for one in self.heard if one.memory_id is None and one.recognition >= threshold]
        controls = max(1, sum(one.memory_id is None for one in self.heard))
        return Findings(strength, sum(one.told for one in opened) / controls, len(opened) / controls)

    def settled(self, threshold: float, most_bleed: float, most_lost: float) -> float:
        """Where the gate does best: the lowest threshold from ``threshold`` on at which ``most_bleed`` bleeds.

        It goes no higher than where it would silence ``most_lost`` of the right answers: a gate that is sure of nothing
        any more is no cure.
        """
        controls = max(1, sum(one.memory_id is None for one in self.heard))
        told = [one for one in self.heard if one.told and one.recognition >= threshold]
        bled = sorted(one.recognition for one in told if one.memory_id is None)
        right = sorted(one.recognition for one in told if one.memory_id is not None)
        allowed = int(most_bleed * controls)
        if len(bled) <= allowed:
            return threshold
        wanted = math.nextafter(bled[-1 - allowed], math.inf)
        return min(wanted, right[int(most_lost * len(right))]) if right else wanted


def audit(
    learner: Learner,
    probes: Sequence[Probe],
    controls: Sequence[str],
    encode: Callable[[str], list[int]],
    heed: Heed,
    own: Sequence[str],
) -> Hearing:
    """Ask all probes and controls with the gate open, and judge the answers.

    Args:
        learner: Answers as the composition would now.
        probes: What to ask of the memories.
        controls: Prompts that nothing was told about.
        encode: A question to token ids behind the preamble.
        heed: Called before every token.
        own: The base's own answers to ``controls``, see :func:`own_answers`.
    """
    asked = [(probe, question) for probe in probes for question in probe.questions]
    replies = _ask(learner, [encode(question) for _, question in asked], heed)
    heard = [
        Heard(probe.memory_id, reply.recognition, answers(reply.text, probe.value))
        for (probe, _), reply in zip(asked, replies, strict=True)
    ]
    values = {probe.value for probe in probes}
    for reply, before in zip(_ask(learner, [encode(control) for control in controls], heed), own, strict=True):
        bled = any(contains(reply.text, value) and not contains(before, value) for value in values)
        heard.append(Heard(None, reply.recognition, bled))
    return Hearing(tuple(heard))


def own_answers(learner: Learner, controls: Sequence[str], encode: Callable[[str], list[int]], heed: Heed) -> list[str]:
    """The base's own answers to ``controls``."""
    prompts = [encode(control) for control in controls]
    return [reply.text for reply in learner.answers(prompts, ANSWER_TOKENS, heed, influence=False)]


def _ask(learner: Learner, prompts: list[list[int]], heed: Heed) -> list[Reply]:
    return learner.answers(prompts, ANSWER_TOKENS, heed, influence=True)


def answers(text: str, value: str) -> bool:
    """Whether the first sentence of ``text`` says ``value``, word for word."""
    return contains(first_sentence(text), value)


def contains(text: str, value: str) -> bool:
    """Whether ``value`` stands in ``text`` as whole words, whatever the case."""
    return re.search(rf"(?<!\w){re.escape(_folded(value))}(?!\w)", _folded(text)) is not None


def first_sentence(text: str) -> str:
    """Up to the first full stop that ends a sentence, or the first line break."""
    line = text.strip().split("\n", 1)[0]
    for stop in re.finditer(r"[.!?](?=\s)", line):
        if not _ABBREVIATION.search(line[: stop.end()]):
            return line[: stop.end()]
    return line


def _folded(text: str) -> str:
    return _TITLE_STOP.sub(r"\1", unicodedata.normalize("NFKC", text).casefold())
