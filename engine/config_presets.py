"""A few settings that belong together, each told by what will be noticed of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Preset:
    """Settings to be made together.

    Attributes:
        name: One word.
        noticed: What the user will notice, in a sentence or two.
        settings: Values by the key's short name.
    """

    name: str
    noticed: str
    settings: Mapping[str, Any]


_PRESETS = (
    Preset(
        "steady",
        "Its answers are plain, short and much the same each time, whatever its mood, and it speaks of what it was "
        "told only where it is quite sure.",
        {
            "base_temperature": 0.5,
            "top_k": 10,
            "top_p": 0.8,
            "temp_mood_influence": 0.0,
            "max_new_tokens": 64,
            "gate_threshold": 0.7,
        },
    ),
    Preset(
        "lively",
        "Its answers are freer and less alike, and warmer or cooler with its mood. It asks more questions of its own, "
        "after a minute of silence.",
        {
            "base_temperature": 0.9,
            "top_k": 100,
            "top_p": 1.0,
            "temp_mood_influence": 1.0,
            "enable_temperament": True,
            "enable_curiosity": True,
            "curiosity_silence_seconds": 60.0,
            "curiosity_cooldown_seconds": 300.0,
        },
    ),
    Preset(
        "dreamer",
        "Its dreams are stranger, more of them are kept, and they colour its answers more.",
        {
            "enable_dreaming": True,
            "use_scaffold_memory": True,
            "dream_noise_scale": 0.1,
            "dream_novelty_boost": 0.05,
            "dream_memory_weight": 0.3,
            "dream_memory_maxlen": 20,
            "dream_memory_decay": 0.98,
        },
    ),
    Preset(
        "drowsy",
        "It falls asleep often: after five interactions, once you have been quiet for a minute, and however unsure it "
        "was when it is restless.",
        {
            "enable_gestation": True,
            "sleep_log_min": 5,
            "sleep_conf_threshold": 0.5,
            "sleep_quiet_seconds": 60.0,
            "temp_restless_drop": 0.5,
        },
    ),
    Preset(
        "obedient",
        "It does nothing of its own accord: it neither falls asleep nor asks anything until you say sleep or spark.",
        {"enable_gestation": False, "enable_curiosity": False},
    ),
    Preset(
        "sparing",
        "It takes less memory and time: shorter answers, less of a conversation in view, smaller steps when it learns.",
        {"max_new_tokens": 96, "context_length": 1024, "batch_size": 4, "max_seq_length": 256},
    ),
)
_TOUCHED = tuple(dict.fromkeys(key for preset in _PRESETS for key in preset.settings))


def presets(default_of: Mapping[str, Any]) -> tuple[Preset, ...]:
    """All presets, and first the one that takes the others back; ``default_of`` has the default of every key."""
    defaults = {key: default_of[key] for key in _TOUCHED}
    return (Preset("usual", "Everything that a preset changes is as it came.", defaults), *_PRESETS)
