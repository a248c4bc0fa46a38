"""Everything about the setting under the cursor: a page beside the list, or a few lines below it."""

from __future__ import annotations

from rich.text import Text

from sovl_tui.ink import Ink
from sovl_tui.setting_drawing import details, short_details
from sovl_tui.settings import Setting
from sovl_tui.widgets.lines import Lines

_PAGE_FROM = 14
"""Lines from which there is room for the whole page."""


class SettingDetails(Lines):
    """Shows one setting."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._data: tuple[Setting | None, str] = (None, "")
        """And the name of the file of settings."""

    def lines(self, width: int, height: int, ink: Ink) -> list[Text]:
        """As much as fits."""
        setting, file = self._data
        if setting is None:
            return []
        return short_details(setting, width, ink) if height < _PAGE_FROM else details(setting, width, ink, file)
