"""What went wrong, said in one line, and kept whole in a report."""

from __future__ import annotations

import sys
import time
import traceback
from pathlib import Path

_ALLOCATION = ("can't allocate memory", "not enough memory", "out of memory")
"""How an allocator of torch says that there is none, whatever kind of error it raises."""


def out_of_memory(error: BaseException | None) -> bool:
    """Whether ``error``, or what caused it, is that memory ran out: that of the machine or that of a GPU."""
    torch = sys.modules.get("torch")
    while error is not None:
        if isinstance(error, MemoryError) or (torch is not None and isinstance(error, torch.OutOfMemoryError)):
            return True
        if isinstance(error, RuntimeError) and any(words in str(error) for words in _ALLOCATION):
            return True
        error = error.__cause__
    return False


def one_line(error: BaseException) -> str:
    """What is wrong, for the user."""
    if out_of_memory(error):
        return (
            "memory ran out; a shorter context_length, a smaller batch_size, quantization int8, or a smaller model "
            "needs less"
        )
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__


def write_report(folder: Path, error: BaseException) -> str:
    """Keep the whole of ``error`` in a file in ``folder``. Returns its path; empty when it cannot be written."""
    path = folder / f"failure-{time.strftime('%Y%m%d-%H%M%S')}.txt"
    try:
        path.write_text("".join(traceback.format_exception(error)))
    except OSError:
        return ""
    return str(path)
