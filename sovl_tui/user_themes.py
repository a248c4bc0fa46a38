"""Themes of the user's own: one file of TOML each in ``themes`` in the home folder.

A file names the theme of ours that it starts from (``base``), and the colours that it has otherwise::

    base = "sovl-dark"
    primary = "#7fc97f"
    background = "#101810"

    [moods]
    curious = "#ffd75f"
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from textual.color import Color, ColorParseError
from textual.theme import Theme

from sovl_tui.ink import MOODS
from sovl_tui.themes import DARK, LIGHT, OWN_THEMES, recoloured
from sovl_tui.visible import one_line

COLOURS = (
    "primary", "secondary", "accent", "foreground", "background", "surface", "panel", "success", "warning", "error",
)  # fmt: skip
"""What a file may set beside ``base`` and the table ``moods``."""


class _Wrong(Exception):
    """What is wrong with a file, in words that follow its name."""


def load_themes(folder: Path, taken: Collection[str]) -> tuple[list[Theme], list[str]]:
    """The themes in ``folder``, and one line for each file that is none and is left out.

    Args:
        folder: Need not be there.
        taken: Names that themes have already.
    """
    themes: list[Theme] = []
    problems: list[str] = []
    for file in sorted(folder.glob("*.toml")):
        try:
            if file.stem in taken:
                raise _Wrong("there is a theme of that name already; give the file another one")
            themes.append(_theme(file.stem, _read(file)))
        except _Wrong as wrong:
            problems.append(f"themes/{one_line(file.name, 60)}: {one_line(str(wrong))}")
    return themes, problems


def template(theme: Theme) -> str:
    """A file that makes a theme which looks like ``theme``, to be changed."""
    base = theme.name if theme in OWN_THEMES else (DARK if theme.dark else LIGHT).name
    colours = [f'{name} = "{value}"' for name in COLOURS if isinstance(value := getattr(theme, name), str)]
    moods = [f'{mood} = "{theme.variables[name]}"' for mood in MOODS if (name := f"mood-{mood}") in theme.variables]
    return "\n".join([f'base = "{base}"', *colours, "", "[moods]", *moods, ""])


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise _Wrong(f"cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise _Wrong("is no text in UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise _Wrong(f"is no TOML: {error}") from None


def _theme(name: str, content: dict[str, Any]) -> Theme:
    base = _base(content.pop("base", DARK.name))
    moods = content.pop("moods", {})
    if not isinstance(moods, dict):
        raise _Wrong('moods is no table; write [moods], and below it lines such as calm = "#6fd3c4"')
    _check(content, COLOURS, "colour")
    _check(moods, MOODS, "mood")
    if not (content or moods):
        raise _Wrong(f"has no colour; there are {', '.join(COLOURS)}")
    return recoloured(base, name, content, moods)


def _base(name: object) -> Theme:
    found = next((theme for theme in OWN_THEMES if theme.name == name), None)
    if found is None:
        raise _Wrong(f"base {name!r} is none of {', '.join(theme.name for theme in OWN_THEMES)}")
    return found


def _check(colours: Mapping[str, Any], known: Collection[str], what: str) -> None:
    for name, value in colours.items():
        if name not in known:
            raise _Wrong(f"{name} is no {what}; there are {', '.join(known)}")
        try:
            plain = isinstance(value, str) and Color.parse(value).ansi is None and Color.parse(value).a == 1
        except ColorParseError:
            plain = False
        if not plain:
            raise _Wrong(f'{name} = {value!r} is no colour such as "#6fd3c4"')
