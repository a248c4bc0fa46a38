"""Earlier states: what a save replaces is kept for a while, and any of it can be loaded again.

The earlier states of prefix ``P`` lie in ``P.earlier``, a folder each, named by when it was saved, with files named as
in their first place. They are links to the same files, so keeping one costs no copying, and the state in use is never
touched for it. One that is half made, or half removed, has a name that begins with a dot, and goes at the next chance.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

_APART = 0.001
"""Seconds between the names of two states, where the clock gives none."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """A state that was replaced.

    Attributes:
        prefix: What it is read by, as any other state.
        saved_at: When it was saved, in Unix seconds, or a little after the one before it where the clock was set back.
    """

    prefix: Path
    saved_at: float


def earlier_states(prefix: Path) -> list[Earlier]:
    """The earlier states of ``prefix``, the newest first."""
    folder = _folder(prefix)
    found = []
    for place in folder.iterdir() if folder.is_dir() else ():
        if not place.name.startswith("."):
            try:
                found.append(Earlier(place / prefix.name, float(place.name)))
            except ValueError:
                continue  # a folder of somebody else's
    return sorted(found, key=lambda one: -one.saved_at)


def keep_earlier(prefix: Path, meta_ending: str, endings: Collection[str], most: int) -> None:
    """Keep the state under ``prefix``, which is about to be replaced, and let go of all but the newest ``most``.

    Args:
        prefix: The state's.
        meta_ending: Ending of the file that names all others.
        endings: Those that the others may have.
        most: How many are kept.

    Raises:
        OSError: When that cannot be done; the state itself is untouched.
    """
    folder, files = _folder(prefix), _files(prefix, meta_ending, endings)
    if most and files:
        folder.mkdir(exist_ok=True)
        newest = next(iter(earlier_states(prefix)), None)
        if newest is None or _meta(newest.prefix, meta_ending) != files[0].read_bytes():
            after = -math.inf if newest is None else newest.saved_at + _APART
            making, place = folder / ".making", folder / f"{max(_saved_at(files[0]), after):.6f}"
            making.mkdir()
            for file in files:
                _link(file, making / file.name)
            making.rename(place)
    for old in earlier_states(prefix)[most:]:
        gone = folder / ".removing"
        old.prefix.parent.rename(gone)
        shutil.rmtree(gone)


def tidy_earlier(prefix: Path) -> None:
    """Remove what a process that died had half made or half removed."""
    for name in (".making", ".removing"):
        if (left := _folder(prefix) / name).is_dir():
            shutil.rmtree(left)


def _files(prefix: Path, meta_ending: str, endings: Collection[str]) -> list[Path]:
    """The files of the state, its metadata first; none when there is no whole state."""
    meta = prefix.with_name(prefix.name + meta_ending)
    try:
        named = set(json.loads(meta.read_bytes())["checksums"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return []
    files = [meta, *(prefix.with_name(prefix.name + ending) for ending in endings if ending in named)]
    return files if named <= set(endings) and all(file.is_file() for file in files) else []


def _meta(prefix: Path, ending: str) -> bytes:
    """The metadata of a state as it is on disk; empty when it cannot be read."""
    try:
        return prefix.with_name(prefix.name + ending).read_bytes()
    except OSError:
        return b""


def _saved_at(meta: Path) -> float:
    try:
        return float(json.loads(meta.read_bytes())["saved_at"])
    except (ValueError, KeyError, TypeError):
        return time.time()


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # some file systems have no links
        shutil.copy2(source, target)


def _folder(prefix: Path) -> Path:
    return prefix.with_name(f"{prefix.name}.earlier")
