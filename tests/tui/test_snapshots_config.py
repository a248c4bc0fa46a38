"""How the configuration looks. ``pytest --snapshot-update`` accepts a new look."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.config import keys
from sovl_tui import settings
from tests.tui.config_states import (
    broken_file,
    changed,
    editing,
    nothing_found,
    refused,
    saving,
    searched,
    untouched,
    waiting_for_reset,
)
from tests.tui.pictures import NARROW, SMALL, WIDE, Act, Size, name_of, picture

KEYS = """
base_model_name scaffold_model_name cross_attn_layers use_dynamic_layers layer_selection_mode custom_layers
valid_split_ratio random_seed quantization blend_strength gate_threshold lora_rank lora_alpha lora_dropout
lora_target_modules learning_rate train_epochs batch_size sigmoid_scale lifecycle_curve dry_run train_data max_samples
skip_training sleep_conf_threshold sleep_time_factor sleep_log_min dream_swing_var dream_noise_scale base_temperature
save_path_prefix dream_memory_weight use_scaffold_memory has_woken is_sleeping enable_dreaming max_new_tokens top_k
top_p system_prompt theme animations
"""
"""Fixed, so that a new setting does not change the pictures."""


@pytest.fixture(autouse=True)
def fixed_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = tuple(key for key in keys() if key.name in KEYS.split())
    monkeypatch.setattr(settings, "keys", lambda: chosen)


SHOTS = [
    (untouched, WIDE, "dark"),
    (untouched, NARROW, "light"),
    (untouched, SMALL, "dark"),
    (changed, WIDE, "dark"),
    (changed, NARROW, "dark"),
    (changed, SMALL, "light"),
    (waiting_for_reset, WIDE, "light"),
    (searched, NARROW, "light"),
    (nothing_found, NARROW, "dark"),
    (editing, WIDE, "dark"),
    (editing, SMALL, "dark"),
    (refused, NARROW, "dark"),
    (saving, NARROW, "dark"),
    (broken_file, NARROW, "dark"),
]


@pytest.mark.parametrize(("act", "size", "theme"), SHOTS, ids=map(name_of, SHOTS))
def test_look(act: Act, size: Size, theme: str, tmp_path: Path, snap_compare: Callable[..., bool]) -> None:
    picture(act, size, theme, tmp_path, snap_compare)
