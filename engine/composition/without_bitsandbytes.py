"""Keep bitsandbytes out of the start: importing it takes longer than torch, and only quantized models need it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

_NAME = "bitsandbytes"


@contextmanager
def without_bitsandbytes() -> Iterator[None]:
    """While entered, PEFT finds no bitsandbytes, and does not import it; what was imported before stays."""
    if _NAME in sys.modules:
        yield
        return
    sys.modules[_NAME] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[_NAME]
        # PEFT remembers what it found; later a model may be quantized.
        for question in ("is_bnb_available", "is_bnb_4bit_available"):
            getattr(import_module("peft.import_utils"), question).cache_clear()
