"""Writing a text file that is whole or not there: beside it first, and then in its place."""

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


def reason(error: OSError | ValueError) -> str:
    """Why, in the system's words."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
