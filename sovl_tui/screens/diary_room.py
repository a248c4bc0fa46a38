"""What the rooms share that live on the diary of nights: reading it on a thread, and saying why when that fails."""

from __future__ import annotations

from textual import on
from textual.message import Message

from engine import Diary, JournalError, read_diary
from sovl_tui.screens.room import RoomScreen


class DiaryRoom(RoomScreen):
    """A room that shows what the diary of its home holds."""

    class DiaryRead(Message):
        """The diary was read from the home, or ``trouble`` says why not."""

        def __init__(self, diary: Diary, trouble: str = "") -> None:
            self.diary, self.trouble = diary, trouble
            super().__init__()

    def take_diary(self, diary: Diary) -> None:
        """The diary as it is now; empty where it could not be read."""
        raise NotImplementedError

    def read_again(self) -> None:
        """Have the diary read; :meth:`take_diary` is given it."""
        if self.is_mounted:
            self.run_worker(self._read_home, thread=True, exclusive=True, group="diary")

    def _read_home(self) -> None:
        """On a thread of its own: the journal may lie on a slow disk."""
        try:
            self.post_message(self.DiaryRead(read_diary(self.app.engine.home)))
        except JournalError as error:
            self.post_message(self.DiaryRead(Diary(), str(error)))

    @on(DiaryRead)
    def _diary_read(self, event: DiaryRead) -> None:
        if event.trouble:
            self.app.notify(event.trouble, severity="error")
        self.take_diary(event.diary)
