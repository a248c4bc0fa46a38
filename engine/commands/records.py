"""Commands that read the journal, and take it out and in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from engine.memory.record import Interaction, JournalError, JournalEvent

from .paths import path_of
from .spec import Argument, Call, CommandSpec, Flag, Refused
from .wording import clock, counted, excerpt, squeezed

if TYPE_CHECKING:
    from engine.lifeform import Lifeform

_LOG_ENTRIES = 5
_HISTORY_ENTRIES = 10
_RECALLED = 10
_MOST_ENTRIES = 10_000
_EXCERPT = 30
_LONG_EXCERPT = 200
_PROBLEMS_SHOWN = 5


def log_view(life: Lifeform, call: Call) -> None:
    """The newest log entries, one line each."""
    n = _how_many(call, _LOG_ENTRIES)
    lines = [f"--- Last {n} Log Entries ---"]
    for entry in life.journal.last_entries(n):
        if isinstance(entry, JournalEvent):
            lines.append(f"Time: {clock(entry.timestamp)}, Event: {entry.kind}")
        else:
            prompt, response = squeezed(entry.prompt, _EXCERPT), squeezed(entry.response, _EXCERPT)
            lines.append(f"Time: {clock(entry.timestamp)}, Prompt: {prompt}..., Response: {response}...")
    if len(lines) == 1:
        lines.append("No entries yet.")
    call.output("\n".join(lines))


def history(life: Lifeform, call: Call) -> None:
    """What was said in this conversation."""
    n = _how_many(call, _HISTORY_ENTRIES)
    said = life.journal.conversation(life.conversation.id, n)
    call.output("\n".join(map(_turn, said)) or "Nothing was said in this conversation yet.")


def recall(life: Lifeform, call: Call) -> None:
    """What the journal holds about something."""
    text = call.args["text"]
    found = life.journal.search(text, _RECALLED)
    call.output("\n".join(map(_turn, found)) or f"The journal holds nothing about: {excerpt(text, _LONG_EXCERPT)}")


def rate(life: Lifeform, call: Call) -> None:
    """Note what the user thought of an answer."""
    if life.read_only:
        raise Refused("This home is open read-only, so nothing can be rated; close the other SOVL and start again.")
    number = call.args["id"]
    if number is None:
        last = life.journal.conversation(life.conversation.id, 1)
        if not last:
            raise Refused("Nothing was answered in this conversation yet; rate up|down ID rates an earlier answer.")
        number = last[0].id
    rated = life.journal.get(number)
    if rated is None:
        raise Refused(f"There is no answer #{number}; history and recall show the numbers.")
    life.journal.rate(number, 1 if call.args["thumb"] == "up" else -1)
    call.output(f"Rated {call.args['thumb']}: #{number} {excerpt(rated.response, _LONG_EXCERPT) or '(no words)'}")


def trainable(life: Lifeform, call: Call) -> None:
    """Let sleep learn from an interaction, or keep it from doing so."""
    if life.read_only:
        raise Refused("This home is open read-only, so nothing can be marked; close the other SOVL and start again.")
    number, on = call.args["id"], call.args["state"] == "on"
    said = life.journal.get(number)
    if said is None:
        raise Refused(f"There is no interaction #{number}; history and recall show the numbers.")
    life.journal.set_trainable(number, on)
    lines = [f"{'May be learned' if on else 'Will not be learned'}: #{number} {excerpt(said.prompt, _LONG_EXCERPT)}"]
    known = [one for one in life.journal.memories.said_in(number) if one.current]
    if known and not on:
        numbers = ", ".join(f"forget {one.id}" for one in known)
        lines.append(f"Something of it is remembered already; {numbers} unlearns that.")
    call.output("\n".join(lines))


def export(life: Lifeform, call: Call) -> None:
    """Write the journal as JSON lines."""
    path = path_of(call.args["file"])
    if path.exists() and not call.args["force"]:
        raise Refused(f"{path} exists already; choose another name, or add --force to replace it.")
    with _refusing():
        count = life.journal.export_jsonl(path)
    call.output(f"Exported {counted(count, 'interaction')} to {path}")


def import_(life: Lifeform, call: Call) -> None:
    """Read JSON lines into the journal."""
    path = path_of(call.args["file"])

    def step(done: int, total: int) -> None:
        if call.cancelled():
            raise _Stopped
        call.progress("importing", done, total)

    if life.read_only:
        raise Refused("This home is open read-only, so nothing can be imported; close the other SOVL and start again.")
    try:
        with _refusing():
            report = life.journal.import_jsonl(path, step)
    except _Stopped:
        call.output("Import stopped; nothing was added.")
        return
    lines = [
        f"Imported {counted(report.added, 'interaction')} from {path}: "
        f"{report.duplicates} known already, {counted(report.malformed, 'malformed line')}"
    ]
    lines += [f"  line {number}: {reason}" for number, reason in report.problems[:_PROBLEMS_SHOWN]]
    if report.malformed > _PROBLEMS_SHOWN:
        lines.append(f"  and {report.malformed - _PROBLEMS_SHOWN} more")
    call.output("\n".join(lines))


class _Stopped(Exception):
    """The user stopped the import."""


@contextmanager
def _refusing() -> Iterator[None]:
    """A journal or a file that will not is bad input here, not a fault."""
    try:
        yield
    except JournalError as error:
        raise Refused(str(error)) from error


def _how_many(call: Call, default: int) -> int:
    n: int | None = call.args["n"]
    if n is None:
        return default
    if not 1 <= n <= _MOST_ENTRIES:
        raise Refused(f"n is a whole number from 1 to {_MOST_ENTRIES}, not {n}.")
    return n


def _turn(said: Interaction) -> str:
    how = "" if said.command == "chat" else f" ({said.command})"
    asked = f"{'SOVL, by itself' if said.is_system_question else 'You'}{how}: {excerpt(said.prompt, _LONG_EXCERPT)}"
    answered = f"\n    SOVL: {excerpt(said.response, _LONG_EXCERPT)}" if said.response or said.command == "chat" else ""
    return f"#{said.id} {clock(said.timestamp)} {asked}{answered}"


RECORDS = (
    CommandSpec(
        "log view",
        "control",
        "Views the last log entries.",
        log_view,
        arguments=(Argument("n", "int", required=False, help="how many; 5 when not given"),),
        examples=("log view", "log view 20"),
    ),
    CommandSpec(
        "history",
        "control",
        "Shows what was said in this conversation.",
        history,
        arguments=(Argument("n", "int", required=False, help="how many exchanges; 10 when not given"),),
        examples=("history", "history 3"),
    ),
    CommandSpec(
        "recall",
        "control",
        "Searches everything that was ever said.",
        recall,
        arguments=(Argument("text", "rest", help="words to look for"),),
        help="Finds what holds all the words; else any of them; else the very letters.",
        examples=("recall my sister's birthday",),
    ),
    CommandSpec(
        "rate",
        "control",
        "Rates an answer up or down.",
        rate,
        arguments=(
            Argument("thumb", "choice", choices=("up", "down")),
            Argument("id", "int", required=False, help="its number, as history shows it; the last one when not given"),
        ),
        help="The rating is kept in the journal, and exported with it.",
        examples=("rate up", "rate down 12"),
    ),
    CommandSpec(
        "trainable",
        "control",
        "Lets sleep learn from an interaction, or keeps it from that.",
        trainable,
        arguments=(
            Argument("id", "int", help="its number, as history shows it"),
            Argument("state", "choice", choices=("on", "off")),
        ),
        help="What was learned of it before stays; forget takes that back.",
        examples=("trainable 12 off",),
    ),
    CommandSpec(
        "export",
        "control",
        "Writes the journal to a file of JSON lines.",
        export,
        arguments=(Argument("file", "path"),),
        flags=(Flag("force", help="replaces a file that exists"),),
        examples=("export memories.jsonl",),
    ),
    CommandSpec(
        "import",
        "control",
        "Reads a file of JSON lines into the journal.",
        import_,
        arguments=(Argument("file", "path"),),
        help="What the journal holds already is left out; lines that cannot be read are counted and named.",
        examples=("import memories.jsonl",),
    ),
)
