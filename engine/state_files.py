"""Saved states: several files that change together or not at all.

A state with prefix ``P`` is ``P_meta.json`` with whatever else belongs to it: ``P_scaffold.safetensors``,
``P_cross_attn.safetensors``, ``P_token_map.json``. All of them are first written, and synced, into a folder
``P.writing``; renaming that folder to ``P.written`` is the one moment at which the new state begins to exist. Then its
files take the places of the old ones. A process that dies before that moment leaves the old state, one that dies
after it leaves a folder whose files the next start puts in their places. The state that was there before is kept among
the earlier ones, see :mod:`engine.state_rotation`.

Tensors may also lie in ``P_scaffold.pth`` and ``P_cross_attn.pth``, as ``torch.save`` writes them.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.state_rotation import keep_earlier, tidy_earlier
from engine.whole_file import write_synced

FORMAT = 1
META = "_meta.json"
SCAFFOLD = "_scaffold.safetensors"
CROSS_ATTENTION = "_cross_attn.safetensors"
TOKEN_MAP = "_token_map.json"
PARTS = (SCAFFOLD, CROSS_ATTENTION, TOKEN_MAP)
PICKLED = {"_scaffold.pth": SCAFFOLD, "_cross_attn.pth": CROSS_ATTENTION}
"""Endings under which tensors are read as well, and the parts that they stand for."""


class StateError(Exception):
    """A state cannot be written or read; the text is one clear line, and nothing was changed."""


@dataclass(frozen=True, slots=True)
class SavedState:
    """What a state holds on disk.

    Attributes:
        meta: The metadata, without the bookkeeping of this module.
        parts: Contents of the other files by their ending, those of :data:`PARTS` that the state has.
        recovered: What an interrupted save had left to be done, in one line; empty when nothing.
    """

    meta: dict[str, Any]
    parts: dict[str, bytes]
    recovered: str = ""


def write_state(prefix: Path, state: SavedState, *, keep: int = 0) -> None:
    """Write ``state`` under ``prefix``, replacing what was there, and keep so many of the states before it.

    Raises:
        StateError: When the place cannot be written; the state that was there before is whole.
    """
    files = {ending: state.parts[ending] for ending in PARTS if ending in state.parts}
    meta = {
        "format": FORMAT,
        **state.meta,
        "checksums": {ending: hashlib.sha256(data).hexdigest() for ending, data in files.items()},
    }
    files[META] = (json.dumps(meta, indent=1, sort_keys=True, allow_nan=False) + "\n").encode()
    writing, written = _folders(prefix)
    try:
        prefix.parent.mkdir(parents=True, exist_ok=True)
        _recover(prefix)
        writing.mkdir()
        for ending, data in files.items():
            write_synced(writing / f"{prefix.name}{ending}", data)
        _sync_folder(writing)
        keep_earlier(prefix, META, (*PARTS, *PICKLED), keep)
        _commit(prefix)
    except OSError as error:
        if not written.exists():
            shutil.rmtree(writing, ignore_errors=True)
        raise StateError(f"cannot save the state to {prefix}_*: {error.strerror or error}") from error


def read_state(prefix: Path, *, read_only: bool = False) -> SavedState | None:
    """The state under ``prefix``; None when there is none.

    What an interrupted save left is put in order first; with ``read_only`` it is only read past.

    Raises:
        StateError: When it is damaged, incomplete, or of a newer format.
    """
    recovered = ""
    try:
        if not read_only:
            recovered = _recover(prefix)
        meta_path = _place(prefix, META)
        if not meta_path.exists():
            return None
        meta = json.loads(meta_path.read_bytes())
        if not isinstance(meta, dict) or not isinstance(meta.get("checksums"), dict):
            raise StateError(f"{meta_path} is not a saved state")
        if meta.get("format") != FORMAT:
            raise StateError(f"{meta_path} has format {meta.get('format')!r}; this version reads {FORMAT}")
        parts = dict(_part(prefix, ending, checksum) for ending, checksum in meta.pop("checksums").items())
    except OSError as error:
        raise StateError(f"cannot read the state {prefix}_*: {error.filename}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise StateError(f"{_file(prefix, META)} is damaged: {error}") from error
    return SavedState(meta, parts, recovered)


def _part(prefix: Path, ending: str, checksum: str) -> tuple[str, bytes]:
    """The contents of one file that the metadata names, as the part that they are."""
    if ending not in PARTS and ending not in PICKLED:
        raise StateError(f"{_place(prefix, META)} names an unknown part {str(ending)[:60]!r}")
    path = _place(prefix, ending)
    pickled = next((old for old, part in PICKLED.items() if part == ending), None)
    if not path.exists() and pickled is not None and (instead := _place(prefix, pickled)).exists():
        # Tensors that were saved anew by torch: their checksum is another one, and what they hold is checked later.
        return ending, _unpickled(instead, instead.read_bytes())
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != checksum:
        raise StateError(f"{path} is damaged: its checksum is not the one it was saved with")
    return PICKLED.get(ending, ending), _unpickled(path, data) if ending in PICKLED else data


def _unpickled(path: Path, data: bytes) -> bytes:
    from engine.state_pickles import as_safetensors

    try:
        return as_safetensors(data)
    except ValueError as error:
        raise StateError(f"{path} is not used: {error}") from error


def read_meta(prefix: Path) -> dict[str, Any]:
    """The metadata of the state under ``prefix``, unchecked, for showing; empty when it cannot be read."""
    try:
        meta = json.loads(_place(prefix, META).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return meta if isinstance(meta, dict) else {}


def set_aside(prefix: Path) -> Path:
    """Move all files of a state that cannot be used into a folder beside it. Returns the folder.

    Raises:
        StateError: When they cannot be moved.
    """
    folder = prefix.with_name(f"{prefix.name}.aside-{time.strftime('%Y%m%d-%H%M%S')}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for ending in (META, *PARTS, *PICKLED):
            if (source := _file(prefix, ending)).exists():
                source.replace(folder / source.name)
        written = _folders(prefix)[1]
        if written.exists():
            written.replace(folder / written.name)
    except OSError as error:
        raise StateError(f"cannot move the state {prefix}_* to {folder}: {error.strerror}") from error
    return folder


def recover_all(folder: Path) -> list[str]:
    """Bring every interrupted save in ``folder`` to its end, or undo it. Returns what was done, a line for each."""
    left = {path.with_suffix("") for path in folder.glob("*.writ*") if path.suffix in (".writing", ".written")}
    told = []
    for prefix in sorted(left):
        with suppress(OSError, ValueError):  # whoever reads or writes that state is told what is wrong with it
            told.append(_recover(prefix))
    return [line for line in told if line]


def _recover(prefix: Path) -> str:
    """Bring an interrupted save to its end, or undo it. Returns what was done, in one line; empty for nothing."""
    writing, written = _folders(prefix)
    tidy_earlier(prefix)
    recovered = ""
    if writing.is_dir():
        shutil.rmtree(writing)
        recovered = f"a save of {prefix.name} was cut off; it goes on from the one before it"
    if written.is_dir():
        _finish(prefix)
        recovered = f"a save of {prefix.name} was cut off at its very end, and is completed"
    return recovered


def _commit(prefix: Path) -> None:
    """Let the state that was written begin to exist. It does, or this raises, and there is nothing in between."""
    writing, written = _folders(prefix)
    writing.rename(written)
    try:
        _sync_folder(prefix.parent)
    except OSError:
        written.rename(writing)
        raise
    # From here on it exists, and is read where it lies; what is left to do, the next start or save does.
    with suppress(OSError):
        _finish(prefix)


def _finish(prefix: Path) -> None:
    """Put the files of a written state in their places, as far as an earlier process did not come to it."""
    _, written = _folders(prefix)
    # The metadata goes last: its checksums vouch for all the others.
    for ending in (*PARTS, META):
        source = written / f"{prefix.name}{ending}"
        if source.exists():
            source.replace(_file(prefix, ending))
    meta = json.loads(_file(prefix, META).read_bytes())
    for ending in (*PARTS, *PICKLED):
        if ending not in meta["checksums"]:
            _file(prefix, ending).unlink(missing_ok=True)
    shutil.rmtree(written)
    _sync_folder(prefix.parent)


def _folders(prefix: Path) -> tuple[Path, Path]:
    return prefix.with_name(f"{prefix.name}.writing"), prefix.with_name(f"{prefix.name}.written")


def _file(prefix: Path, ending: str) -> Path:
    return prefix.with_name(prefix.name + ending)


def _place(prefix: Path, ending: str) -> Path:
    """Where a file of the state lies now: a written state is newer than what it has not replaced yet."""
    newer = _folders(prefix)[1] / f"{prefix.name}{ending}"
    return newer if newer.exists() else _file(prefix, ending)


def _sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
