"""The examples that the speech commands show the model: data of our own, and how a pair of them is written."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any

from engine.resources import resource


@dataclass(frozen=True, slots=True)
class Examples:
    """How an act is shown: a headline, pairs of a thing and what is said of it, and how a pair is written."""

    head: str
    form: str
    pairs: tuple[tuple[str, str], ...]

    @property
    def said(self) -> tuple[str, ...]:
        """What must not be copied."""
        return tuple(said for _, said in self.pairs)

    def written(self, thing: str, said: str) -> str:
        """One pair."""
        before, after = self.form.split("{thing}")
        return f"{before}{thing}{after.replace('{said}', said)}"


@cache
def speech_data() -> dict[str, Any]:
    """All of ``data/speech.toml``."""
    return tomllib.loads(resource("data/speech.toml").read_text(encoding="utf-8"))


@cache
def word_list(act: str, name: str) -> frozenset[str]:
    """A list of words of one act: in the data they stand with commas between them."""
    return frozenset(word.strip() for word in speech_data()[act][name].split(","))


@cache
def examples_of(act: str) -> Examples:
    """The examples of one act."""
    data = speech_data()[act]
    return Examples(data["head"], data["form"], tuple((thing, said) for thing, said in data["examples"]))
