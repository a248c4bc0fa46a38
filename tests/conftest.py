"""Shared ground of all tests: one torch thread, no network, homes and caches of their own, and tiny real models."""

from __future__ import annotations

import os

os.environ.update(
    HF_HUB_OFFLINE="1",
    TRANSFORMERS_VERBOSITY="error",
    TOKENIZERS_PARALLELISM="false",
    OMP_NUM_THREADS="1",
    TEXTUAL_ANIMATIONS="none",
)

from pathlib import Path

import hypothesis
import pytest
from tiny import save_tiny, word_tokenizer

# The same examples every time, however long they take: what fails in one run fails in all.
hypothesis.settings.register_profile(
    "sovl", deadline=None, derandomize=True, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("sovl")


@pytest.fixture(autouse=True)
def own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test touches the user's home, cache or environment."""
    monkeypatch.setenv("SOVL_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.fixture(scope="session")
def tiny_folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders of tiny random models, one of each family, and a narrow Llama with another tokenizer."""
    import torch

    torch.set_num_threads(1)
    root = tmp_path_factory.mktemp("models")
    folders = {family: save_tiny(root / family, family) for family in ("llama", "gpt2", "qwen2", "gemma2")}
    folders["other"] = save_tiny(
        root / "other", "llama", word_tokenizer(), seed=1, hidden_size=48, intermediate_size=96, num_hidden_layers=4
    )
    return folders
