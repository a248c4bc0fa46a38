"""The living figure as a widget: two frames of breath a second at most, and only its own region is painted for them.

After a quiet while it shows every second frame, and none at all while nobody looks: a being at rest may cost nothing.
"""

from __future__ import annotations

from rich.text import Text
from textual.strip import Strip
from textual.timer import Timer

from sovl_tui.creature import BREATH_FRAMES, Pose, paint, pose_of
from sovl_tui.ink import Ink
from sovl_tui.vitals import Vitals
from sovl_tui.widgets.lines import Lines

BREATH_SECONDS = 4.0
_PERIOD = BREATH_SECONDS / BREATH_FRAMES
_RESTS_AFTER = round(20 / _PERIOD)
"""Frames without news after which every second one is left out."""


class Figure(Lines):
    """Draws the pose that fits the vitals, in the frame of its breath."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._frame = 0
        self._quiet = 0
        self._frames: dict[int, list[Strip]] = {}
        """Frames drawn already: their strips keep what Textual computed for them, so a breath costs almost nothing."""
        self._timer: Timer | None = None
        self._data: Pose = Pose(doing="forming", formed=0.0)

    def on_mount(self) -> None:
        """Start to breathe, unless animations are off."""
        self._timer = self.set_interval(_PERIOD, self._breathe, pause=True)
        self._pace()

    def show_vitals(self, vitals: Vitals) -> None:
        """Take the pose that fits."""
        self._quiet = 0
        self.show(pose_of(vitals.snapshot, vitals.share or 0.0))
        self._pace()

    def hold_breath(self, held: bool) -> None:
        """Stand still while nobody looks."""
        if self._timer is not None:
            self._timer.pause() if held else self._pace()

    def _pace(self) -> None:
        if self._timer is not None:
            moves = self._data.moves and self.is_on_screen and self.app.animation_level != "none"
            self._timer.resume() if moves else self._timer.pause()

    def _breathe(self) -> None:
        self._quiet += 1
        resting = self._quiet > _RESTS_AFTER
        if resting and self._quiet % 2:
            return
        if self._strips is not None:
            self._frames[self._frame] = self._strips
        self._frame = (self._frame + 1 + resting) % BREATH_FRAMES
        self._strips = self._frames.get(self._frame)
        self.refresh()

    def redraw(self) -> None:
        """Forget all frames."""
        self._frames.clear()
        super().redraw()

    def on_resize(self) -> None:
        """The frames are of another size."""
        self._frames.clear()

    def on_show(self) -> None:
        """Breathe again."""
        self._pace()

    def on_hide(self) -> None:
        """Nothing to paint: no timer either."""
        self.hold_breath(True)

    def lines(self, width: int, height: int, ink: Ink) -> list[Text]:
        """The figure."""
        return list(paint(self._data, width, height, self._frame, ink))
