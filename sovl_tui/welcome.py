"""What an empty transcript says to someone who sees it for the first time."""

from __future__ import annotations

from rich.text import Text

from sovl_tui.ink import Ink, pen

_NAME = ("┏━┓ ┏━┓ ╻ ╻ ╻  ", "┗━┓ ┃ ┃ ┃┏┛ ┃  ", "┗━┛ ┗━┛ ┗┛  ┗━╸")
_WORDS = (
    "A living thing in your terminal.",
    "",
    "Talk to it: it answers with a language model on this machine,",
    "and learns from what you say while it sleeps.",
)
_KEYS = (("/", "commands"), ("F1", "help"), ("ctrl+p", "everything"))


def welcome(width: int, height: int, ink: Ink) -> list[Text]:
    """``height`` lines of greeting in the middle of ``width`` columns; shorter where there is less room."""
    lines: list[Text] = []
    if height >= 12 and width >= 30:
        for number, row in enumerate(_NAME):
            colour = ink.primary.blend(ink.accent, number / (len(_NAME) - 1))
            lines.append(Text(row, pen(colour, bold=True)))
        lines.append(Text())
    words = _WORDS if width >= 64 else (_WORDS[0],)
    for number, row in enumerate(words):
        lines.append(Text(row, pen(ink.foreground if number == 0 else ink.muted)))
    if height >= 8:
        keys = Text()
        for key, meaning in _KEYS:
            keys.append(f"  {key}", pen(ink.primary, bold=True))
            keys.append(f" {meaning} ", pen(ink.muted))
        lines.extend([Text(), keys])
    for line in lines:
        line.truncate(width, overflow="ellipsis")
        line.pad_left(max(0, (width - line.cell_len) // 2))
    above = max(0, (height - len(lines)) * 2 // 5)
    return [*(Text() for _ in range(above)), *lines]
