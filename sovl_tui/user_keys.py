"""Keys of the user's own: ``keys.toml`` in the home folder says by which key something is done, by the name it has.

``config.undo = "z"`` or ``app.help = "f1, ctrl+g"``; a name that is not there keeps its key. What cannot work is left
out and said: a name that does not exist, a key that no terminal sends, one key for two things in the same place.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from textual.binding import Binding
from textual.keys import REPLACED_KEYS, Keys, _character_to_key, format_key, key_to_character
from textual.widgets import TextArea

from sovl_tui.keymap import (
    APP_KEYS,
    CONFIG_KEYS,
    JOURNAL_KEYS,
    MEMORY_KEYS,
    PROMPT_KEYS,
    ROOM_KEYS,
    SLEEP_KEYS,
    TRANSCRIPT_KEYS,
    KeySpec,
)
from sovl_tui.visible import one_line

FILE = "keys.toml"
EVERYWHERE = (*ROOM_KEYS, *APP_KEYS)
PLACES: dict[str, tuple[KeySpec, ...]] = {
    "the prompt": (*EVERYWHERE, *PROMPT_KEYS),
    "the conversation": (*EVERYWHERE, *TRANSCRIPT_KEYS),
    "sleep": (*EVERYWHERE, *SLEEP_KEYS),
    "the journal": (*EVERYWHERE, *JOURNAL_KEYS),
    "memory": (*EVERYWHERE, *MEMORY_KEYS),
    "the configuration": (*EVERYWHERE, *CONFIG_KEYS),
}
"""Which keys work side by side."""

_MOVING = frozenset(("up", "down", "k", "j", "pageup", "pagedown", "home", "end", "g", "G"))
"""Lists and pages take these first."""
_EDITING = frozenset(
    key for one in TextArea.BINDINGS if isinstance(one, Binding) for key in one.key.replace(" ", "").split(",")
)
"""The prompt takes these first."""
_MODIFIERS = frozenset(("ctrl", "shift", "alt", "super", "hyper", "meta"))

Changes = Mapping[str, str]
"""Keys by the name of what they do, several of them with a comma in between, as Textual calls them."""


def load_keys(path: Path) -> tuple[dict[str, str], list[str]]:
    """What the file at ``path`` changes, and one line for each thing in it that cannot be. Need not be there."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}, []
    except (OSError, ValueError) as error:
        return {}, [f"{path.name} cannot be read: {one_line(str(error))}"]
    problems: list[str] = []
    changes: dict[str, str] = {}
    for name, value in _flat(content):
        known = _by_name().get(name)
        keys = [_key(one.strip()) for one in value.split(",")] if isinstance(value, str) and value.strip() else []
        wrong = _why_not(name, value, known, keys)
        if wrong:
            problems.append(f"{path.name}: {one_line(wrong)}")
        else:
            changes[name] = ",".join(key for key in keys if key)
    while found := _conflicts(changes):  # who gets the own key back may be in the way of another
        for name, other, key, place in found:
            del changes[name]
            problems.append(f"{path.name}: in {place} {shown(key)} is {other}, so {name} keeps its own key")
    return changes, problems


def template() -> str:
    """A file in which every key that can be changed stands as a remark: its name, its key, and what it does."""
    lines = ["# Keys of your own. Take the # from a line, and write another key; F1 then shows it.", ""]
    for title, specs in {"everywhere": EVERYWHERE, **PLACES}.items():
        free = [spec for spec in specs if spec.action and (title == "everywhere" or spec not in EVERYWHERE)]
        lines.append(f"# -- {title}")
        for spec in free:
            setting = f'{spec.id} = "{spec.keys}"'
            lines.append(f"# {setting:42} # {spec.does}")
        lines.append("")
    return "\n".join(lines)


def with_changes(keys: Iterable[KeySpec], changes: Changes) -> tuple[KeySpec, ...]:
    """``keys`` as they are shown once ``changes`` hold."""
    return tuple(
        replace(spec, keys=changes[spec.id], shown=shown(changes[spec.id])) if spec.id in changes else spec
        for spec in keys
    )


def key_names(here: Iterable[KeySpec], changes: Changes) -> dict[str, str]:
    """The changed keys as they are shown, by the action, for a room whose own keys are ``here``."""
    own = {f"screen.{spec.action}": shown(changes[spec.id]) for spec in here if spec.id in changes}
    return own | {spec.action: shown(changes[spec.id]) for spec in EVERYWHERE if spec.id in changes}


def shown(keys: str) -> str:
    """``keys`` as people write them: the first of several."""
    *modifiers, key = keys.split(",")[0].split("+")
    key = key.upper() if key[0] == "f" and key[1:].isdigit() else format_key(key)
    return "+".join([*modifiers, key])


def _by_name() -> dict[str, KeySpec]:
    return {spec.id: spec for keys in PLACES.values() for spec in keys}


def _flat(content: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Names with their dots, whether the file has quotes around them, tables, or neither."""
    for name, value in content.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield before + name, value


def _key(text: str) -> str:
    """The key called ``text`` as Textual names it; empty when there is none."""
    *modifiers, key = ["+"] if text == "+" else [part.strip() for part in text.split("+")]
    if any(modifier not in _MODIFIERS for modifier in modifiers) or not key:
        return ""
    if len(key) == 1:
        key = _character_to_key(key)
    elif key not in {known.value for known in Keys} and _character(key) is None:
        return ""
    return "+".join([*modifiers, key])


def _why_not(name: str, value: object, known: KeySpec | None, keys: list[str]) -> str:
    """What keeps this line from being used; empty for nothing."""
    if known is None:
        near = get_close_matches(name, _by_name(), n=1)
        return f"there is no {name}" + (f"; do you mean {near[0]}?" if near else "; F1 shows the keys there are")
    if not known.action:
        return f"{name} always is {known.shown}"
    if not keys or not all(keys):
        return f'{name} = {value!r} is no key such as "z", "ctrl+g" or "f8"'
    new = set(keys) - set(known.keys.split(","))
    mine = [key for key in new if _character(key) is not None or (key in _EDITING and not known.priority)]
    if mine and known in EVERYWHERE:
        return f"{name} works everywhere, but the prompt needs {shown(mine[0])} to write; take another one"
    return ""


def _character(key: str) -> str | None:
    """What ``key`` writes where one types; None for nothing."""
    return key_to_character(REPLACED_KEYS.get(key, key))


def _conflicts(changes: Changes) -> list[tuple[str, str, str, str]]:
    """Changed names, the names they are in the way of, by which key, and where; each changed name once."""
    found: dict[str, tuple[str, str, str, str]] = {}
    for place, specs in PLACES.items():
        taken: dict[str, str] = {}
        for spec in sorted(specs, key=lambda spec: spec.id in changes):  # those that keep their key come first
            for key in changes.get(spec.id, spec.keys).split(","):
                other = taken.setdefault(key, spec.id)
                if other == spec.id and key in _MOVING and spec not in EVERYWHERE:
                    other = "moving in lists"
                if other != spec.id and spec.id in changes:
                    found.setdefault(spec.id, (spec.id, other, key, place))
    return list(found.values())
