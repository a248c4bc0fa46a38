"""Interactions as rows of the journal's table, and back."""

from __future__ import annotations

import json
import math
from dataclasses import fields
from typing import Any

from .record import Interaction, storable

COLUMNS = tuple(column.name for column in fields(Interaction))
SELECT = f"SELECT {', '.join(f'interactions.{name}' for name in COLUMNS)} FROM interactions"
INSERT = (
    f"INSERT INTO interactions ({', '.join(COLUMNS[1:])}, fingerprint) "
    f"VALUES ({', '.join('?' for _ in COLUMNS[1:])}, ?)"
)


def interaction_of(row: tuple[Any, ...]) -> Interaction:
    """The interaction in a row of :data:`SELECT`."""
    values = dict(zip(COLUMNS, row, strict=True))
    values["is_system_question"] = bool(values["is_system_question"])
    values["trainable"] = bool(values["trainable"])
    values["extra"] = json.loads(values["extra"])
    return Interaction(**values)


def column(value: Any) -> Any:
    """A field's value as the table keeps it."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return json.dumps(value, default=str)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
