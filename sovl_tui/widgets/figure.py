"""The living figure as a widget: it breathes twice a second at most, and only its own region is painted for that."""

from __future__ import annotations

from rich.text import Text
from textual.timer import Timer

from sovl_tui.creature import BREATH_FRAMES, Pose, paint, pose_of
from sovl_tui.ink import Ink
from sovl_tui.vitals import Vitals
from sovl_tui.widgets.lines import Lines

BREATH_SECONDS = 4.0
_PERIOD = BREATH_SECONDS / BREATH_FRAMES


class Figure(Lines):
    """Draws the pose that fits the vitals, in the frame of its breath."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._frame = 0
        self._timer: Timer | None = None
        self._data: Pose = Pose(doing="forming", formed=0.0)

    def on_mount(self) -> None:
        """Start to breathe, unless animations are off."""
        if self.app.animation_level != "none":
            self._timer = self.set_interval(_PERIOD, self._breathe, pause=True)
            self._pace()

    def show_vitals(self, vitals: Vitals) -> None:
        """Take the pose that fits."""
        self.show(pose_of(vitals.snapshot, vitals.share or 0.0))
        self._pace()

    def hold_breath(self, held: bool) -> None:
        """Stand still while nobody looks."""
        if self._timer is not None:
            self._timer.pause() if held else self._pace()

    def _pace(self) -> None:
        if self._timer is not None:
            self._timer.resume() if self._data.moves and self.is_on_screen else self._timer.pause()

    def _breathe(self) -> None:
        self._frame = (self._frame + 1) % BREATH_FRAMES
        self.redraw()

    def on_show(self) -> None:
        """Breathe again."""
        self._pace()

    def on_hide(self) -> None:
        """Nothing to paint: no timer either."""
        self.hold_breath(True)

    def lines(self, width: int, height: int, ink: Ink) -> list[Text]:
        """The figure."""
        return list(paint(self._data, width, height, self._frame, ink))
