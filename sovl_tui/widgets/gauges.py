"""Shares of a whole as labelled bars: sleep, life, influence, recognition, context."""

from __future__ import annotations

from rich.text import Text
from textual.color import Color

from engine.api import Snapshot
from sovl_tui.ink import Ink, pen
from sovl_tui.vitals import short_count
from sovl_tui.widgets.lines import Lines

_LABEL = 11


def bar(share: float, width: int, colour: Color, ink: Ink) -> Text:
    """A bar of ``width`` columns, filled to ``share`` in steps of half a column."""
    halves = round(min(1.0, max(0.0, share)) * width * 2)
    text = Text("━" * (halves // 2) + ("╸" if halves % 2 else ""), pen(colour))
    text.append("─" * (width - text.cell_len), pen(ink.faint))
    return text


Gauge = tuple[str, float, str, str]
"""Label, share in [0, 1], value in words, and the role of its colour."""


def gauges_of(snapshot: Snapshot) -> tuple[Gauge, ...]:
    """The gauges of a snapshot, the most important first."""
    needed = snapshot.sleep_log_min
    sleep = "asleep" if snapshot.gestating else f"{min(snapshot.unslept, needed)}/{needed}"
    limit, tokens = snapshot.context_limit, snapshot.context_tokens
    return (
        ("sleepy", snapshot.gestation, sleep, "asleep"),
        ("life", snapshot.exposure / snapshot.capacity if snapshot.capacity else 0.0, snapshot.stage, "success"),
        (
            "influence",
            snapshot.weight,
            f"{snapshot.weight:.2f} pinned" if snapshot.weight_pinned else f"w {snapshot.weight:.2f}",
            "accent",
        ),
        (
            "recognises",
            snapshot.recognition or 0.0,
            _recognised(snapshot),
            "secondary",
        ),
        (
            "context",
            tokens / limit if limit else 0.0,
            f"{short_count(tokens)}/{short_count(limit)}" if limit else "–",
            "warning" if limit and tokens > 0.9 * limit else "primary",
        ),
    )


class Gauges(Lines):
    """The bars of a snapshot; as many as fit."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._data: tuple[Gauge, ...] = ()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show ``snapshot``."""
        self.show(gauges_of(snapshot))

    def lines(self, width: int, height: int, ink: Ink) -> list[Text]:
        """One line per gauge."""
        value_width = max((len(value) for _, _, value, _ in self._data), default=0)
        bar_width = max(3, width - _LABEL - value_width - 1)
        result = []
        for label, share, value, role in self._data[:height]:
            colour = ink.mood("asleep") if role == "asleep" else getattr(ink, role)
            line = Text(label.ljust(_LABEL), pen(ink.muted))
            line.append_text(bar(share, bar_width, colour, ink))
            line.append(value.rjust(value_width + 1), pen(ink.foreground))
            result.append(line)
        return result


def _recognised(snapshot: Snapshot) -> str:
    """What the gate said of the last prompt, in a few characters."""
    if not snapshot.learned:
        return "untaught"
    return "–" if snapshot.recognition is None else f"r {snapshot.recognition:.2f}"
