"""Settings as text: what a person types, what a refusal says, what is safe to print."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from engine.config_keys import KeySpec

# -- text as a person types it -----------------------------------------------------------------------------------------

_SWITCH = {"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False}
_INTEGER = re.compile(r"[+-]?[0-9]{1,40}")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?", re.IGNORECASE)


def from_text(known: KeySpec, text: str) -> Any:
    """The value that ``text`` means for this key; what means nothing stays text, for the check to refuse."""
    if known.kind == "text":
        return text
    word = text.strip().lower()
    if word in ("null", "none"):
        return None
    match known.kind:
        case "switch":
            return _SWITCH.get(word, text)
        case "choice":
            return word if word in known.choices else text
        case "list":
            entries = [entry.strip("'\"") for entry in re.split(r"[,\s]+", text.strip().strip("[]").strip())]
            return [_number(entry) if known.low is not None else entry for entry in entries if entry]
        case _:
            return _number(text.strip())


def _number(text: str) -> int | float | str:
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text


# -- showing values in one line ----------------------------------------------------------------------------------------


def shown(value: Any, limit: int = 60) -> str:
    """``value`` as JSON on one line, short, and harmless to a terminal."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        text = f"<{type(value).__name__}>"
    return printable(text, limit)


def printable(text: str, limit: int = 300) -> str:
    """``text`` on one line, at most ``limit`` characters, with an escape for each that a terminal might obey."""
    text = text if len(text) <= limit else text[: limit - 1] + "…"
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)


# -- refusing ----------------------------------------------------------------------------------------------------------


def what_is_wrong(known: KeySpec, value: Any) -> str:
    """Why ``value``, which was refused, is no value of this key, in words that follow it."""
    finite = (type(value) is int) or (isinstance(value, float) and math.isfinite(value))
    match known.kind:
        case "number":
            return "is out of range" if finite else "is not a number"
        case "integer" if finite and value == int(value):
            return "is out of range"
        case "integer":
            return "is not a whole number"
        case "switch":
            return "is neither true nor false"
        case "choice":
            return "is not one of the choices"
        case "text" | "list" if value == [] or (isinstance(value, str) and not value.strip()):
            return "is empty"
        case "text" if isinstance(value, str) and known.high is not None and len(value) > known.high:
            return "is too long"
        case "text" if isinstance(value, str):
            return "holds control characters or broken ones"
        case "text":
            return "is not text"
        case _:
            return "is not such a list"
