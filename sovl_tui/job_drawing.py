"""How a long job looks in the transcript: a night with its phases, curve, dreams and verdicts, or a bar that fills.

While it runs it shows what happens now; afterwards it is a few lines, and the rest of it can be unfolded.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text

from engine.api import Dreamt, MemoryAudited
from sovl_tui.ink import Ink, pen
from sovl_tui.long_job import PHASES, VERDICT_SIGNS, LongJob
from sovl_tui.loss_curve import blocks
from sovl_tui.visible import one_line
from sovl_tui.vitals import clock
from sovl_tui.widgets.gauges import bar
from sovl_tui.widgets.lines import spread

WIDEST = 76
"""Columns that a picture takes at most; a longer bar says no more."""
_ROOMY = 56
"""Columns from which there is room for names of phases and for asides."""
_CURVE_ROWS = ((56, 4), (40, 3), (0, 1))
"""From how many columns the curve has how many rows."""
_AXIS = 5
"""Columns for the figure at the left of the curve."""
_FEED = 4
"""Dreams, and verdicts, that show while they arrive."""
_LISTED = 8
"""Verdicts, or dreams where there is nothing else, that show when all is over."""
_FIGURES = 16


def draw_job(job: LongJob, width: int, ink: Ink, *, running: bool, unfolded: bool) -> tuple[list[Text], bool]:
    """The lines of ``job`` on ``width`` columns, and whether there is more than they show."""
    width = min(width, WIDEST)
    if running:
        lines, more = [*_head(job, width, ink), *_now(job, width, ink)], False
    else:
        lines, more = _afterwards(job, width, ink, unfolded)
    for line in lines:
        line.truncate(width, overflow="ellipsis")
    return lines, more


# -- while it runs -----------------------------------------------------------------------------------------------------


def _head(job: LongJob, width: int, ink: Ink) -> list[Text]:
    """What it is, and where it stands."""
    if job.is_night:
        words = "Fell asleep by itself" if job.unasked else "Asleep"
        title = Text().append(words, pen(ink.foreground, bold=True))
        aside = Text("you can go on talking", pen(ink.muted)) if width >= _ROOMY else Text()
        return [spread(title, aside, width), phase_row(job, width, ink), Text()]
    if job.nightly:
        return [Text("Dreaming", pen(ink.foreground, bold=True))]
    return []


def phase_row(job: LongJob, width: int, ink: Ink) -> Text:
    """The phases of a night in a row, the present one highlighted."""
    roomy = width >= _ROOMY
    line = Text()
    for number, phase in enumerate(PHASES):
        here, been = phase == job.phase, phase in job.been
        passed = job.phase in PHASES and PHASES.index(job.phase) > number
        if number:
            line.append(" ─ " if roomy else "─", pen(ink.faint))
        if here:
            line.append(f" {phase} ", pen(ink.background, on=ink.mood("asleep"), bold=True))
        elif not roomy:
            line.append("●" if been else "○", pen(ink.mood("asleep") if been else ink.faint))
        elif been:
            line.append("✓ ", pen(ink.success))
            line.append(phase, pen(ink.muted))
        else:
            line.append(f"– {phase}" if passed else phase, pen(ink.faint))
    return line


def _now(job: LongJob, width: int, ink: Ink) -> list[Text]:
    """What happens at this moment."""
    lines: list[Text] = []
    if job.share is not None:
        if job.loss.last is not None and job.phase != "auditing":
            lines += curve(job, width, ink)
        lines += progress(job, width, ink)
    elif job.label:
        lines.append(Text(one_line(job.label, width), pen(ink.muted)))
    elif job.phase == "dreaming":
        lines += _feed(job, width, ink)
    elif job.phase == "auditing" and not job.verdicts:
        lines.append(Text("asking itself what it was told …", pen(ink.muted, italic=True)))
    elif job.phase in ("falling asleep", "training"):
        lines.append(Text("going over the day …", pen(ink.muted, italic=True)))
    if job.verdicts:
        lines += [_verdict(one, width, ink) for one in job.verdicts[-_LISTED:]]
    elif job.dreams and job.phase != "dreaming":
        lines.append(Text(_dream_count(job), pen(ink.muted)))
    return lines


def progress(job: LongJob, width: int, ink: Ink) -> list[Text]:
    """The bar, and its figures below."""
    number = Text(f" {100 * (job.share or 0.0):3.0f} %", pen(ink.muted))
    filled = bar(job.share or 0.0, width - number.cell_len, ink.mood("asleep") if job.nightly else ink.primary, ink)
    filled.append_text(number)
    figures = []
    if job.label:
        figures.append(one_line(job.label, width))
    elif job.loss.last is not None:
        figures.append(f"step {job.done:.0f}/{job.total:.0f}")
    if job.loss.last is not None and job.phase != "auditing":
        figures.append(f"loss {job.loss.last:.2f}")
    if job.drift is not None and job.phase != "auditing" and job.seconds_left is not None and width >= _ROOMY:
        figures.append(f"drift {job.drift:.3f}")
    left = Text(f"{clock(job.seconds_left)} left" if job.seconds_left is not None else "", pen(ink.foreground))
    return [filled, spread(Text(" · ".join(figures), pen(ink.muted)), left, width)]


def curve(job: LongJob, width: int, ink: Ink) -> list[Text]:
    """The loss from the first step to the last one there will be, high ones warm and low ones cool."""
    first, last = job.loss.first or 0.0, job.loss.last or 0.0
    rows = next(rows for columns, rows in _CURVE_ROWS if width >= columns)
    values = job.loss.columns(max(4, width - _AXIS))
    lines = []
    for number, row in enumerate(blocks(values, rows)):
        side = f"{max(first, last):.1f}" if number == 0 else "0" if number == rows - 1 else ""
        heat = 1.0 - number / (rows - 1) if rows > 1 else 0.0
        line = Text().append(side.rjust(_AXIS - 2) + ("┤" if number in (0, rows - 1) else "│"), pen(ink.faint))
        line.append(" ")
        line.append(row.rstrip(), pen(ink.primary.blend(ink.mood("restless"), heat)))
        if number == rows - 1:
            line.append("·" * (len(row) - len(row.rstrip())), pen(ink.faint))
        lines.append(line)
    return lines


def _feed(job: LongJob, width: int, ink: Ink) -> list[Text]:
    shown = job.dreams[-_FEED:]
    if not shown:
        return [Text("the first dream is coming …", pen(ink.muted, italic=True))]
    return [*(_dream(one, width, ink) for one in shown), Text(_dream_count(job), pen(ink.muted))]


def _dream_count(job: LongJob) -> str:
    return f"{_questions(len(job.dreams))} dreamt, {job.kept} kept"


# -- one dream, one verdict --------------------------------------------------------------------------------------------


def _dream(dream: Dreamt, width: int, ink: Ink) -> Text:
    """``✓ question → answer``, or ``✗ question · why not``."""
    line = Text()
    line.append("✓ " if dream.kept else "✗ ", pen(ink.success if dream.kept else ink.faint, bold=dream.kept))
    end = f" → {one_line(dream.answer, width)}" if dream.kept else f" · {one_line(dream.why, width)}"
    room = max(width - 2 - len(end), (width - 2) * 3 // 5)
    line.append(one_line(dream.question, max(4, room)), pen(ink.foreground if dream.kept else ink.muted))
    line.append(end, pen(ink.secondary if dream.kept else ink.muted, italic=not dream.kept))
    return line


def _verdict(one: MemoryAudited, width: int, ink: Ink) -> Text:
    """``✓ memory    0 → 100 %``; weak and refused ones are named."""
    colours = {"learned": ink.success, "weak": ink.warning, "refused": ink.error}
    colour = colours.get(one.verdict, ink.muted)
    line = Text().append(f"{VERDICT_SIGNS.get(one.verdict, '·')} ", pen(colour, bold=True))
    line.append(one_line(one.memory, width), pen(ink.foreground))
    figures = Text()
    if one.verdict != "learned":
        figures.append(f"{one.verdict} ", pen(colour))
    if width >= 2 * _FIGURES:
        figures.append(f"{100 * one.before:3.0f} → {100 * one.after:3.0f} %", pen(ink.muted))
    return spread(line, figures, width)


# -- when it is over ---------------------------------------------------------------------------------------------------


def _afterwards(job: LongJob, width: int, ink: Ink, unfolded: bool) -> tuple[list[Text], bool]:
    """The short form, or all of it."""
    if not job.nightly:
        return [_trained(job, width, ink)] if job.loss.last is not None else [], False
    headline = job.headline or ("The night ended early." if job.is_night else "Nothing came of it.")
    lines = _wrapped(headline, width, pen(ink.foreground, bold=True))
    if job.loss.last is not None:
        lines.append(_trained(job, width, ink))
    verdicts = _by_weight(job.verdicts)
    shown = verdicts if unfolded else verdicts[:_LISTED]
    lines += [_verdict(one, width, ink) for one in shown]
    for remark in job.remarks if unfolded else job.remarks[:_LISTED]:
        lines += _wrapped(remark.strip(), width, pen(ink.muted))
    dreams = _dreams_shown(job, unfolded)
    hidden = [_memories(len(verdicts) - len(shown))] if len(shown) < len(verdicts) else []
    if job.is_night and job.dreams:
        hidden.append(_dream_count(job))
    elif len(dreams) < len(job.dreams):
        hidden.append(_questions(len(job.dreams) - len(dreams)))
    more = Text()
    if hidden:
        more.append("▾ " if unfolded else "▸ ", pen(ink.mood("asleep")))
        more.append(" and ".join(hidden), pen(ink.muted))
        if not unfolded and width >= _ROOMY:
            more.append(" · alt+↑ and enter show them", pen(ink.muted))
    seen = [_dream(one, width, ink) for one in dreams]
    lines += ([more] if hidden else []) + seen if unfolded else seen + ([more] if hidden else [])
    return lines, bool(hidden) and not unfolded


def _dreams_shown(job: LongJob, unfolded: bool) -> list[Dreamt]:
    """After a night dreams are only counted; where they are all there is, some of them show."""
    if unfolded:
        return job.dreams
    return [] if job.is_night else job.dreams[:_LISTED]


def _wrapped(words: str, width: int, style: Style) -> list[Text]:
    """``words`` on one row, or on two where one is too short."""
    first, second = one_line(words, 2 * width), ""
    if cell_len(first) > width:
        cut = first.rfind(" ", 0, width + 1)
        cut = cut if cut > 0 else width
        first, second = first[:cut], first[cut:].strip()
    return [Text(row, style) for row in (first, second) if row]


def _trained(job: LongJob, width: int, ink: Ink) -> Text:
    """The whole training in one row: the curve small, and from where to where it led if nothing else says so."""
    before, after = job.loss.first, job.loss.last
    if job.woke is not None:
        before, after = job.woke.loss_before, job.woke.loss_after
    words = " loss"
    if before is not None and after is not None and f"{after:.2f}" not in job.headline:
        words += f" {before:.2f} → {after:.2f}"
    if not job.nightly:
        words += f" · {job.steps} steps"
    room = max(4, min(32, width - len(words)))
    line = Text()
    line.append(blocks([value for value in job.loss.columns(room) if value is not None], 1)[0], pen(ink.primary))
    line.append(words, pen(ink.muted))
    return line


def _by_weight(verdicts: Sequence[MemoryAudited]) -> list[MemoryAudited]:
    """What went wrong first: it must be seen even when little shows."""
    order = {"refused": 0, "weak": 1, "learned": 2}
    return sorted(verdicts, key=lambda one: order.get(one.verdict, 3))


def _questions(count: int) -> str:
    return f"{count} question{'' if count == 1 else 's'}"


def _memories(count: int) -> str:
    return f"{count} more memor{'y' if count == 1 else 'ies'}"
