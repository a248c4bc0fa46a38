"""Curves in braille, drawn by plotext. Each call plots anew: call it on new data only, and keep what it returns."""

from __future__ import annotations

from collections.abc import Sequence


def braille(values: Sequence[float | None], width: int, height: int, low: float, high: float) -> list[str]:
    """``values`` from the left edge to the right one as ``height`` rows of ``width`` columns.

    ``low`` is at the bottom and ``high`` at the top. None leaves a gap: values that are still to come are blank space.
    """
    import plotext  # late: the first paint needs no plot

    points = [(place, value) for place, value in enumerate(values) if value is not None]
    if not points:
        return [" " * width] * height
    plotext.clear_figure()
    plotext.limit_size(False, False)
    plotext.plotsize(width, height)
    plotext.frame(False)
    plotext.xticks([])
    plotext.yticks([])
    plotext.xlim(0, max(1, len(values) - 1))
    plotext.ylim(low, high)
    places, heights = zip(*points, strict=True)
    plotext.plot(list(places), list(heights), marker="braille")
    return [line.ljust(width)[:width] for line in plotext.uncolorize(plotext.build()).split("\n")[:height]]
