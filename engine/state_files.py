"""Saved states: several files that change together or not at all.

A state with prefix ``P`` is ``P_meta.json`` with whatever else belongs to it: ``P_scaffold.safetensors``,
``P_cross_attn.safetensors``, ``P_token_map.json``. All of them are first written, and synced, into a folder
``P.writing``; renaming that folder to ``P.written`` is the one moment at which the new state begins to exist. Then its
files take the places of the old ones. A process that dies before that moment leaves the old state, one that dies
after it leaves a folder whose files the next start puts in their places.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FORMAT = 1
META = "_meta.json"
SCAFFOLD = "_scaffold.safetensors"
CROSS_ATTENTION = "_cross_attn.safetensors"
TOKEN_MAP = "_token_map.json"
PARTS = (SCAFFOLD, CROSS_ATTENTION, TOKEN_MAP)


class StateError(Exception):
    """A state cannot be written or read; the text is one clear line, and nothing was changed."""


@dataclass(frozen=True, slots=True)
class SavedState:
    """What a state holds on disk.

    Attributes:
        meta: The metadata, without the bookkeeping of this module.
        parts: Contents of the other files by their ending, those of :data:`PARTS` that the state has.
    """

    meta: dict[str, Any]
    parts: dict[str, bytes]


def write_state(prefix: Path, state: SavedState) -> None:
    """Write ``state`` under ``prefix``, replacing what was there.

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
        _finish(prefix)
        shutil.rmtree(writing, ignore_errors=True)
        writing.mkdir()
        for ending, data in files.items():
            _write_synced(writing / f"{prefix.name}{ending}", data)
        _sync_folder(writing)
        writing.rename(written)
        _sync_folder(prefix.parent)
        _finish(prefix)
    except OSError as error:
        shutil.rmtree(writing, ignore_errors=True)
        raise StateError(f"cannot save the state to {prefix}_*: {error.strerror or error}") from error


def read_state(prefix: Path) -> SavedState | None:
    """The state under ``prefix``; None when there is none.

    Raises:
        StateError: When it is damaged, incomplete, or of a newer format.
    """
    try:
        _finish(prefix)
        meta_path = _file(prefix, META)
        if not meta_path.exists():
            return None
        meta = json.loads(meta_path.read_bytes())
        if not isinstance(meta, dict) or not isinstance(meta.get("checksums"), dict):
            raise StateError(f"{meta_path} is not a saved state")
        if meta.get("format") != FORMAT:
            raise StateError(f"{meta_path} has format {meta.get('format')!r}; this version reads {FORMAT}")
        parts: dict[str, bytes] = {}
        for ending, checksum in meta.pop("checksums").items():
            if ending not in PARTS:
                raise StateError(f"{meta_path} names an unknown part {ending!r}")
            data = _file(prefix, ending).read_bytes()
            if hashlib.sha256(data).hexdigest() != checksum:
                raise StateError(f"{_file(prefix, ending)} is damaged: its checksum is not the one it was saved with")
            parts[ending] = data
    except OSError as error:
        raise StateError(f"cannot read the state {prefix}_*: {error.filename}: {error.strerror}") from error
    except ValueError as error:
        raise StateError(f"{_file(prefix, META)} is damaged: {error}") from error
    return SavedState(meta, parts)


def set_aside(prefix: Path) -> Path:
    """Move all files of a state that cannot be used into a folder beside it. Returns the folder.

    Raises:
        StateError: When they cannot be moved.
    """
    folder = prefix.with_name(f"{prefix.name}.aside-{time.strftime('%Y%m%d-%H%M%S')}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for ending in (META, *PARTS):
            if (source := _file(prefix, ending)).exists():
                source.replace(folder / source.name)
        written = _folders(prefix)[1]
        if written.exists():
            written.replace(folder / written.name)
    except OSError as error:
        raise StateError(f"cannot move the state {prefix}_* to {folder}: {error.strerror}") from error
    return folder


def _finish(prefix: Path) -> None:
    """Put the files of a written state in their places, as far as an earlier process did not come to it."""
    _, written = _folders(prefix)
    if not written.is_dir():
        return
    # The metadata goes last: its checksums vouch for all the others.
    for ending in (*PARTS, META):
        source = written / f"{prefix.name}{ending}"
        if source.exists():
            source.replace(_file(prefix, ending))
    meta = json.loads(_file(prefix, META).read_bytes())
    for ending in PARTS:
        if ending not in meta["checksums"]:
            _file(prefix, ending).unlink(missing_ok=True)
    shutil.rmtree(written)
    _sync_folder(prefix.parent)


def _folders(prefix: Path) -> tuple[Path, Path]:
    return prefix.with_name(f"{prefix.name}.writing"), prefix.with_name(f"{prefix.name}.written")


def _file(prefix: Path, ending: str) -> Path:
    return prefix.with_name(prefix.name + ending)


def _write_synced(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
