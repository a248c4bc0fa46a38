"""A recording of a program in a terminal: what it wrote and when, long waits told faster."""

from __future__ import annotations

import json
import re
import sys

import pyte
import pytest

from bench.recording import ENTER, LIVE, MEMORY, MINUTE, Recording, Step, picture_of
from engine.commands import parse

READER = """
import os, tty
tty.setraw(0)
print("ready")
print("read", *(len(os.read(0, 64)) for _ in range(4)))
"""
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
def test_a_key_of_several_bytes_arrives_whole() -> None:
    recording = Recording([sys.executable, "-c", READER], columns=60, rows=5)
    recording.play([Step("", "ready", 0.0), Step(f"a{LIVE}{MEMORY}b", "read 1 3 5 1", 0.0)])
    assert "read 1 3 5 1" in recording.text


@pytest.mark.pty
def test_words_that_do_not_come_end_it() -> None:
    with pytest.raises(SystemExit, match="waited in vain for 'never'"):
        Recording([sys.executable, "-c", "print('ready')"]).play([Step("", "never", 0.0)])


def test_long_waits_are_told_faster_and_the_rest_is_as_it_was() -> None:
    recording = Recording(["true"], columns=80, rows=24)
    recording.waits = [(0.5, 0.6), (1.0, 91.0)]
    recording.written = [(0.5, "one"), (1.0, "two ü"), (46.0, "three"), (91.0, "four"), (93.0, "five")]
    head, *lines = [json.loads(line) for line in recording.as_cast("A minute")]
    assert head == {"version": 2, "width": 80, "height": 24, "title": "A minute"}
    assert lines == [
        [0.5, "o", "one"],
        [1.0, "o", "two ü"],
        [3.5, "o", "three"],
        [6.0, "o", "four"],
        [8.0, "o", "five"],
    ]


def test_a_picture_shows_the_screen_in_its_colours() -> None:
    screen = pyte.Screen(20, 2)
    pyte.Stream(screen).feed("\x1b[38;2;1;2;3mgood\x1b[0m day \x1b[31mred\x1b[0m")
    svg = picture_of(screen, "a day")
    assert "#010203" in svg and "sovl:&#160;a&#160;day" in svg
    letters = "".join(re.findall(r"<tspan[^>]*>(.)</tspan>", svg))
    assert "gooddayred" in letters


def test_the_minute_ends_the_program_and_resets_nothing() -> None:
    typed = "".join(step.keys for step in MINUTE)
    assert typed.endswith("quit" + ENTER)
    assert (
        parse("/reset").kind == "command"
        and MINUTE[[one.keys for one in MINUTE].index("/reset" + ENTER) + 1].keys == "n"
    )
