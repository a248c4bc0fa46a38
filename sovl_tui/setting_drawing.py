"""How settings look: one line in the list, a page of details, and lines that say what a save would change."""

from __future__ import annotations

from collections.abc import Iterable
from math import log
from textwrap import wrap
from typing import Any

from rich.style import Style
from rich.text import Text
from textual.color import Color

from engine.config import SECTIONS, KeySpec
from sovl_tui.ink import Ink, pen
from sovl_tui.settings import Origin, Setting, line_for, text_of
from sovl_tui.visible import one_line
from sovl_tui.widgets.lines import spread

_NAME = 30
"""Columns of the names in the list."""
_VALUE = 10
"""Columns of a number that has a slider beside it."""
_SLIDER = 9
_SLIDER_FROM = 66
"""Columns of the list from which numbers get a slider."""
_ORIGIN_FROM = 52
_LABEL = 11
_SPAN = 1000
"""Ranges wider than this many times their beginning are laid out by powers of ten."""


def section_title(section: str) -> str:
    """A section's name without what all of them have in common."""
    return section.removesuffix("_config").removesuffix("_params").replace("_", " ")


def section_line(section: str, count: int, width: int, ink: Ink) -> Text:
    """The heading of a section in the list."""
    line = Text()
    line.append(f" {section_title(section)}", pen(ink.accent, bold=True))
    line.append(f"  {SECTIONS[section].__doc__ or ''}", pen(ink.muted))
    line.truncate(width - 5, overflow="ellipsis")
    return spread(line, Text(f"{count} ", pen(ink.muted)), width)


def value_words(setting: Setting, value: Any, limit: int = 200) -> str:
    """A value in words for people."""
    if setting.spec.kind == "switch":
        return "● on" if value else "○ off"
    if value is None:
        return "null"
    if value == "":
        return "(empty)"
    return one_line(text_of(value), limit)


def _value_colour(setting: Setting, ink: Ink) -> Color:
    if setting.spec.state:
        return ink.muted
    if setting.spec.kind == "switch" and not setting.value:
        return ink.muted if setting.value == setting.spec.default else ink.warning
    return ink.foreground if setting.value == setting.spec.default else ink.primary


def _origin_colour(origin: Origin, ink: Ink) -> Color:
    return {Origin.DEFAULT: ink.muted, Origin.FILE: ink.secondary, Origin.UNSAVED: ink.warning}[origin]


def setting_line(setting: Setting, width: int, ink: Ink, here: bool, waiting: bool) -> Text:
    """One setting in the list; ``waiting`` while its change is on its way."""
    origin = setting.origin
    mark = {Origin.DEFAULT: " ", Origin.FILE: "▪", Origin.UNSAVED: "●"}[origin]
    line = Text(" ")
    line.append("❯" if here else " ", pen(ink.accent, bold=True))
    line.append(f"{mark} ", pen(_origin_colour(origin, ink)))
    name = Text(setting.spec.name, pen(ink.foreground if here else ink.muted, bold=here))
    columns = min(_NAME, width // 2)
    name.truncate(columns, overflow="ellipsis", pad=True)
    line.append_text(name)
    line.append("  ")
    slider = slider_text(setting, _SLIDER, ink) if width >= _SLIDER_FROM else None
    right = Text()
    if waiting:
        right.append("…", pen(ink.warning))
    elif width >= _ORIGIN_FROM:
        right.append_text(_where_from(setting, ink))
    right.append(" ")
    value = Text(
        value_words(setting, setting.value), pen(_value_colour(setting, ink), bold=origin is not Origin.DEFAULT)
    )
    room = _VALUE if slider is not None else max(4, width - line.cell_len - right.cell_len - 1)
    value.truncate(room, overflow="ellipsis", pad=slider is not None)
    line.append_text(value)
    if slider is not None:
        line.append_text(slider)
    line = spread(line, right, width)
    if here:
        line.stylize_before(Style(bgcolor=ink.panel.hex6))
    return line


def _where_from(setting: Setting, ink: Ink) -> Text:
    if setting.spec.state:
        return Text("kept by SOVL", pen(ink.muted))
    text = Text()
    if setting.waits:
        text.append("↻ ", pen(ink.warning))
    text.append(str(setting.origin), pen(_origin_colour(setting.origin, ink)))
    return text


def slider_text(setting: Setting, width: int, ink: Ink, mark_default: bool = False) -> Text | None:
    """Where a number lies between the ends of its range: ``━━◇━●───``; None for what has no range."""
    share, default = position(setting.spec, setting.value), position(setting.spec, setting.spec.default)
    if share is None or default is None:
        return None
    at, usual = round(share * (width - 1)), round(default * (width - 1)) if mark_default else -1
    colour = ink.muted if setting.value == setting.spec.default else ink.primary
    text = Text()
    for column in range(width):
        if column == at:
            text.append("●", pen(colour, bold=True))
        elif column == usual:
            text.append("◇", pen(ink.muted))
        else:
            text.append("━" if column < at else "─", pen(colour if column < at else ink.faint))
    return text


def position(known: KeySpec, value: Any) -> float | None:
    """Where ``value`` lies between the ends of its range, in [0, 1]; None where there is no range to lie in."""
    if known.kind not in ("number", "integer") or known.low is None or known.high is None or known.high <= known.low:
        return None
    low, high = float(known.low), float(known.high)
    if high - low > _SPAN or (low > 0 and high / low > _SPAN):
        shift = low if low > 0 else 1.0
        return log((value - low + shift) / shift) / log((high - low + shift) / shift)
    return float((value - low) / (high - low))


def details(setting: Setting, width: int, ink: Ink, file: str) -> list[Text]:
    """Everything about one setting, for the pane beside the list; ``file`` is the name of the file of settings."""
    known = setting.spec
    lines = [
        Text(known.name, pen(ink.foreground, bold=True)),
        Text(f"{section_title(known.section)} · {_kind_words(known)}", pen(ink.muted)),
        Text(),
        *(Text(part, pen(ink.foreground)) for part in wrap(known.help, width)),
        Text(),
        Text(value_words(setting, setting.value), pen(ink.primary, bold=True)),
    ]
    low, high = text_of(known.low), text_of(known.high)
    slider = slider_text(setting, max(3, width - len(low) - len(high) - 2), ink, mark_default=True)
    if slider is not None:
        lines.append(Text.assemble((f"{low} ", pen(ink.muted)), slider, (f" {high}", pen(ink.muted))))
    lines.append(Text())
    for label, value, colour in _facts(setting, ink, file):
        for number, part in enumerate(wrap(value, max(4, width - _LABEL)) or [""]):
            fact = Text((label if number == 0 else "").ljust(_LABEL), pen(ink.muted))
            fact.append(part, pen(colour))
            lines.append(fact)
    return lines


def short_details(setting: Setting, width: int, ink: Ink) -> list[Text]:
    """The same in a few lines, for below the list, the most important first."""
    known = setting.spec
    allowed = "kept by SOVL itself" if known.state else f"{known.allowed}{f', in {known.unit}' if known.unit else ''}"
    head = Text()
    head.append(known.name, pen(ink.foreground, bold=True))
    head.append(f"  {value_words(setting, setting.value)}", pen(ink.primary, bold=True))
    facts = Text()
    facts.append(_acts(setting), pen(ink.warning if setting.waits else ink.muted))
    facts.append(f" · default {value_words(setting, known.default, 40)}", pen(ink.muted))
    if setting.origin is Origin.UNSAVED:
        facts.append(f" · saved {value_words(setting, setting.saved, 40)}", pen(ink.muted))
    return [
        spread(head, Text(allowed, pen(ink.muted)), width) if head.cell_len + len(allowed) < width else head,
        *(Text(part, pen(ink.foreground)) for part in wrap(known.help, width)[:3]),
        facts,
    ]


def _facts(setting: Setting, ink: Ink, file: str) -> Iterable[tuple[str, str, Color]]:
    known = setting.spec
    yield "allowed", "SOVL keeps it itself" if known.state else known.allowed, ink.foreground
    if known.unit:
        yield "unit", known.unit, ink.foreground
    yield "default", value_words(setting, known.default), ink.foreground
    yield "saved", value_words(setting, setting.saved), ink.foreground
    origin = setting.origin
    words = {
        Origin.DEFAULT: "the default",
        Origin.FILE: file,
        Origin.UNSAVED: "changed, and not saved yet",
    }[origin]
    yield "from", words, ink.foreground if origin is Origin.DEFAULT else _origin_colour(origin, ink)
    yield "acts", _acts(setting), ink.warning if setting.waits else ink.foreground
    if not known.state:
        yield "as a line", line_for(known.name, setting.value), ink.muted


def _acts(setting: Setting) -> str:
    if setting.waits:
        return f"after /reset; until then {value_words(setting, setting.in_force, 40)}"
    return "at once" if setting.spec.live else "after /reset"


def _kind_words(known: KeySpec) -> str:
    return {"switch": "on or off", "list": f"list of {known.unit}", "integer": "whole number"}.get(
        known.kind, known.kind
    )


def diff_text(changes: Iterable[tuple[Setting, Any, Any]], ink: Ink) -> Text:
    """Changes as a diff shows them: the setting, the old value, the new one."""
    text = Text()
    for setting, old, new in changes:
        text.append(f"{setting.spec.dotted}\n", pen(ink.foreground, bold=True))
        text.append(f"  - {value_words(setting, old, 2000)}\n", pen(ink.error))
        text.append(f"  + {value_words(setting, new, 2000)}\n", pen(ink.success))
    text.rstrip()
    return text
