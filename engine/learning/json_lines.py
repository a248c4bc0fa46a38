"""Lines of JSON in a file that may hold anything: numbered, bounded, each either an object or one reason why not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import IO, Any

LONGEST_LINE = 4 * 1024 * 1024
"""Bytes; a longer line is not read."""


def numbered_lines(file: IO[bytes]) -> Iterator[tuple[int, bytes | None]]:
    """Numbered lines that are not blank; None stands for one that is too long."""
    number = 0
    while line := file.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
            while (rest := file.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
                pass
            yield number, None
        elif line.strip():
            yield number, line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line


def record_of(line: bytes | None) -> dict[str, Any]:
    """The object on a line of :func:`numbered_lines`.

    Raises:
        ValueError: When there is none; the text says why in a few words.
    """
    if line is None:
        raise ValueError(f"longer than {LONGEST_LINE // 2**20} MB")
    try:
        record = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg}") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(record, dict):
        raise ValueError("not a JSON object")
    return record
