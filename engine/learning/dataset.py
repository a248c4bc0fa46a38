"""Where training rows come from when they are not told in chat: JSON lines, or the journal.

A line is ``{"prompt", "response"}``, ``{"prompt", "completion"}`` or ``{"messages": [{"role", "content"}, …]}``; of a
conversation the last assistant turn is the answer, and what stands before it the prompt. What cannot be understood is
counted, the first such lines are named, and the rest goes on.

A file may be larger than memory. At most :data:`MOST_ROWS` rows are kept, those with the smallest hashes (bottom-k
sampling): a fair sample of the whole file that is the same in every run, found in one pass.
"""

from __future__ import annotations

import heapq
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

from engine.composition.prompt import Turn
from engine.learning.json_lines import numbered_lines, record_of
from engine.memory.jsonl import NEVER_TRAINED
from engine.memory.record import Interaction, storable
from engine.resources import resource

MOST_ROWS = 20_000
"""Rows kept of a file. More would take this kind of training days on a CPU."""
MOST_CHARACTERS = 64_000_000
"""Characters kept of a file, whatever the number of rows."""
MOST_PROBLEMS = 5
"""Malformed lines that are kept with their reason; all are counted."""

_SAMPLE = "data/sample_log.jsonl"
_PROGRESS_EVERY = 256

Told = Callable[[int, int], None]
"""Told how many bytes of how many were read; raises to end the reading."""


class DataError(Exception):
    """There is nothing to train on; the text is one line that says what is wrong and what would be right."""


@dataclass(frozen=True, slots=True)
class Row:
    """What is asked, and the answer that is to be learned.

    Attributes:
        turns: User and assistant in turn, the first and the last from the user.
        answer: What is to be said.
    """

    turns: tuple[Turn, ...]
    answer: str

    @property
    def prompt(self) -> str:
        """All that was said before the answer, as one text: by it a row is told from others."""
        if len(self.turns) == 1:
            return self.turns[0].text
        return "\n".join(f"{turn.role}: {turn.text}" for turn in self.turns)


@dataclass(slots=True)
class DataSet:
    """The rows of one source, and what became of its other lines."""

    source: str
    """As the user knows it: a path, or ``the journal``."""
    rows: list[Row] = field(default_factory=list)
    """In the order of the source."""
    lines: int = 0
    malformed: int = 0
    problems: list[tuple[int, str]] = field(default_factory=list)
    """Line number and reason of the first :data:`MOST_PROBLEMS` malformed lines."""
    duplicates: int = 0
    withheld: int = 0
    """Records marked as not for training: play, the lifeform's own questions, what was said with memory off."""
    too_long: int = 0
    """Rows whose answer alone cannot fit."""
    left_out: int = 0
    """Good rows that did not get into the sample."""
    systems: int = 0
    """Rows whose own system message was left out: in use the lifeform's stands there."""


# -- choosing the source -----------------------------------------------------------------------------------------------


def find_source(given: str | None, configured: str) -> Path | None:
    """The file to train on: ``given``, else ``configured``, else the sample data; None for the journal.

    Raises:
        DataError: When the file that was named is not there, is a folder, or is no ordinary file.
    """
    for name, whose in ((given, "--data"), (configured, "train_data")):
        if name:
            return _checked(_expanded(name), whose)
    try:
        return resource(_SAMPLE)
    except FileNotFoundError:
        return None


def _expanded(name: str) -> Path:
    try:
        return Path(name).expanduser()
    except RuntimeError:  # ~somebody who does not exist: take the name as it stands
        return Path(name)


def _checked(path: Path, whose: str) -> Path:
    try:
        if path.is_dir():
            raise DataError(f"{path} is a folder; {whose} needs a JSONL file.")
        if not path.exists():
            raise DataError(
                f"There is no file {path}; {whose} needs a JSONL file with prompt and response on each line."
            )
        if not path.is_file():
            raise DataError(f"{path} is not an ordinary file; {whose} needs a JSONL file.")
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read: {_reason(error)}.") from None
    return path


# -- reading -----------------------------------------------------------------------------------------------------------


def read_file(path: Path, longest: int, told: Told) -> DataSet:
    """The rows of the JSONL file at ``path``.

    Args:
        path: The file.
        longest: Most characters of an answer. Longer prompts lose their beginning; what is said first is cut first.
        told: Hears of the progress.

    Raises:
        DataError: When the file cannot be read, is empty, or has no row that can be used.
    """
    data = DataSet(str(path))
    sample = _Sample(data)
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            for number, line in numbered_lines(file):
                data.lines += 1
                _take_line(number, line, longest, data, sample)
                if number % _PROGRESS_EVERY == 0:
                    told(file.tell(), size)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {_reason(error)}.") from None
    if not data.lines:
        raise DataError(f"{path} is empty; each line should be like {_EXAMPLE}.")
    return _finished(data, sample)


def read_journal(interactions: Iterable[Interaction], longest: int, told: Told) -> DataSet:
    """The trainable ``interactions`` as rows; arguments and errors as of :func:`read_file`."""
    data = DataSet("the journal")
    sample = _Sample(data)
    for interaction in interactions:
        data.lines += 1
        if interaction.trainable and interaction.prompt.strip() and interaction.response.strip():
            sample.add(_row([Turn("user", interaction.prompt)], interaction.response, longest), longest)
        else:
            data.withheld += 1
        if data.lines % _PROGRESS_EVERY == 0:
            told(0, 0)
    if not data.lines:
        raise DataError("The journal is empty; talk a little first, or name a file: train --data FILE.")
    return _finished(data, sample)


_EXAMPLE = '{"prompt": "…", "response": "…"}'


def _finished(data: DataSet, sample: _Sample) -> DataSet:
    data.rows = sample.rows()
    if not data.rows:
        why = f"line {data.problems[0][0]}: {data.problems[0][1]}" if data.problems else "no line is meant for training"
        if data.too_long and not data.problems:
            why = "every answer is longer than max_seq_length allows"
        raise DataError(f"{data.source} has no row to train on ({why}); each line should be like {_EXAMPLE}.")
    return data


def _take_line(number: int, line: bytes | None, longest: int, data: DataSet, sample: _Sample) -> None:
    try:
        record = record_of(line)
        turns, answer = _conversation(record, data) if "messages" in record else _pair(record)
    except ValueError as error:
        data.malformed += 1
        if len(data.problems) < MOST_PROBLEMS:
            data.problems.append((number, str(error)))
    else:
        if _not_for_training(record):
            data.withheld += 1
        else:
            sample.add(_row(turns, answer, longest), longest)


def _pair(record: dict[str, Any]) -> tuple[list[Turn], str]:
    name = "response" if record.get("response") is not None else "completion"
    return [Turn("user", _text(record, "prompt"))], _text(record, name, "response")


def _conversation(record: dict[str, Any], data: DataSet) -> tuple[list[Turn], str]:
    """Turns and answer of a chat; neighbouring turns of one speaker become one."""
    messages = record["messages"]
    if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
        raise ValueError("`messages` is not a list of objects with `role` and `content`")
    spoken = [message for message in messages if message.get("role") != "system"]
    turns: list[Turn] = []
    for message in spoken:
        role = message.get("role")
        if role not in ("user", "assistant"):
            raise ValueError(f"a message has the role {str(role)[:20]!r}, not user, assistant or system")
        text = _text(message, "content")
        if turns and turns[-1].role == role:
            turns[-1] = Turn(role, f"{turns[-1].text}\n\n{text}")
        else:
            turns.append(Turn(role, text))
    while turns and turns[-1].role == "user":
        turns.pop()  # nobody answered it
    if not turns:
        raise ValueError("`messages` has no assistant turn")
    if turns[0].role == "assistant":
        raise ValueError("`messages` does not begin with the user")
    data.systems += len(spoken) < len(messages)
    return turns[:-1], turns[-1].text


def _text(record: dict[str, Any], name: str, shown: str = "") -> str:
    value = record.get(name)
    shown = shown or name
    if value is None:
        raise ValueError(f"has no `{shown}`")
    if not isinstance(value, str):
        raise ValueError(f"`{shown}` is not a text")
    if not value.strip():
        raise ValueError(f"`{shown}` is empty")
    return storable(value)


def _not_for_training(record: dict[str, Any]) -> bool:
    """Whether an exported journal record says that nothing is to be learned from it."""
    if record.get("trainable") is False or record.get("is_system_question") is True:
        return True
    command = record.get("command")
    return isinstance(command, str) and command in NEVER_TRAINED


def _row(turns: list[Turn], answer: str, longest: int) -> Row:
    """A row with no more than ``longest`` characters before the answer: what was said first is cut first."""
    kept: list[Turn] = []
    room = longest
    for turn in reversed(turns):
        if room <= 0:
            break
        kept.append(Turn(turn.role, turn.text.strip()[-room:]))
        room -= len(turn.text)
    if kept[-1].role == "assistant":
        kept.pop()
    return Row(tuple(reversed(kept)), answer.strip())


class _Sample:
    """The rows with the smallest hashes, each once, within :data:`MOST_ROWS` and :data:`MOST_CHARACTERS`."""

    def __init__(self, data: DataSet) -> None:
        self._data = data
        self._heap: list[tuple[int, int, Row]] = []  # the largest hash first
        self._held: set[int] = set()
        self._limit = 1 << 64  # a row whose hash is not below this was, or would be, thrown out
        self._characters = 0
        self._seen = 0

    def add(self, row: Row, longest: int) -> None:
        """Take ``row`` in, unless it is known, too long or unlucky."""
        if len(row.answer) > longest:
            self._data.too_long += 1
            return
        self._seen += 1
        mark = _hash(f"{row.prompt}\0{row.answer}", b"sample")
        if mark in self._held:
            self._data.duplicates += 1
        elif mark >= self._limit:
            self._data.left_out += 1
        else:
            heapq.heappush(self._heap, (-mark, self._seen, row))
            self._held.add(mark)
            self._characters += _size(row)
            while len(self._heap) > MOST_ROWS or (self._characters > MOST_CHARACTERS and len(self._heap) > 1):
                self._throw_out()

    def _throw_out(self) -> None:
        negative, _, row = heapq.heappop(self._heap)
        self._limit = -negative
        self._held.discard(-negative)
        self._characters -= _size(row)
        self._data.left_out += 1

    def rows(self) -> list[Row]:
        """What was kept, in the order it came in."""
        return [row for _, _, row in sorted(self._heap, key=lambda held: held[1])]


def _size(row: Row) -> int:
    return sum(len(turn.text) for turn in row.turns) + len(row.answer)


# -- splitting ---------------------------------------------------------------------------------------------------------


def split(rows: Iterable[Row], ratio: float) -> tuple[list[Row], list[Row]]:
    """Rows to learn, and rows held out: about ``ratio`` of all prompts.

    Which side a row falls on depends on its prompt alone, so it is the same in every run, with every seed and whatever
    else the data holds: what was once held out is never learned by accident.
    """
    learned: list[Row] = []
    held_out: list[Row] = []
    for row in rows:
        (held_out if is_held_out(row.prompt, ratio) else learned).append(row)
    return learned, held_out


def is_held_out(prompt: str, ratio: float) -> bool:
    """Whether rows with this prompt are held out; case and white space do not matter."""
    return _hash(" ".join(prompt.casefold().split()), b"split") < ratio * 2**64


def _hash(text: str, purpose: bytes) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8, person=purpose).digest(), "big")


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
