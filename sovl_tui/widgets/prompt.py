"""The prompt: grows with what is typed, sends on Enter, remembers what was sent, and stays quick whatever is pasted."""

from __future__ import annotations

import re
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widgets import TextArea

from sovl_tui.history import History
from sovl_tui.keymap import PROMPT_KEYS, bindings
from sovl_tui.visible import visible

LONG_PASTE = 2000
"""Characters from which a paste is shown as one sign instead of in full."""
LONG_PASTE_LINES = 12

_NEWLINE_KEYS = frozenset({"shift+enter", "ctrl+j", "alt+enter", "ctrl+enter"})
_CHIP = re.compile(r"⟦pasted text (\d+): [\d,]+ characters⟧")


class Prompt(TextArea):
    """A text area that sends. Its real content is :attr:`line`, in which long pastes are written out."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(PROMPT_KEYS),
        Binding("pageup", "transcript('scroll_pages(-1)')", "Page up", show=False, id="prompt.page_up"),
        Binding("pagedown", "transcript('scroll_pages(1)')", "Page down", show=False, id="prompt.page_down"),
        Binding("ctrl+home", "transcript('to_start')", "First message", show=False, id="prompt.start"),
        Binding("ctrl+end", "transcript('to_end')", "Newest message", show=False, id="prompt.end"),
    ]

    class Sent(Message):
        """Enter was pressed on something."""

        def __init__(self, line: str) -> None:
            self.line = line
            super().__init__()

    class Steer(Message):
        """A key for the popup above: ``up``, ``down``, ``tab``, ``enter``, or ``ctrl+f``."""

        def __init__(self, key: str) -> None:
            self.key = key
            super().__init__()

    class Helped(Message):
        """``?`` on an empty prompt."""

    def __init__(self, history: History, *, id: str | None = None) -> None:
        super().__init__(
            id=id,
            soft_wrap=True,
            tab_behavior="focus",
            show_line_numbers=False,
            highlight_cursor_line=False,
            placeholder="Say something, or / for commands",
            max_checkpoints=50,
        )
        self.cursor_blink = False  # each blink would be a paint, and nothing here is idle without cost
        self._history = history
        self._pastes: dict[str, str] = {}
        self.popup_open = False
        """Whether the popup takes the arrow keys, Tab and Enter."""

    @property
    def line(self) -> str:
        """What would be sent."""
        return _CHIP.sub(lambda chip: self._pastes.get(chip.group(), chip.group()), self.text)

    @property
    def length(self) -> int:
        """Characters that would be sent."""
        pasted = sum(len(full) - len(chip) for chip, full in self._pastes.items() if chip in self.text)
        return len(self.text) + pasted

    def put(self, text: str) -> None:
        """Replace everything by ``text``, the cursor behind it."""
        if len(text) >= LONG_PASTE or text.count("\n") >= LONG_PASTE_LINES:
            text = self._chip(text)
        self.text = text
        self.move_cursor(self.document.end)

    def add(self, text: str) -> None:
        """Insert ``text`` at the cursor, as one sign where it is long."""
        self.insert(self._fitting(text))

    def rewrite(self, text: str) -> None:
        """Replace everything by ``text``; undo brings back what was there."""
        self.replace(self._fitting(text), (0, 0), self.document.end)

    def _fitting(self, text: str) -> str:
        """``text`` as it is shown: nothing in it acts on a terminal, and a long one is one sign."""
        text = visible(text.replace("\r\n", "\n").replace("\r", "\n"))
        return self._chip(text) if len(text) >= LONG_PASTE or text.count("\n") >= LONG_PASTE_LINES else text

    def _chip(self, full: str) -> str:
        chip = f"⟦pasted text {len(self._pastes) + 1}: {len(full):,} characters⟧"
        self._pastes[chip] = full
        return chip

    def send(self) -> None:
        """Send what is there, unless it is nothing but blanks."""
        line = self.line
        if not line.strip():
            return
        self._history.add(line)
        self.clear()
        self._pastes.clear()
        self.history.clear()
        self.post_message(self.Sent(line))

    def render_line(self, y: int) -> Strip:
        """One line. While a screen is laid out there may be no width yet, and no way to wrap the placeholder."""
        return super().render_line(y) if self.content_size.width else Strip.blank(self.size.width)

    def on_show(self) -> None:
        """Take the keys again after there was no room for a prompt."""
        if self.screen.focused is None:
            self.focus()

    async def _on_key(self, event: events.Key) -> None:
        if self._take(event):
            event.stop()
            event.prevent_default()

    def _take(self, event: events.Key) -> bool:
        key = event.key
        if key in _NEWLINE_KEYS:
            self.insert("\n")
        elif key == "enter" and not self.popup_open:
            self.send()
        elif key in ("tab", "ctrl+f") or (self.popup_open and key in ("up", "down", "enter")):
            self.post_message(self.Steer(key))
        elif key == "up" and self.cursor_at_first_line and not self._wrapped_above():
            self._recall(self._history.older(self.line))
        elif key == "down" and self.cursor_at_last_line and not self._wrapped_below():
            self._recall(self._history.newer())
        elif event.character == "?" and not self.text:
            self.post_message(self.Helped())
        else:
            return False
        return True

    def _wrapped_above(self) -> bool:
        return self.wrapped_document.location_to_offset(self.cursor_location).y > 0

    def _wrapped_below(self) -> bool:
        last = self.wrapped_document.location_to_offset(self.document.end).y
        return self.wrapped_document.location_to_offset(self.cursor_location).y < last

    def _recall(self, line: str | None) -> None:
        if line is not None:
            self._pastes.clear()
            self.put(line)

    async def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self.add(event.text)

    def action_paste(self) -> None:
        """Paste what was copied inside the app."""
        self.add(self.app.clipboard)

    async def action_transcript(self, action: str) -> None:
        """Scroll the conversation without leaving the prompt."""
        await self.screen.query_one("#transcript").run_action(action)
