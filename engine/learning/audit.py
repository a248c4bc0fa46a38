"""Asking the sleeper, without any context, what it was told, and whether it still is what it was.

An audit asks every memory a few questions that were not trained on, in fresh conversations, and judges the generated
answers: never the loss, and never with the fact in view. It also asks what was never told, to see whether taught
answers turn up where they do not belong.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.learning.learner import Heed, Learner, Reply

_ANSWER_TOKENS = 20
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


def audit(
    learner: Learner,
    probes: Sequence[Probe],
    controls: Sequence[str],
    encode: Callable[[str], list[int]],
    threshold: float,
    heed: Heed,
    own: Sequence[str] | None = None,
) -> Findings:
    """Ask all probes and controls, and judge the answers.

    Args:
        learner: Answers as the composition would now.
        probes: What to ask of the memories.
        controls: Prompts that nothing was told about.
        encode: A question to token ids behind the preamble.
        threshold: ``gate_threshold``.
        heed: Called before every token.
        own: The base's own answers to ``controls``; asked for when not given.
    """
    asked = [(probe, question) for probe in probes for question in probe.questions]
    prompts = [encode(question) for _, question in asked]
    replies = _ask(learner, prompts, heed, threshold)
    right: dict[int, list[bool]] = {}
    for (probe, _), reply in zip(asked, replies, strict=True):
        right.setdefault(probe.memory_id, []).append(answers(reply.text, probe.value))
    strength = {memory: sum(hits) / len(hits) for memory, hits in right.items()}
    others = [encode(control) for control in controls]
    said = _ask(learner, others, heed, threshold)
    if own is None:
        own = [reply.text for reply in learner.answers(others, _ANSWER_TOKENS, heed, influence=False)]
    values = {probe.value for probe in probes}
    bled = sum(
        any(contains(reply.text, value) and not contains(before, value) for value in values)
        for reply, before in zip(said, own, strict=True)
    )
    opened = sum(reply.recognition >= threshold for reply in said)
    count = max(1, len(controls))
    return Findings(strength, bled / count, opened / count)


def _ask(learner: Learner, prompts: list[list[int]], heed: Heed, threshold: float) -> list[Reply]:
    return learner.answers(prompts, _ANSWER_TOKENS, heed, influence=True, threshold=threshold) if prompts else []


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
    return unicodedata.normalize("NFKC", text).casefold()
