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


class Gauges(Lines):
    """The bars of a snapshot; as many as fit."""

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show ``snapshot``."""
        self.show(
            (
                (snapshot.gestation, snapshot.gestating, snapshot.unslept, snapshot.sleep_log_min),
                (snapshot.exposure, snapshot.capacity, snapshot.stage),
                (snapshot.weight, snapshot.weight_pinned),
                (snapshot.recognition, snapshot.learned),
                (snapshot.context_tokens, snapshot.context_limit),
            )
        )

    def lines(self, width: int, height: int, ink: Ink) -> list[Text]:
        """One line per gauge, the most important first."""
        if self._data is None:
            return []
        sleep, life, influence, gate, context = self._data  # type: ignore[misc]
        gestation, gestating, unslept, needed = sleep
        exposure, capacity, stage = life
        weight, pinned = influence
        recognition, learned = gate
        tokens, limit = context
        colour = ink.mood("asleep")
        rows = [
            ("sleepy", gestation, "asleep" if gestating else f"{min(unslept, needed)}/{needed}", colour),
            ("life", exposure / capacity if capacity else 0.0, stage, ink.success),
            ("influence", weight, f"{weight:.2f} pinned" if pinned else f"w {weight:.2f}", ink.accent),
            (
                "recognises",
                recognition or 0.0,
                f"r {recognition or 0.0:.2f}" if learned else "untaught",
                ink.secondary,
            ),
            (
                "context",
                tokens / limit if limit else 0.0,
                f"{short_count(tokens)}/{short_count(limit)}" if limit else "–",
                ink.warning if limit and tokens > 0.9 * limit else ink.primary,
            ),
        ]
        value_width = min(13, max(len(row[2]) for row in rows))
        bar_width = max(3, width - _LABEL - value_width - 1)
        result = []
        for label, share, value, tint in rows:
            line = Text(label.ljust(_LABEL), pen(ink.muted))
            line.append_text(bar(share, bar_width, tint, ink))
            line.append(value.rjust(value_width + 1), pen(ink.foreground))
            result.append(line)
        return result[:height]
