"""Dreams: a memory is replayed, disturbed, and asked about in the model's own words.

Which memory is dreamt of is drawn by how like the last prompt it is and how recent; how much it is disturbed depends on
how new it is. What remains is a vector in the dream memory, and questions that the model wrote itself with the memory
in view. A question is kept only if the model answers it with the memory's own words, and the sleeper could not already
answer it.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from engine.learning.audit import answers, contains
from engine.learning.learner import Heed, Learner
from engine.memory.dreams import DreamMemory, cosine

_WRITING = (
    ("The tower is in Paris.", "Where can I find the tower?"),
    ("My brother is named Tom.", "Which name belongs to my brother?"),
    ("I was born in May.", "In which month did I come into the world?"),
    ("My favourite fruit is mango.", "What fruit do I prefer?"),
    ("Anna Bell wrote the song Sunrise.", "Who is the author of the song Sunrise?"),
    ("The safe code is 4410.", "What number do I need for the safe?"),
)
"""How questions are written: a fact, and a question about it in other words."""
_ANSWERING = (
    ("My brother is named Tom.", "What is my brother's name?", "Your brother is named Tom."),
    ("I was born in May.", "When was I born?", "You were born in May."),
    ("The tower is in Paris.", "Where is the tower?", "The tower is in Paris."),
)
"""How questions are answered with the fact in view."""
_BEGINNINGS = ("What", "Which", "Who", "Where", "Tell me", "In which", "Name")
QUESTION_TOKENS = 16
"""Most tokens of a question, and of its answer."""
_MOST_QUESTIONS = 3
_WORD = re.compile(r"[^\W_]+")
_EMPTY = frozenset(
    [
        "a",
        "an",
        "the",
        "my",
        "your",
        "our",
        "his",
        "her",
        "its",
        "their",
        "i",
        "you",
        "he",
        "she",
        "it",
        "we",
        "they",
        "is",
        "are",
        "am",
        "was",
        "were",
        "be",
        "do",
        "does",
        "did",
        "of",
        "in",
        "on",
        "at",
        "to",
        "into",
        "for",
        "from",
        "by",
        "with",
        "and",
        "or",
        "what",
        "which",
        "who",
        "whom",
        "where",
        "when",
        "how",
        "why",
        "name",
        "tell",
        "me",
        "that",
        "this",
    ]
)


@dataclass(frozen=True, slots=True)
class Dreamable:
    """A memory as dreams take it.

    Attributes:
        id: Its number.
        text: The statement.
        value: What a question about it asks for.
    """

    id: int
    text: str
    value: str


@dataclass(frozen=True, slots=True)
class DreamSettings:
    """The settings that shape dreams; names as in the configuration."""

    prompt_weight: float
    prompt_driven: bool
    noise_scale: float
    novelty_boost: float
    melancholy_noise: float
    decay: float
    threshold: float
    most: int


@dataclass(frozen=True, slots=True)
class DreamtOf:
    """A memory that was drawn, and how it was disturbed."""

    memory: Dreamable
    similarity: float
    novelty: float
    noise: float


@dataclass(frozen=True, slots=True)
class DreamQuestion:
    """A question that a dream made, and why it was or was not kept."""

    memory: Dreamable
    question: str
    answer: str
    kept: bool
    why: str = ""


def replay(
    vectors: Mapping[int, Sequence[float]],
    memories: Sequence[Dreamable],
    reference: Sequence[float],
    past: DreamMemory,
    settings: DreamSettings,
    chance: random.Random,
    count: int,
) -> list[DreamtOf]:
    """Draw ``count`` memories, disturb their vectors, and leave them in the dream memory.

    Args:
        vectors: A vector for each memory's id.
        memories: What there is to dream of, oldest first; each is dreamt of once.
        reference: The vector of the last prompt; empty when there was none.
        past: Takes the new dreams.
        settings: How.
        chance: Draws.
        count: How many.
    """
    drawn: list[tuple[Dreamable, float]] = []
    pool = list(memories)
    while pool and len(drawn) < count:
        similar = [cosine(reference, vectors[one.id]) for one in pool]
        if settings.prompt_driven:
            p = settings.prompt_weight
            scores = [p * s + (1 - p) * (i + 1) / len(pool) for i, s in enumerate(similar)]
            index = chance.choices(range(len(pool)), [math.exp(4.0 * score) for score in scores])[0]
        else:
            index = chance.randrange(len(pool))
        drawn.append((pool.pop(index), similar[index]))
    dreamt: list[DreamtOf] = []
    # What was drawn first is dreamt of last, and so stays longest.
    for memory, similarity in reversed(drawn):
        vector = vectors[memory.id]
        novelty = past.novelty(vector)
        sigma = settings.noise_scale + settings.novelty_boost * novelty + settings.melancholy_noise
        rms = math.sqrt(sum(x * x for x in vector) / max(1, len(vector)))
        disturbed = [x + chance.gauss(0.0, sigma * rms) for x in vector]
        past.add(memory.id, disturbed, decay=settings.decay, threshold=settings.threshold, most=settings.most)
        dreamt.append(DreamtOf(memory, similarity, novelty, sigma))
    return dreamt


def written_about(memories: Sequence[Dreamable]) -> int:
    """How many questions are written about so many memories, the bad ones counted."""
    return len(memories) * len(_BEGINNINGS)


def questions(
    learner: Learner,
    memories: Sequence[Dreamable],
    encode_after: Callable[[Sequence[tuple[str, str]], str], list[int]],
    tokenize: Callable[[str], list[int]],
    known: Callable[[str], bool],
    heed: Heed,
) -> list[DreamQuestion]:
    """Let the model ask about each memory in its own words, and say which questions are worth rehearsing.

    Args:
        learner: Its base writes and answers.
        memories: What to ask about.
        encode_after: A conversation of ``(user, assistant)`` turns and one more message to whole prompt ids.
        tokenize: Text to token ids.
        known: Whether a question is among those that are trained on anyway.
        heed: Called before every token.
    """
    written = [(memory, beginning) for memory in memories for beginning in _BEGINNINGS]
    examples = [(f"Fact: {fact}\nWrite a question about this fact.", question) for fact, question in _WRITING]
    asked = _continued(
        learner,
        examples,
        [(f"Fact: {memory.text}\nWrite a question about this fact.", beginning) for memory, beginning in written],
        encode_after,
        tokenize,
        heed,
    )
    seen: set[str] = set()
    candidates: list[DreamQuestion] = []
    formed: list[tuple[Dreamable, str]] = []
    for (memory, beginning), rest in zip(written, asked, strict=True):
        question = _first_question(beginning + rest)
        fault = _fault(memory, question)
        if not fault and (question.casefold() in seen or known(question)):
            fault = "asked before"
        seen.add(question.casefold())
        if fault:
            candidates.append(DreamQuestion(memory, question, "", kept=False, why=fault))
        else:
            formed.append((memory, question))
    shown = [(f"{fact} {question}", answer) for fact, question, answer in _ANSWERING]
    answered = _continued(
        learner, shown, [(f"{memory.text} {question}", "") for memory, question in formed], encode_after, tokenize, heed
    )
    kept: dict[int, int] = {}
    for (memory, question), answer in zip(formed, answered, strict=True):
        why = ""
        if not answers(answer, memory.value):
            why = "its answer does not rest on the memory"
        elif kept.get(memory.id, 0) >= _MOST_QUESTIONS:
            why = "enough questions of this memory"
        else:
            kept[memory.id] = kept.get(memory.id, 0) + 1
        candidates.append(DreamQuestion(memory, question, answer.strip(), kept=not why, why=why))
    return candidates


def _continued(
    learner: Learner,
    examples: Sequence[tuple[str, str]],
    prompts: Sequence[tuple[str, str]],
    encode_after: Callable[[Sequence[tuple[str, str]], str], list[int]],
    tokenize: Callable[[str], list[int]],
    heed: Heed,
) -> list[str]:
    """What the base says after each ``(message, beginning of the answer)``, with ``examples`` before it."""
    if not prompts:
        return []
    whole = [[*encode_after(examples, message), *(tokenize(start) if start else [])] for message, start in prompts]
    shared = min(_common(whole[0], other) for other in [*whole[1:], whole[0][:-1]])
    shared = min(shared, min(len(one) for one in whole) - 2)
    speaker = learner.beginning_with(whole[0][:shared])
    replies = speaker.answers([one[shared:] for one in whole], QUESTION_TOKENS, heed, influence=False)
    return [reply.text for reply in replies]


def _common(one: Sequence[int], other: Sequence[int]) -> int:
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _first_question(text: str) -> str:
    line = text.strip().split("\n", 1)[0]
    end = re.search(r"[?.]", line)
    return line[: end.end()] if end else line


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text.casefold()) if word not in _EMPTY]


def _fault(memory: Dreamable, question: str) -> str:
    """What is wrong with the form of a question; empty when nothing is."""
    words = question.split()
    if not question.endswith(("?", ".")) or not 3 <= len(words) <= 14:
        return "not a question"
    if question.endswith(".") and words[0] not in ("Tell", "Name"):
        return "not a question"
    if contains(question, memory.value) or set(_words(memory.value)) & set(_words(question)):
        return "it gives the answer away"
    if re.search(r"\b(?:you|your)\b", question, re.IGNORECASE):
        return "it asks the other way round"
    rest = [word for word in _words(memory.text) if word not in _words(memory.value)]
    if rest and not any(a[:4] == b[:4] for a in _words(question) for b in rest):
        return "it has nothing of the memory"
    return ""
