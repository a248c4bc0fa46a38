"""The live screen: the conversation, the prompt, and how the lifeform is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.widgets import TextArea

from engine.api import EngineFailed, EngineState, Event, StateChanged
from engine.commands import Completion, complete, hint, parse
from sovl_tui.conversation import Kind
from sovl_tui.entry_text import code_of, text_of
from sovl_tui.history import History
from sovl_tui.ink import Ink
from sovl_tui.keymap import PROMPT_KEYS, TRANSCRIPT_KEYS, bindings
from sovl_tui.screens.room import HelpKeys, RoomScreen
from sovl_tui.visible import one_line
from sovl_tui.vitals import Vitals
from sovl_tui.widgets.chip import NewLinesChip
from sovl_tui.widgets.failure_panel import FailurePanel
from sovl_tui.widgets.hint_line import HintLine
from sovl_tui.widgets.key_bar import Key
from sovl_tui.widgets.lines import Lines
from sovl_tui.widgets.prompt import Prompt
from sovl_tui.widgets.slash_popup import SlashPopup
from sovl_tui.widgets.status_column import StatusColumn
from sovl_tui.widgets.status_strip import StatusStrip
from sovl_tui.widgets.transcript import Transcript

_HINTED = 2000
"""Characters of a line that are looked at for a hint; what a longer one is, its beginning decides."""


_FOUND_WIDTH = 70
_BLOCK_HINT = "y copy · c its code · enter unfold · esc back"


class LiveScreen(RoomScreen):
    """Hands keys to the app, and what the engine says to the widgets that show it."""

    AUTO_FOCUS = "#prompt"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("alt+up", "block(-1)", "Message above", show=False, id="block.up"),
        Binding("alt+down", "block(1)", "Message below", show=False, id="block.down"),
        *bindings(TRANSCRIPT_KEYS),
        Binding("shift+tab", "switch_focus", "Conversation or prompt", show=False, id="focus.switch"),
    ]

    def __init__(self, history: History) -> None:
        super().__init__()
        self.transcript = Transcript(id="transcript")
        self.chip = NewLinesChip(id="chip")
        self.prompt = Prompt(history, id="prompt")
        self.hint_line = HintLine(id="hint")
        self.popup = SlashPopup(self._complete_with, id="popup")
        self.failure = FailurePanel(id="failure")
        self.column = StatusColumn(id="status")
        self.strip = StatusStrip(id="strip")
        self._vitals = Vitals()
        self._history = history
        self._found: dict[str, str] = {}
        """Earlier lines that a search shows, by how the popup writes them; empty while nothing is searched."""

    def compose(self) -> ComposeResult:
        """The parts, top to bottom and left to right."""
        yield self.tabs
        with Horizontal(id="body"):
            with Vertical(id="talk"):
                yield self.strip
                with Container(id="paper"):
                    yield self.transcript
                    yield self.chip
                yield self.failure
                yield self.popup
                with Vertical(id="composer"):
                    yield self.prompt
                    yield self.hint_line
            yield self.column
        yield self.key_bar
        yield self.too_small

    def on_mount(self) -> None:
        """Start with a calm prompt."""
        self.popup.display = False
        self.failure.display = False
        self.chip.visible = False
        self._show_keys()

    @on(events.ScreenSuspend)
    def _left(self) -> None:
        self.column.figure.hold_breath(True)

    @on(events.ScreenResume)
    def _came_back(self) -> None:
        self.column.figure.hold_breath(False)

    @property
    def parts(self) -> tuple[Lines, ...]:
        """What is drawn line by line, but the column's."""
        return *super().parts, self.chip, self.hint_line, self.popup, self.failure, self.strip

    def use_ink(self, ink: Ink) -> None:
        """Draw everything in other colours."""
        super().use_ink(ink)
        self.transcript.use_ink(ink)
        self.column.use_ink(ink)

    # -- what the engine says (the pump calls these) -------------------------------------------------------------------

    def take(self, events: Sequence[Event]) -> None:
        """Events of one tick."""
        self.transcript.feed(events)
        for event in events:
            match event:
                case EngineFailed():
                    self.failure.show_failure(event)
                case StateChanged():
                    if event.state.starting or event.state is EngineState.AWAKE:
                        self.failure.display = False

    @property
    def failed(self) -> bool:
        """Whether a failure is shown."""
        return bool(self.failure.display)

    def show(self, vitals: Vitals) -> None:
        """A changed status."""
        self.column.show(vitals)
        self.strip.show(vitals)
        before, self._vitals = self._vitals, vitals
        if (vitals.snapshot.state, vitals.asleep) != (before.snapshot.state, before.asleep):
            self._show_keys()
            self._show_hint()

    def help_keys(self) -> HelpKeys:
        """Keys of the prompt and of the conversation, those of the one with the focus first."""
        groups = [("in the prompt", PROMPT_KEYS), ("in the conversation", TRANSCRIPT_KEYS)]
        return tuple(reversed(groups) if self.transcript.has_focus else groups)

    def submitted(self, line_id: int, line: str) -> None:
        """Show a line that went to the engine."""
        self.transcript.submitted(line_id, line)

    # -- prompt, hint, popup -------------------------------------------------------------------------------------------

    @on(TextArea.Changed, "#prompt")
    def _typed(self) -> None:
        self.app.engine.stir()
        line = self.prompt.text
        if self._found:
            self._search()
        else:
            self._offer(complete(line) if line.startswith("/") and "\n" not in line else [])
            self._show_hint()

    def _offer(self, items: list[Completion]) -> None:
        self.popup.offer(items)
        self.prompt.popup_open = self.popup.is_open

    def _show_hint(self) -> None:
        text = self.prompt.text[:_HINTED]
        words = hint(text)
        current = self.popup.current
        if self.transcript.cursor is not None:
            words = "" if self.prompt.has_focus else _BLOCK_HINT
        elif self._found:
            words = "Enter takes this line · typing narrows the search · Esc ends it"
        elif current is not None and self._enter_completes():
            words = f"Enter completes to {current.text}"
        self.hint_line.show_hint(words, self.prompt.length)

    def _enter_completes(self) -> bool:
        """Whether Enter takes the popup's entry rather than send the line: in a search, or for a half-typed command."""
        return bool(self._found) or parse(self.prompt.text).kind == "error"

    @on(Prompt.Steer)
    def _steer(self, event: Prompt.Steer) -> None:
        match event.key:
            case "up" | "down":
                self.popup.move(-1 if event.key == "up" else 1)
                self._show_hint()
            case "ctrl+f":
                self._search()
            case "tab":
                self._complete()
            case "enter" if self.popup.current is not None and self._enter_completes():
                self._complete_with(self.popup.current.text)
            case _:
                self._close_popup()
                self.prompt.send()

    def _complete(self) -> None:
        if self.popup.current is not None:
            self._complete_with(self.popup.current.text)
            return
        items = complete(self.prompt.text)
        if len(items) == 1:
            self._complete_with(items[0].text)
        elif items:
            self._offer(items)
            self._show_hint()

    def _complete_with(self, line: str) -> None:
        found = self._found.get(line)
        self._found = {}
        self.prompt.put(line + " " if found is None else found)
        self.prompt.focus()

    def _search(self) -> None:
        """Offer the earlier lines that hold what is typed."""
        lines = self._history.search(self.prompt.text)
        self._found = {one_line(line, _FOUND_WIDTH): line for line in lines}
        self._offer([Completion(shown, "") for shown in self._found])
        if self._found:
            self._show_hint()
        else:
            self.hint_line.show_hint("no earlier line has that", self.prompt.length)

    def _close_popup(self) -> bool:
        self._found = {}
        was_open = self.popup.is_open
        self.popup.close()
        self.prompt.popup_open = False
        return was_open

    @on(Prompt.Sent)
    def _sent(self, event: Prompt.Sent) -> None:
        self.transcript.drop_cursor()
        self.app.send(event.line)

    @on(Prompt.Helped)
    def _helped(self) -> None:
        self.app.action_help()

    @on(Transcript.Typed)
    def _typed_elsewhere(self, event: Transcript.Typed) -> None:
        self.prompt.focus()
        self.prompt.insert(event.character)

    def on_key(self, event: events.Key) -> None:
        """What is typed while the terminal has no room for the prompt is kept in it."""
        if self.focused is None and event.character and event.is_printable:
            event.stop()
            self.prompt.insert(event.character)

    @on(Transcript.Scrolled)
    def _scrolled(self, event: Transcript.Scrolled) -> None:
        self.chip.show_rows(event.new_rows, away=not self.transcript.following)

    # -- actions -------------------------------------------------------------------------------------------------------

    def step_back(self) -> bool:
        """Close or leave one thing, the innermost first; False when there was nothing."""
        if self._close_popup():
            self._show_hint()
            return True
        if self.transcript.cursor is not None or self.focused is not self.prompt:
            self.transcript.drop_cursor()
            self.prompt.focus()
            self._show_hint()
            return True
        return False

    def say_asleep(self) -> None:
        """Tell how a night is ended, to someone who tried to stop it."""
        self.hint_line.show_hint("asleep: /wake wakes it", self.prompt.length)

    def action_newest(self) -> None:
        """Go to the end of the conversation."""
        self.transcript.action_to_end()

    def action_block(self, step: int) -> None:
        """Move the cursor over messages."""
        if self.transcript.move_cursor(step) is None:
            self.prompt.focus()
        else:
            self.transcript.focus()
        self._show_hint()

    def action_copy_block(self) -> None:
        """Copy the message under the cursor."""
        if self.transcript.cursor is not None:
            self.app.copy(text_of(self.transcript.cursor))

    def action_copy_code(self) -> None:
        """Copy the code of the message under the cursor."""
        if self.transcript.cursor is not None:
            code = code_of(self.transcript.cursor)
            if code:
                self.app.copy(code)
            else:
                self.app.notify("There is no code in this message.", timeout=2)

    def action_unfold(self) -> None:
        """Show all of the message under the cursor, or fold it again."""
        self.transcript.unfold()

    def action_copy_answer(self) -> None:
        """Copy the newest answer."""
        answer = self.transcript.conversation.last(Kind.ANSWER, Kind.PASSAGE)
        if answer is not None:
            self.app.copy(text_of(answer))

    def action_switch_focus(self) -> None:
        """From the prompt to the conversation and back."""
        (self.prompt if self.transcript.has_focus else self.transcript).focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys of the block cursor are letters elsewhere."""
        if action in ("copy_block", "copy_code", "unfold"):
            return self.transcript.has_focus and self.transcript.cursor is not None
        return True

    def _show_keys(self) -> None:
        keys: list[Key] = [("enter", "send", "screen.send"), ("/", "commands", "screen.slash")]
        state = self._vitals.snapshot.state
        if self._vitals.asleep:
            keys.insert(0, ("/wake", "wake it", "run_line('wake')"))
        elif state.busy:
            keys.insert(0, ("esc", "stop", "step_back"))
        if state is EngineState.FAILED:
            keys.insert(0, ("ctrl+r", "start again", "restart_engine"))
        keys += [
            ("ctrl+p", "everything", "command_palette"),
            ("F1", "help", "help"),
            ("ctrl+t", "status", "toggle_status"),
            ("ctrl+q", "quit", "quit"),
        ]
        self.key_bar.show(tuple(keys[:6]))

    def action_send(self) -> None:
        """Send what is in the prompt."""
        self.prompt.send()

    def action_edit_outside(self) -> None:
        """Write what is in the prompt in the user's own editor."""
        written = self.app.edit_outside(self.prompt.line)
        if written is not None:
            self.prompt.rewrite(written)

    def action_slash(self) -> None:
        """Open the list of commands."""
        self.prompt.focus()
        if not self.prompt.text:
            self.prompt.insert("/")
