"""A curve of a night: from the first step to the last one there will be, with its scale at the left."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from rich.text import Text
from textual.color import Color

from sovl_tui.ink import Ink, pen
from sovl_tui.loss_curve import LossCurve
from sovl_tui.plotting import braille
from sovl_tui.widgets.lines import Lines, spread

_SCALE = 6
_DOTS = 2
"""Dots of braille in a column."""
_HEADROOM = 1.05
_PALE = 0.25
_ALL_DOTS = "\u28ff"


class NightCurve(Lines):
    """Title, the values of the beginning and the end, and the curve over zero."""

    def __init__(self, title: str, colour: str, least: float, digits: int, *, id: str) -> None:
        """``colour`` names a role of :class:`Ink`; the scale goes to ``least`` at least."""
        super().__init__(id=id)
        self._title, self._colour, self._least, self._digits = title, colour, least, digits
        self._data: tuple[LossCurve, float | None, int] = (LossCurve(), None, 0)

    def show_curve(self, curve: LossCurve, points: int) -> None:
        """Show ``curve``, which has so many points now."""
        self.show((curve, curve.last, points))

    def lines(self, width: int, height: int, ink: Ink) -> list[Text]:
        """Title and curve."""
        curve = self._data[0]
        colour = getattr(ink, self._colour)
        title = Text(self._title, pen(ink.muted))
        if curve.first is None or curve.last is None:
            return [title, Text("no step yet", pen(ink.muted))]
        figures = Text(f"{curve.first:.{self._digits}f} → ", pen(ink.muted))
        figures.append(f"{curve.last:.{self._digits}f}", pen(colour, bold=True))
        rows = max(1, height - 1)
        values = curve.columns(max(2, _DOTS * (width - _SCALE)))
        top = max([self._least, *(value for value in values if value is not None)]) * _HEADROOM
        drawn = braille(values, width - _SCALE, rows, 0.0, top)
        lowest = [
            max((n for n, row in enumerate(drawn) if row[place] != " "), default=rows) for place in range(len(drawn[0]))
        ]
        lines = [spread(title, figures, width)]
        for number, row in enumerate(drawn):
            label = f"{top:.{self._digits}f}" if number == 0 else "0" if number == rows - 1 else ""
            line = Text(label[: _SCALE - 2].rjust(_SCALE - 2), pen(ink.muted))
            line.append("┤ " if label else "│ ", pen(ink.faint))
            lines.append(line.append_text(_shaded(row, [place < number for place in lowest], colour, ink)))
        return lines


def _shaded(curve: str, below: Sequence[bool], colour: Color, ink: Ink) -> Text:
    """A row of the curve, bright, and the area below it, pale."""
    bright, pale = pen(colour), pen(ink.background.blend(colour, _PALE))
    row = Text()
    for is_below, cells in groupby(zip(below, curve, strict=True), key=lambda cell: cell[0]):
        part = [dots for _, dots in cells]
        row.append(_ALL_DOTS * len(part) if is_below else "".join(part), pale if is_below else bright)
    return row
