"""Writing a file that is whole or not there: beside it first, and then in its place."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def replacing(path: Path) -> Iterator[IO[str]]:
    """A new file to write to, which takes the place of ``path`` at the end; after an error ``path`` is as it was.

    Raises:
        OSError, ValueError: What the system says against it.
    """
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", newline="\n", dir=path.parent, prefix=f".{path.stem[:40]}-", delete=False
    ) as file:
        beside = Path(file.name)
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
    try:
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def put(path: Path, data: bytes) -> None:
    """Let ``data`` be what the file ``path`` holds; after an error it is as it was.

    A process that dies in between leaves a file beside it, whose name begins with a dot and ends in ``.part``.

    Raises:
        OSError: What the system says against it.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        write_synced(beside, data)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def write_synced(path: Path, data: bytes) -> None:
    """Write a new file, and return when it is on the disk."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def reason(error: OSError | ValueError) -> str:
    """Why, in the system's words."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
