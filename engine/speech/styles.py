"""The styles that ``mimic`` knows: those that come with SOVL, and the user's own in the home's ``styles.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from engine.resources import resource
from engine.speech import NothingToSay
from engine.speech.examples import Examples

OWN_STYLES = "styles.toml"
"""File in the home folder."""
_FORM = "Plain: {thing}\nIn style: {said}\n"


@dataclass(frozen=True, slots=True)
class Style:
    """A way to speak.

    Attributes:
        name: What it is called, in lower case.
        about: What it sounds like, in a few words.
        examples: Plain text, and the same in the style.
        beginnings: How a sentence in it may begin; ``{text}`` in one is the plain text, ``{Text}`` with its capital.
        marks: Words by which it is known, in lower case.
    """

    name: str
    about: str
    examples: Examples
    beginnings: tuple[str, ...]
    marks: frozenset[str]


def style_called(name: str, home: Path) -> Style:
    """The style of that name, the user's own first.

    Raises:
        NothingToSay: When there is none, or the user's file is no good.
    """
    styles = {**_shipped(), **_own(home / OWN_STYLES)}
    wanted = " ".join(name.split()).casefold()
    if wanted in styles:
        return styles[wanted]
    near = get_close_matches(wanted[:100], styles, n=1)
    shown = wanted if len(wanted) <= 40 else f"{wanted[:39]}…"
    raise NothingToSay(
        f"There is no style '{shown}'; "
        + (f"did you mean '{near[0]}'? " if near else "")
        + f"There are {', '.join(styles)}; add your own in {home / OWN_STYLES}."
    )


@cache
def _shipped() -> dict[str, Style]:
    table = tomllib.loads(resource("data/styles.toml").read_text(encoding="utf-8"))
    return {name: _style(name, entry) for name, entry in table.items()}


def shipped_styles() -> tuple[Style, ...]:
    """The styles that come with SOVL."""
    return tuple(_shipped().values())


def _own(path: Path) -> dict[str, Style]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        return {name.casefold(): _style(name.casefold(), entry) for name, entry in table.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        reason = " ".join(str(error).split())[:120]
        raise NothingToSay(
            f"{path} cannot be used ({reason}); a style is [name] with examples = [[plain, styled], …]."
        ) from error


def _style(name: str, entry: Mapping[str, Any]) -> Style:
    pairs = tuple((str(plain), str(styled)) for plain, styled in entry["examples"])
    if not pairs:
        raise ValueError(f"the style {name} has no examples")
    beginnings = tuple(str(one) for one in entry.get("beginnings", ())) or ("",)
    marks = frozenset(word.strip().casefold() for word in str(entry.get("marks", "")).split(",") if word.strip())
    examples = Examples(f"The same in the style of {name}.", _FORM, pairs)
    return Style(name, str(entry.get("about", "")), examples, beginnings, marks)
