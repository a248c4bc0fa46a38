"""The table of memories."""

from __future__ import annotations

from pathlib import Path

from engine.memory.journal import Journal
from engine.memory.memories import Verdict


def test_a_fact_that_is_told_again_uses_up_no_number(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.sqlite3") as journal:
        first = journal.memories.keep("cat name", 1, "My cat is called Mia.")
        for _ in range(5):
            assert journal.memories.keep("cat name", 2, "My cat is called Mia.") == first
        assert journal.memories.keep("dog name", 3, "My dog is called Bo.").id == first.id + 1


def test_what_was_superseded_is_new_when_it_is_told_again(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.sqlite3") as journal:
        journal.memories.keep("cat name", 1, "My cat is called Mia.")
        journal.memories.supersede(["cat name"])
        assert journal.memories.keep("cat name", 2, "My cat is called Mia.").verdict is Verdict.NEW
