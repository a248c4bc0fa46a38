"""The settings, section by section, one line each."""

from __future__ import annotations

from collections.abc import Sequence, Set

from rich.text import Text

from sovl_tui.ink import Ink
from sovl_tui.setting_drawing import section_line, setting_line
from sovl_tui.settings import Setting
from sovl_tui.widgets.item_list import ItemList

Row = Setting | tuple[str, int] | None
"""A setting, the name of a section and how many of its keys are shown, or a blank line."""


class SettingsList(ItemList):
    """Shows what :meth:`show` is given. The cursor stays on its key when others come or go around it."""

    empty = "No setting has all these words."

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: list[Row] = []
        self._waiting: Set[str] = frozenset()

    def show(self, settings: Sequence[Setting], waiting: Set[str]) -> None:
        """Show ``settings``; the keys in ``waiting`` are about to change."""
        rows: list[Row] = []
        for section in dict.fromkeys(one.spec.section for one in settings):
            own = [one for one in settings if one.spec.section == section]
            rows += [None] if rows else []
            rows += [(section, len(own)), *own]
        if rows == self._rows and waiting == self._waiting:
            return
        kept = self.current
        same_keys = [_name(row) for row in rows] == [_name(row) for row in self._rows]
        self._rows, self._waiting = rows, frozenset(waiting)
        if same_keys:
            self.redraw()
        else:
            self.set_count(len(rows))
            at = next((i for i, row in enumerate(rows) if kept and _name(row) == _name(kept)), 1)
            self.show_at(min(at, len(rows) - 1), self.top if kept and self.count else 0)
        self.post_message(self.Moved())

    @property
    def shown(self) -> list[Setting]:
        """The settings in the list."""
        return [row for row in self._rows if isinstance(row, Setting)]

    @property
    def current(self) -> Setting | None:
        """The setting under the cursor."""
        row = self._rows[self.cursor] if self.cursor < len(self._rows) else None
        return row if isinstance(row, Setting) else None

    def go_to(self, key: str) -> bool:
        """Put the cursor on ``key``, a dotted name; False when it is not shown."""
        at = next((i for i, row in enumerate(self._rows) if isinstance(row, Setting) and row.spec.dotted == key), None)
        if at is not None:
            self.move_to(at)
        return at is not None

    def go_to_section(self, step: int) -> None:
        """Go to the first key of the next section (1), or of this one or the one before (-1)."""
        firsts = [i + 1 for i, row in enumerate(self._rows) if isinstance(row, tuple)]
        if step > 0:
            target = next((i for i in firsts if i > self.cursor), None)
        else:
            target = next((i for i in reversed(firsts) if i < self.cursor), None)
        if target is not None:
            self.move_to(target)
            self.scroll_to_item(target - 1)

    def show_cursor(self) -> None:
        """With the heading above it, where that comes right before."""
        super().show_cursor()
        if 0 < self.cursor == self.top and isinstance(self._rows[self.cursor - 1], tuple):
            self.scroll_to_item(self.cursor - 1)

    def selectable(self, index: int) -> bool:
        """Only settings."""
        return isinstance(self._rows[index], Setting)

    def draw(self, index: int, width: int, ink: Ink, here: bool) -> list[Text]:
        """One line."""
        row = self._rows[index]
        if isinstance(row, Setting):
            return [setting_line(row, width, ink, here, row.spec.dotted in self._waiting)]
        return [section_line(*row, width, ink) if row is not None else Text()]


def _name(row: Row) -> str:
    if isinstance(row, Setting):
        return row.spec.dotted
    return f"[{row[0]}]" if row is not None else ""
