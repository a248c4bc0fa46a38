"""Every setting there is: its section, type, range, unit, default, help, and whether a change applies live.

What each moves stands in :mod:`engine.config_effects`. :mod:`engine.config` reads, changes and writes settings by this
page, and the editor, the help and the documentation are drawn from the table that :func:`keys` derives from both.

Defaults are what was measured to work with the default model; where nothing was measured, the specification's examples.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import NoneType
from typing import Annotated, Any, Literal, cast, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from engine.config_effects import EFFECTS, Direction, Effect

LAYER_LIMIT = 1023
"""Highest layer number a list may hold. Whether a model has that many is for the composition to say."""


@dataclass(frozen=True, slots=True)
class KeySpec:
    """What is known about one key."""

    section: str
    name: str
    kind: str
    """``number``, ``integer``, ``switch``, ``choice``, ``text`` or ``list``."""
    default: Any
    low: float | None
    """Least value; for text the least number of characters, for lists that of every entry. None where none holds."""
    high: float | None
    unit: str
    choices: tuple[str, ...]
    """For ``choice``: what may be chosen, null apart."""
    nullable: bool
    """Whether null is a value of its own."""
    help: str
    live: bool
    """True when a change acts at once, False when it acts after a reset."""
    effect: Effect
    """What it moves, which way, and from when on."""
    state: bool = False
    """Whether the engine keeps something of its own here, which is not for a person to set."""

    @property
    def dotted(self) -> str:
        """The full name, ``section.name``."""
        return f"{self.section}.{self.name}"

    @property
    def applies(self) -> str:
        """``live`` or ``after reset``."""
        return "live" if self.live else "after reset"

    @property
    def told(self) -> str:
        """What it moves, in one line: the quantity, which way it goes, and from when on."""
        more = {Direction.RISES: "more", Direction.FALLS: "less", Direction.FOLLOWS: ""}[self.effect.direction]
        way = f" ({'on' if self.kind == 'switch' else 'higher'}: {more})" if more else ""
        return f"{self.effect.moves}{way}, {self.effect.when}"

    @property
    def allowed(self) -> str:
        """What may be set, in words that follow "it must be"."""
        span = f"from {_plain(self.low)} to {_plain(self.high)}"
        match self.kind:
            case "number":
                return f"a number {span}"
            case "integer":
                return f"a whole number {span}"
            case "switch":
                return "true or false"
            case "choice":
                return f"one of {', '.join((*self.choices, *(('null',) if self.nullable else ())))}"
            case "list" if self.low is None:
                return "a list of module names"
            case "list":
                return f"a list of different layer numbers {span}" + (", or null" if self.nullable else "")
            case _:
                return f"text of {_plain(self.low)} to {_plain(self.high)} characters"


def _plain(value: float | None) -> str:
    return "" if value is None else str(value) if isinstance(value, int) else f"{value:g}"


# -- types -------------------------------------------------------------------------------------------------------------


def _whole(value: Any) -> Any:
    """Take 3.0 for 3, as JSON writers in other languages do; anything else goes on to the strict check."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _stripped(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _different(layers: list[int]) -> list[int]:
    if len(set(layers)) != len(layers):
        raise ValueError("a layer is named twice")
    return layers


def _no_controls(text: str) -> str:
    if any(ord(c) < 32 or 127 <= ord(c) < 160 for c in text):
        raise ValueError("control characters are not allowed")
    return text


def _no_controls_but_breaks(text: str) -> str:
    _no_controls(text.replace("\n", "").replace("\t", ""))
    return text


Whole = Annotated[int, BeforeValidator(_whole)]
Layer = Annotated[int, BeforeValidator(_whole), Field(strict=True, ge=0, le=LAYER_LIMIT)]
Layers = Annotated[list[Layer], AfterValidator(_different)]
Line = Annotated[str, BeforeValidator(_stripped), AfterValidator(_no_controls)]
Prose = Annotated[str, AfterValidator(_no_controls_but_breaks)]
ModuleName = Annotated[str, Field(strict=True, pattern=r"^[A-Za-z0-9_.\-]+$")]


def _key(
    kind: str, default: Any, low: float | None, high: float | None, unit: str, help: str, live: bool, **checks: Any
) -> Any:
    state = checks.pop("state", False)
    about = {"kind": kind, "low": low, "high": high, "unit": unit, "live": live, "state": state}
    if isinstance(default, list):
        checks["default_factory"] = default.copy
    else:
        checks["default"] = default
    return Field(description=help, json_schema_extra=about, **checks)


def _number(default: float, low: float, high: float, help: str, *, unit: str = "", live: bool = True) -> Any:
    return _key("number", default, low, high, unit, help, live, strict=True, ge=low, le=high, allow_inf_nan=False)


def _integer(default: int, low: int, high: int, help: str, *, unit: str = "", live: bool = True) -> Any:
    return _key("integer", default, low, high, unit, help, live, strict=True, ge=low, le=high)


def _switch(default: bool, help: str, *, live: bool = True) -> Any:
    return _key("switch", default, None, None, "", help, live, strict=True)


def _state(help: str) -> Any:
    return _key("switch", False, None, None, "", f"State, kept by the engine: {help}", True, strict=True, state=True)


def _choice(default: str | None, help: str, *, live: bool = True) -> Any:
    return _key("choice", default, None, None, "", help, live)


def _text(default: str, low: int, high: int, help: str, *, live: bool = True) -> Any:
    return _key("text", default, low, high, "", help, live, strict=True, min_length=low, max_length=high)


def _layers(default: list[int] | None, help: str, *, least: int) -> Any:
    return _key("list", default, 0, LAYER_LIMIT, "layers", help, False, min_length=least)


def _modules(default: list[str], help: str) -> Any:
    return _key("list", default, None, None, "modules", help, False, min_length=1)


class Section(BaseModel):
    """A group of keys. Assigning to one checks its type and range first."""

    model_config = ConfigDict(validate_assignment=True, extra="forbid")


# -- the sections ------------------------------------------------------------------------------------------------------


class CoreConfig(Section):
    """Which models are joined, where, and how loudly."""

    base_model_name: Line = _text(
        "SmolLM2-135M-Instruct",
        1,
        4096,
        "The frozen model that speaks: a local folder, an installed weights package or a hub name.",
        live=False,
    )
    scaffold_model_name: Line = _text(
        "SmolLM2-135M-Instruct",
        1,
        4096,
        "The model that learns. The same name as the base shares its weights and needs no extra memory.",
        live=False,
    )
    cross_attn_layers: Layers | None = _layers(
        None,
        "The base layers that read the scaffold. Null takes the upper two thirds of whatever base is loaded. "
        "Ignored while use_dynamic_layers is on.",
        least=1,
    )
    use_dynamic_layers: bool = _switch(
        False, "On: layer_selection_mode picks the bridged layers. Off: cross_attn_layers does.", live=False
    )
    layer_selection_mode: Literal["early", "balanced", "late", "custom"] = _choice(
        "balanced",
        "Which third of the layers is bridged when use_dynamic_layers is on; custom takes custom_layers.",
        live=False,
    )
    custom_layers: Annotated[Layers, BeforeValidator(lambda value: [] if value is None else value)] = _layers(
        [], "The bridged layers of layer_selection_mode custom, for example [0, 2, 4].", least=0
    )
    bridge_form: Literal["auto", "bridge"] = _choice(
        "auto",
        "How the base hears the scaffold. Auto: through its own attention where both are the same checkpoint, else "
        "through cross-attention of its own. Bridge: always through cross-attention, which learns more and costs more.",
        live=False,
    )
    valid_split_ratio: float = _number(
        0.2, 0.0, 0.9, "Share of the training data kept aside to check the learning. More checks better, teaches less."
    )
    random_seed: Whole = _integer(
        42, 0, 2**32 - 1, "Starts every random choice. The same seed and inputs give the same life again.", live=False
    )
    quantization: Literal["fp16", "int8", "int4"] = _choice(
        "fp16",
        "Precision of the frozen weights. Fewer bits need less memory and cost some accuracy; "
        "what learns stays in full precision.",
        live=False,
    )
    blend_strength: float = _number(
        0.5,
        0.0,
        1.0,
        "Scales all of the scaffold's influence: 0 silences it, 0.5 leaves it as it is, 1 doubles it.",
    )
    gate_threshold: float = _number(
        0.5,
        0.0,
        1.0,
        "How sure the scaffold must be that it was told about a prompt before it speaks. "
        "Higher keeps it out of more answers, lower lets it guess.",
    )


class LoraConfig(Section):
    """The adapters: the part of the scaffold that sleep trains."""

    lora_rank: Whole = _integer(
        8, 1, 1024, "Width of the adapters. More can hold more, and costs memory and training time.", live=False
    )
    lora_alpha: Whole = _integer(
        16, 1, 4096, "Scale of the adapters; they act with alpha / rank. Higher makes each step count more.", live=False
    )
    lora_dropout: float = _number(
        0.0,
        0.0,
        0.9,
        "Share of adapter inputs dropped while training. Some dropout guards big data sets against overfitting; "
        "the few facts of a day want none.",
        live=False,
    )
    lora_target_modules: list[ModuleName] = _modules(
        ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
        "Which linear layers get adapters. Names that a model lacks are mapped to its own, with a warning.",
    )


class TrainingConfig(Section):
    """How learning goes, and how a life grows by it."""

    learning_rate: float = _number(
        5e-3, 1e-7, 0.1, "How far one step moves the adapters. Higher learns in fewer steps; too high forgets the rest."
    )
    train_epochs: Whole = _integer(
        5, 1, 1000, "Passes over the data in one training. More passes learn facts better and cost time.", unit="epochs"
    )
    batch_size: Whole = _integer(
        16, 1, 1024, "Examples per training step. Bigger batches are steadier and need more memory.", unit="examples"
    )
    max_seq_length: Whole = _integer(
        512, 16, 131072, "Longest training example; what is longer is cut. Longer needs more memory.", unit="tokens"
    )
    sigmoid_scale: float = _number(
        1.0,
        0.001,
        100.0,
        "How fast influence grows with what was learned. Higher grows up sooner.",
        unit="per exposure",
    )
    sigmoid_shift: float = _number(
        5.0, 0.0, 1e6, "How much must be learned until influence is half grown, on the sigmoid curve.", unit="exposure"
    )
    lifecycle_capacity_factor: float = _number(
        0.01,
        1e-6,
        100.0,
        "How much a life can hold for each adapter parameter. Higher ages more slowly.",
        unit="exposure per parameter",
    )
    lifecycle_curve: Literal["sigmoid_linear", "exponential"] = _choice(
        "exponential",
        "Shape of growing up and ageing: a slow start and a straight decline, or a quick start and a soft decline.",
    )
    accumulation_steps: Whole = _integer(
        1, 1, 1024, "Batches gathered into one step. More imitates a bigger batch without its memory.", unit="batches"
    )
    exposure_gain_eager: float = _number(
        3.0, 0.0, 1000.0, "How much one new interaction ages it while its mood is curious.", unit="exposure"
    )
    exposure_gain_default: float = _number(
        2.0, 0.0, 1000.0, "How much one new interaction ages it in any other mood.", unit="exposure"
    )
    max_patience: Whole = _integer(
        2, 1, 1000, "Training stops after so many epochs without improvement, and keeps the best.", unit="epochs"
    )
    dry_run: bool = _switch(False, "On: every train command is a rehearsal that leaves everything as it was.")
    train_data: Line = _text(
        "", 0, 4096, "JSONL file that train reads when it is given none. Empty: the sample data, else the journal."
    )


class DryRunParams(Section):
    """What a rehearsal of training looks at."""

    max_samples: Whole = _integer(
        2, 1, 100_000, "Examples used in a dry run. More checks more and takes longer.", unit="examples"
    )
    max_length: Whole = _integer(128, 8, 131072, "Longest example in a dry run; what is longer is cut.", unit="tokens")
    validate_architecture: bool = _switch(
        True, "On: a dry run checks layers, adapters, identity with the base and gradients, and reports each."
    )
    skip_training: bool = _switch(
        True, "On: a dry run only measures the loss. Off: it takes one real step and rolls it back."
    )


class ControlsConfig(Section):
    """How it sleeps, dreams, feels and speaks."""

    sleep_conf_threshold: float = _number(
        0.5,
        0.5,
        0.9,
        "It falls asleep once its mean confidence since the last sleep is above this. Higher sleeps less.",
    )
    sleep_time_factor: float = _number(
        1.0, 0.5, 5.0, "Length of a sleep: training steps are multiplied by this. Longer learns more firmly."
    )
    sleep_log_min: Whole = _integer(
        10, 5, 20, "Interactions needed since the last sleep before it falls asleep by itself.", unit="interactions"
    )
    sleep_quiet_seconds: float = _number(
        30.0,
        0.0,
        86_400.0,
        "How long you must have been quiet before it falls asleep by itself, or goes on sleeping after you spoke.",
        unit="seconds",
    )
    dream_swing_var: float = _number(
        0.1, 0.05, 0.2, "It dreams when its recent confidence varies by more than this standard deviation."
    )
    dream_lifecycle_delta: float = _number(
        0.1, 0.05, 0.2, "It dreams when its temperament moved by more than this since the last sleep."
    )
    dream_temperament_on: bool = _switch(True, "Whether a change of temperament can bring on dreams.")
    dream_noise_scale: float = _number(
        0.05, 0.01, 0.1, "Noise in a dream, as a share of the memory's own size. More makes stranger dreams."
    )
    temp_eager_threshold: float = _number(
        0.8, 0.7, 0.9, "Temperament from which the mood is curious. Lower is curious more often."
    )
    temp_sluggish_threshold: float = _number(
        0.6, 0.4, 0.6, "Temperament below which the mood is restless. Higher is restless more often."
    )
    temp_mood_influence: float = _number(
        0.0, 0.0, 1.0, "How much temperament warms or cools the wording. 0 leaves the sampling temperature alone."
    )
    scaffold_weight_cap: float = _number(
        0.9, 0.5, 1.0, "The scaffold never speaks louder than this, whatever asks it to."
    )
    base_temperature: float = _number(
        0.7, 0.5, 1.5, "Sampling temperature. Lower is steadier and plainer, higher is freer and more surprising."
    )
    save_path_prefix: Line = _text(
        "state", 1, 4096, "Beginning of the file names that save and load use when they are given none."
    )
    states_kept: Whole = _integer(
        5, 0, 100, "Earlier saved states that can still be loaded, of each name. 0 keeps none.", unit="states"
    )
    dream_memory_weight: float = _number(
        0.1, 0.0, 0.5, "How strongly past dreams join the context where the scaffold speaks. 0 leaves them out."
    )
    dream_memory_maxlen: Whole = _integer(10, 5, 20, "Dreams that are kept; the faintest goes first.", unit="dreams")
    dream_prompt_weight: float = _number(
        0.5, 0.0, 1.0, "What dreams are drawn from: 0 the latest memories, 1 those most like the last prompt."
    )
    dream_novelty_boost: float = _number(0.03, 0.0, 0.05, "Extra dream noise for memories unlike any dreamt before.")
    temp_curiosity_boost: float = _number(
        0.5, 0.0, 0.5, "How much youth lifts the temperament, and old age lowers it. 0 makes age irrelevant."
    )
    temp_restless_drop: float = _number(
        0.1, 0.0, 0.5, "How much a restless mood lowers the sleep threshold. Higher sleeps sooner when restless."
    )
    temp_melancholy_noise: float = _number(0.02, 0.0, 0.05, "Extra dream noise in a melancholic mood.")
    conf_feedback_strength: float = _number(
        0.5, 0.0, 1.0, "How much more confidence lifts the temperament, and doubt lowers it."
    )
    temp_smoothing_factor: float = _number(
        0.0, 0.0, 1.0, "Holds the temperament back from changing. 0 moves freely, 1 freezes it."
    )
    dream_memory_decay: float = _number(
        0.95, 0.0, 1.0, "What each new dream leaves of the weight of older ones. Lower forgets dreams sooner."
    )
    dream_prune_threshold: float = _number(0.1, 0.0, 1.0, "Dreams fainter than this are dropped.")
    use_scaffold_memory: bool = _switch(
        True, "Whether dreams join the context and what is said is learned in sleep. Learned things stay either way."
    )
    use_token_map_memory: bool = _switch(True, "Whether words that come up often gain influence.")
    memory_decay_rate: float = _number(
        0.95, 0.0, 1.0, "What each interaction leaves of a word's gained influence. Lower forgets words sooner."
    )
    dynamic_cross_attn_mode: Literal["confidence", "temperament"] | None = _choice(
        None, "Lets confidence or temperament turn the scaffold's influence up and down. Null keeps it steady."
    )
    has_woken: bool = _state(
        "whether it has spoken to anyone yet. A newborn that has not asks a first question by itself when nothing is "
        "said to it."
    )
    is_sleeping: bool = _state("whether it sleeps. On sends it to sleep once it is quiet, off wakes it.")
    confidence_history_maxlen: Whole = _integer(
        5, 1, 1000, "Answers whose confidence counts. More makes temperament slower to react.", unit="answers"
    )
    temperament_history_maxlen: Whole = _integer(
        5, 1, 1000, "Temperament scores that are remembered; their spread calms the middle of life.", unit="scores"
    )
    enable_dreaming: bool = _switch(True, "Whether sleep may dream. The dream command always does.")
    enable_temperament: bool = _switch(
        True, "Off: the temperament stays where it is and leaves the sampling temperature alone."
    )
    enable_confidence_tracking: bool = _switch(
        True, "Off: confidence is not computed, and all that needs it behaves as at 0.5."
    )
    enable_gestation: bool = _switch(True, "Whether it falls asleep by itself. The sleep command always works.")
    enable_sleep_training: bool = _switch(True, "Off: it sleeps and dreams, and trains nothing.")
    enable_cross_attention: bool = _switch(True, "Off: the base speaks alone, exactly as it would without a scaffold.")
    enable_dynamic_cross_attention: bool = _switch(True, "Off: dynamic_cross_attn_mode is ignored.")
    enable_lora_adapters: bool = _switch(
        True, "Off: the scaffold stays frozen, so with base and scaffold alike there is nothing to train.", live=False
    )
    enable_repetition_check: bool = _switch(True, "Whether an answer ends as soon as it starts to repeat itself.")
    enable_prompt_driven_dreams: bool = _switch(
        True, "On: dreams start from memories near the last prompt and recent ones. Off: from any."
    )
    enable_lifecycle_weighting: bool = _switch(
        True, "On: influence grows with what was learned. Off: it is at scaffold_weight_cap from birth."
    )
    max_new_tokens: Whole = _integer(
        128, 1, 4096, "Longest answer. Longer answers take longer, and small models lose the thread.", unit="tokens"
    )
    top_k: Whole = _integer(
        40, 0, 1000, "Each word is drawn from so many likeliest ones. Fewer is plainer; 0 is no limit.", unit="tokens"
    )
    top_p: float = _number(
        0.95, 0.01, 1.0, "Each word is drawn from the likeliest that make up this probability. 1 is no limit."
    )
    min_p: float = _number(
        0.15, 0.0, 1.0, "A word is left out when it is less likely than this share of the likeliest. 0 is no limit."
    )
    dry_multiplier: float = _number(
        0.8,
        0.0,
        5.0,
        "How hard it tries not to say again, word for word, what stands in the conversation. 0 lets it.",
    )
    example_exchanges: Whole = _integer(
        -1,
        -1,
        6,
        "Examples of how one talks that the base reads before a conversation. A small model is lost without them; a "
        "negative number shows all six to a small base and none to a large one.",
    )
    history_exchanges: Whole = _integer(
        -1,
        -1,
        100_000,
        "Last exchanges of a conversation that the base reads, beside those that answer what it is asked. A small "
        "model copies itself; a negative number shows one to a small base and all to a large one.",
    )
    context_length: Whole = _integer(
        2048, 128, 131072, "Conversation kept in view; the oldest turns leave first. More is slower.", unit="tokens"
    )
    system_prompt: Prose = _text(
        "", 0, 20_000, "What it is told about itself before every conversation. Empty leaves the model's own."
    )
    cpu_threads: Whole = _integer(
        0,
        0,
        256,
        "Processor threads for computing. 0 leaves one core free, except while a prompt is read. More than there are "
        "cores only slows down.",
        unit="threads",
    )
    watchdog_seconds: float = _number(
        600.0,
        30.0,
        86_400.0,
        "A job that has given no sign of life for so long is given up, and the engine starts again. A large model on "
        "a slow machine needs more.",
        unit="seconds",
    )
    enable_error_listening: bool = _switch(
        True, "Whether it tries to make sense of garbled input, as in glitch, instead of giving up."
    )
    enable_curiosity: bool = _switch(
        True, "Whether it may ask a question of its own when a conversation has gone quiet. spark always works."
    )
    curiosity_silence_seconds: float = _number(
        120.0,
        5.0,
        86_400.0,
        "How long nothing must have been said or typed before it asks a question of its own.",
        unit="seconds",
    )
    curiosity_cooldown_seconds: float = _number(
        900.0, 0.0, 604_800.0, "Least time between two questions of its own.", unit="seconds"
    )


class InterfaceConfig(Section):
    """How the terminal app looks."""

    theme: Line = _text("sovl-dark", 1, 64, "Colours of the app, for example sovl-dark or sovl-light.")
    animations: bool = _switch(True, "Whether things on screen move. Off is calmer, and lighter on slow connections.")
    open_sleep: bool = _switch(True, "Whether the sleep room opens by itself when the lifeform falls asleep.")


SECTIONS: Mapping[str, type[Section]] = {
    "core_config": CoreConfig,
    "lora_config": LoraConfig,
    "training_config": TrainingConfig,
    "dry_run_params": DryRunParams,
    "controls_config": ControlsConfig,
    "interface_config": InterfaceConfig,
}
"""The sections by name, in the order of the file."""


# -- the table ---------------------------------------------------------------------------------------------------------


@cache
def keys() -> tuple[KeySpec, ...]:
    """All keys, in the order of the file."""
    return tuple(_describe(section, name) for section, model in SECTIONS.items() for name in model.model_fields)


def _describe(section: str, name: str) -> KeySpec:
    field = SECTIONS[section].model_fields[name]
    about = cast("dict[str, Any]", field.json_schema_extra)
    return KeySpec(
        section=section,
        name=name,
        default=field.get_default(call_default_factory=True),
        choices=_choices(field.annotation),
        nullable=NoneType in get_args(field.annotation),
        help=field.description or "",
        effect=EFFECTS[name],
        **about,
    )


def _choices(annotation: Any) -> tuple[str, ...]:
    """The words of a ``Literal``, bare or inside a union."""
    found: list[str] = []
    for part in get_args(annotation):
        found.extend((part,) if isinstance(part, str) else _choices(part))
    return tuple(found)
