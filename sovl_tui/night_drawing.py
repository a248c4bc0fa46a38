"""How the sleep room draws a night: its head, a row of the dream feed, a verdict, a line of the diary."""

from __future__ import annotations

from rich.text import Text
from textual.color import Color

from engine import NightRecord
from engine.api import MemoryAudited, Snapshot
from sovl_tui.ink import Ink, pen
from sovl_tui.job_drawing import phase_row
from sovl_tui.long_job import PHASES, VERDICT_SIGNS, LongJob
from sovl_tui.night_pages import DreamRow, MemoryDreamt, NightPage
from sovl_tui.visible import one_line
from sovl_tui.vitals import clock
from sovl_tui.widgets.gauges import bar
from sovl_tui.widgets.lines import spread

_FIGURES_FROM = 50
"""Columns from which the figures of a dream have names."""
_BAR_FROM = 40
"""Columns from which a verdict has a bar."""
_BAR = 8
_ARROW_ROOM = 11
_WORTH_TELLING = 0.5
"""Seconds of a phase below which it is not named."""
_PROSE = 72
_BEFORE_THE_FIRST_NIGHT = (
    "It has not slept yet.",
    "Tell it something about yourself. Once it is tired and left in peace it falls asleep by itself, or press s to put "
    "it to sleep now.",
    "In the night it dreams of what you said and asks itself questions about it, trains on them, and is examined. Only "
    "what makes it better is kept, and you see every step of it here.",
)


# -- the head ----------------------------------------------------------------------------------------------------------


def head(page: NightPage | None, snapshot: Snapshot, width: int, height: int, ink: Ink) -> list[Text]:
    """What there is to know of a night first, on at most ``height`` rows; without one, how near sleep is."""
    if page is None:
        return _awake(snapshot, width, height, ink)
    return _over(page, width, height, ink) if page.over else _running(page.job, snapshot, width, height, ink)


def _running(job: LongJob, snapshot: Snapshot, width: int, height: int, ink: Ink) -> list[Text]:
    title = Text().append("☾ ", pen(ink.mood("asleep"), bold=True))
    title.append("Asleep" if job.is_night else "Dreaming", pen(ink.foreground, bold=True))
    if snapshot.paused:
        title.append("  ")
        title.append(" held ", pen(ink.background, on=ink.warning, bold=True))
    left = "" if job.seconds_left is None or snapshot.paused else f"{clock(job.seconds_left)} left"
    rows = [spread(title, Text(left, pen(ink.foreground)), width)]
    if job.is_night:
        rows.append(phase_row(job, width, ink))
    rows.append(_progress_bar(job, snapshot, width, ink))
    rows.append(Text(_doing(job, width), pen(ink.muted)))
    if height > len(rows) + 1:
        rows.insert(1, Text())
    return rows


def _progress_bar(job: LongJob, snapshot: Snapshot, width: int, ink: Ink) -> Text:
    """The present phase as a bar; an empty one where how far it is is not known."""
    number = Text("      " if job.share is None else f" {100 * job.share:3.0f} %", pen(ink.muted))
    colour = ink.warning if snapshot.paused else ink.mood("asleep")
    row = bar(job.share or 0.0, width - number.cell_len, colour, ink)
    row.append_text(number)
    return row


def _doing(job: LongJob, width: int) -> str:
    """What it does at this moment, in words and figures."""
    if job.phase == "training" and job.loss.last is not None:
        figures = f"step {job.done:.0f} of {job.total:.0f} · loss {job.loss.last:.2f}"
        drift = f" · drift {job.drift:.3f}" if job.drift is not None else ""
        return figures + drift if len(figures + drift) <= width else figures
    if job.dreams and job.phase == "dreaming":
        return f"{len(job.dreams)} questions asked, {job.kept} kept"
    return job.label or {
        "falling asleep": "going over the day …",
        "dreaming": "replaying what was said …",
        "training": "reading the day once more …",
        "auditing": "asking itself what it was told …",
        "waking": "keeping what it learned …",
    }.get(job.phase, "")


def _over(page: NightPage, width: int, height: int, ink: Ink) -> list[Text]:
    record = page.record
    title = Text().append("☾ ", pen(ink.mood("asleep"), bold=True))
    title.append(
        f"{page.day}, {page.time}" if record is not None else "The night is over", pen(ink.foreground, bold=True)
    )
    badge = Text()
    if record is not None:
        words, colour = outcome(record, ink)
        badge.append(f" {words} ", pen(ink.background, on=colour, bold=True))
    rows = [spread(title, badge, width), Text()]
    rows += [Text(line, pen(ink.foreground)) for line in wrapped(page.headline, width, 2)]
    if record is not None and record.why and record.outcome == "slept" and record.scale > 0:
        rows.append(Text(one_line(f"All of it was too much: {record.why}.", width), pen(ink.warning)))
    if record is not None and record.phases:
        rows.append(_phase_times(record, width, ink))
    if len(rows) > height:
        rows.pop(1)
    return rows


def outcome(record: NightRecord, ink: Ink) -> tuple[str, Color]:
    """What became of a night in two words, and their colour."""
    if record.outcome == "woken":
        return "woken early", ink.mood("away")
    if record.outcome == "failed":
        return "went wrong", ink.error
    if record.rolled_back:
        return "rolled back", ink.error
    if not record.steps:
        return ("only dreamt" if record.dreams else "nothing new"), ink.mood("away")
    return ("kept", ink.success) if record.scale == 1 else (f"kept {record.scale:.0%}", ink.warning)


def _phase_times(record: NightRecord, width: int, ink: Ink) -> Text:
    """How long each phase took, or the whole of it where there is no room for that."""
    spent = dict(record.phases)
    phases = " · ".join(f"{one} {clock(spent[one])}" for one in PHASES if spent.get(one, 0.0) >= _WORTH_TELLING)
    row = Text(phases if len(phases) <= width else f"took {clock(sum(spent.values()))}", pen(ink.muted))
    rest = f"{record.steps} steps over {record.rows} rows" if record.steps else ""
    return spread(row, Text(rest, pen(ink.muted)), width) if row.cell_len + len(rest) + 2 <= width else row


def _awake(snapshot: Snapshot, width: int, height: int, ink: Ink) -> list[Text]:
    """How near sleep is."""
    title = Text().append("☼ ", pen(ink.mood("curious"), bold=True)).append("Awake", pen(ink.foreground, bold=True))
    number = Text(f" {100 * snapshot.gestation:3.0f} %", pen(ink.muted))
    sleepy = bar(snapshot.gestation, width - number.cell_len, ink.mood("asleep"), ink).append_text(number)
    words = f"sleepy: {snapshot.unslept} of {snapshot.sleep_log_min} new things said"
    if snapshot.sleep_confidence is not None:
        words += f" · confidence {snapshot.sleep_confidence:.2f} of {snapshot.sleep_conf_threshold:.2f}"
    rows = [title, Text(), sleepy, Text(one_line(words, width), pen(ink.muted))]
    if height < len(rows):
        return [title, *rows[2:]]
    for place, paragraph in enumerate(_BEFORE_THE_FIRST_NIGHT):
        colour = ink.foreground if place == 0 else ink.muted
        rows += [Text(), *(Text(line, pen(colour)) for line in wrapped(paragraph, min(width, _PROSE), 4))]
    return rows


# -- rows of the lists -------------------------------------------------------------------------------------------------


def dream_row(row: DreamRow, width: int, ink: Ink) -> Text:
    """A memory with its figures, or a question below it."""
    if isinstance(row, MemoryDreamt):
        figures = Text()
        if row.similarity is not None and row.novelty is not None and row.noise is not None:
            named = width >= _FIGURES_FROM
            for name, value, colour in (
                ("near", row.similarity, ink.secondary),
                ("new", row.novelty, ink.mood("curious")),
                ("noise", row.noise, ink.mood("restless")),
            ):
                figures.append(f" {name} " if named else " ", pen(ink.muted))
                figures.append(f"{value:.2f}", pen(colour))
        line = Text().append("☾ ", pen(ink.mood("asleep")))
        line.append(one_line(row.memory, width), pen(ink.foreground, bold=True))
        return spread(line, figures, width)
    line = Text("  ")
    line.append("✓ " if row.kept else "✗ ", pen(ink.success if row.kept else ink.faint, bold=row.kept))
    end = f" → {one_line(row.answer, width)}" if row.kept else f" · {one_line(row.why, width)}"
    room = max(width - 4 - len(end), (width - 4) * 3 // 5)
    line.append(one_line(row.question, max(4, room)), pen(ink.foreground if row.kept else ink.muted))
    line.append(end, pen(ink.secondary if row.kept else ink.muted, italic=not row.kept))
    return line


def verdict_colour(verdict: str, ink: Ink) -> Color:
    """The colour of a verdict."""
    return {
        "learned": ink.success,
        "weak": ink.warning,
        "refused": ink.error,
        "new": ink.mood("curious"),
    }.get(verdict, ink.mood("away"))


def verdict_row(one: MemoryAudited, width: int, ink: Ink) -> Text:
    """``✓ memory  ━━━━━━━━ 0 → 100 %``."""
    colour = verdict_colour(one.verdict, ink)
    line = Text().append(f"{VERDICT_SIGNS.get(one.verdict, '·')} ", pen(colour, bold=True))
    line.append(one_line(one.memory, width), pen(ink.foreground))
    figures = Text()
    if width >= _BAR_FROM:
        figures.append_text(bar(one.after, _BAR, colour, ink)).append(" ")
    figures.append(f"{100 * one.before:.0f} → {100 * one.after:.0f} %".rjust(_ARROW_ROOM), pen(ink.muted))
    return spread(line, figures, width)


def diary_row(page: NightPage, width: int, ink: Ink) -> Text:
    """When, and how many memories came through."""
    record = page.record
    if record is None:
        line = Text().append("☾ ", pen(ink.mood("asleep"), bold=True)).append("tonight", pen(ink.foreground, bold=True))
        return spread(line, Text("" if page.over else page.job.phase, pen(ink.mood("asleep"))), width)
    words, colour = outcome(record, ink)
    line = Text().append("● ", pen(colour)).append(page.day, pen(ink.foreground))
    counts = Text()
    for verdict in ("learned", "weak", "refused"):
        if number := record.count(verdict):
            counts.append(f" {VERDICT_SIGNS[verdict]}{number}", pen(verdict_colour(verdict, ink)))
    return spread(line, counts if counts.plain else Text(words, pen(ink.muted)), width)


def wrapped(words: str, width: int, rows: int) -> list[str]:
    """``words`` on at most so many rows, broken at spaces."""
    rest = one_line(words, rows * width)
    lines: list[str] = []
    while rest and len(lines) < rows:
        cut = len(rest) if len(rest) <= width or len(lines) == rows - 1 else rest.rfind(" ", 0, width + 1)
        cut = cut if cut > 0 else width
        lines.append(one_line(rest[:cut].rstrip(), width))
        rest = rest[cut:].lstrip()
    return lines
