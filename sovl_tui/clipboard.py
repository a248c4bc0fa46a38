"""Copying, whatever the terminal can do: OSC 52 through the terminal itself, and the desktop's own tool beside it.

One escape sequence alone is not enough: macOS Terminal ignores it, tmux wants it wrapped, and many terminals drop
a long one without a word.
"""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping

OSC_52_LIMIT = 74_994
"""Bytes of text that fit into the 100,000 characters which terminals accept."""

_TOOLS: tuple[tuple[str, ...], ...] = (
    ("pbcopy",),
    ("wl-copy",),
    ("xclip", "-selection", "clipboard"),
    ("xsel", "--clipboard", "--input"),
    ("clip.exe",),
)
_TOOL_SECONDS = 2.0
"""A tool that takes longer does not work; the screen stands still meanwhile."""
_NEEDS = {"wl-copy": "WAYLAND_DISPLAY", "xclip": "DISPLAY", "xsel": "DISPLAY"}


def osc_52(text: str, environment: Mapping[str, str] = os.environ) -> str | None:
    """The escape sequence that puts ``text`` on the clipboard, wrapped for tmux and screen; None if too long."""
    raw = text.encode("utf-8", errors="replace")
    if len(raw) > OSC_52_LIMIT:
        return None
    sequence = f"\x1b]52;c;{base64.b64encode(raw).decode()}\a"
    if environment.get("TMUX"):
        return f"\x1bPtmux;\x1b{sequence}\x1b\\"
    if environment.get("TERM", "").startswith("screen"):
        return f"\x1bP{sequence}\x1b\\"
    return sequence


def desktop_tool(environment: Mapping[str, str] = os.environ) -> tuple[str, ...] | None:
    """The command that reads the clipboard's new content from its input; None where there is none."""
    for command in _TOOLS:
        needed = _NEEDS.get(command[0])
        if (needed is None or environment.get(needed)) and shutil.which(command[0]):
            return command
    return None


def copy(text: str, write: Callable[[str], object]) -> bool:
    """Put ``text`` on the clipboard by every way there is; False when there is none. ``write`` reaches the terminal."""
    sequence = osc_52(text)
    if sequence is not None:
        write(sequence)
    return _by_tool(text) or sequence is not None


def _by_tool(text: str) -> bool:
    command = desktop_tool()
    if command is None:
        return False
    try:
        done = subprocess.run(
            command,
            input=text.encode("utf-8", errors="replace"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_TOOL_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0
