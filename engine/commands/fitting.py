"""Fitting what stands behind a command's name to the arguments that the command takes."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from . import registry
from .spec import Argument, CommandSpec, Flag
from .wording import excerpt
from .words import Word, split

_INTEGER = re.compile(r"[+-]?[0-9]+")
_FLOAT = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]{1,3})?", re.IGNORECASE)
_BUDGET = re.compile(r"[0-9]{1,9}")
_MOST_DIGITS = 9
_LEADING_FLAG = re.compile(r"--(?P<name>[\w-]*)(?:=(?P<value>\S*))?(?:\s+|$)")
_KEY = re.compile(r"\w+(_\w+)+|\w+\.\w+")
_OWN_LINES = re.compile(r"[^\S\n]*\n")
_LIST = re.compile(r"[\w./+-]+(\s*,\s*[\w./+-]+)+")


class Misfit(Exception):
    """The arguments do not fit; the text says why, without the usage."""


def fit(command: CommandSpec, rest: str, careful: bool) -> dict[str, Any]:
    """The arguments and flags in ``rest``, by name, with defaults for those not given.

    ``careful`` is for lines without a slash, which could be chat: there a file must look like one, a setting, too, and
    the new value of a setting is one word, one quoted text or one list.

    Raises:
        Misfit: ``rest`` is not what the command takes.
    """
    args: dict[str, Any] = {one.name: one.default for one in command.arguments}
    args |= {flag.key: False if flag.kind == "switch" else args.get(flag.key) for flag in command.flags}
    whole = next((place for place, one in enumerate(command.arguments) if one.kind == "rest"), None)
    if whole is not None:
        left = rest
        for argument in command.arguments[:whole]:
            words = split(left)[:1]
            _fit_one(argument, words, left, args, careful)
            left = left[words[0].end :] if words else ""
        _fit_rest(command, command.arguments[whole:], left, args, careful)
    else:
        words = _without_flags(command, split(rest), args)
        for argument in command.arguments:
            words = _fit_one(argument, words, rest, args, careful)
        if words:
            raise Misfit(f"'{_shown(words[0].text)}' is too much.")
    for argument in command.arguments:
        if argument.required and args[argument.name] in (None, ""):
            raise Misfit(f"{command.name} needs {argument.usage}.")
    return args


# -- one argument after the other --------------------------------------------------------------------------------------


def _fit_one(argument: Argument, words: list[Word], rest: str, args: dict[str, Any], careful: bool) -> list[Word]:
    """Read ``argument`` from the front of ``words``; returns those that are left."""
    if not words:
        return words
    first = words[0]
    match argument.kind:
        case "command":
            args[argument.name] = _command(" ".join(word.text for word in words), careful)
            return []
        case "value":
            args[argument.name] = _value(words, rest, careful)
            return []
        case "int" | "float":
            args[argument.name] = _number(argument, first)
        case "choice":
            args[argument.name] = _choice(argument, first)
        case "path":
            if careful and not (first.quoted or _looks_like_a_file(first.text)):
                raise Misfit(f"'{_shown(first.text)}' does not look like a file.")
            args[argument.name] = first.text
        case "key":
            if careful and not _looks_like_a_key(first.text):
                raise Misfit(f"'{_shown(first.text)}' does not look like a setting.")
            args[argument.name] = first.text
        case _:
            args[argument.name] = first.text
    return words[1:]


def _number(argument: Argument, word: Word) -> int | float | str:
    text = word.text.casefold()
    if text in argument.choices:
        return text
    if argument.kind == "int":
        if not _INTEGER.fullmatch(text):
            raise Misfit(f"'{_shown(word.text)}' is not a whole number.")
        if len(text.lstrip("+-0")) > _MOST_DIGITS:
            raise Misfit(f"'{_shown(word.text)}' is too large a number.")
        return int(text)
    value = float(text) if _FLOAT.fullmatch(text) and len(text) < 100 else math.nan
    if not math.isfinite(value):
        raise Misfit(
            f"'{_shown(word.text)}' is not a number" + "".join(f" or '{one}'" for one in argument.choices) + "."
        )
    return value


def _choice(argument: Argument, word: Word) -> str:
    text = word.text.casefold()
    if text not in argument.choices:
        raise Misfit(f"'{_shown(word.text)}' is not one of {', '.join(argument.choices)}.")
    return text


def _command(name: str, careful: bool) -> str:
    if careful and registry.find(name) is None:
        raise Misfit(f"There is no command '{_shown(name)}'.")
    return name


def _value(words: list[Word], rest: str, careful: bool) -> str:
    """A setting's new value: one word or quoted text as it is, otherwise everything from here on, as it was typed."""
    if len(words) == 1:
        return words[0].text
    text = rest[words[0].start : words[-1].end]
    bracketed = text.startswith("[") and text.endswith("]")
    if careful and not (bracketed or _LIST.fullmatch(text)):
        raise Misfit("A value of several words needs quotes.")
    return text


def _looks_like_a_file(text: str) -> bool:
    return any(mark in text.rstrip(".,;:!?…") for mark in "/\\._~")


def _looks_like_a_key(text: str) -> bool:
    if _KEY.fullmatch(text):
        return True
    from engine.config import SECTIONS, keys  # here: it brings pydantic, which few lines need

    return text in SECTIONS or any(text == key.name for key in keys())


# -- flags -------------------------------------------------------------------------------------------------------------


def _without_flags(command: CommandSpec, words: list[Word], args: dict[str, Any]) -> list[Word]:
    """Read the flags wherever they stand; returns the other words. Behind ``--`` nothing is a flag."""
    if any(argument.kind == "value" for argument in command.arguments):
        return words
    left: list[Word] = []
    waiting = iter(words)
    for word in waiting:
        if word.quoted or not word.text.startswith("--"):
            left.append(word)
        elif word.text == "--":
            left.extend(waiting)
        else:
            name, equals, value = word.text[2:].partition("=")
            flag = _flag(command, name)
            if flag.kind == "switch":
                if equals:
                    raise Misfit(f"--{name} takes no value.")
                args[flag.key] = True
            else:
                args[flag.key] = _flag_value(flag, value if equals else getattr(next(waiting, None), "text", ""))
    return left


def _flag(command: CommandSpec, name: str) -> Flag:
    for flag in command.flags:
        if flag.name == name:
            return flag
    near = get_close_matches(name[:100], [flag.name for flag in command.flags], n=1)
    raise Misfit(f"There is no --{_shown(name)}" + (f"; did you mean --{near[0]}?" if near else "."))


def _flag_value(flag: Flag, text: str) -> Any:
    if not text:
        raise Misfit(f"--{flag.name} needs a value.")
    if flag.kind in ("int", "float"):
        return _number(Argument(flag.name, flag.kind), Word(text, 0, len(text)))
    return text


# -- everything that is left -------------------------------------------------------------------------------------------


def _fit_rest(
    command: CommandSpec, arguments: Sequence[Argument], rest: str, args: dict[str, Any], careful: bool
) -> None:
    """Read what is left for an argument that is everything, and one behind it, if there is one, a number at its end.

    Flags may stand before the text or after it; dashes in the middle are text. A number at the end is the second
    argument when the text is quoted, or has more than one word and the flag of the same name is not given.
    """
    given: set[str] = set()
    text = _leading_flags(command, rest.strip(), args, given)
    text = _trailing_flags(command, text, args, given)
    whole, number = arguments[0].name, arguments[1].name if len(arguments) > 1 else None
    words = split(text)
    last = words[-1] if number is not None and len(words) > 1 and _BUDGET.fullmatch(words[-1].text) else None
    if last is not None and last.quoted:
        last = None
    quoted = bool(words) and words[0].quoted and len(words) == (1 if last is None else 2)
    if careful and arguments[0].quoted and text and not quoted and not _OWN_LINES.match(rest):
        raise Misfit(f"The {whole} needs quotes.")
    if quoted:
        if last is not None and number in given:
            raise Misfit(f"{number} is given twice.")
        args[whole] = words[0].text.strip()
    elif last is not None and number not in given:
        args[whole] = text[: last.start].rstrip()
    else:
        args[whole], last = text or arguments[0].default, None
    if last is not None and number is not None:
        args[number] = int(last.text)


def _leading_flags(command: CommandSpec, text: str, args: dict[str, Any], given: set[str]) -> str:
    while match := _LEADING_FLAG.match(text):
        name, value = match["name"], match["value"]
        text = text[match.end() :]
        if not name:
            break
        flag = _flag(command, name)
        if value is None and flag.kind != "switch":
            words = split(text[:100])
            value = words[0].text if words else ""
            text = text[words[0].end :].lstrip() if words else ""
        args[flag.key] = True if flag.kind == "switch" else _flag_value(flag, value or "")
        given.add(flag.key)
    return text


def _trailing_flags(command: CommandSpec, text: str, args: dict[str, Any], given: set[str]) -> str:
    open_flags = [flag for flag in command.flags if flag.kind != "switch" and flag.key not in given]
    while open_flags:
        names = "|".join(re.escape(flag.name) for flag in open_flags)
        match = re.search(rf"\s--({names})(?:=|\s+)(\S+)$", text)
        if match is None:
            break
        flag = _flag(command, match[1])
        args[flag.key] = _flag_value(flag, match[2])
        given.add(flag.key)
        open_flags.remove(flag)
        text = text[: match.start()].rstrip()
    return text


def _shown(text: str) -> str:
    return excerpt(text, 40)
