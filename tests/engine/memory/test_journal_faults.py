"""Whatever call of SQLite's fails, and however, the journal is whole, and holds all that it acknowledged."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from faults import FAULTS

SUPPORT = Path(__file__).parents[2] / "support"


@pytest.mark.skipif(sys.platform != "linux", reason="a library is preloaded as Linux does it")
@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
@pytest.mark.parametrize("step", [23, pytest.param(1, marks=pytest.mark.slow)])
def test_any_write_of_the_journal_may_fail(tmp_path: Path, step: int) -> None:
    library = str(tmp_path / "failing_disk.so")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, SUPPORT / "failing_disk.c", "-ldl"], check=True)
    command = [sys.executable, SUPPORT / "failing_journal.py", library, tmp_path, str(step)]
    modules = os.pathsep.join(map(str, (SUPPORT, SUPPORT.parents[1])))
    environment = {**os.environ, "LD_PRELOAD": library, "PYTHONPATH": modules}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    for name in FAULTS:
        ways = [one for one in found if one["fault"] == name]
        assert len(ways) > 200 // step and [one["happened"] for one in ways] == [True] * (len(ways) - 1) + [False]
        assert sum(bool(one["refusals"]) for one in ways) > len(ways) // 3
    for one in found:
        assert one["whole"] and one["in order"] and not one["lost"], one
        for line in one["refusals"]:
            assert line.isprintable() and str(tmp_path) in line and len(line) < 500
