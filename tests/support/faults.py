"""A disk that fails: any one call that writes, counted from 0, fails in one of the ways in which disks do."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest

FAULTS = {"short write": errno.ENOSPC, "full": errno.ENOSPC, "broken": errno.EIO, "forbidden": errno.EACCES}
"""Ways to fail; a short write writes the first half and then finds no room."""
_CALLS = ("replace", "rename", "mkdir", "rmdir", "unlink", "link", "fsync")


class Disk:
    """Counts the calls that write, and lets one of them fail."""

    def __init__(self, failing: int | None, fault: str) -> None:
        self.failing, self.fault = failing, fault
        self.calls = 0

    def fails(self) -> bool:
        """Whether the call that is made now is the one."""
        self.calls += 1
        return self.calls - 1 == self.failing

    def error(self, *where: Any) -> OSError:
        code = FAULTS[self.fault]
        return OSError(code, os.strerror(code), *map(str, where[:1]))


class _File:
    """A file being written, on that disk."""

    def __init__(self, file: IO[Any], disk: Disk) -> None:
        self._file, self._disk = file, disk

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> _File:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, data: Any) -> int:
        if self._disk.fails():
            if self._disk.fault == "short write":
                self._file.write(data[: len(data) // 2])
                self._file.flush()
            raise self._disk.error()
        return self._file.write(data)


@contextmanager
def disk(failing: int | None = None, fault: str = "full") -> Iterator[Disk]:
    """Inside the block the call with this number fails; without one they are only counted."""
    made = Disk(failing, fault)

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if made.fails():
                raise made.error(*args)
            return real(*args, **kwargs)

        return call

    real_open = Path.open

    def opening(path: Path, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        if not set(mode) & set("wax+"):
            return real_open(path, mode, *args, **kwargs)
        if made.fails():
            raise made.error(path)
        return _File(real_open(path, mode, *args, **kwargs), made)

    with pytest.MonkeyPatch.context() as patch:
        for name in _CALLS:
            patch.setattr(os, name, counted(getattr(os, name)))
        patch.setattr(Path, "open", opening)
        yield made
