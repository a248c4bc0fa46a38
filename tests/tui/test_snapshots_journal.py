"""How the journal looks. ``pytest --snapshot-update`` accepts a new look."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tui.journal_states import (
    broken,
    empty,
    filled,
    forgetting,
    going_to_a_date,
    night,
    nothing_found,
    reading,
    searched,
    wrapped,
    wrong_condition,
)
from tests.tui.pictures import NARROW, SMALL, WIDE, Act, Size, name_of, picture

SHOTS = [
    (empty, WIDE, "dark"),
    (empty, SMALL, "light"),
    (filled, WIDE, "dark"),
    (filled, NARROW, "light"),
    (filled, SMALL, "dark"),
    (searched, WIDE, "light"),
    (searched, NARROW, "dark"),
    (nothing_found, NARROW, "dark"),
    (wrong_condition, NARROW, "dark"),
    (wrapped, WIDE, "light"),
    (wrapped, NARROW, "dark"),
    (reading, NARROW, "dark"),
    (reading, SMALL, "dark"),
    (night, NARROW, "light"),
    (going_to_a_date, WIDE, "dark"),
    (going_to_a_date, SMALL, "dark"),
    (forgetting, NARROW, "dark"),
    (broken, NARROW, "light"),
]


@pytest.mark.parametrize(("act", "size", "theme"), SHOTS, ids=map(name_of, SHOTS))
def test_look(act: Act, size: Size, theme: str, tmp_path: Path, snap_compare: Callable[..., bool]) -> None:
    picture(act, size, theme, tmp_path, snap_compare)
