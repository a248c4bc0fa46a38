"""The measuring of quantized weights, on a tiny model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.quantization import KINDS, OTHERS, main


def test_every_kind_is_measured(
    tmp_path: Path, tiny_folders: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "figures.json"
    few = ["--prompts", "2", "--tokens", "4", "--rounds", "1"]
    assert main(["--model", str(tiny_folders["llama"]), "--json", str(path), *few]) == 0
    figures = json.loads(path.read_text())["figures"]
    assert list(figures) == [*KINDS, *OTHERS]
    full = figures["fp16"]
    assert full["divergence"] == 0.0 and full["agreement"] == 1.0
    for kind, one in figures.items():
        assert one["decoded"] > 0 and one["read"] > 0
        if kind != "fp16":
            assert 0 < one["divergence"] < 1 and one["megabytes"] < full["megabytes"]
    assert figures["int4"]["megabytes"] < figures["int8"]["megabytes"]
    assert "| int8 |" in capsys.readouterr().out


def test_a_model_that_is_none_gets_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--model", "/no/such/model"]) == 1
    assert capsys.readouterr().err.strip().count("\n") == 0
