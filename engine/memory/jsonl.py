"""Interactions as JSON lines: writing one, and reading a file with every line that can be understood.

The original system's logs have ``prompt``, ``response``, ``timestamp``, ``conversation_id``, ``confidence_score`` and
``is_system_question``; those names are the core, and lines with no more than a prompt and a response are read, too.
Keys that are not known are kept in ``extra``.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import IO, Any

from .record import Interaction

LONGEST_LINE = 16 * 1024 * 1024
"""Bytes; a longer line is malformed, so that a file without line breaks cannot fill the memory."""

NEVER_TRAINED = frozenset({"flare", "glitch", "mimic", "debate", "echo", "muse", "reflect", "rewind"})
"""Commands whose records are play: sleep does not learn from them."""

_NUMBERS = ("temperament", "weight", "recognition", "slept_at")
_WORDS = ("mood", "stop_reason")
_COUNTS = ("tokens", "rating")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file, understood or not."""

    number: int
    """From 1."""
    interaction: Interaction | None
    """None when the line is malformed. Its id is 0."""
    problem: str = ""
    """Why it is malformed."""
    dated: bool = True
    """Whether the line itself says when it was."""


def line_of(interaction: Interaction) -> str:
    """``interaction`` as one line of JSON, without the line break; pure ASCII, so no reader can stumble over it."""
    row = asdict(interaction)
    return json.dumps({"prompt": row.pop("prompt"), "response": row.pop("response")} | row)


def read(file: IO[bytes]) -> Iterator[Line]:
    """The lines of ``file`` one at a time, blank ones left out."""
    number = 0
    while data := file.readline(LONGEST_LINE):
        number += 1
        if len(data) == LONGEST_LINE and not data.endswith(b"\n"):
            _skip_rest_of_line(file)
            yield Line(number, None, f"longer than {LONGEST_LINE // 2**20} MB")
        elif data.strip():
            yield _understood(number, data.removeprefix(b"\xef\xbb\xbf") if number == 1 else data)


def _skip_rest_of_line(file: IO[bytes]) -> None:
    while (rest := file.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
        pass


def _understood(number: int, data: bytes) -> Line:
    try:
        interaction, dated = _parsed(data)
    except UnicodeDecodeError:
        return Line(number, None, "not UTF-8")
    except json.JSONDecodeError as error:
        return Line(number, None, f"not JSON: {error.msg}")
    except RecursionError:
        return Line(number, None, "nested too deeply")
    except ValueError as error:
        return Line(number, None, str(error))
    return Line(number, interaction, dated=dated)


def _parsed(line: bytes) -> tuple[Interaction, bool]:
    """The interaction of one line, and whether the line says when it was; ValueError with a reason."""
    row = json.loads(line.decode("utf-8"))
    if not isinstance(row, dict):
        raise ValueError("not a JSON object")
    prompt, response = _text(row, "prompt"), _text(row, "response")
    if not prompt.strip():
        raise ValueError("`prompt` is empty")
    when = row.pop("timestamp", None)
    command = _text(row, "command", "chat")
    system = _flag(row, "is_system_question", False)
    play = command in NEVER_TRAINED or bool(row.get("is_echo")) or bool(row.get("is_error_prompt"))
    confidence = _number(row, "confidence_score")
    if confidence is not None and not 0.0 <= confidence <= 1.0:
        raise ValueError("`confidence_score` is not between 0 and 1")
    optional: dict[str, Any] = {name: _number(row, name) for name in _NUMBERS}
    optional |= {name: _text(row, name, "") or None for name in _WORDS}
    optional |= {name: _count(row, name) for name in _COUNTS}
    conversation = _text(row, "conversation_id", "imported")
    trainable = _flag(row, "trainable", not system and not play)
    row.pop("id", None)
    extra = row.pop("extra", None) or {}
    if not isinstance(extra, dict):
        raise ValueError("`extra` is not an object")
    return Interaction(
        id=0,
        conversation_id=conversation,
        timestamp=time.time() if when is None else _seconds(when),
        command=command,
        prompt=prompt,
        response=response,
        is_system_question=system,
        trainable=trainable,
        extra=row | extra,
        confidence_score=confidence,
        **optional,
    ), when is not None


def _text(row: dict[str, Any], name: str, default: str | None = None) -> str:
    value = row.pop(name, None)
    if value is None:
        value = default
    if value is None:
        raise ValueError(f"has no `{name}`")
    if not isinstance(value, str):
        raise ValueError(f"`{name}` is not a text")
    return value


def _flag(row: dict[str, Any], name: str, default: bool) -> bool:
    value = row.pop(name, None)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise ValueError(f"`{name}` is not true or false")
    return value


def _number(row: dict[str, Any], name: str) -> float | None:
    value = row.pop(name, None)
    return None if value is None else _finite(value, name)


def _count(row: dict[str, Any], name: str) -> int | None:
    value = row.pop(name, None)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 2**31:
        raise ValueError(f"`{name}` is not a whole number")
    return value


def _finite(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"`{name}` is not a number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"`{name}` is not a number")
    return number


def _seconds(value: Any) -> float:
    """Unix seconds of a number or an ISO 8601 date."""
    if not isinstance(value, str):
        return _finite(value, "timestamp")
    try:
        return datetime.fromisoformat(value.strip()).timestamp()
    except (ValueError, OverflowError, OSError):
        raise ValueError("`timestamp` is neither seconds nor an ISO date") from None
