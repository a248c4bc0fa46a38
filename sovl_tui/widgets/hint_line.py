"""One line under the prompt: what Enter will do now, and how long the text is."""

from __future__ import annotations

from rich.text import Text

from sovl_tui.ink import Ink, pen
from sovl_tui.visible import one_line
from sovl_tui.widgets.lines import Lines, spread

COUNTED_FROM = 400
"""Characters from which the length is shown."""


class HintLine(Lines):
    """Shows a hint at the left and a remark at the right."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._data: tuple[str, str] = ("", "")

    def show_hint(self, hint: str, length: int, remark: str = "") -> None:
        """Show what Enter does; ``remark`` goes before the length."""
        if not remark and length >= COUNTED_FROM:
            remark = f"{length:,} characters"
        self.show((one_line(hint), remark))

    def lines(self, width: int, height: int, ink: Ink) -> list[Text]:
        """The line."""
        hint, remark = self._data
        left = Text(hint, pen(ink.muted))
        return [spread(left, Text(remark, pen(ink.warning)), width)]
