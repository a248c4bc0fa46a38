"""What there is to know of a night first: where it stands, how long it takes, what came of it."""

from __future__ import annotations

from rich.text import Text

from engine.api import Snapshot
from sovl_tui.ink import Ink
from sovl_tui.night_drawing import head
from sovl_tui.night_pages import NightPage
from sovl_tui.widgets.lines import Lines


class NightHead(Lines):
    """The head of one page."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._page: NightPage | None = None
        self._snapshot = Snapshot()

    def show_page(self, page: NightPage | None, snapshot: Snapshot) -> None:
        """Show ``page``, or how near sleep is when there is none."""
        self._page, self._snapshot = page, snapshot
        if page is None:
            self.show((None, snapshot.gestation, snapshot.unslept, snapshot.sleep_log_min, snapshot.sleep_confidence))
        elif page.over:
            self.show((page, page.record, page.headline))
        else:
            job = page.job
            self.show((page, job.phase, job.label, job.done, job.total, job.seconds_left, snapshot.paused))

    def lines(self, width: int, height: int, ink: Ink) -> list[Text]:
        """The rows."""
        return [] if self._data is None else head(self._page, self._snapshot, width, height, ink)
