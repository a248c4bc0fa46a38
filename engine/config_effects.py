"""What every setting moves: the quantity that can be watched, the way it goes, and from when on.

This is the one place that says so. The configuration page, ``config why`` and the editor are drawn from it, and for
each key a test changes that key alone and watches the quantity named here go the way named here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Direction(StrEnum):
    """Which way the quantity goes when the setting is raised, switched on, or set to something else."""

    RISES = "rises"
    FALLS = "falls"
    FOLLOWS = "follows"
    """It becomes what was set."""


class When(StrEnum):
    """From when on a change acts. What is running when it comes goes on as it began, answers, trainings and nights."""

    NOW = "at once"
    ANSWER = "from the next answer"
    DREAM = "from the next dream"
    SLEEP = "from the next sleep"
    TRAINING = "from the next training"
    LEARNING = "from the next training or sleep"
    DRY_RUN = "from the next dry run"
    RESET = "after a reset"


@dataclass(frozen=True, slots=True)
class Effect:
    """What one setting does.

    Attributes:
        moves: The quantity, in a phrase.
        direction: Which way it goes.
        when: From when on.
    """

    moves: str
    direction: Direction
    when: When


RISES, FALLS, FOLLOWS = Direction
NOW, ANSWER, DREAM, SLEEP, TRAINING, LEARNING, DRY_RUN, RESET = When

EFFECTS: Mapping[str, Effect] = {
    # -- core_config
    "base_model_name": Effect("which model speaks", FOLLOWS, RESET),
    "scaffold_model_name": Effect("which model learns", FOLLOWS, RESET),
    "cross_attn_layers": Effect("which layers of the base are bridged", FOLLOWS, RESET),
    "use_dynamic_layers": Effect("whether layer_selection_mode picks the bridged layers", FOLLOWS, RESET),
    "layer_selection_mode": Effect("which third of the base is bridged, with use_dynamic_layers", FOLLOWS, RESET),
    "custom_layers": Effect("which layers are bridged in layer_selection_mode custom", FOLLOWS, RESET),
    "bridge_form": Effect("how the base reads the scaffold: key–value form or bridge form", FOLLOWS, RESET),
    "valid_split_ratio": Effect("rows of a training that are held out to check it", RISES, TRAINING),
    "random_seed": Effect("the newborn adapters and every random draw", FOLLOWS, RESET),
    "quantization": Effect("bits in which the frozen weights are kept", FOLLOWS, RESET),
    "blend_strength": Effect("how far the scaffold moves the next word's logits", RISES, ANSWER),
    "gate_threshold": Effect("prompts at which the scaffold speaks", FALLS, ANSWER),
    # -- lora_config
    "lora_rank": Effect("number of adapter parameters", RISES, RESET),
    "lora_alpha": Effect("how far the same adapters move the logits", RISES, RESET),
    "lora_dropout": Effect("share of the adapters' inputs that is dropped in training", RISES, RESET),
    "lora_target_modules": Effect("which linear layers carry adapters", FOLLOWS, RESET),
    # -- training_config
    "learning_rate": Effect("how far one training step moves the adapters", RISES, LEARNING),
    "train_epochs": Effect("passes over the rows in a training", RISES, TRAINING),
    "batch_size": Effect("steps that a training takes for its rows", FALLS, LEARNING),
    "max_seq_length": Effect("rows that are short enough to be learned from", RISES, LEARNING),
    "sigmoid_scale": Effect("growth after the same exposure", RISES, ANSWER),
    "sigmoid_shift": Effect("growth after the same exposure, on the sigmoid curve", FALLS, ANSWER),
    "lifecycle_capacity_factor": Effect("exposure that a life can hold", RISES, ANSWER),
    "lifecycle_curve": Effect("growth after the same exposure", FOLLOWS, ANSWER),
    "accumulation_steps": Effect("steps that a training takes for its batches", FALLS, TRAINING),
    "exposure_gain_eager": Effect("exposure for each new row learned in a curious mood", RISES, LEARNING),
    "exposure_gain_default": Effect("exposure for each new row learned in any other mood", RISES, LEARNING),
    "max_patience": Effect("epochs that a training goes on without improving", RISES, TRAINING),
    "dry_run": Effect("trainings that leave everything as it was", RISES, TRAINING),
    "train_data": Effect("the file that train reads when none is named", FOLLOWS, TRAINING),
    # -- dry_run_params
    "max_samples": Effect("rows that a dry run looks at", RISES, DRY_RUN),
    "max_length": Effect("rows that are short enough for a dry run", RISES, DRY_RUN),
    "validate_architecture": Effect("checks that a dry run makes", RISES, DRY_RUN),
    "skip_training": Effect("real steps that a dry run takes and rolls back", FALLS, DRY_RUN),
    # -- controls_config: sleeping and dreaming
    "sleep_conf_threshold": Effect("how readily it falls asleep by itself", FALLS, NOW),
    "sleep_time_factor": Effect("training steps of a sleep", RISES, SLEEP),
    "sleep_log_min": Effect("how readily it falls asleep by itself", FALLS, NOW),
    "sleep_quiet_seconds": Effect("silence until a tired one falls asleep", RISES, NOW),
    "dream_swing_var": Effect("whether swings of confidence bring on dreams", FALLS, SLEEP),
    "dream_lifecycle_delta": Effect("whether a move of temperament brings on dreams", FALLS, SLEEP),
    "dream_temperament_on": Effect("whether a move of temperament brings on dreams", RISES, SLEEP),
    "dream_noise_scale": Effect("noise in a dream, as a share of its size", RISES, DREAM),
    "dream_novelty_boost": Effect("noise in a dream of something never dreamt of", RISES, DREAM),
    "temp_melancholy_noise": Effect("noise in a dream in a melancholic mood", RISES, DREAM),
    "dream_prompt_weight": Effect("dreams of what is most like the last prompt", RISES, DREAM),
    "enable_prompt_driven_dreams": Effect("dreams of what is like the last prompt, or recent", RISES, DREAM),
    "dream_memory_weight": Effect("how far past dreams move the next word's logits", RISES, ANSWER),
    "dream_memory_maxlen": Effect("dreams that are kept", RISES, DREAM),
    "dream_memory_decay": Effect("what is left of an older dream's weight", RISES, DREAM),
    "dream_prune_threshold": Effect("faint dreams that are kept", FALLS, DREAM),
    "enable_dreaming": Effect("dreams in a sleep", RISES, SLEEP),
    "enable_gestation": Effect("how readily it falls asleep by itself", RISES, NOW),
    "enable_sleep_training": Effect("training steps of a sleep", RISES, SLEEP),
    "is_sleeping": Effect("whether it sleeps: on sends it to sleep once it is quiet, off wakes it", RISES, NOW),
    "has_woken": Effect("a newborn's first question into the silence", FALLS, NOW),
    # -- controls_config: temperament
    "temp_eager_threshold": Effect("temperaments that are a curious mood", FALLS, NOW),
    "temp_sluggish_threshold": Effect("temperaments that are a restless mood", RISES, NOW),
    "temp_mood_influence": Effect("how far temperament moves the sampling temperature", RISES, ANSWER),
    "temp_curiosity_boost": Effect("temperament of the young after an answer", RISES, ANSWER),
    "temp_restless_drop": Effect("how readily a restless one falls asleep by itself", RISES, NOW),
    "conf_feedback_strength": Effect("temperament after a sure answer", RISES, ANSWER),
    "temp_smoothing_factor": Effect("how far one answer moves the temperament", FALLS, ANSWER),
    "confidence_history_maxlen": Effect("answers whose confidence counts", RISES, NOW),
    "temperament_history_maxlen": Effect("temperaments that are remembered", RISES, NOW),
    "enable_temperament": Effect("how far one answer moves the temperament", RISES, ANSWER),
    "enable_confidence_tracking": Effect("answers whose confidence is measured", RISES, ANSWER),
    # -- controls_config: influence and memory
    "scaffold_weight_cap": Effect("the loudest influence weight", RISES, ANSWER),
    "use_scaffold_memory": Effect("interactions that sleep may learn from, and dreams that are heard", RISES, ANSWER),
    "use_token_map_memory": Effect("words whose influence moves when they are said", RISES, ANSWER),
    "memory_decay_rate": Effect("what is left of a word's gained influence", RISES, ANSWER),
    "dynamic_cross_attn_mode": Effect("what turns the influence weight up and down", FOLLOWS, ANSWER),
    "enable_cross_attention": Effect("the influence weight", RISES, ANSWER),
    "enable_dynamic_cross_attention": Effect("how far dynamic_cross_attn_mode moves the weight", RISES, ANSWER),
    "enable_lora_adapters": Effect("number of adapter parameters", RISES, RESET),
    "enable_lifecycle_weighting": Effect("the influence weight of a newborn", FALLS, ANSWER),
    # -- controls_config: answers
    "base_temperature": Effect("how different the words are that it draws", RISES, ANSWER),
    "top_k": Effect("how many different words it draws from, 0 apart", RISES, ANSWER),
    "top_p": Effect("how many different words it draws from", RISES, ANSWER),
    "min_p": Effect("how many different words it draws from", FALLS, ANSWER),
    "max_new_tokens": Effect("length of the longest answer", RISES, ANSWER),
    "enable_repetition_check": Effect("length of an answer that repeats itself", FALLS, ANSWER),
    "dry_multiplier": Effect("words of its last answer that the next one repeats", FALLS, ANSWER),
    "example_exchanges": Effect("how closely it keeps to a brief and friendly manner", RISES, ANSWER),
    "history_exchanges": Effect("how much of the conversation it takes up", RISES, ANSWER),
    "context_length": Effect("tokens of a long conversation that it reads", RISES, ANSWER),
    "system_prompt": Effect("what it is told before every conversation", FOLLOWS, ANSWER),
    "cpu_threads": Effect("threads that compute, 0 apart", FOLLOWS, NOW),
    "watchdog_seconds": Effect("silence of a job until it is given up", RISES, NOW),
    "save_path_prefix": Effect("names of the files that save writes and load reads", FOLLOWS, NOW),
    "states_kept": Effect("earlier states that can be loaded", RISES, NOW),
    "enable_error_listening": Effect("guesses at what garbled input meant", RISES, ANSWER),
    "enable_curiosity": Effect("questions of its own in a silence", RISES, NOW),
    "curiosity_silence_seconds": Effect("silence until it asks a question of its own", RISES, NOW),
    "curiosity_cooldown_seconds": Effect("time between two questions of its own", RISES, NOW),
    # -- interface_config
    "theme": Effect("colours of the app", FOLLOWS, NOW),
    "animations": Effect("things on screen that move", RISES, NOW),
    "open_sleep": Effect("the room that is shown when it falls asleep", FOLLOWS, NOW),
}
"""By the key's short name. A key that is missing here, or from the test of effects, fails a test."""
