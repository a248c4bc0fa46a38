"""The terminal app: owns the engine's start and end, the pump, the theme, and the keys that work everywhere."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import sys
import time
from collections import deque
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import SuspendNotSupported
from textual.binding import BindingType
from textual.message import Message
from textual.notifications import SeverityLevel
from textual.timer import Timer

from engine import JournalError, resource
from engine.api import Closed, Done, EngineState, Event, Output, Started
from engine.commands import parse
from engine.config import Config
from sovl_tui import clipboard, crash
from sovl_tui.conversation import Entry
from sovl_tui.driver import Driver
from sovl_tui.earlier import read_earlier
from sovl_tui.file_actions import FileActions
from sovl_tui.history import History
from sovl_tui.ink import Ink, make_ink
from sovl_tui.keymap import APP_KEYS, ROOM_KEYS, bindings
from sovl_tui.navigation import Rooms
from sovl_tui.outside import EditorError, edit
from sovl_tui.own_files import OwnFiles
from sovl_tui.palette import SovlCommands
from sovl_tui.pump import IDLE_SECONDS, Pump
from sovl_tui.rooms import LIVE, ROOMS, Room
from sovl_tui.screens.live import LiveScreen
from sovl_tui.screens.messages import MessagesScreen, Said
from sovl_tui.settings import Settings
from sovl_tui.stderr_guard import stderr_guard
from sovl_tui.themes import MOOD_DEFAULTS, OWN_THEMES
from sovl_tui.vitals import Vitals

JOIN_SECONDS = 5.0
"""How long the engine may take to save and end."""
MESSAGES_KEPT = 200
TWICE_SECONDS = 1.5
"""Two ctrl+c within this time quit."""
_REFINE_SECONDS = 0.004
_OF_THE_CONVERSATION = ("toggle_status", "clear_view")


class SovlApp(FileActions):
    """Made for one engine. It starts that engine after the first paint and never touches it but through the driver."""

    TITLE = "SOVL"
    CSS_PATH = sorted(resource("styles").glob("*.tcss"))
    COMMANDS = {SovlCommands}  # noqa: RUF012
    COMMAND_PALETTE_BINDING = "ctrl+p"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings((*ROOM_KEYS, *APP_KEYS))]
    DEFAULT_MODE = LIVE

    class EarlierRead(Message):
        """What was said before the app was started."""

        def __init__(self, entries: Sequence[Entry]) -> None:
            self.entries = entries
            super().__init__()

    def __init__(self, engine: Driver, config: Config, rooms: Sequence[Room] = ROOMS) -> None:
        super().__init__()
        self.engine = engine
        self.config = config
        self.live = LiveScreen(History(None if engine.home.read_only else engine.home.history_path))
        self.rooms = Rooms(self, rooms, self.live)
        self.settings = Settings(config, engine.config_path)
        self.crash: BaseException | None = None
        self.crash_report: Path | None = None
        self.trail = crash.Trail()
        self.own = OwnFiles(engine.home.path)
        self._said: deque[Said] = deque(maxlen=MESSAGES_KEPT)
        self._missed_theme = ""
        self._pump = Pump(engine.outbox, self, self._set_pace)
        self._pump_timer: Timer | None = None
        self._liveliest = self.animation_level  # what the terminal's user allows, whatever the settings say
        self._last_interrupt = 0.0
        self._leaving = False
        self._engine_ended = False
        self._quit_line: int | None = None
        self.farewell = ""
        """What the command ``quit`` said."""
        for theme in OWN_THEMES:
            self.register_theme(theme)

    # -- start and end -------------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Paint first; the engine starts when something can be seen."""
        self.action_read_own_files()
        self._apply_animations()
        self.theme_changed_signal.subscribe(self, lambda _: self._use_ink())
        self._apply_theme()
        self._use_ink()
        self._set_pace(IDLE_SECONDS)
        if not self.is_headless and sys.platform != "win32":
            for number in (signal.SIGTERM, signal.SIGHUP):
                asyncio.get_running_loop().add_signal_handler(number, self.leave)
        self.call_after_refresh(self._start_engine)

    def _start_engine(self) -> None:
        gc.enable()
        self.engine.start()
        self._pump.hurry()
        if self.engine.home.journal_path.exists():
            self.run_worker(self._read_earlier, thread=True, exit_on_error=False)

    def _read_earlier(self) -> None:
        """On a thread of its own: the journal may lie on a slow disk."""
        home = self.engine.home
        with contextlib.suppress(JournalError):  # the engine finds that, too, and says it
            self.post_message(self.EarlierRead(read_earlier(home.journal_path, home.read_only)))

    @on(EarlierRead)
    def _show_earlier(self, message: EarlierRead) -> None:
        self.live.transcript.begin_with(message.entries)

    async def action_quit(self) -> None:
        """Quit."""
        self.leave()

    def leave(self) -> None:
        """Let the engine save and end, then go; at once when asked again."""
        if self._leaving or self._engine_ended:
            self.exit()
            return
        self._leaving = True
        self.notify("Saving …", timeout=JOIN_SECONDS)
        self.engine.shutdown()
        self._pump.hurry()
        self.set_timer(JOIN_SECONDS, self.exit)

    def _fatal_error(self) -> None:
        """Keep the error for one clear line after the terminal is restored, instead of a traceback over it."""
        self.crash = sys.exc_info()[1] or self._exception
        if self.crash is not None:
            self.crash_report = crash.save_report(self.crash, self.engine.home.log_dir, self.trail)
        self._close_messages_no_wait()

    def on_app_blur(self) -> None:
        """Another window has the focus."""
        self.live.column.figure.hold_breath(True)

    def on_app_focus(self) -> None:
        """Back again."""
        if self.rooms.here is self.live:
            self.live.column.figure.hold_breath(False)

    # -- the pump ------------------------------------------------------------------------------------------------------

    def _set_pace(self, seconds: float) -> None:
        if self._pump_timer is not None:
            self._pump_timer.stop()
        self._pump_timer = self.set_interval(seconds, self._tick)

    def _tick(self) -> None:
        if not self._pump.tick() and self.rooms.here is self.live:
            self.live.transcript.refine(_REFINE_SECONDS)

    def take(self, events: Sequence[Event]) -> None:
        """Events of one tick."""
        self.trail.add(events)
        self.settings.take(events)
        self.rooms.take(events)
        for event in events:
            match event:
                case Started(id, "quit"):
                    self._quit_line = id
                case Output(id, text) if id == self._quit_line:
                    self.farewell = text
                case Done():
                    self._apply_theme()
                    self._apply_animations()
                case Closed():
                    self._engine_ended = True
                    if self.live.failed and not self._leaving:
                        self.live.failure.show_end()
                    else:
                        self.exit()

    def show(self, vitals: Vitals) -> None:
        """A changed status."""
        self.rooms.show(vitals)

    # -- speaking to the engine ----------------------------------------------------------------------------------------

    def send(self, line: str) -> None:
        """Give ``line`` to the engine; a command that cannot be undone is asked about first."""
        intent = parse(line)
        if intent.kind == "command" and intent.spec is not None and intent.spec.confirm:
            from sovl_tui.screens.confirm import ConfirmScreen

            question = ConfirmScreen(f"Really {intent.spec.name}?", intent.spec.summary, intent.spec.name)

            def answered(yes: bool | None) -> None:
                if yes:
                    self.submit(line)

            self.push_screen(question, answered)
        else:
            self.submit(line)

    def submit(self, line: str) -> int:
        """Give ``line`` to the engine without asking. The conversation shows it, and events carry the id returned."""
        number = self.engine.submit(line)
        self.live.submitted(number, line)
        self._pump.hurry()
        return number

    def action_run_line(self, line: str) -> None:
        """A command without arguments, from the palette."""
        self.send(f"/{line}")

    def action_begin(self, name: str) -> None:
        """A command that needs arguments, from the palette: the user writes the rest."""
        self.rooms.go(LIVE)
        self.live.prompt.put(f"/{name} ")
        self.live.prompt.focus()

    def action_stop_job(self) -> None:
        """Stop what runs now, but a night: that ends with ``wake``, not by mistake."""
        match self.live.transcript.conversation.running:
            case []:
                self.engine.stop()
            case [*_, (_, "sleep")]:
                self.live.say_asleep()
            case [*_, (id, _)]:
                self.engine.stop(id)
        self._pump.hurry()

    def action_restart_engine(self) -> None:
        """Load again after a failure."""
        if self.engine.outbox.latest.state is EngineState.FAILED:
            self.engine.restart()
            self._pump.hurry()

    # -- keys ----------------------------------------------------------------------------------------------------------

    def action_go(self, name: str) -> None:
        """Go to another room."""
        self.rooms.go(name)

    def action_step_back(self) -> None:
        """One step back: close what is open, else go back to the conversation; there, stop what runs."""
        here = self.rooms.here
        if here.step_back():
            return
        if here is not self.live:
            self.rooms.go(LIVE)
        elif self.engine.outbox.latest.state.busy:
            self.action_stop_job()

    def action_interrupt(self) -> None:
        """Copy what is selected; quit when pressed twice."""
        prompt = self.live.prompt
        selected = self.screen.get_selected_text() or (prompt.selected_text if prompt.has_focus else "")
        now = time.monotonic()
        if selected:
            self.copy(selected)
            self.screen.clear_selection()
        elif now - self._last_interrupt <= TWICE_SECONDS:
            self.leave()
        else:
            self._last_interrupt = now
            self.notify("Press ctrl+c once more to quit. Esc stops an answer.", timeout=TWICE_SECONDS)

    def action_help(self) -> None:
        """Keys and commands on one page."""
        from sovl_tui.screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self.ink, self.rooms.here.help_keys(), self.own.keys))

    def action_jump(self) -> None:
        """Show a sign on everything one can go to."""
        from sovl_tui.screens.jump import JumpScreen

        here = self.rooms.here
        if self.screen is here:

            async def go(action: str | None) -> None:
                if action is not None:
                    await self.run_action(action)

            self.push_screen(JumpScreen(here.jump_targets()), go)

    def action_messages(self) -> None:
        """Show what was said in the corner, or close it again."""
        if isinstance(self.screen, MessagesScreen):
            self.screen.dismiss()
        elif self.screen is self.rooms.here:
            self.push_screen(MessagesScreen(self.ink, tuple(self._said)))

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Say something in the corner, and keep it for those who looked elsewhere."""
        self._said.append(Said(time.time(), severity, message))
        super().notify(message, title=title, severity=severity, timeout=timeout, markup=markup)

    def edit_outside(self, text: str) -> str | None:
        """Have ``text`` written in the user's own editor; None when that cannot be."""
        try:
            with self.suspend():
                return edit(text)
        except SuspendNotSupported:
            self.notify("There is no terminal here to give to an editor.", severity="error")
        except EditorError as error:
            self.notify(str(error), severity="error")
        return None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Some keys are about the conversation, and asleep elsewhere."""
        return action not in _OF_THE_CONVERSATION or self.rooms.here is self.live

    def action_toggle_status(self) -> None:
        """Show or hide the status column."""
        self.live.toggle_class("-no-status")

    def action_clear_view(self) -> None:
        """Empty the transcript."""
        self.live.transcript.clear()

    def copy(self, text: str) -> None:
        """Put ``text`` on the clipboard."""
        self._clipboard = text
        driver = self._driver
        done = clipboard.copy(text, driver.write if driver is not None and not self.is_headless else lambda _: None)
        said = f"Copied {len(text):,} characters." if done else "This terminal has no clipboard; copied inside the app."
        self.notify(said, timeout=2)

    # -- colours -------------------------------------------------------------------------------------------------------

    @property
    def ink(self) -> Ink:
        """The colours of the theme in force."""
        return make_ink(self.theme_variables, self.current_theme.dark)

    @property
    def theme_names(self) -> list[str]:
        """Themes to choose from; those that leave colours to the terminal do not suit drawn lines."""
        return sorted(name for name, theme in self.available_themes.items() if not theme.ansi)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Variables that only our own themes define."""
        return MOOD_DEFAULTS

    def action_use_theme(self, name: str) -> None:
        """Change the colours, and the setting with them."""
        self.config.set("interface_config.theme", name, by="the palette")
        self._apply_theme()

    def _apply_theme(self) -> None:
        wanted = self.config.interface_config.theme
        name = wanted if wanted in self.theme_names else OWN_THEMES[0].name
        if name != wanted != self._missed_theme:
            near = get_close_matches(wanted, self.theme_names, n=1)
            instead = f"do you mean {near[0]}?" if near else "ctrl+p lists them."
            self.notify(f"There is no theme {wanted}; {instead}", severity="warning")
        self._missed_theme = "" if name == wanted else wanted
        if name != self.theme:
            self.theme = name

    def _apply_animations(self) -> None:
        level = self._liveliest if self.config.interface_config.animations else "none"
        if level != self.animation_level:
            self.animation_level = level
            self.live.column.figure.hold_breath(False)

    def _use_ink(self) -> None:
        self.rooms.use_ink(self.ink)


def run(engine: Driver, config: Config) -> int:
    """Run the app until the user leaves. Returns the exit code; the engine's thread has ended when it is 0."""
    home = engine.home
    with stderr_guard(None if home.read_only else home.log_dir / "stderr.log"):
        app = SovlApp(engine, config)
        try:
            app.run()
        except Exception as error:
            app.crash, app.crash_report = error, crash.save_report(error, home.log_dir, app.trail)
        finally:
            engine.shutdown()
            joined = engine.join(JOIN_SECONDS)
    if app.farewell:
        print(app.farewell)
    if app.crash is not None:
        print(crash.last_words(app.crash, app.crash_report), file=sys.stderr)
    if not joined:
        print(f"The engine did not end within {JOIN_SECONDS:.0f} seconds; its last words may be lost.", file=sys.stderr)
    return 0 if app.crash is None and joined else 1
