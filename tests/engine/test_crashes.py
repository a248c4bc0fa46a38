"""Killed wherever it may be, the program starts again with all that it had acknowledged."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HARNESS = Path(__file__).parents[1] / "support" / "crashing.py"


@pytest.mark.slow
def test_killed_at_a_hundred_points_it_loses_nothing(tmp_path: Path) -> None:
    command = [sys.executable, str(HARNESS), str(tmp_path / "lives"), "120"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Killed at 120 points" in done.stdout
    for phase in ("falling asleep", "dreaming", "training", "auditing", "waking"):
        assert f"\nsleep: {phase}: killed at " in done.stdout
    for kind in ("save", "journal", "settings", "cache", "loading", "format migration", "answers"):
        assert f"\n{kind}: killed at " in done.stdout
