"""The bench of training steps, on the real model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.training import main

pytestmark = pytest.mark.slow


def test_all_loops_train_as_many_parameters_on_the_same_rows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "training.json"
    assert main(["--rounds", "1", "--rows", "4", "--json", str(target)]) == 0
    found = json.loads(target.read_text())
    assert found["trained parameters"]["night"] == found["trained parameters"]["plain"]
    assert set(found["seconds"]) == {"night", "night, whole", "plain, float32", "plain, bfloat16"}
    assert all(len(some) == 1 and some[0] > 0 for some in found["seconds"].values())
    assert "of the night's" in capsys.readouterr().out
