"""What was said in the corner of the screen, and is gone from there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from time import localtime, strftime
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from sovl_tui.ink import Ink, pen
from sovl_tui.visible import one_line
from sovl_tui.widgets.text_page import TextPage

_SIGNS = {"information": "•", "warning": "▲", "error": "✖"}
_MARGIN = 11


@dataclass(frozen=True, slots=True)
class Said:
    """One message: when (Unix seconds), how bad, and its words."""

    when: float
    severity: str
    text: str


def message_lines(said: Sequence[Said], width: int, ink: Ink) -> list[Text]:
    """The messages, the newest first, wrapped to ``width``."""
    if not said:
        return [Text("Nothing was said yet.", pen(ink.muted))]
    lines: list[Text] = []
    for one in reversed(said):
        colour = {"warning": ink.warning, "error": ink.error}.get(one.severity, ink.secondary)
        head = Text(strftime("%H:%M:%S", localtime(one.when)), pen(ink.muted))
        head.append(f" {_SIGNS.get(one.severity, '•')} ", pen(colour, bold=True))
        for part in wrap(one_line(one.text, 1000), max(10, width - _MARGIN)) or [""]:
            head.append(" " * (_MARGIN - head.cell_len) + part, pen(ink.foreground))
            lines.append(head)
            head = Text()
    return lines


class MessagesScreen(ModalScreen[None]):
    """A page of them."""

    AUTO_FOCUS = "#said"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "dismiss(None)", "Close", show=False)]

    def __init__(self, ink: Ink, said: Sequence[Said]) -> None:
        super().__init__()
        self._ink, self._said = ink, tuple(said)
        self.page = TextPage(id="said")

    def compose(self) -> ComposeResult:
        """One page to scroll."""
        with Vertical(id="messages", classes="sheet"):
            yield self.page
            yield Static(Text("↑ ↓ scroll · esc close", pen(self._ink.muted)), classes="sheet-foot")

    def on_mount(self) -> None:
        """Draw them."""
        self.query_one("#messages").border_title = "said in the corner"
        self.page.use_ink(self._ink)
        self.page.show(lambda width, ink: message_lines(self._said, width, ink))
