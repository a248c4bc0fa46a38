"""The configuration: every setting, made from the schema. Changes go to the engine as the lines one could type."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.widgets import Input

from engine.api import Done, EngineState, Event, Outcome, StateChanged
from sovl_tui.ink import Ink, pen
from sovl_tui.keymap import CONFIG_KEYS, bindings
from sovl_tui.screens.confirm import ConfirmScreen
from sovl_tui.screens.room import APP_BAR, RoomScreen
from sovl_tui.setting_drawing import diff_text
from sovl_tui.settings import Edit, Setting, Settings, line_for, text_of
from sovl_tui.widgets.ask_line import AskLine
from sovl_tui.widgets.key_bar import Key
from sovl_tui.widgets.lines import Lines, spread
from sovl_tui.widgets.message_line import MessageLine
from sovl_tui.widgets.setting_details import SettingDetails
from sovl_tui.widgets.settings_list import SettingsList

_SAVE = "/config save"
_BOTH_FROM = 30
"""Columns from which the summary says both how many settings there are and how many are unsaved."""
_LONGEST_LINE = 4096
"""A text that may be longer may have several lines."""
_ESCAPED = re.compile(r"\\([n\\])")


class Summary(Lines):
    """How many settings are shown, and how many wait to be saved."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._data: tuple[str, int] = ("", 0)

    def lines(self, width: int, height: int, ink: Ink) -> list[Text]:
        """At the right edge."""
        shown, unsaved = self._data
        right = Text()
        if not unsaved or width > _BOTH_FROM:
            right.append(f"{shown} ", pen(ink.muted))
        if unsaved:
            right.append(f"  ● {unsaved} unsaved ", pen(ink.warning, bold=True))
        return [spread(Text(), right, width)]


class ConfigScreen(RoomScreen):
    """Search above, the list, details beside or below it, one line to edit in, one that says what happened."""

    AUTO_FOCUS = "#config-list"
    KEYS = CONFIG_KEYS
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(CONFIG_KEYS),
        Binding("down", "to_list", "To the list", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.search = Input(placeholder="search", compact=True, id="config-search", classes="search")
        self.summary = Summary(id="config-summary")
        self.list = SettingsList(id="config-list")
        self.details = SettingDetails(id="config-details")
        self.asking = AskLine(id="config-editor")
        self.message = MessageLine(id="config-message")
        self._waiting: dict[int, str] = {}
        """Lines on their way: their id, and the key they change; empty for a save."""
        self._editing: Setting | None = None
        self._only_changed = False

    @property
    def settings(self) -> Settings:
        """The settings of the app."""
        return self.app.settings

    @property
    def parts(self) -> tuple[Lines, ...]:
        """What is drawn line by line."""
        return *super().parts, self.summary, self.details, self.asking.label, self.message

    def compose_body(self) -> ComposeResult:
        """Top to bottom."""
        with Horizontal(id="config-top"):
            yield self.search
            yield self.summary
        with Container(id="config-middle"):
            yield self.list
            yield self.details
        with Vertical(id="config-foot"):
            yield self.asking
            yield self.message

    @property
    def editor(self) -> Input:
        """Where a value is written."""
        return self.asking.input

    @on(events.ScreenResume)
    def _resumed(self) -> None:
        self.settings.read_file()
        if self.settings.problem:
            self.message.say(self.settings.problem, "error")
        self._keep_up()

    def use_ink(self, ink: Ink) -> None:
        """Draw everything in other colours."""
        super().use_ink(ink)
        self.list.use_ink(ink)

    # -- what the engine says ------------------------------------------------------------------------------------------

    def take(self, events: Sequence[Event]) -> None:
        """Any finished line may have changed a setting."""
        finished = [event for event in events if isinstance(event, Done)]
        for done in finished:
            if done.id in self._waiting:
                self._answered(done, self._waiting.pop(done.id))
        if finished or any(isinstance(event, StateChanged) for event in events):
            self._keep_up()

    def _answered(self, done: Done, key: str) -> None:
        if done.outcome is not Outcome.OK:
            self.message.say(done.message or "Stopped; nothing was changed.", "error")
        elif key:
            self.settings.refresh()
            setting = self.settings[key]
            when = "" if setting.spec.live else " Acts after /reset."
            self.message.say(f"{setting.spec.name} is {text_of(setting.value)}.{when}", "done")
        else:
            self.settings.read_file()
            self.message.say(f"Saved to {self.settings.path}", "done")

    def _keep_up(self) -> None:
        """Show the settings as they are now."""
        self.settings.refresh()
        every = self.settings.all()
        shown = [one for one in every if self._wanted(one)]
        unsaved = len(self.settings.unsaved())
        self.list.show(shown, set(self._waiting.values()))
        only = " changed" if self._only_changed else ""
        words = f"{len(every)} settings" if len(shown) == len(every) else f"{len(shown)} of {len(every)}{only}"
        self.summary.show((words, unsaved))
        self._show_keys(unsaved)

    def _wanted(self, setting: Setting) -> bool:
        if self._only_changed and setting.value == setting.spec.default == setting.saved:
            return False
        known = setting.spec
        text = f"{known.dotted} {known.help} {text_of(setting.value)}".casefold()
        return all(word in text for word in self.search.value.casefold().split())

    def _show_keys(self, unsaved: int) -> None:
        keys: list[Key] = [("enter", "change", "screen.edit"), ("/", "search", "screen.search")]
        if unsaved:
            keys.insert(1, ("s", "save", "screen.save"))
            keys.insert(2, ("u", "undo", "screen.undo"))
        keys += [("r", "reset", "screen.reset_key"), ("m", "changed only", "screen.only_changed"), *APP_BAR]
        self.key_bar.show(tuple(keys))

    # -- moving and searching ------------------------------------------------------------------------------------------

    @on(SettingsList.Moved)
    def _moved(self) -> None:
        self.details.show((self.list.current, self.settings.path.name))

    @on(SettingsList.Chosen)
    def _chosen(self) -> None:
        self.action_edit()

    @on(Input.Changed, "#config-search")
    def _searched(self) -> None:
        self._keep_up()

    @on(Input.Submitted, "#config-search")
    def _search_done(self) -> None:
        self.list.focus()

    def step_back(self) -> bool:
        """The editor, then the search, then what is left out."""
        if self._editing is not None:
            self._close_editor()
            self.message.say("")
        elif self.search.has_focus or self.search.value:
            self.search.value = ""
            self.list.focus()
        elif self._only_changed:
            self.action_only_changed()
        else:
            return False
        return True

    def action_search(self) -> None:
        """Write what to look for."""
        self.search.focus()

    def action_to_list(self) -> None:
        """From the search into what was found."""
        if not self.editor.has_focus:
            self.list.focus()

    def action_section(self, step: int) -> None:
        """Go to the next section or the one before."""
        self.list.go_to_section(step)

    def action_only_changed(self) -> None:
        """Show only what is no default, or everything again."""
        self._only_changed = not self._only_changed
        self._keep_up()

    # -- changing ------------------------------------------------------------------------------------------------------

    def action_edit(self) -> None:
        """Turn a switch, take the next choice, or open the line to edit in."""
        setting = self.list.current
        if setting is None:
            return
        known = setting.spec
        if known.state:
            self.message.say(f"{known.name} is kept by SOVL itself.", "warning")
        elif known.kind == "switch":
            self._change(known.dotted, not setting.value)
        elif known.kind == "choice":
            choices = [*known.choices, *([None] if known.nullable else [])]
            self._change(known.dotted, choices[(choices.index(setting.value) + 1) % len(choices)])
        else:
            self._open_editor(setting)

    def _open_editor(self, setting: Setting) -> None:
        self._editing = setting
        self.asking.ask(f"{setting.spec.name} =", _editable(setting))
        self._check()

    def _close_editor(self) -> None:
        self._editing = None
        self.asking.close()
        self.list.focus()

    @on(Input.Changed, "#config-editor Input")
    def _check(self) -> None:
        """Say at each letter whether this may be set."""
        if self._editing is None:
            return
        problem = self.settings.check(self._editing.spec.dotted, self._typed)
        if problem:
            name = self._editing.spec.name
            self.message.say(problem.removeprefix("config: ").removeprefix(f"{name} = "), "error")
        else:
            breaks = r" · \n is a new line" if _has_lines(self._editing) else ""
            self.message.say(f"{self._editing.spec.allowed} · enter sets it · esc leaves it{breaks}")

    @on(Input.Submitted, "#config-editor Input")
    def _edited(self) -> None:
        setting = self._editing
        typed = self._typed
        if setting is None or self.settings.check(setting.spec.dotted, typed):
            self.app.bell()
            return
        self._close_editor()
        if typed == text_of(setting.value):
            self.message.say("Nothing changed.")
        else:
            self._change(setting.spec.dotted, typed)

    @property
    def _typed(self) -> str:
        """What is written in the editor, as a value."""
        text = self.editor.value
        if self._editing is None or not _has_lines(self._editing):
            return text
        return _ESCAPED.sub(lambda found: "\n" if found[1] == "n" else "\\", text)

    def _change(self, key: str, value: object) -> None:
        self._send(line_for(key, value), key)

    def _send(self, line: str, key: str) -> None:
        self._waiting[self.app.submit(line)] = key
        busy = self.app.engine.outbox.latest.state in (EngineState.SPEAKING, EngineState.WORKING)
        self.message.say("… waits until SOVL has finished what it does" if busy else "…")
        self._keep_up()

    def action_undo(self) -> None:
        """Take the last change back."""
        self._bring_back(self.settings.undo(), "There is nothing to undo.")

    def action_redo(self) -> None:
        """Make the change again that was taken back last."""
        self._bring_back(self.settings.redo(), "There is nothing to redo.")

    def _bring_back(self, edit: Edit | None, nothing: str) -> None:
        if edit is None:
            self.message.say(nothing)
        else:
            self._send(line_for(edit.key, edit.old), edit.key)
            self.list.go_to(edit.key)

    def action_copy_line(self) -> None:
        """Copy the line that sets it."""
        if self.list.current is not None:
            self.app.copy(line_for(self.list.current.spec.name, self.list.current.value))

    # -- resetting and saving ------------------------------------------------------------------------------------------

    def action_reset_key(self) -> None:
        """Give the setting under the cursor its default back."""
        setting = self.list.current
        if setting is None or setting.spec.state or setting.value == setting.spec.default:
            self.message.say("It has its default.")
        else:
            self._send(f"/config reset {setting.spec.dotted}", setting.spec.dotted)

    def action_reset_all(self) -> None:
        """Give every setting its default back, after a look at what that changes."""
        changed = self.settings.not_default()
        if not changed:
            self.message.say("Everything has its default.")
            return

        def reset(yes: bool | None) -> None:
            for one in changed if yes else ():
                self._send(f"/config reset {one.spec.dotted}", one.spec.dotted)

        diff = diff_text(((one, one.value, one.spec.default) for one in changed), self.app.ink)
        self.app.push_screen(ConfirmScreen(f"Reset {_settings(len(changed))}?", diff, "reset"), reset)

    def action_save(self) -> None:
        """Write the file of settings, after a look at what that changes."""
        unsaved = self.settings.unsaved()
        if not unsaved:
            self.message.say("Everything is saved.")
            return

        def save(yes: bool | None) -> None:
            if yes:
                self._send(_SAVE, "")

        diff = diff_text(((one, one.saved, one.value) for one in unsaved), self.app.ink)
        question = f"Save {_settings(len(unsaved))} to {self.settings.path.name}?"
        self.app.push_screen(ConfirmScreen(question, diff, "save", harmless=True), save)


def _settings(count: int) -> str:
    return "1 setting" if count == 1 else f"{count} settings"


def _has_lines(setting: Setting) -> bool:
    """Whether the text of ``setting`` may have several lines."""
    return setting.spec.kind == "text" and (setting.spec.high or 0) > _LONGEST_LINE


def _editable(setting: Setting) -> str:
    r"""The value as one line to edit: a line break is written ``\n``, and a backslash then twice."""
    text = text_of(setting.value)
    return text.replace("\\", "\\\\").replace("\n", "\\n") if _has_lines(setting) else text
