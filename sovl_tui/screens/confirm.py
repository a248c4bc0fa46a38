"""Ask before something is done that cannot be undone."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Static


class ConfirmScreen(ModalScreen[bool]):
    """Returns True for yes. Nothing is done by Enter unless *yes* was chosen on purpose."""

    AUTO_FOCUS = "#no"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes", show=False),
        Binding("n,escape", "answer(False)", "No", show=False),
        Binding("left,right", "app.focus_next", "Other button", show=False),
        Binding("up,pageup", "scroll(-1)", "Up", show=False),
        Binding("down,pagedown", "scroll(1)", "Down", show=False),
    ]

    def __init__(self, question: str, detail: str | Text, yes: str, *, harmless: bool = False) -> None:
        """``detail`` may be long; a ``harmless`` question is not asked in the colour of danger."""
        super().__init__()
        self._question, self._yes = question, yes
        self._detail = Text(detail) if isinstance(detail, str) else detail
        self._harmless = harmless

    def compose(self) -> ComposeResult:
        """Question, detail, two buttons."""
        with Vertical(id="dialog", classes="-harmless" if self._harmless else ""):
            yield Static(Text(self._question), id="question")
            with VerticalScroll(id="detail-scroll", can_focus=False):
                yield Static(self._detail, id="detail")
            with Horizontal(id="buttons"):
                yield Button(
                    f"{self._yes}  (y)", id="yes", variant="primary" if self._harmless else "error", compact=True
                )
                yield Button("no  (n)", id="no", compact=True)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")

    def action_answer(self, yes: bool) -> None:
        """A key instead of a button."""
        self.dismiss(yes)

    def action_scroll(self, direction: int) -> None:
        """Show more of a long detail."""
        self.query_one("#detail-scroll").scroll_relative(y=direction * 4, animate=False)
