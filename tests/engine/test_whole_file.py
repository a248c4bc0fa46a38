"""A file is whole or not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.whole_file import replacing


def test_it_takes_the_place_of_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text("old", encoding="utf-8")
    with replacing(path) as file:
        file.write("new\n")
        assert path.read_text(encoding="utf-8") == "old"
    assert path.read_text(encoding="utf-8") == "new\n"
    assert list(tmp_path.iterdir()) == [path]


def test_after_an_error_all_is_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(OSError, match="full"), replacing(path) as file:
        file.write("ne")
        raise OSError("full")
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_where_a_folder_stands_nothing_is_left_beside_it(tmp_path: Path) -> None:
    folder = tmp_path / "report.json"
    folder.mkdir()
    with pytest.raises(OSError), replacing(folder) as file:
        file.write("x")
    assert list(tmp_path.iterdir()) == [folder]
