"""The cache of converted models: a GGUF file is converted once, however many ask for it and however it ends.

A finished folder appears by one rename, so whatever can be seen under its name was complete when it got that name:

- one lock file per source makes two processes at once convert once, the second waits;
- the conversion happens in a temporary folder beside; a killed one leaves only that, and the next conversion of the
  same source removes it;
- a record inside the folder lists the size of every file, so a file that was cut short later is noticed, and the
  folder is made again;
- the folder's name carries the SHA-256 of the source, so another file can never be mistaken for this one.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.composition.gguf import GgufError, GgufFile
from engine.composition.gguf_to_folder import bytes_needed, write_folder
from engine.composition.model_folder import WeightsError

Progress = Callable[[str, float], None]

CONVERTER = 2  # goes up when the same source would be converted differently
_RECORD = "sovl_cache.json"
_HASH_CHUNK = 4 << 20
_LOCK_POLL_SECONDS = 0.1
_MOVE_HINT = "set SOVL_CACHE to a folder with room"


def default_cache() -> Path:
    """``$SOVL_CACHE``, else the platform's cache folder for ``sovl``. It need not exist yet."""
    chosen = os.environ.get("SOVL_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("sovl", appauthor=False)


def cached_folder(cache: Path, name: str, sha256: str) -> Path | None:
    """The complete converted model of the source with this hash, or None when there is none (any more)."""
    folder = cache / "models" / _folder_name(name, sha256)
    return folder if _is_complete(folder) else None


def hash_file(source: Path, progress: Progress) -> str:
    """SHA-256 of ``source`` in hexadecimal; :class:`WeightsError` when it cannot be read."""
    digest, done = hashlib.sha256(), 0
    try:
        with source.open("rb") as handle:
            size = os.fstat(handle.fileno()).st_size
            while chunk := handle.read(_HASH_CHUNK):
                digest.update(chunk)
                done += len(chunk)
                progress("checking weights", done / max(size, done))
    except OSError as error:
        raise WeightsError(f"{source} cannot be read: {error.strerror or error}.") from error
    return digest.hexdigest()


def convert_once(source: Path, sha256: str, name: str, cache: Path, progress: Progress) -> Path:
    """The folder of the converted GGUF file ``source`` (its hash is ``sha256``), converted now if nobody has yet.

    Raises :class:`WeightsError` for a file that is no usable model and for a cache that cannot be written, and leaves
    nothing half-made behind.
    """
    if ready := cached_folder(cache, name, sha256):
        return ready
    folder = cache / "models" / _folder_name(name, sha256)
    try:
        with GgufFile(source) as model:
            _convert(model, name, folder, progress)
    except GgufError as error:
        raise WeightsError(f"{source} cannot be used: {error}.") from error
    except OSError as error:
        raise WeightsError(f"{source} cannot be read: {error.strerror or error}.") from error
    return folder


def _convert(model: GgufFile, name: str, folder: Path, progress: Progress) -> None:
    need = bytes_needed(model)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _locked(folder.with_name(folder.name + ".lock"), progress):
            if _is_complete(folder):
                return
            _remove_leftovers(folder)
            free = shutil.disk_usage(folder.parent).free
            if free < need:
                raise OSError(errno.ENOSPC, f"{_megabytes(free)} MB are free")
            _fill_and_rename(model, name, folder, progress)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise WeightsError(
                f"No room for the converted weights: {_megabytes(need)} MB are needed in {folder.parent} "
                f"({error.strerror}); free some space, or {_MOVE_HINT}."
            ) from error
        raise WeightsError(
            f"The weights cache {folder.parent} cannot be written ({error.strerror or error}); {_MOVE_HINT}."
        ) from error


def _fill_and_rename(model: GgufFile, name: str, folder: Path, progress: Progress) -> None:
    making = Path(tempfile.mkdtemp(prefix=_leftover_prefix(folder), dir=folder.parent))
    try:
        progress("converting weights", 0.0)
        write_folder(model, making, name, lambda fraction: progress("converting weights", fraction))
        sizes = {file.name: file.stat().st_size for file in making.iterdir()}
        record = making / _RECORD
        with record.open("w", encoding="utf-8") as handle:
            handle.write(json.dumps({"converter": CONVERTER, "sizes": sizes}) + "\n")
            handle.flush()
            os.fsync(handle.fileno())
        making.chmod(0o755)  # mkdtemp's 0700 would shut out a cache that is shared on purpose
        _sync_folder(making)
        if folder.exists():  # incomplete: out of the way in one step, so that no moment shows a mixture
            folder.rename(Path(tempfile.mkdtemp(prefix=_leftover_prefix(folder), dir=folder.parent)) / "old")
        making.rename(folder)
        _sync_folder(folder.parent)
        _remove_leftovers(folder)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise


def _is_complete(folder: Path) -> bool:
    """True when every file of the record has the recorded size."""
    try:
        sizes = json.loads((folder / _RECORD).read_text(encoding="utf-8"))["sizes"]
        return bool(sizes) and all((folder / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _folder_name(name: str, sha256: str) -> str:
    safe = re.sub(r"[^A-Za-z0-9._-]", "-", name).strip(".")[:80]
    return f"{safe}-{sha256[:16]}-v{CONVERTER}"


def _leftover_prefix(folder: Path) -> str:
    return f".making-{folder.name}-"


def _remove_leftovers(folder: Path) -> None:
    """Remove what killed conversions of this source left. Only the holder of the lock may call this."""
    for found in folder.parent.glob(_leftover_prefix(folder) + "*"):
        shutil.rmtree(found, ignore_errors=True)


@contextmanager
def _locked(path: Path, progress: Progress) -> Iterator[None]:
    """Hold an exclusive lock on ``path``; the kernel lets go of it even when the process is killed."""
    import fcntl

    with path.open("a") as handle:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                progress("waiting for another conversion", 0.0)
                time.sleep(_LOCK_POLL_SECONDS)
        yield


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _megabytes(size: int) -> int:
    return -(-size // 1_000_000)
