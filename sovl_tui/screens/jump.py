"""Jump mode: a sign on every pane and every room; the key of that name goes there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.geometry import Offset, Size
from textual.screen import ModalScreen
from textual.widgets import Static


@dataclass(frozen=True, slots=True)
class Target:
    """Somewhere to go. ``place`` is where its sign stands."""

    action: str
    place: Offset


class JumpScreen(ModalScreen[str]):
    """Returns the action that goes there; None when no target was meant."""

    AUTO_FOCUS = ""

    def __init__(self, targets: Mapping[str, Target]) -> None:
        """``targets`` by their key."""
        super().__init__()
        self._targets = targets
        self._made_for: Size | None = None

    def compose(self) -> ComposeResult:
        """The signs."""
        for key, target in self._targets.items():
            sign = Static(Text(f" {key} "), classes="jump-sign")
            sign.styles.offset = target.place
            yield sign

    def on_key(self, event: events.Key) -> None:
        """Go there; any other key leaves."""
        event.stop()
        target = self._targets.get(event.character or "")
        self.dismiss(target.action if target is not None else None)

    def on_click(self, event: events.Click) -> None:
        """Go to the sign under the mouse; beside it, leave."""
        here = Offset(event.screen_x, event.screen_y)
        hit = [one.action for one in self._targets.values() if one.place.y == here.y and 0 <= here.x - one.place.x < 3]
        self.dismiss(hit[0] if hit else None)

    def on_resize(self, event: events.Resize) -> None:
        """The signs would stand elsewhere."""
        if self._made_for not in (None, event.size):
            self.dismiss(None)
        self._made_for = event.size
