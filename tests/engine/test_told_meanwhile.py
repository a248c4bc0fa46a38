"""In a conversation that tells something itself, what was learned before keeps silent about that."""

from __future__ import annotations

from pathlib import Path

import torch
from lives import Ear, awake

from engine.lifeform import Lifeform

QUESTION = "What is my cat's name?"


def taught(life: Lifeform) -> None:
    scaffold, chance = life.composed.scaffold, torch.Generator().manual_seed(0)
    scaffold.set_adapters({n: torch.randn(t.shape, generator=chance) * 0.3 for n, t in scaffold.adapters().items()})
    life.pin_weight(0.9)


def weights(life: Lifeform, *lines: str) -> list[float]:
    """At what weight each line of a new conversation is answered."""
    life.new_conversation()
    return [life.chat(Ear(), line).stats.weight for line in lines]


def test_the_newer_word_counts_until_it_was_slept_on(tmp_path: Path, tiny_folders: dict[str, Path]) -> None:
    with awake(tmp_path / "home", tiny_folders["llama"], max_new_tokens=4) as life:
        taught(life)
        assert weights(life, "hello", QUESTION)[-1] > 0
        assert weights(life, "Actually, my cat is called Mia now.", QUESTION)[-1] == 0
        assert weights(life, "Actually, my cat is called Mia now.", "What is the capital of France?")[-1] > 0
        assert weights(life, QUESTION)[-1] > 0, "told in another conversation, the base knows nothing of it"

        weights(life, "Actually, my cat is called Mia now.")
        life.journal.mark_slept([one.id for one in life.journal.last(50)], 1.0)
        assert life.chat(Ear(), QUESTION).stats.weight > 0
