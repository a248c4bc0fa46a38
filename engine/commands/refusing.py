"""Saying no: what stands in the way further down becomes the refusal of a command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .spec import Refused

if TYPE_CHECKING:
    from engine.lifeform import Lifeform


@contextmanager
def refusing(*errors: type[Exception]) -> Iterator[None]:
    """While entered, these errors are bad input: their text is the one line that says what is wrong."""
    try:
        yield
    except errors as error:
        raise Refused(str(error)) from error


def must_write(life: Lifeform, otherwise: str) -> None:
    """Refuse in a home that may only be read; ``otherwise`` tells what this means, as in ``nothing was saved``."""
    if life.read_only:
        raise Refused(f"This home is open read-only, so {otherwise}; close the other SOVL and start again.")
