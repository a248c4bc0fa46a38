"""What an evaluation found out: every question with its answers, and the figures that follow from them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from engine.learning.audit import answers, contains
from engine.learning.evaluation import WAYS, Drift, Heard, Way
from engine.learning.own_questions import OwnQuestion, OwnQuestions
from engine.memory.memories import Memory

KNOWN = 0.5
"""Share of its questions that a memory must answer to count as known."""

_FORMAT = 1

Kind = Literal["generic", "near", "unknown"]
_KINDS: tuple[Kind, ...] = ("generic", "near", "unknown")


@dataclass(frozen=True, slots=True)
class MemoryHeard:
    """One memory, and what was answered to questions about it.

    Attributes:
        memory: As it is remembered.
        value: What a question about it asks for.
        questions: The plainest first.
        heard: The answers to each.
        newer: For a memory that was corrected, what holds now.
    """

    memory: Memory
    value: str
    questions: tuple[str, ...]
    heard: tuple[Heard, ...]
    newer: tuple[str, ...] = ()

    def right(self, way: Way) -> list[bool]:
        """For each question, whether the answer says the value; of what is gone, whether it still does."""
        return [self._says(one, way) for one in self.heard]

    def _says(self, one: Heard, way: Way) -> bool:
        text = one.by(way).text
        if self.memory.current:
            return answers(text, self.value)
        # What the base says of its own accord was never learned; "Port Vance" does not say the older "Vance".
        longer = any(contains(value, self.value) and contains(text, value) for value in self.newer)
        return contains(text, self.value) and not longer and not contains(one.base.text, self.value)

    def strength(self, way: Way) -> float:
        """Share of the questions whose answer says the value."""
        return _mean(self.right(way)) or 0.0

    @property
    def good(self) -> bool:
        """Whether chat would answer as it should: what holds is said, what is gone is not."""
        said = self.strength("as_shipped")
        return said >= KNOWN if self.memory.current else said == 0


@dataclass(frozen=True, slots=True)
class ControlHeard:
    """One prompt that nothing was told about, and what was answered."""

    kind: Kind
    prompt: str
    heard: Heard

    def bled(self, way: Way, values: Iterable[str]) -> bool:
        """Whether a taught value is said that neither the base nor the question says."""
        return _bled(self.prompt, self.heard, way, values)


@dataclass(slots=True)
class Evaluation:
    """All that was found out about a life."""

    about: dict[str, Any]
    """Model, influence and gate as they were."""
    memories: list[MemoryHeard] = field(default_factory=list)
    controls: list[ControlHeard] = field(default_factory=list)
    prose: Drift = field(default_factory=Drift)
    """Plain English text."""
    own: Drift = field(default_factory=Drift)
    """The base's own answers to unrelated prompts."""
    unasked: list[Memory] = field(default_factory=list)
    """Memories that no question could be made of."""
    waiting: int = 0
    """Facts that were told, but not slept over yet."""
    seconds: float = 0.0

    @property
    def known(self) -> list[MemoryHeard]:
        """What is to be known."""
        return [one for one in self.memories if one.memory.current]

    @property
    def gone(self) -> list[MemoryHeard]:
        """What is to be known no more."""
        return [one for one in self.memories if not one.memory.current]

    def of(self, kind: Kind) -> list[ControlHeard]:
        """The controls of one kind."""
        return [one for one in self.controls if one.kind == kind]

    def figures(self, way: Way) -> dict[str, float | None]:
        """Every rate of one way; None where nothing of the kind was asked."""
        values = {one.value for one in self.memories}
        asked = [(heard, ok) for one in self.known for heard, ok in zip(one.heard, one.right(way), strict=True)]
        return {
            "plain": _mean(one.right(way)[0] for one in self.known),
            "other_words": _mean(ok for one in self.known for ok in one.right(way)[1:]),
            "still_said": _mean(ok for one in self.gone for ok in one.right(way)),
            **{f"{kind}_unchanged": _mean(one.heard.unchanged(way) for one in self.of(kind)) for kind in _KINDS},
            "bleed": _mean(one.bled(way, values) for one in self.controls) if values else None,
            "perplexity": self.prose.perplexity(way),
            "perplexity_rise": self.prose.rise(way),
            "prose_kl": self.prose.kl(way),
            "kl": self.own.kl(way),
            "confidence_right": _mean(heard.by(way).confidence for heard, ok in asked if ok),
            "confidence_wrong": _mean(heard.by(way).confidence for heard, ok in asked if not ok),
        }

    @property
    def opened(self) -> dict[str, float | None]:
        """How often the gate opens by itself, by what was asked."""
        return {
            "told": _mean(heard.opened for one in self.known for heard in one.heard),
            "gone": _mean(heard.opened for one in self.gone for heard in one.heard),
            **{kind: _mean(one.heard.opened for one in self.of(kind)) for kind in _KINDS},
        }

    def as_json(self) -> dict[str, Any]:
        """A JSON-ready object with all of it."""
        values = {one.value for one in self.memories}
        return {
            "format": _FORMAT,
            "kind": "memories",
            **self.about,
            "seconds": self.seconds,
            "counts": {
                "known": len(self.known),
                "gone": len(self.gone),
                "questions": sum(len(one.questions) for one in self.memories),
                **{kind: len(self.of(kind)) for kind in _KINDS},
                "not_asked": len(self.unasked),
                "not_slept_over": self.waiting,
                "prose_tokens": self.prose.tokens,
                "own_tokens": self.own.tokens,
            },
            "figures": {way: self.figures(way) for way in WAYS},
            "gate_opens": self.opened,
            "memories": [_memory_json(one) for one in self.memories],
            "controls": [
                {
                    "kind": one.kind,
                    "prompt": one.prompt,
                    "unchanged": {way: one.heard.unchanged(way) for way in WAYS},
                    "bled": {way: one.bled(way, values) for way in WAYS},
                    **one.heard.as_json(),
                }
                for one in self.controls
            ],
            "not_asked": [{"id": one.id, "memory": one.text, "verdict": one.verdict.value} for one in self.unasked],
        }


@dataclass(slots=True)
class OwnEvaluation:
    """What was found out with the questions of a file."""

    about: dict[str, Any]
    file: OwnQuestions
    heard: list[tuple[OwnQuestion, Heard]] = field(default_factory=list)
    seconds: float = 0.0

    def figures(self, way: Way) -> dict[str, float | None]:
        """Every rate of one way; None where nothing of the kind was asked."""
        values = {value for asked in self.file.questions if asked.kind == "question" for value in asked.answers}
        rest = [(asked, heard) for asked, heard in self.heard if not asked.judged]

        def right(*kinds: str) -> float | None:
            return _mean(asked.right(heard.by(way).text) for asked, heard in self.heard if asked.kind in kinds)

        def unchanged(kind: str) -> float | None:
            return _mean(heard.unchanged(way) for asked, heard in rest if asked.kind == kind)

        return {
            "right": right("question", "paraphrase", "response"),
            "questions_right": right("question"),
            "paraphrases_right": right("paraphrase"),
            "responses_right": right("response"),
            "near_unchanged": unchanged("near_miss"),
            "unknown_unchanged": unchanged("unknown"),
            "bleed": _mean(_bled(asked.text, heard, way, values) for asked, heard in rest),
        }

    def as_json(self) -> dict[str, Any]:
        """A JSON-ready object with all of it."""
        return {
            "format": _FORMAT,
            "kind": "file",
            "file": self.file.source,
            **self.about,
            "seconds": self.seconds,
            "counts": {
                "rows": self.file.rows,
                "prompts": len(self.heard),
                "lines": self.file.lines,
                "malformed": self.file.malformed,
                "capped": self.file.capped,
            },
            "problems": [{"line": line, "problem": problem} for line, problem in self.file.problems],
            "figures": {way: self.figures(way) for way in WAYS},
            "asked": [
                {
                    "line": asked.line,
                    "kind": asked.kind,
                    "prompt": asked.text,
                    "right_answers": list(asked.answers),
                    "right": {way: asked.right(heard.by(way).text) for way in WAYS} if asked.judged else None,
                    "unchanged": {way: heard.unchanged(way) for way in WAYS},
                    **heard.as_json(),
                }
                for asked, heard in self.heard
            ],
        }


def _memory_json(one: MemoryHeard) -> dict[str, Any]:
    right = {way: one.right(way) for way in WAYS}
    return {
        "id": one.memory.id,
        "memory": one.memory.text,
        "verdict": one.memory.verdict.value,
        "value": one.value,
        "good": one.good,
        "strength": {way: one.strength(way) for way in WAYS},
        "questions": [
            {"question": question, "says_value": {way: right[way][index] for way in WAYS}, **heard.as_json()}
            for index, (question, heard) in enumerate(zip(one.questions, one.heard, strict=True))
        ],
    }


def _bled(prompt: str, heard: Heard, way: Way, values: Iterable[str]) -> bool:
    said, before = heard.by(way).text, heard.base.text
    return any(contains(said, v) and not contains(before, v) and not contains(prompt, v) for v in values)


def _mean(values: Iterable[float]) -> float | None:
    found = list(values)
    return sum(found) / len(found) if found else None
