"""Cut a growing markdown answer into blocks, so that only the last one is ever drawn again.

A block is settled at a blank line whose successor cannot belong to it, or with a code fence. An open fence is settled
in pieces, too: otherwise a long listing would be highlighted anew for each token.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

FENCE_PIECE_LINES = 24
"""Lines after which a piece of an open fence is settled."""

_ITEM = re.compile(r"^ {0,3}(?:[-+*]|\d{1,9}[.)])(?:\s|$)")
"""The beginning of a list item, which indented lines may continue after a blank one."""
_CODE_INDENT = 4
"""Columns from which a line outside a list is code."""
_OPENER = re.compile(r"^(?P<indent>[ ]*)(?P<marker>`{3,}|~{3,})(?P<info>[^`\n]*)$")


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of an answer that can be drawn by itself."""

    source: str
    """Markdown, or the bare code of a fence; without the last line break."""
    code: bool = False
    language: str = ""
    """All that stands behind the opening sign; the language is its first word."""
    opens: bool = True
    """False for a later piece of the same fence."""
    closes: bool = True
    """False while more of the same fence follows."""


@dataclass(slots=True)
class _Fence:
    marker: str
    indent: int
    language: str
    started: bool = False

    def closed_by(self, line: str) -> bool:
        bare = line.strip()
        return bool(bare) and set(bare) == {self.marker[0]} and len(bare) >= len(self.marker)

    def code(self, lines: list[str]) -> str:
        """``lines`` less the indentation that the opening line had."""
        return "\n".join(line[min(self.indent, len(line) - len(line.lstrip(" "))) :] for line in lines)


class MarkdownBlocks:
    """The blocks of one answer, fed with text as it comes."""

    def __init__(self, text: str = "") -> None:
        self.settled: list[Block] = []
        self._rest = ""
        self._fence: _Fence | None = None
        if text:
            self.append(text)

    def append(self, text: str) -> None:
        """Add ``text`` and settle what can no longer change."""
        self._rest += text
        while self._settle_in_fence() if self._fence else self._settle_in_prose():
            pass

    def finish(self) -> None:
        """Settle the rest: nothing more will come."""
        tail = self.tail
        self._rest, self._fence = "", None
        if tail is not None:
            self.settled.append(
                Block(tail.source, tail.code, tail.language, tail.opens, closes=True) if tail.code else tail
            )

    @property
    def tail(self) -> Block | None:
        """The open block as it stands; None when there is nothing in it."""
        if self._fence is not None:
            lines = self._rest.split("\n")
            closes = self._fence.closed_by(lines[-1])  # an answer may end with its fence, without a line break
            if closes or not lines[-1].strip():
                lines.pop()
            return self._piece(lines, closes=closes) if lines or closes or not self._fence.started else None
        source = self._rest.strip("\n")
        return Block(source) if source.strip() else None

    def _piece(self, lines: list[str], closes: bool) -> Block:
        assert self._fence is not None
        return Block(
            self._fence.code(lines),
            code=True,
            language=self._fence.language,
            opens=not self._fence.started,
            closes=closes,
        )

    def _settle_in_fence(self) -> bool:
        assert self._fence is not None
        lines = self._rest.split("\n")
        complete, unfinished = lines[:-1], lines[-1]
        for number, line in enumerate(complete):
            if self._fence.closed_by(line):
                self.settled.append(self._piece(complete[:number], closes=True))
                self._fence = None
                self._rest = "\n".join([*complete[number + 1 :], unfinished])
                return True
        if len(complete) >= FENCE_PIECE_LINES:
            self.settled.append(self._piece(complete, closes=False))
            self._fence.started = True
            self._rest = unfinished
        return False

    def _settle_in_prose(self) -> bool:
        lines = self._rest.split("\n")
        after_blank = in_list = False
        unfinished = len(lines) - 1
        for number, line in enumerate(lines):
            opener = _OPENER.match(line.rstrip("\r")) if number < unfinished else None
            if opener:
                self._settle_prose(lines[:number])
                language = opener["info"].strip()
                self._fence = _Fence(opener["marker"], len(opener["indent"]), language)
                self._rest = "\n".join(lines[number + 1 :])
                return True
            if after_blank and line.strip() and _starts_anew(line, in_list):
                self._settle_prose(lines[:number])
                self._rest = "\n".join(lines[number:])
                return True
            after_blank = not line.strip() and number > 0
            in_list = in_list or _ITEM.match(line) is not None
        return False

    def _settle_prose(self, lines: list[str]) -> None:
        source = "\n".join(lines).strip("\n")
        if source.strip():
            self.settled.append(Block(source))


def blocks_of(text: str) -> list[Block]:
    """The blocks of an answer that is complete."""
    blocks = MarkdownBlocks(text)
    blocks.finish()
    return blocks.settled


def _starts_anew(line: str, in_list: bool) -> bool:
    """Whether ``line``, which follows a blank one, cannot belong to what stands above it."""
    indent = len(line) - len(line.lstrip())
    return indent == 0 or not (in_list or indent >= _CODE_INDENT or line[:indent].strip(" "))
