"""A recording of a program in a terminal: what it wrote and when, long pauses cut short."""

from __future__ import annotations

import json
import sys

import pytest

from bench.recording import ENTER, MINUTE, Recording, Step
from engine.commands import parse

PROGRAM = "print('ready'); name = input(); print('good day,', name)"


@pytest.mark.pty
def test_a_program_is_typed_at_and_what_it_writes_is_kept() -> None:
    recording = Recording([sys.executable, "-c", PROGRAM], columns=40, rows=5)
    recording.play([Step("", "ready", 0.0), Step("Mirtle" + ENTER, "good day, Mirtle", 0.0)])
    written = "".join(piece for _, piece in recording.written)
    assert written.startswith("ready") and "good day, Mirtle" in written
    times = [at for at, _ in recording.written]
    assert times == sorted(times) and times[0] > 0.0


@pytest.mark.pty
def test_words_that_do_not_come_end_it() -> None:
    with pytest.raises(SystemExit, match="waited in vain for 'never'"):
        Recording([sys.executable, "-c", "print('ready')"]).play([Step("", "never", 0.0)])


def test_long_pauses_are_cut_and_short_ones_kept() -> None:
    recording = Recording(["true"], columns=80, rows=24)
    recording.written = [(0.5, "one"), (90.5, "two ü"), (91.0, "three")]
    head, *lines = [json.loads(line) for line in recording.as_cast("A minute")]
    assert head == {"version": 2, "width": 80, "height": 24, "title": "A minute"}
    assert lines == [[0.5, "o", "one"], [2.5, "o", "two ü"], [3.0, "o", "three"]]


def test_the_minute_ends_the_program_and_resets_nothing() -> None:
    typed = "".join(step.keys for step in MINUTE)
    assert typed.endswith("quit" + ENTER)
    assert (
        parse("/reset").kind == "command"
        and MINUTE[[one.keys for one in MINUTE].index("/reset" + ENTER) + 1].keys == "n"
    )
