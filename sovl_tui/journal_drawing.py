"""How journal entries look: a line in the list, several when it wraps, and a page with everything."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from engine import Interaction, JournalEvent, JournalLine, Memory
from sovl_tui.ink import Ink, pen
from sovl_tui.prose import verbatim
from sovl_tui.visible import one_line, visible
from sovl_tui.vitals import MOOD_SIGNS
from sovl_tui.widgets.lines import spread

_LABEL = 13
_WITH_DATE, _WITH_YEAR = 56, 90
"""Columns of the list from which its times have a date, and a year."""
_ARROW = 6
"""Columns between what was said and the answer, and one more."""
_MOST_LINES = 12
"""Lines of one entry when it wraps."""
_LONGEST = 20_000
"""Characters of a text that the page shows."""
STATE_SIGNS = {"learned": "☾", "waiting": "·", "excluded": "⊘"}
STATE_WORDS = {
    "learned": "learned in a sleep",
    "waiting": "waits for the next sleep",
    "excluded": "never to be learned",
}


def time_words(seconds: float, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    """A moment in local time; what lies outside the calendar as plain seconds."""
    try:
        return datetime.fromtimestamp(seconds).strftime(form)
    except (OverflowError, ValueError, OSError):
        return f"{seconds:.0f}"


def list_lines(
    line: JournalLine | None, width: int, ink: Ink, *, here: bool, marked: bool, words: Sequence[str], wrap: bool
) -> list[Text]:
    """An entry in the list; None is one that is not read yet. ``words`` are what was searched for."""
    head = Text(" ")
    head.append("❯" if here else " ", pen(ink.accent, bold=True))
    head.append("●" if marked else " ", pen(ink.accent, bold=True))
    if line is None:
        head.append(" ···", pen(ink.faint))
        return [_grounded(head, width, ink, here, marked)]
    form = "%Y-%m-%d %H:%M" if width >= _WITH_YEAR else "%m-%d %H:%M" if width >= _WITH_DATE else "%H:%M"
    head.append(f" {time_words(line.timestamp, form)}  ", pen(ink.foreground if here else ink.muted))
    right = _figures(line, width, ink)
    if wrap:
        return [_grounded(one, width, ink, here, marked) for one in _wrapped(line, head, right, width, ink, words)]
    head.append_text(_sign(line, ink))
    room = max(8, width - head.cell_len - right.cell_len)
    head.append_text(_highlighted(_said(line, room, ink), words, ink))
    room = width - head.cell_len - right.cell_len
    if line.response and room > _ARROW:
        head.append("  ›  ", pen(ink.faint))
        head.append_text(_highlighted(Text(one_line(line.response, room - _ARROW), pen(ink.muted)), words, ink))
    return [_grounded(spread(head, right, width), width, ink, here, marked)]


def _wrapped(line: JournalLine, head: Text, right: Text, width: int, ink: Ink, words: Sequence[str]) -> Iterator[Text]:
    margin = head.cell_len + 2
    room = max(8, width - margin - right.cell_len - 1)
    parts = [
        *_texts(verbatim(line.prompt, room, pen(ink.foreground))),
        *_texts(verbatim(line.response, room, pen(ink.muted)) if line.response else []),
    ]
    tag = _tag(line, ink)
    if tag.cell_len:
        parts.insert(0, tag)
    for number, part in enumerate(parts[:_MOST_LINES] or [Text()]):
        text = head.copy() if number == 0 else Text(" " * (margin - 2))
        text.append_text(_sign(line, ink) if number == 0 else Text("  "))
        text.append_text(_highlighted(part, words, ink))
        yield spread(text, right if number == 0 else Text(), width)


def _texts(lines: list[list[Segment]]) -> list[Text]:
    return [Text.assemble(*((part.text, part.style or "") for part in line)) for line in lines]


def _grounded(text: Text, width: int, ink: Ink, here: bool, marked: bool) -> Text:
    """With the ground of the cursor, or of a mark."""
    if here or marked:
        text.pad_right(max(0, width - text.cell_len))
        text.stylize_before(Style(bgcolor=(ink.panel if here else ink.surface).hex6))
    return text


def _sign(line: JournalLine, ink: Ink) -> Text:
    if line.is_event:
        return Text("◆ ", pen(ink.mood("asleep") if "sleep" in line.kind else ink.secondary))
    return Text(f"{MOOD_SIGNS.get(line.mood, '·')} ", pen(ink.mood(line.mood) if line.mood else ink.faint))


def _tag(line: JournalLine, ink: Ink) -> Text:
    """What kind it is, where it is not simply something said."""
    if line.is_event:
        return Text(
            line.kind.replace("_", " "), pen(ink.mood("asleep") if "sleep" in line.kind else ink.secondary, bold=True)
        )
    if line.own:
        return Text("SOVL asks", pen(ink.accent))
    return Text() if line.kind == "chat" else Text(line.kind, pen(ink.secondary))


def _said(line: JournalLine, room: int, ink: Ink) -> Text:
    text = Text()
    tag = _tag(line, ink)
    if tag.cell_len:
        text.append_text(tag)
        text.append("  ")
    text.append(one_line(line.prompt, room), pen(ink.muted if line.is_event else ink.foreground))
    return text


def _figures(line: JournalLine, width: int, ink: Ink) -> Text:
    """Confidence, rating and what sleep makes of it."""
    text = Text()
    if line.is_event:
        return text
    if width >= _WITH_YEAR:
        text.append("    " if line.confidence is None else f"{line.confidence:.2f}", pen(ink.muted))
    if width >= _WITH_DATE or line.rating:
        sign, colour = ("▲", ink.success) if (line.rating or 0) > 0 else ("▼", ink.error)
        text.append(f" {sign}" if line.rating else "  ", pen(colour))
    colours = {"learned": ink.mood("asleep"), "waiting": ink.faint, "excluded": ink.warning}
    text.append(f" {STATE_SIGNS[line.state]} ", pen(colours[line.state]))
    return text


def _highlighted(text: Text, words: Sequence[str], ink: Ink) -> Text:
    if words:
        text.highlight_words(words, pen(ink.background, on=ink.warning), case_sensitive=False)
    return text


# -- the page ----------------------------------------------------------------------------------------------------------


def page(
    entry: Interaction | JournalEvent | None, memories: Sequence[Memory], width: int, ink: Ink, words: Sequence[str]
) -> list[Text]:
    """Everything about one entry."""
    if entry is None:
        return [Text("This entry is gone.", pen(ink.muted))]
    if isinstance(entry, JournalEvent):
        return _event_page(entry, width, ink)
    head = Text()
    head.append(f"#{entry.id}", pen(ink.foreground, bold=True))
    head.append(f"  {entry.command}", pen(ink.secondary))
    lines = [spread(head, Text(time_words(entry.timestamp), pen(ink.muted)), width), Text()]
    lines += _passage(
        "SOVL, by itself" if entry.is_system_question else "You", entry.prompt, ink.primary, width, ink, words
    )
    if entry.response:
        lines += [Text(), *_passage("SOVL", entry.response, ink.accent, width, ink, words)]
    lines.append(Text())
    for label, value, style in _facts(entry, ink):
        lines += _fact(label, value, style, width, ink)
    for memory in memories:
        words_ = f"#{memory.id} {memory.text} ({memory.verdict}, {memory.strength:.0%} known)"
        lines += _fact("memory" if memory is memories[0] else "", words_, pen(ink.mood("asleep")), width, ink)
    return lines


def page_source(entry: Interaction | JournalEvent | None) -> str:
    """An entry as plain text, for the clipboard."""
    if entry is None:
        return ""
    if isinstance(entry, JournalEvent):
        return json.dumps({"kind": entry.kind, "timestamp": entry.timestamp, **entry.data}, ensure_ascii=False)
    return f"{entry.prompt}\n\n{entry.response}".strip()


def _passage(who: str, said: str, colour: Any, width: int, ink: Ink, words: Sequence[str]) -> list[Text]:
    lines = [Text(who, pen(colour, bold=True))]
    shown = visible(said[:_LONGEST])
    lines += [_highlighted(part, words, ink) for part in _texts(verbatim(shown, width, pen(ink.foreground)))]
    if len(said) > _LONGEST:
        lines.append(Text(f"… and {len(said) - _LONGEST:,} characters more; y copies all of it", pen(ink.muted)))
    return lines


def _facts(entry: Interaction, ink: Ink) -> Iterator[tuple[str, str, Style]]:
    plain = pen(ink.foreground)
    if entry.mood:
        yield "mood", f"{MOOD_SIGNS.get(entry.mood, '')} {entry.mood}", pen(ink.mood(entry.mood))
    if entry.confidence_score is not None:
        yield "confidence", f"{entry.confidence_score:.2f}", plain
    if entry.temperament is not None:
        yield "temperament", f"{entry.temperament:.2f}", plain
    if entry.weight is not None:
        gate = "" if entry.recognition is None else f", recognised {entry.recognition:.2f}"
        yield "influence", f"{entry.weight:.2f}{gate}", plain
    if entry.tokens is not None:
        yield "tokens", f"{entry.tokens}{f', {entry.stop_reason}' if entry.stop_reason else ''}", plain
    if entry.rating:
        yield "rated", "▲ up" if entry.rating > 0 else "▼ down", pen(ink.success if entry.rating > 0 else ink.error)
    if entry.slept_at is not None:
        yield "learning", f"☾ learned {time_words(entry.slept_at, '%Y-%m-%d %H:%M')}", pen(ink.mood("asleep"))
        if not entry.trainable:
            yield "", "⊘ never again", pen(ink.warning)
    else:
        state = "waiting" if entry.trainable else "excluded"
        yield (
            "learning",
            f"{STATE_SIGNS[state]} {STATE_WORDS[state]}",
            pen(ink.warning) if state == "excluded" else plain,
        )
    yield "conversation", entry.conversation_id, pen(ink.muted)
    for name, value in entry.extra.items():
        yield name.replace("_", " "), one_line(value if isinstance(value, str) else json.dumps(value), 400), plain


def _event_page(event: JournalEvent, width: int, ink: Ink) -> list[Text]:
    lines = [
        spread(
            Text.assemble((event.kind.replace("_", " "), pen(ink.mood("asleep"), bold=True))),
            Text(time_words(event.timestamp), pen(ink.muted)),
            width,
        ),
        Text(),
    ]
    for name, value in event.data.items():
        if isinstance(value, list | dict):
            shown = f"{len(value)} {'entry' if len(value) == 1 else 'entries'}" if value else "none"
        else:
            shown = one_line(f"{value:.4g}" if isinstance(value, float) else str(value), 2000)
        lines += _fact(name.replace("_", " "), shown, pen(ink.foreground), width, ink)
    return lines


def _fact(label: str, value: str, style: Style, width: int, ink: Ink) -> Iterator[Text]:
    for number, part in enumerate(verbatim(value, max(8, width - _LABEL), style)):
        line = Text((label if number == 0 else "")[: _LABEL - 1].ljust(_LABEL), pen(ink.muted))
        yield Text.assemble(line, *_texts([part]))
