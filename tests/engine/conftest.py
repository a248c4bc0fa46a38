"""What tests of a life have in common."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where a life will live; nobody has been there yet."""
    return tmp_path / "life"
