"""Questions of the user's own, from a JSONL file, and whether an answer to one of them is right.

A line is ``{"question", "answers": [...]}``, of which one must be said, or ``{"prompt", "response"}``, of which all
words that carry meaning must be. Beside a question may stand ``paraphrases_dev`` and ``paraphrases_test`` (asked as
well), and ``near_miss`` and ``unknown`` (to which the answer should stay the base's own). What cannot be understood is
counted, the first such lines are named, and the rest goes on.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from engine.learning.audit import answers, contains
from engine.learning.json_lines import numbered_lines, record_of
from engine.learning.values import content_words
from engine.memory.record import storable

MOST_ROWS = 500
"""Rows that are asked; a file may hold more, and they are left out."""
MOST_PROBLEMS = 5
"""Malformed lines that are kept with their reason; all are counted."""
LONGEST_TEXT = 4000
"""Characters of a question or an answer."""

_MOST_TEXTS = 20
"""Paraphrases, answers and the like of one row."""
_PROGRESS_EVERY = 256
_EXAMPLE = '{"question": "…", "answers": ["…"]} or {"prompt": "…", "response": "…"}'

Kind = Literal["question", "paraphrase", "response", "near_miss", "unknown"]

Told = Callable[[int, int], None]
"""Told how many bytes of how many were read; raises to end the reading."""


class QuestionsError(Exception):
    """There is nothing to ask; the text is one line that says what is wrong and what would be right."""


@dataclass(frozen=True, slots=True)
class OwnQuestion:
    """One thing to ask.

    Attributes:
        line: Where it stands in the file, from 1.
        kind: ``near_miss`` and ``unknown`` have no right answer; the others have.
        text: The prompt.
        answers: What a right answer says: one of them; for a ``response`` it is the whole text.
    """

    line: int
    kind: Kind
    text: str
    answers: tuple[str, ...]

    @property
    def judged(self) -> bool:
        """Whether an answer to it can be right."""
        return self.kind not in ("near_miss", "unknown")

    def right(self, said: str) -> bool:
        """Whether ``said`` answers it."""
        if self.kind == "response":
            words = content_words(self.answers[0]) or re.findall(r"[^\W_]+", self.answers[0])
            return bool(words) and all(contains(said, word) for word in words)
        return any(answers(said, one) for one in self.answers)


@dataclass(slots=True)
class OwnQuestions:
    """What a file holds."""

    source: str
    questions: list[OwnQuestion] = field(default_factory=list)
    rows: int = 0
    lines: int = 0
    malformed: int = 0
    problems: list[tuple[int, str]] = field(default_factory=list)
    """Line number and reason of the first :data:`MOST_PROBLEMS` malformed lines."""
    capped: bool = False
    """Whether the file goes on behind the last row that is asked."""

    def note(self, line: int, problem: str) -> None:
        """Count a malformed line."""
        self.malformed += 1
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append((line, problem))


def read_questions(path: Path, told: Told) -> OwnQuestions:
    """The questions of the JSONL file at ``path``.

    Raises:
        QuestionsError: When the file cannot be read, is empty, or has no row that can be asked.
    """
    found = OwnQuestions(str(path))
    try:
        if path.is_dir():
            raise QuestionsError(f"{path} is a folder; evaluate takes a JSONL file.")
        if path.exists() and not path.is_file():
            raise QuestionsError(f"{path} is not an ordinary file; evaluate takes a JSONL file.")
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            for number, line in numbered_lines(file):
                if found.rows == MOST_ROWS:
                    found.capped = True
                    break
                found.lines += 1
                _take(number, line, found)
                if number % _PROGRESS_EVERY == 0:
                    told(file.tell(), size)
    except FileNotFoundError:
        raise QuestionsError(f"There is no file {path}; each line of it should be like {_EXAMPLE}.") from None
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise QuestionsError(f"{path} cannot be read: {reason}.") from None
    if not found.lines:
        raise QuestionsError(f"{path} is empty; each line should be like {_EXAMPLE}.")
    if not found.rows:
        number, problem = found.problems[0]
        raise QuestionsError(f"{path} has no row to ask (line {number}: {problem}); each should be like {_EXAMPLE}.")
    return found


def _take(number: int, line: bytes | None, found: OwnQuestions) -> None:
    try:
        questions = _questions(number, record_of(line))
    except ValueError as error:
        found.note(number, str(error))
    else:
        found.questions += questions
        found.rows += 1


def _questions(number: int, record: dict[str, Any]) -> list[OwnQuestion]:
    if "question" not in record:
        if "prompt" not in record:
            raise ValueError("has neither `question` nor `prompt`")
        response = _text(record.get("response"), "response")
        return [OwnQuestion(number, "response", _text(record["prompt"], "prompt"), (response,))]
    right = _texts(record.get("answers"), "answers")
    if not right:
        raise ValueError("has no `answers`")
    asked: list[OwnQuestion] = [OwnQuestion(number, "question", _text(record["question"], "question"), right)]
    for name in ("paraphrases_dev", "paraphrases_test"):
        asked += [OwnQuestion(number, "paraphrase", text, right) for text in _texts(record.get(name), name)]
    kinds: tuple[Kind, ...] = ("near_miss", "unknown")
    for kind in kinds:
        asked += [OwnQuestion(number, kind, text, right) for text in _texts(record.get(kind), kind)]
    return asked


def _texts(value: Any, name: str) -> tuple[str, ...]:
    """A text, a list of texts, or nothing."""
    if value is None:
        return ()
    texts = value if isinstance(value, list) else [value]
    if len(texts) > _MOST_TEXTS:
        raise ValueError(f"`{name}` has more than {_MOST_TEXTS} entries")
    return tuple(_text(one, name) for one in texts)


def _text(value: Any, name: str) -> str:
    if value is None:
        raise ValueError(f"has no `{name}`")
    if not isinstance(value, str):
        raise ValueError(f"`{name}` is not a text")
    if not value.strip():
        raise ValueError(f"`{name}` is empty")
    if len(value) > LONGEST_TEXT:
        raise ValueError(f"`{name}` is longer than {LONGEST_TEXT} characters")
    return storable(value).strip()
