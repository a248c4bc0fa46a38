"""Every key of the app in one table: bindings, help and the bottom line are made from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from textual.binding import Binding

from sovl_tui.rooms import ROOMS, Room


@dataclass(frozen=True, slots=True)
class KeySpec:
    """One key and what it does."""

    id: str
    """Name by which a user's own keymap can change it."""
    keys: str
    shown: str
    does: str
    action: str = ""
    """Empty where a widget handles the key itself."""
    priority: bool = False


APP_KEYS = (
    KeySpec("app.palette", "ctrl+p", "ctrl+p", "everything there is", "command_palette"),
    KeySpec("app.help", "f1,question_mark", "F1", "keys and commands; also ? where nothing is typed", "help"),
    KeySpec("app.jump", "ctrl+o", "ctrl+o", "a sign on every pane and room; its key goes there", "jump"),
    KeySpec("app.pane", "1", "1 to 9", "the pane of that number, where nothing is typed"),
    KeySpec("app.messages", "f7", "F7", "what was said in the corner", "messages", priority=True),
    KeySpec("app.stop", "escape", "esc", "close what is open, then stop the answer (a night goes on)", "step_back"),
    KeySpec("app.copy", "ctrl+c", "ctrl+c", "copy what is selected; twice: quit", "interrupt", priority=True),
    KeySpec("app.quit", "ctrl+q", "ctrl+q", "save and quit", "quit", priority=True),
    KeySpec("app.status", "ctrl+t", "ctrl+t", "show or hide the status", "toggle_status"),
    KeySpec("app.clear", "ctrl+l", "ctrl+l", "clear the view", "clear_view"),
    KeySpec("app.suspend", "ctrl+z", "ctrl+z", "to the shell; fg comes back", "suspend_process", priority=True),
    KeySpec("app.restart", "ctrl+r", "ctrl+r", "start the engine again after it fell over", "restart_engine"),
)
"""Work everywhere."""

PROMPT_KEYS = (
    KeySpec("prompt.send", "enter", "enter", "send"),
    KeySpec("prompt.newline", "shift+enter", "shift+enter", "new line; also alt+enter and ctrl+j"),
    KeySpec("prompt.older", "up", "↑ ↓", "earlier lines, from the first and last row"),
    KeySpec("prompt.search", "ctrl+f", "ctrl+f", "search earlier lines for what is typed"),
    KeySpec("prompt.editor", "f8", "F8", "write in $EDITOR", "screen.edit_outside"),
    KeySpec("prompt.undo", "ctrl+underscore,alt+z", "alt+z", "undo in the prompt", "undo"),
    KeySpec("prompt.complete", "tab", "tab", "complete a command"),
    KeySpec("prompt.commands", "slash", "/", "list the commands"),
    KeySpec("prompt.page", "pageup", "page up, down", "scroll the conversation"),
    KeySpec("prompt.ends", "ctrl+home", "ctrl+home, end", "its beginning, its end"),
)
"""Work while the prompt has the focus."""

TRANSCRIPT_KEYS = (
    KeySpec("block.up", "alt+up", "alt+↑ alt+↓", "go from message to message"),
    KeySpec("block.copy", "y", "y", "copy the message", "copy_block"),
    KeySpec("block.code", "c", "c", "copy the code in it", "copy_code"),
    KeySpec("block.unfold", "enter", "enter", "show all of a long message", "unfold"),
    KeySpec("transcript.ends", "home", "home, end", "first and newest message"),
)
"""Work on the conversation."""

LIST_KEYS = (
    KeySpec("list.rows", "up", "↑ ↓ k j", "go up and down"),
    KeySpec("list.pages", "pageup", "page up, down", "a page at a time"),
    KeySpec("list.ends", "home", "home, end, g G", "the first, the last"),
)
"""Work in every list and on every page."""

CONFIG_KEYS = (
    KeySpec("config.edit", "enter,space", "enter", "change the setting; a switch turns at once", "edit"),
    KeySpec("config.search", "slash", "/", "search names, help and values", "search"),
    KeySpec("config.next_section", "right", "→", "next section", "section(1)"),
    KeySpec("config.previous_section", "left", "←", "section before", "section(-1)"),
    KeySpec("config.changed", "m", "m", "show only what is no default", "only_changed"),
    KeySpec("config.undo", "u", "u", "undo the last change", "undo"),
    KeySpec("config.redo", "U", "U", "make it again", "redo"),
    KeySpec("config.reset", "r,delete", "r", "give the setting its default back", "reset_key"),
    KeySpec("config.reset_all", "R", "R", "give every setting its default back, after a look", "reset_all"),
    KeySpec("config.save", "s,ctrl+s", "s", "save to the file, after a look at what changes", "save"),
    KeySpec("config.copy", "y", "y", "copy the line that sets it", "copy_line"),
)
"""Work in the configuration."""

JOURNAL_KEYS = (
    KeySpec("journal.search", "slash", "/", "search; words, and kind: mood: is: in: from: to:", "search"),
    KeySpec("journal.read", "enter", "enter", "all of the entry", "read"),
    KeySpec("journal.switch", "tab", "tab", "from the list to the entry and back", "switch"),
    KeySpec("journal.kind", "t", "t", "only chat, a command, questions, events", "next_kind"),
    KeySpec("journal.mood", "m", "m", "only one mood", "next_mood"),
    KeySpec("journal.learned", "l", "l", "only what was learned, waits, or is excluded", "next_state"),
    KeySpec("journal.conversation", "c", "c", "only this conversation", "one_conversation"),
    KeySpec("journal.date", "d", "d", "go to a date", "go_to_date"),
    KeySpec("journal.day_before", "left_square_bracket", "[", "the day before", "day(-1)"),
    KeySpec("journal.day_after", "right_square_bracket", "]", "the day after", "day(1)"),
    KeySpec("journal.follow", "f", "f", "follow the newest entry, or stay", "follow"),
    KeySpec("journal.wrap", "w", "w", "entries on several lines, or on one", "wrap"),
    KeySpec("journal.mark", "space", "space", "mark the entry; the keys below are about all marked ones", "mark"),
    KeySpec("journal.trainable", "n", "n", "keep it from being learned, or let it", "trainable"),
    KeySpec("journal.up", "plus,equals_sign", "+", "rate the answer up", "rate('up')"),
    KeySpec("journal.down", "minus", "-", "rate the answer down", "rate('down')"),
    KeySpec("journal.forget", "x", "x", "forget what was learned of it", "forget"),
    KeySpec("journal.export", "e", "e", "write what is marked, else all that is shown, to a file", "export"),
    KeySpec("journal.copy", "y", "y", "copy all of the entry", "copy_entry"),
)
"""Work in the journal."""


SLEEP_KEYS = (
    KeySpec("sleep.pause", "p", "p", "hold the night where it is, or let it go on", "pause"),
    KeySpec("sleep.wake", "w", "w", "wake it; the night is given up", "wake"),
    KeySpec("sleep.begin", "s", "s", "put it to sleep now", "begin_sleep"),
    KeySpec("sleep.earlier", "left", "← →", "the night before, the night after", "turn(-1)"),
    KeySpec("sleep.later", "right", "→", "the night after", "turn(1)"),
    KeySpec("sleep.diary", "d", "d", "the diary of all nights, where it is not seen anyway", "diary"),
    KeySpec("sleep.part", "v", "v", "dreams, curves or verdicts, where only one of them fits", "part"),
    KeySpec("sleep.zoom", "z", "z", "one list on the whole width, with all that is said in it, or both again", "zoom"),
    KeySpec("sleep.next", "tab", "tab", "from list to list"),
)
"""Work in the sleep room."""


MEMORY_KEYS = (
    KeySpec("memory.search", "slash", "/", "show only memories with these words", "search"),
    KeySpec("memory.ask", "a", "a", "ask about the memory now", "ask"),
    KeySpec("memory.forget", "x", "x", "let the next sleep unlearn it", "forget"),
    KeySpec("memory.order", "o", "o", "newest first, weakest first, or by verdict", "order"),
    KeySpec("memory.open", "enter", "enter", "all about it, where that is not seen anyway"),
    KeySpec("memory.evaluate", "e", "e", "ask about everything; the conversation shows the result", "evaluate"),
    KeySpec("memory.next", "tab", "tab", "from list to list"),
)
"""Work in the memory room."""


def room_keys(rooms: Iterable[Room]) -> tuple[KeySpec, ...]:
    """The keys that lead to ``rooms``, also from the prompt, which would take some of them to select text."""
    return tuple(
        KeySpec(f"room.{one.name}", one.key, one.shown, one.does, f"go('{one.name}')", priority=True) for one in rooms
    )


ROOM_KEYS = room_keys(ROOMS)
"""Lead to the rooms, from everywhere."""


def bindings(keys: Iterable[KeySpec]) -> list[Binding]:
    """Bindings for ``keys``, except those that a widget handles itself."""
    return [
        Binding(spec.keys, spec.action, spec.does, show=False, id=spec.id, priority=spec.priority, tooltip=spec.does)
        for spec in keys
        if spec.action
    ]
