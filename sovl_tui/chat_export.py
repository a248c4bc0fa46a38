"""The conversation as a file to keep or to hand on: Markdown for people, JSON for programs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from time import strftime
from typing import Any

from sovl_tui.conversation import Entry, Kind, Phase
from sovl_tui.entry_text import text_of

FORMATS = {"markdown": "md", "json": "json"}
"""What can be written, and how such files end."""
_SPEAKERS = {Kind.USER: "You", Kind.ANSWER: "SOVL", Kind.PASSAGE: "SOVL"}
_FENCE = re.compile(r"^ {0,3}(`{3,})", re.MULTILINE)


def export_chat(entries: Iterable[Entry], folder: Path, form: str) -> Path:
    """Write ``entries`` to a new file in ``folder``, in one of :data:`FORMATS`; returns where.

    Raises:
        OSError: it cannot be written.
    """
    text = as_markdown(entries) if form == "markdown" else as_json(entries)
    stem = f"chat-{strftime('%Y%m%d-%H%M%S')}"
    number = 1
    while True:
        path = folder / f"{stem}{'' if number == 1 else f'-{number}'}.{FORMATS[form]}"
        try:
            with path.open("x", encoding="utf-8", errors="replace") as file:
                file.write(text)
        except FileExistsError:
            number += 1
        else:
            path.chmod(0o600)  # what is said here is private
            return path


def as_markdown(entries: Iterable[Entry]) -> str:
    """What was said under headings, what commands wrote in fences, remarks as quotes."""
    parts = [f"# A conversation with SOVL, {strftime('%Y-%m-%d %H:%M')}"]
    for entry in entries:
        text = text_of(entry).strip("\n")
        if entry.kind in _SPEAKERS:
            parts.append(f"**{_SPEAKERS[entry.kind]}**\n\n{text}")
        elif entry.kind is Kind.NOTICE:
            parts.append("\n".join(f"> {line}" for line in text.split("\n")))
        else:
            parts.append(_fenced(text))
        if entry.phase is Phase.STOPPED and entry.kind is not Kind.USER:
            parts.append("*(stopped here)*")
    return "\n\n".join(parts) + "\n"


def _fenced(text: str) -> str:
    longest = max((len(found) for found in _FENCE.findall(text)), default=2)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"


def as_json(entries: Iterable[Entry]) -> str:
    """A list with one object per entry: ``kind``, ``text``, ``phase``, and an answer's ``stats``."""
    return json.dumps([_record(entry) for entry in entries], ensure_ascii=False, indent=1) + "\n"


def _record(entry: Entry) -> dict[str, Any]:
    record: dict[str, Any] = {"kind": entry.kind.value, "text": text_of(entry), "phase": entry.phase.value}
    if entry.stats is not None:
        record["stats"] = asdict(entry.stats)
    return record
