"""Lines that are no good: every command with everything that it cannot take."""

from __future__ import annotations

from engine.commands import CommandSpec, parse

BAD = {
    "nothing": "",
    "too many": "a b c d e f g",
    "wrong types": "yes",
    "unknown flag": "--nonsense",
    "flag without value": "--max-tokens --rounds --data --json",
    "empty string": '""',
    "10 kB": "x" * 10_000,
    "10 kB of words": "ab " * 3_400,
    "minus one": "-1",
    "zero": "0",
    "huge": "999999999",
    "beyond all numbers": "1e309",
    "not a number": "nan",
    "no such name": "nothing_of_that_name",
    "no such place": "/no/such/place/at_all.jsonl",
    "other scripts": "日本語 текст עברית",
    "emoji": "👩‍👩‍👧🙂",
    "control characters": "\x00\x1b[2J\x07\x9b",
}
#: What is no good elsewhere, and is a good argument here.
GOOD = {
    "generate": {"too many", "wrong types", "10 kB of words", "minus one", "zero", "huge", "beyond all numbers",
                 "not a number", "no such name", "no such place", "other scripts", "emoji", "control characters"},
    "recall": set(BAD) - {"nothing", "unknown flag", "flag without value", "empty string"},
    "config search": {"wrong types", "zero"},
    "config": {"nothing"},
    "help": {"nothing"},
    "tune cross": {"zero", "huge"},
    "tune cross blend": {"zero"},
    "save": {"wrong types", "zero", "minus one", "huge", "beyond all numbers", "not a number", "no such name",
             "emoji"},
    "export": {"wrong types", "zero", "minus one", "huge", "beyond all numbers", "not a number", "no such name",
               "emoji"},
    "export adapters": {"wrong types", "zero", "minus one", "huge", "beyond all numbers", "not a number",
                        "no such name"},
}  # fmt: skip
_TEXT = {"too many", "wrong types", "minus one", "zero", "huge", "beyond all numbers", "not a number", "no such name",
         "no such place", "other scripts", "emoji", "control characters"}  # fmt: skip
for _name in ("flare", "echo", "debate", "glitch"):
    GOOD[_name] = _TEXT


def bad_lines(spec: CommandSpec) -> dict[str, str]:
    """Lines that ``spec`` must refuse, whatever is going on, by what is wrong with them."""
    lines = {bad: f"/{spec.name} {argument}" for bad, argument in BAD.items() if bad not in GOOD.get(spec.name, ())}
    return {bad: line for bad, line in lines.items() if not _means_something(spec, bad, line)}


def _means_something(spec: CommandSpec, bad: str, line: str) -> bool:
    """Whether the line is a longer name (``config save``), or a command that needs no argument."""
    intent = parse(line)
    return intent.kind == "command" and (intent.spec is not spec or bad == "nothing")
