"""The sleep room: a night as it happens, and the diary of those before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical

from engine import Diary
from engine.api import Done, EngineFailed, Event, Output, SleepPhase, Woke
from sovl_tui.ink import Ink
from sovl_tui.keymap import SLEEP_KEYS, bindings
from sovl_tui.long_job import NIGHTLY, LongJob
from sovl_tui.night_drawing import diary_row, dream_row, verdict_row
from sovl_tui.night_pages import NightPage, dream_rows, page_of
from sovl_tui.screens.diary_room import DiaryRoom
from sovl_tui.screens.room import APP_BAR
from sovl_tui.vitals import Vitals
from sovl_tui.widgets.data_list import DataList
from sovl_tui.widgets.figure import Figure
from sovl_tui.widgets.key_bar import Key
from sovl_tui.widgets.lines import Lines
from sovl_tui.widgets.night_curve import NightCurve
from sovl_tui.widgets.night_head import NightHead

_PARTS = ("dreams", "curves", "verdicts")
"""What shows where there is room for one thing only."""
_ZOOMS = ("-zoom-dreams", "-zoom-verdicts")
_KNOWN = 0.5
"""Share of its questions that a memory must answer to count as known."""
_PART_OF_PHASE = {"training": "curves", "auditing": "verdicts", "waking": "verdicts"}


class SleepScreen(DiaryRoom):
    """Shows one night: the running one by itself, another one when the reader turns to it."""

    KEYS = SLEEP_KEYS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(SLEEP_KEYS)]
    AUTO_FOCUS = "#sleep-dreams"

    def __init__(self) -> None:
        super().__init__()
        self.figure = Figure(id="sleep-figure")
        self.head = NightHead(id="sleep-head")
        self.loss = NightCurve("loss", "primary", 0.5, 2, id="sleep-loss")
        self.drift = NightCurve("drift elsewhere", "secondary", 0.02, 3, id="sleep-drift")
        self.dreams = DataList(dream_row, id="sleep-dreams")
        self.verdicts = DataList(verdict_row, id="sleep-verdicts")
        self.diary = DataList(diary_row, id="sleep-diary", cursor=True, empty="no night yet")
        self._pages: list[NightPage] = []
        self._at: NightPage | None = None
        """The page that is seen; None for the newest one, whichever that is."""
        self._tonight: NightPage | None = None
        self._job_id = 0
        self._read_once = False
        """Whether the diary is known, so that one can say that it is empty."""
        self._vitals = Vitals()
        self._part = ""
        """What the reader chose to see where one thing fits; empty for what fits the phase."""

    @property
    def parts(self) -> tuple[Lines, ...]:
        """All that is drawn in the colours of the theme."""
        return *super().parts, self.figure, self.head, self.loss, self.drift

    def compose_body(self) -> ComposeResult:
        """The diary at the left, the night at the right."""
        with Horizontal(id="sleep"):
            with Vertical(id="sleep-side"):
                yield self.figure
                yield self.diary
            with Vertical(id="sleep-night"):
                yield self.head
                with Horizontal(id="sleep-curves"):
                    yield self.loss
                    yield self.drift
                with Horizontal(id="sleep-lists"):
                    yield self.dreams
                    yield self.verdicts

    def use_ink(self, ink: Ink) -> None:
        """Draw everything in other colours."""
        super().use_ink(ink)
        for rows in (self.dreams, self.verdicts, self.diary):
            rows.use_ink(ink)

    # -- what is told --------------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Look what there is."""
        super().on_mount()
        self.diary.title("diary")
        self.dreams.border_subtitle = "near · new · noise"
        self.verdicts.border_subtitle = "before → after"
        self._show_all()

    def on_screen_resume(self) -> None:
        """Nights may have passed meanwhile."""
        self.figure.hold_breath(False)
        self.read_again()

    def on_screen_suspend(self) -> None:
        """Nobody looks."""
        self.figure.hold_breath(True)

    def take(self, events: Sequence[Event]) -> None:
        """Events of one tick: those of the running night."""
        news = False
        for event in events:
            match event:
                case SleepPhase(id=id) if id != self._job_id:
                    self._begin(id)
                    news = self._tonight is not None and self._tonight.job.take(event)
                case Done(id=id) if id == self._job_id:
                    self._end()
                case EngineFailed():
                    self._end()
                case _ if self._tonight is not None and getattr(event, "id", None) == self._job_id:
                    if isinstance(event, Output):
                        self._tonight.job.say(event.text)
                    news = self._tonight.job.take(event) or news
                    self._tonight.over = self._tonight.over or isinstance(event, Woke)
        if news and self.is_mounted and self._page is self._tonight:
            self._show_night()

    def show(self, vitals: Vitals) -> None:
        """A changed status."""
        super().show(vitals)
        self._vitals = vitals
        self.figure.show_vitals(vitals)
        self._show_head()
        self._show_keys()

    def _begin(self, id: int) -> None:
        running = dict(self.app.live.transcript.conversation.running)
        self._job_id = id
        self._tonight = NightPage(LongJob(running.get(id, NIGHTLY[0])))
        self._at, self._part = None, ""
        self._turn_pages()
        if self._tonight.job.is_night:
            self._open()

    def _open(self) -> None:
        """Show the night to whoever is in the conversation and not about to say something."""
        app = self.app
        if not app.config.interface_config.open_sleep or app.rooms.here is self:
            return
        if app.rooms.here is not app.live or app.live.prompt.text or not app.rooms.go("sleep"):
            app.notify("It fell asleep; F3 shows the night.")

    def _end(self) -> None:
        if self._tonight is not None:
            self._tonight.over = True
            self._job_id = 0
            self.read_again()
            self._show_all()

    # -- the diary -----------------------------------------------------------------------------------------------------

    def take_diary(self, diary: Diary) -> None:
        """Show what it holds."""
        self._read_once = True
        texts = {memory.id: memory.text for memory in diary.memories}
        known = {page.record: page for page in self._pages if page.record is not None}
        fresh = [known.get(record) or page_of(record, texts) for record in diary.nights]
        self._pages = fresh
        tonight = self._tonight
        if tonight is not None and tonight.over and any(one.ended >= tonight.began for one in diary.nights):
            self._tonight = None  # the diary has it now
        self._turn_pages()

    def _turn_pages(self) -> None:
        """Bring the list of nights up to date, the newest first, with the cursor on what is seen."""
        if self._at is not None and self._at not in self._all:
            self._at = None
        self.diary.show(self._all[::-1])
        page = self._page
        if page is not None:
            self.diary.move_to(self._all[::-1].index(page))
        self._show_all()

    @property
    def _all(self) -> list[NightPage]:
        return [*self._pages, *([self._tonight] if self._tonight is not None else [])]

    @property
    def _page(self) -> NightPage | None:
        """The night that is seen."""
        if self._at is not None:
            return self._at
        return self._all[-1] if self._all else None

    @on(DataList.Pointed, "#sleep-diary")
    def _chosen(self) -> None:
        page = self.diary.current
        if isinstance(page, NightPage) and page is not self._page:
            self._at = None if page is self._all[-1] else page
            self._show_all()

    @on(DataList.Opened, "#sleep-diary")
    def _opened(self) -> None:
        self.remove_class("-diary")
        self.dreams.focus()

    # -- drawing -------------------------------------------------------------------------------------------------------

    def _show_all(self) -> None:
        """Another page, or another state of it."""
        if not self.is_mounted:
            return
        page = self._page
        running = page is not None and not page.over
        for rows in (self.dreams, self.verdicts):
            rows.follow(running)
        self.set_class(page is None, "-no-night")
        self._show_night()
        self._show_keys()

    def _show_night(self) -> None:
        page = self._page
        job = page.job if page is not None else LongJob(NIGHTLY[0])
        self._show_head()
        self.loss.show_curve(job.loss, job.steps)
        self.drift.show_curve(job.drifts, job.steps)
        self.dreams.show(dream_rows(job), empty=_no_dreams(page))
        self.dreams.title(f"dreams · {len(job.dreams)} asked, {job.kept} kept" if job.dreams else "dreams")
        self.verdicts.show(job.verdicts, empty=_no_verdicts(page))
        self.verdicts.title(_knew(job))
        self.set_class(job.loss.last is None, "-no-steps")
        self._show_part(job)

    def _show_head(self) -> None:
        if self._page is not None or self._read_once:
            self.head.show_page(self._page, self._vitals.snapshot)

    def _show_part(self, job: LongJob) -> None:
        if self._page is None:
            self.remove_class(*(f"-see-{name}" for name in _PARTS))
            return
        part = self._part or _PART_OF_PHASE.get(job.phase, "dreams")
        if not self._part and not job.verdicts and part == "verdicts":
            part = "curves"
        for name in _PARTS:
            self.set_class(name == part, f"-see-{name}")

    def _show_keys(self) -> None:
        running = self._tonight is not None and not self._tonight.over
        keys: list[Key] = []
        if running and self._tonight is not None and self._tonight.job.is_night:
            held = self._vitals.snapshot.paused
            keys += [("p", "go on" if held else "hold", "screen.pause"), ("w", "wake it", "screen.wake")]
        elif not running:
            keys.append(("s", "sleep now", "screen.begin_sleep"))
        if len(self._all) > 1:
            keys.append(("←→", "other nights", "screen.turn(-1)"))
        if self._page is not None:
            keys.append(("z", "wide", "screen.zoom"))
        self.key_bar.show((*keys, *APP_BAR))

    # -- actions -------------------------------------------------------------------------------------------------------

    def step_back(self) -> bool:
        """Show both lists again; then close the diary where it covers the night."""
        closed = next((name for name in (*_ZOOMS, "-diary") if self.has_class(name)), None)
        if closed is not None:
            self.remove_class(closed)
        return closed is not None

    def action_zoom(self) -> None:
        """Show one list on the whole width, or both again."""
        if any(self.has_class(name) for name in _ZOOMS):
            self.remove_class(*_ZOOMS)
        else:
            self.add_class(_ZOOMS[self.verdicts.has_focus])

    def action_pause(self) -> None:
        """Hold the night, or let it go on."""
        if self._vitals.snapshot.gestating:
            self.app.send("/sleep resume" if self._vitals.snapshot.paused else "/sleep pause")

    def action_wake(self) -> None:
        """Wake it up, if that is meant."""
        if not self._vitals.snapshot.gestating:
            return
        from sovl_tui.screens.confirm import ConfirmScreen

        def answered(yes: bool | None) -> None:
            if yes:
                self.app.send("/wake")

        question = ConfirmScreen("Wake it?", "The night is given up; everything is as it was before.", "wake")
        self.app.push_screen(question, answered)

    def action_begin_sleep(self) -> None:
        """Put it to sleep now."""
        if not self._vitals.snapshot.gestating:
            self.app.send("/sleep")

    def action_turn(self, step: int) -> None:
        """Turn to an earlier (-1) or a later night."""
        self.diary.move_to(self.diary.cursor - step)

    def action_diary(self) -> None:
        """Show all nights where they are not seen anyway."""
        self.toggle_class("-diary")
        (self.diary if self.has_class("-diary") else self.dreams).focus()

    def action_part(self) -> None:
        """Show another part of the night where only one fits."""
        shown = next((name for name in _PARTS if self.has_class(f"-see-{name}")), _PARTS[0])
        self._part = _PARTS[(_PARTS.index(shown) + 1) % len(_PARTS)]
        self._show_night()


def _knew(job: LongJob) -> str:
    """The title of the verdicts: how much it knew before, and afterwards."""
    if not job.verdicts:
        return "verdicts"
    before, after = (sum(getattr(one, when) >= _KNOWN for one in job.verdicts) for when in ("before", "after"))
    return f"verdicts · knew {before} → {after} of {len(job.verdicts)}"


def _no_dreams(page: NightPage | None) -> str:
    if page is None or page.over:
        return "it dreamt of nothing"
    return (
        "the first dream is coming …" if page.job.phase in ("", "falling asleep", "dreaming") else "no dreams tonight"
    )


def _no_verdicts(page: NightPage | None) -> str:
    return "no verdicts" if page is None or page.over else "they come in the audit"
