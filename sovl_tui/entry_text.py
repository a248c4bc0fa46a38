"""What is copied from an entry: the source as it came, not the drawing."""

from __future__ import annotations

from itertools import groupby

from sovl_tui.conversation import Entry, Kind
from sovl_tui.markdown_blocks import blocks_of


def text_of(entry: Entry) -> str:
    """The whole entry."""
    if entry.passage is not None:
        return f"{entry.passage.label}{entry.text}{entry.passage.closing}"
    return entry.job.as_text() if entry.job is not None else entry.text


def code_of(entry: Entry) -> str:
    """The code of all its fences, one after the other; empty without any."""
    if entry.kind is not Kind.ANSWER:
        return ""
    number = 0
    numbered = []
    for block in blocks_of(entry.text):
        number += block.opens
        numbered.append((number, block))
    pieces = [
        "\n".join(block.source for _, block in group)
        for _, group in groupby((item for item in numbered if item[1].code), key=lambda item: item[0])
    ]
    return "\n\n".join(pieces)
