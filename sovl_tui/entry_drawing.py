"""One entry of the transcript as rows of the screen: margin sign, body, and the line of figures under an answer.

The rows of settled blocks are kept; while an answer streams, only its open block is drawn again.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from engine.api import AnswerStats
from sovl_tui.conversation import Entry, Kind, Phase
from sovl_tui.ink import Ink, pen
from sovl_tui.job_drawing import draw_job
from sovl_tui.markdown_blocks import Block, blocks_of
from sovl_tui.passage_drawing import draw_passage, look_of
from sovl_tui.prose import Line, prose, verbatim
from sovl_tui.visible import one_line
from sovl_tui.widgets.lines import to_strip

MARGIN = 3
"""Columns left of the body: a space, the sign, a space."""
WIDEST_BODY = 100
"""Longer lines are hard to read."""
FOLD_ROWS = 24
"""A line of the user with more rows than this is folded."""
FOLDED_ROWS = 12

_NEVER = -1
_NOTICE_SIGNS = {"info": "•", "warning": "▲", "error": "✖"}
_STOP_WORDS = {"length": "token limit", "repetition": "began to repeat itself"}


def body_width(width: int) -> int:
    """Columns that the text of an entry may take in a transcript of ``width``."""
    return max(8, min(WIDEST_BODY, width - MARGIN - 1))


@dataclass(slots=True)
class EntryDrawing:
    """The rows of one entry for one width and one ink. ``height`` is an estimate until they were drawn."""

    entry: Entry
    height: int = 1
    exact: bool = False
    _rows: list[Strip] | None = None
    _revision: int = _NEVER
    _width: int = 0
    _ink: Ink | None = None
    _settled: list[Strip] = field(default_factory=list)
    """Rows of the blocks of an answer that can no longer change."""
    _blocks_done: int = 0
    folded: bool = False
    kept: int = 0
    """Leading rows that the last drawing left as they were."""

    def estimate(self, width: int) -> None:
        """Guess the height for ``width``, unless it is known; cheap, for entries that nobody sees at the moment."""
        if self._rows is not None and self._width == width and self._revision == self.entry.revision:
            self.height, self.exact = len(self._rows), True  # it may have been guessed for another width meanwhile
            return
        body = body_width(width)
        text = self.entry.text
        rows = text.count("\n") + 1 + len(text) // body
        if self.entry.kind is Kind.USER and not self.entry.unfolded:
            rows = min(rows, FOLDED_ROWS + 1)
        self.height, self.exact = rows + 1, False

    @property
    def is_behind(self) -> bool:
        """Whether the entry changed since its rows were drawn."""
        return self._revision not in (_NEVER, self.entry.revision)

    def is_current(self, width: int, ink: Ink) -> bool:
        """Whether ``rows`` would draw nothing anew."""
        fits = self._width == width and self._ink == ink
        return self._rows is not None and fits and self._revision == self.entry.revision

    def rows(self, width: int, ink: Ink) -> list[Strip]:
        """All rows, each exactly ``width`` columns wide, a blank one at the end."""
        if self._rows is not None and self.is_current(width, ink):
            return self._rows
        if self._width != width or self._ink != ink:
            self._settled, self._blocks_done = [], 0
        self._width, self._ink, self._revision = width, ink, self.entry.revision
        draw = {
            Kind.USER: self._user,
            Kind.ANSWER: self._answer,
            Kind.PASSAGE: self._passage,
            Kind.OUTPUT: self._output,
            Kind.NOTICE: self._notice,
            Kind.JOB: self._job,
        }
        self.kept = 0
        self._rows = draw[self.entry.kind](width, ink)
        self.height, self.exact = len(self._rows), True
        return self._rows

    def shown(self, width: int, ink: Ink) -> list[Strip]:
        """The rows as they were drawn last, even when the entry has grown since; drawn now when there are none."""
        if self._rows is not None and self._width == width and self._ink == ink:
            return self._rows
        return self.rows(width, ink)

    def forget(self) -> None:
        """Drop the rows to save memory; the height stays known."""
        self._rows = None
        self._settled, self._blocks_done = [], 0

    @property
    def cost(self) -> int:
        """Rows held in memory."""
        return len(self._rows) if self._rows is not None else 0

    # -- one method per kind -------------------------------------------------------------------------------------------

    def _user(self, width: int, ink: Ink) -> list[Strip]:
        waiting = self.entry.phase is Phase.WAITING
        colour = ink.faint if waiting else ink.primary
        ink_style = pen(ink.muted) if waiting else pen(ink.foreground)
        body = verbatim(self.entry.text, body_width(width), ink_style)
        self.folded = len(body) > FOLD_ROWS and not self.entry.unfolded
        if self.folded:
            hidden = len(body) - FOLDED_ROWS
            note = f"… {hidden:,} more rows, {len(self.entry.text):,} characters in all · enter shows them"
            body = [*body[:FOLDED_ROWS], [Segment(note, pen(ink.muted, italic=True))]]
        ground = Style(bgcolor=ink.surface.hex6)
        rows = [_row("▌", pen(colour), line, width, ground) for line in body]
        if waiting:
            rows.append(_row(" ", pen(ink.faint), [Segment("◌ waiting", pen(ink.muted, italic=True))], width))
        return [*rows, Strip.blank(width, Style.null())]

    def _answer(self, width: int, ink: Ink) -> list[Strip]:
        inner = body_width(width)
        blocks = self.entry.blocks
        self.kept = len(self._settled)
        tail: list[Strip] = []
        settled = blocks.settled if blocks is not None else blocks_of(self.entry.text)
        for block in settled[self._blocks_done :]:
            self._settled += self._block(block, len(self._settled), width, ink)
        self._blocks_done = len(settled)
        if blocks is not None:
            tail = self._block(blocks.tail, len(self._settled), width, ink, caret=True)
        rows = self._settled + tail
        if not rows:
            rows = [_row("◆", _sign(ink), [Segment("(no words)", pen(ink.muted, italic=True))], width)]
        footer = self._figures(inner, ink)
        if footer:
            rows.append(_row(" ", _sign(ink), footer, width))
        return [*rows, Strip.blank(width, Style.null())]

    def _block(self, block: Block | None, above: int, width: int, ink: Ink, *, caret: bool = False) -> list[Strip]:
        """The rows of one block, ``above`` rows standing before it; with a caret behind it while it grows."""
        lines = prose(block, body_width(width), ink) if block is not None else []
        if caret:
            _add_caret(lines, pen(ink.accent), body_width(width))
        if above and not (block is not None and block.code and not block.opens):
            lines.insert(0, [])
        ground = pen(ink.foreground)
        return [
            _row("◆" if above + number == 0 else " ", _sign(ink), line, width, ground)
            for number, line in enumerate(lines)
        ]

    def _figures(self, width: int, ink: Ink) -> Line:
        """The small line under a finished answer: as many figures as fit."""
        parts: list[Segment] = []
        room = width
        if self.entry.phase is Phase.STOPPED:
            parts.append(Segment("■ stopped by you", pen(ink.warning)))
            room -= len(parts[0].text)
        for words in answer_figures(self.entry.stats) if self.entry.stats is not None else ():
            text = f" · {words}" if parts else words
            if len(text) > room:
                break
            parts.append(Segment(text, pen(ink.muted)))
            room -= len(text)
        return parts

    def _passage(self, width: int, ink: Ink) -> list[Strip]:
        passage, inner = self.entry.passage, body_width(width)
        assert passage is not None
        look = look_of(passage)
        lines = draw_passage(passage, self.entry.text, inner, ink)
        if self.entry.phase is Phase.RUNNING:
            _add_caret(lines, pen(look.paint(ink)), inner)
        sign = pen(look.paint(ink), bold=True)
        rows = [_row(look.sign if number == 0 else "▏", sign, line, width) for number, line in enumerate(lines)]
        if footer := self._figures(inner, ink):
            rows.append(_row(" ", sign, footer, width))
        return [*rows, Strip.blank(width, Style.null())]

    def _output(self, width: int, ink: Ink) -> list[Strip]:
        body = verbatim(self.entry.text, body_width(width), pen(ink.foreground), columns=True)
        rows = [_row("┊", pen(ink.secondary), line, width) for line in body]
        footer = self._figures(body_width(width), ink)
        if footer:
            rows.append(_row(" ", pen(ink.muted), footer, width))
        return [*rows, Strip.blank(width, Style.null())]

    def _notice(self, width: int, ink: Ink) -> list[Strip]:
        level = self.entry.level
        sign = "■" if self.entry.phase is Phase.STOPPED else _NOTICE_SIGNS.get(level, "•")
        colour = ink.warning if self.entry.phase is Phase.STOPPED else ink.level(level)
        style = pen(ink.muted if level == "info" else ink.foreground)
        body = verbatim(self.entry.text, body_width(width), style)
        rows = [
            _row(sign if number == 0 else " ", pen(colour, bold=True), line, width) for number, line in enumerate(body)
        ]
        return [*rows, Strip.blank(width, Style.null())]

    def _job(self, width: int, ink: Ink) -> list[Strip]:
        job = self.entry.job
        assert job is not None
        inner = body_width(width)
        running = self.entry.phase is Phase.RUNNING
        lines, self.folded = draw_job(job, inner, ink, running=running, unfolded=self.entry.unfolded)
        sign, colour = ("☾", ink.mood("asleep")) if job.nightly else ("◈", ink.primary)
        rows = [
            _row(sign if number == 0 else " ", pen(colour, bold=True), list(to_strip(line, inner)), width)
            for number, line in enumerate(lines)
        ]
        return [*rows, Strip.blank(width, Style.null())]


def _sign(ink: Ink) -> Style:
    return pen(ink.accent, bold=True)


def answer_figures(stats: AnswerStats) -> list[str]:
    """The figures of an answer in words, the most telling first."""
    words = [f"{stats.tokens} token{'' if stats.tokens == 1 else 's'}"]
    if stats.tokens_per_second:
        words.append(f"{stats.tokens_per_second:.0f} tok/s")
    if stats.confidence is not None:
        words.append(f"confidence {stats.confidence:.2f}")
    words.append(f"w {stats.weight:.2f}" if stats.weight else "scaffold silent")
    if stats.recognition is not None:
        words.append(f"r {stats.recognition:.2f}")
    if stats.stop_reason in _STOP_WORDS:
        words.append(_STOP_WORDS[stats.stop_reason])
    return words


def summary(entry: Entry) -> str:
    """The entry on one line, e.g. for a toast."""
    return one_line(entry.text, 60)


def _row(sign: str, sign_style: Style, line: Line, width: int, ground: Style | None = None) -> Strip:
    """A row of the transcript: margin, body, and the ground to the right edge."""
    ground = ground or Style.null()
    used = sum(cell_len(part.text) for part in line)
    segments = [
        Segment(f" {sign} ", sign_style),
        *(Segment(part.text, ground + part.style if part.style else ground) for part in line),
        Segment(" " * max(0, width - MARGIN - used), ground),
    ]
    if ground.bgcolor is not None:
        segments[0] = Segment(f"{sign} ", sign_style + Style(bgcolor=ground.bgcolor))
        segments.insert(0, Segment(" ", Style.null()))
    return Strip(segments, max(width, MARGIN + used)).adjust_cell_length(width)


def _add_caret(lines: list[Line], style: Style, width: int) -> None:
    """Show where the next word will appear."""
    caret = Segment("▍", style)
    if not lines:
        lines.append([caret])
        return
    last = lines[-1]
    text = "".join(part.text for part in last)
    if any(part.style and part.style.bgcolor for part in last) or cell_len(text.rstrip()) >= width:
        lines.append([caret])
        return
    # Markdown pads its lines; the caret stands right behind the last word.
    kept: Line = []
    room = len(text.rstrip())
    for part in last:
        kept.append(Segment(part.text[:room], part.style))
        room -= len(kept[-1].text)
    lines[-1] = [*kept, caret]
