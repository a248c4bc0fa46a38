"""What was learned is recalled from a message as it was meant, and only where a slip is plain."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from lives import awake

from engine.composition.prompt import Turn
from engine.interaction import prompt_of
from engine.lifeform import Lifeform
from engine.memory.memories import Verdict
from engine.slips import mended, words_of

TOLD = words_of(
    ["My favourite colour is teal.", "The capital of Marneth is Kelpast.", "Project Bramble starts in June."]
)
KNOWN = frozenset({"colour", "what", "which", "mare", "when", "does", "where", "start", "capitol", "projects"})


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("What is my fvourite colour?", "What is my favourite colour?"),
        ("what is the cpaital of marneth", "what is the capital of marneth"),
        ("Where is Mareth?", "Where is Marneth?"),
        ("Where is Marrneth?", "Where is Marneth?"),
        ("Where is Marxneth's border?", "Where is Marneth's border?"),
        ("Where is Msrneth?", "Where is Marneth?"),
        ("WHEN does project BRAMLE start?", "WHEN does project BRAMBLE start?"),
        ("When does project Brxmblx start?", "When does project Brxmblx start?"),  # two slips
        ("Where is Tarneth?", "Where is Tarneth?"),  # another first letter
        ("What is the capitol?", "What is the capitol?"),  # a word of its own
        ("Where are the Marneths?", "Where are the Marneths?"),
        ("Where are the colours and the colouxr?", "Where are the colours and the colouxr?"),  # who knows what that is
        ("Whre?", "Whre?"),  # nobody told of it
        ("", ""),
    ],
)
def test_a_plain_slip_is_mended(typed: str, meant: str) -> None:
    assert mended(typed, TOLD, KNOWN) == meant


def test_a_slip_between_two_words_stays() -> None:
    told = words_of(["Marneth and Marnath are towns."])
    assert mended("Where is Marnth?", told, frozenset()) == "Where is Marnth?"


@given(st.text(max_size=60))
def test_any_text_is_mended_once_and_for_all(text: str) -> None:
    once = mended(text, TOLD, KNOWN)
    assert mended(once, TOLD, KNOWN) == once
    assert len(once.split()) == len(text.split())


@pytest.fixture
def life(tmp_path: Path, tiny_folders: dict[str, Path]) -> Iterator[Lifeform]:
    with awake(tmp_path / "home", tiny_folders["llama"], max_new_tokens=4) as one:
        yield one


def _learn(life: Lifeform, text: str) -> None:
    scaffold, memories = life.composed.scaffold, life.journal.memories
    chance = torch.Generator().manual_seed(1)
    scaffold.set_adapters({n: torch.randn(t.shape, generator=chance) for n, t in scaffold.adapters().items()})
    memory = memories.keep("bramble", 1, text)
    memories.judge(memory.id, Verdict.LEARNED, 1.0, 0.0, trained=True)


def test_before_the_first_night_nothing_is_mended(life: Lifeform) -> None:
    life.journal.memories.keep("bramble", 1, "Project Bramblewick starts in June.")
    assert prompt_of(life, [Turn("user", "When does Bramblwick start?")]).meant == ()


def test_the_scaffold_reads_what_was_meant_and_the_conversation_keeps_what_was_typed(life: Lifeform) -> None:
    _learn(life, "Project Bramblewick starts in June.")
    typed, right = (
        prompt_of(life, [Turn("user", f"When does {name} start?")]) for name in ("Bramblwick", "Bramblewick")
    )
    assert right.meant == ()
    assert typed.apart == right.apart
    assert "Bramblwick" in life.composed.base.tokenizer.decode(typed.ids)
    pasted = "When does Bramblwick start? " * 40
    assert life.slips.mended(pasted, life.composed, life.journal) == pasted
    _learn(life, "Nothing of the sort.")
    memory = life.journal.memories.all()[0]
    life.journal.memories.forget([memory.id])
    life.composed.scaffold.changed()
    assert prompt_of(life, [Turn("user", "When does Bramblwick start?")]).meant == ()
