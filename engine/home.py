"""One folder for everything that is the lifeform's own, and the lock that keeps two of them from sharing it.

Weights do not live here: they can be fetched again, so they go to the cache. What is here cannot: the journal, the
saved state, the settings. The lock is ``flock`` on a file, because the kernel drops it however the process ends; a
killed lifeform never leaves a home that nobody can open.
"""

from __future__ import annotations

import errno
import fcntl
import os
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

ENVIRONMENT_VARIABLE = "SOVL_HOME"
"""Names the home folder where ``--home`` does not."""

_HOW_TO_CHOOSE = f"Choose another with --home or ${ENVIRONMENT_VARIABLE}."


class HomeError(Exception):
    """The home folder cannot be used; the message is one line that names it and says what would be right."""


class HomeInUse(HomeError):
    """Another process lives in this home. ``pid`` is its number, or None where it could not be read."""

    def __init__(self, path: Path, pid: int | None) -> None:
        self.path = path
        self.pid = pid
        who = f"process {pid}" if pid is not None else "another process"
        super().__init__(f"{path} is in use by {who}; look inside with --read-only, or choose another with --home.")


def default_home() -> Path:
    """``$SOVL_HOME``, else the platform's folder for user data."""
    chosen = os.environ.get(ENVIRONMENT_VARIABLE)
    if chosen:
        return Path(chosen)
    import platformdirs  # here, so that `sovl --version` does not pay for it

    return Path(platformdirs.user_data_dir("sovl", appauthor=False))


class Home:
    """The lifeform's folder. Where things are can be asked at once; use it only between :meth:`open` and release.

    As a context manager it opens for writing, and releases at the end.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        """``path`` None means :func:`default_home`. Touches nothing on disk."""
        chosen = Path(path) if path is not None else default_home()
        self.path = Path(os.path.abspath(_expanded(chosen)))  # noqa: PTH100 - resolve() would hide a symlink's own name
        self.read_only = False
        self._lock: int | None = None

    @property
    def config_path(self) -> Path:
        """The settings that ``config save`` writes."""
        return self.path / "config.json"

    @property
    def journal_path(self) -> Path:
        """The SQLite file of everything said."""
        return self.path / "journal.sqlite3"

    @property
    def state_dir(self) -> Path:
        """Saved states."""
        return self.path / "state"

    @property
    def asleep_path(self) -> Path:
        """There while it sleeps; one that outlived its process tells of a sleep that was cut off."""
        return self.path / "asleep"

    @property
    def log_dir(self) -> Path:
        """Crash reports and what libraries write to stderr."""
        return self.path / "logs"

    @property
    def history_path(self) -> Path:
        """Lines typed at the prompt, for the up key."""
        return self.path / "prompt_history"

    @property
    def lock_path(self) -> Path:
        """Locked while a lifeform lives here; holds its process number and when it started."""
        return self.path / "lock"

    def open(self, read_only: bool = False) -> Self:
        """Create the folder where needed and take it for this process.

        With ``read_only`` the folder must be there; nothing in it is created, locked or changed.

        Raises:
            HomeInUse: another process has it open for writing.
            HomeError: it is not a folder, or cannot be created, read or written.
        """
        if read_only:
            self._check_readable()
        elif self._lock is None:
            self._create()
            self._lock = self._take_lock()
            self._tidy()
        self.read_only = read_only
        return self

    def release(self) -> None:
        """Let others in. Harmless when nothing is held."""
        if self._lock is not None:
            os.ftruncate(self._lock, 0)  # the file stays: deleting it would let two processes lock two files
            os.close(self._lock)
            self._lock = None

    def __enter__(self) -> Self:
        """Open for writing, unless it is open already."""
        return self if self._lock is not None or self.read_only else self.open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _check_readable(self) -> None:
        try:
            os.listdir(self.path)  # noqa: PTH208 - only the errors matter
        except FileNotFoundError:
            raise HomeError(f"There is no home at {self.path} to read. {_HOW_TO_CHOOSE}") from None
        except (OSError, ValueError) as error:
            raise HomeError(self._unusable(error, "read")) from None

    def _create(self) -> None:
        try:
            for folder in (self.path, self.state_dir, self.log_dir):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # what is said here is private
        except (OSError, ValueError) as error:
            raise HomeError(self._unusable(error, "created")) from None

    def _tidy(self) -> None:
        """Remove files that a process which died was about to put into their places. Nobody else can be at it now."""
        for left in (*self.path.glob(".*.part"), *self.state_dir.glob("*/.*.part")):
            if left.is_file():
                with suppress(OSError):  # it is in nobody's way
                    left.unlink()

    def _take_lock(self) -> int:
        try:
            handle = os.open(self.lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise HomeError(self._unusable(error, "written")) from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"{os.getpid()} {time.time():.3f}\n".encode(), 0)
        except BlockingIOError:
            pid = _pid_in(handle)
            os.close(handle)
            raise HomeInUse(self.path, pid) from None
        except OSError as error:
            os.close(handle)
            raise HomeError(self._unusable(error, "written")) from None
        return handle

    def _unusable(self, error: OSError | ValueError, verb: str) -> str:
        if isinstance(error, OSError) and error.errno in (errno.ENOTDIR, errno.EEXIST):
            return f"The home {self.path} is not a folder. {_HOW_TO_CHOOSE}"
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        return f"The home {self.path} cannot be {verb}: {reason}. {_HOW_TO_CHOOSE}"


def _expanded(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError:  # ~somebody who does not exist: take the name as it stands
        return path


def _pid_in(handle: int) -> int | None:
    try:
        return int(os.pread(handle, 64, 0).split()[0])
    except (OSError, ValueError, IndexError):
        return None
