"""What is copied from an entry: the source as it came, not the drawing."""

from __future__ import annotations

from itertools import groupby

from sovl_tui.conversation import Entry


def text_of(entry: Entry) -> str:
    """The whole entry."""
    if entry.passage is not None:
        return f"{entry.passage.label}{entry.text}{entry.passage.closing}"
    return entry.job.as_text() if entry.job is not None else entry.text


def code_of(entry: Entry) -> str:
    """The code of all its fences, one after the other; empty without any."""
    if entry.blocks is None:
        return ""
    blocks = [*entry.blocks.settled, *([entry.blocks.tail] if entry.blocks.tail else [])]
    number = 0
    numbered = []
    for block in blocks:
        number += block.opens
        numbered.append((number, block))
    pieces = [
        "\n".join(block.source for _, block in group)
        for _, group in groupby((item for item in numbered if item[1].code), key=lambda item: item[0])
    ]
    return "\n\n".join(pieces)
