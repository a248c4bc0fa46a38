"""Where the files lie that come with SOVL but are not code: the default ``config.json``, ``data/``, ``styles/``.

In a checkout they are at the top of the repository, where a person looks for them. A wheel has no such place, so there
they lie inside the package, under ``engine/_resources`` (``pyproject.toml`` puts them there).
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

_PACKAGE = Path(__file__).resolve().parent


def resource(name: str) -> Path:
    """The file or folder ``name`` (like ``config.json``, ``data/sample_log.jsonl`` or ``styles``) that comes with SOVL.

    Raises :class:`FileNotFoundError` when this installation does not have it, and :class:`ValueError` for a name that
    leads out of the resources.
    """
    relative = PurePosixPath(name)
    if relative.is_absolute() or ".." in relative.parts or not relative.parts:
        raise ValueError(f"A resource is named by a relative path like 'data/sample_log.jsonl', not {name!r}.")
    installed = _PACKAGE / "_resources"
    root = installed if installed.is_dir() else _PACKAGE.parent
    path = root / relative
    if not path.exists():
        raise FileNotFoundError(
            f"{name} is missing from {root}; this copy of SOVL is incomplete, please install it again."
        )
    return path
