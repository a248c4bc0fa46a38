"""Imports what is heavy, torch above all, without holding up the screen longer than need be."""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_MODELS = "engine.composition.loading"


@contextmanager
def models_imported() -> Iterator[None]:
    """Import all that models need, seconds the first time; they are loaded inside.

    What is there after the first time stays for good. It is left out of Python's search for garbage, which would look
    through it again and again, and hold up every thread for a quarter of a second each time. Models that are replaced
    are in no circle, and go without that search.
    """
    first = _MODELS not in sys.modules
    if first:
        gc.disable()
        try:
            importlib.import_module(_MODELS)
        finally:
            gc.freeze()
            gc.enable()
    yield
    if first:
        gc.freeze()
