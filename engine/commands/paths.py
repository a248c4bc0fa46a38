"""Names of files as people type them, checked before anything is done with them."""

from __future__ import annotations

from pathlib import Path

from .spec import Refused
from .wording import excerpt

_LONGEST_NAME = 255
"""Bytes that file systems allow for one name; a state's files have endings of their own beside it."""
_LONGEST_PATH = 4000


def path_of(given: str, *, spare: int = 0) -> Path:
    """The path that ``given`` names, ``~`` written out.

    Args:
        given: What was typed.
        spare: Bytes that the name must leave for an ending.

    Raises:
        Refused: When no file can be called so.
    """
    if not given.isprintable():
        raise Refused("A file name holds no line breaks and no control characters.")
    longest = max((len(part.encode("utf-8", "replace")) for part in Path(given).parts), default=0)
    if longest > _LONGEST_NAME - spare or len(given) > _LONGEST_PATH:
        raise Refused(f"'{excerpt(given, 40)}' is too long for a file name.")
    try:
        return Path(given).expanduser()
    except RuntimeError:  # ~somebody who does not exist: take the name as it stands
        return Path(given)
