"""A history of values in [0, 1] as a curve, plotted by plotext and coloured by the theme. Drawn only on new data."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from sovl_tui.ink import Ink, pen
from sovl_tui.plotting import braille
from sovl_tui.widgets.lines import Lines, spread

_LEAST_SPAN = 0.3
"""Height of the window on the values; a smaller one would make a mountain of every molehill."""


def window(values: Sequence[float]) -> tuple[float, float]:
    """The stretch of [0, 1] that a plot of ``values`` shows."""
    low, high = min(values), max(values)
    spare = max(0.04, (_LEAST_SPAN - (high - low)) / 2)
    low, high = low - spare, high + spare
    shift = max(0.0, -low) - max(0.0, high - 1.0)
    return max(0.0, low + shift), min(1.0, high + shift)


def plot(values: Sequence[float], width: int, height: int) -> list[str]:
    """``values`` over the whole width as ``height`` rows of braille."""
    points = list(values) if len(values) > 1 else [values[0], values[0]]
    return braille(points, width, height, *window(values))


class Curve(Lines):
    """A title with the newest value, and the curve below it."""

    def __init__(self, title: str, colour: str, *, id: str | None = None) -> None:
        """``colour`` names a role of :class:`Ink`."""
        super().__init__(id=id)
        self._title = title
        self._colour = colour
        self._data: tuple[tuple[float, ...], float | None, str] = ((), None, "")

    def show_values(self, trace: tuple[float, ...], newest: float | None, empty: str) -> None:
        """Show ``trace``, oldest first, and ``newest`` as a number; ``empty`` says why there is nothing."""
        self.show((trace, newest, empty))

    def lines(self, width: int, height: int, ink: Ink) -> list[Text]:
        """Title and curve."""
        trace, newest, empty = self._data
        colour = getattr(ink, self._colour)
        number = Text("–" if newest is None else f"{newest:.2f}", pen(colour, bold=True))
        title = spread(Text(self._title, pen(ink.muted)), number, width)
        if not trace:
            return [title, Text(empty, pen(ink.muted))]
        rows = plot(trace[-2 * width :], width, max(1, height - 1))
        return [title, *(Text(row, pen(colour)) for row in rows)]
