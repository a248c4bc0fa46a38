"""A line that asks for something at the bottom of a room: a label and an input. Not there until it is needed."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input

from sovl_tui.widgets.message_line import MessageLine


class AskLine(Horizontal):
    """The input's own messages tell what is typed; whoever asks knows what for."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.label = MessageLine()
        self.input = Input(compact=True)

    def compose(self) -> ComposeResult:
        """Side by side."""
        yield self.label
        yield self.input

    def on_mount(self) -> None:
        """Nothing is asked yet."""
        self.display = False

    @property
    def is_open(self) -> bool:
        """Whether it asks."""
        return bool(self.display)

    def ask(self, label: str, value: str = "", placeholder: str = "") -> None:
        """Ask for ``label``, with ``value`` there already."""
        self.label.say(label)
        self.label.styles.width = len(label) + 2
        self.display = True
        self.screen.add_class("-asking")
        self.input.placeholder = placeholder
        self.input.value = value
        self.input.cursor_position = len(value)
        self.input.focus()

    def close(self) -> None:
        """Ask no more."""
        self.display = False
        self.screen.remove_class("-asking")
