"""A program in a terminal of its own is seen as a person sees it: by what stands on the screen, not by its bytes."""

from __future__ import annotations

import os
import sys

from bench.pty_program import Program

_PATIENCE = 60.0
_PAINTS = r"""
import sys
sys.stdout.write("\x1b[>1u\x1b[2J\x1b[3;5H\x1b[32m●\x1b[0m \x1b[1maw\x1b[0make\r\n")
sys.stdout.flush()
for line in sys.stdin:
    sys.stdout.write("\x1b[3;5Hasleep \r\n")
    sys.stdout.flush()
"""


def test_words_that_styles_split_are_seen_until_something_else_stands_there() -> None:
    with Program([sys.executable, "-c", _PAINTS], os.environ) as program:
        assert program.wait_for(lambda: program.shows("● awake"), _PATIENCE) is not None
        assert program.screen.split("\n")[0].strip() == ""
        assert program.echo("typed", _PATIENCE) is not None
        program.press(b"\r")
        assert program.wait_for(lambda: program.shows("asleep"), _PATIENCE) is not None
        assert not program.shows("awake")
