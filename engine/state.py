"""What of a lifeform is saved, and how it comes back: mind, chance, adapters, bridge, token map, dreams.

A state belongs to its models. One that was saved with others is refused by naming the two things that differ, before
anything is changed.
"""

from __future__ import annotations

import json
import math
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.config_text import printable
from engine.mind.confidence import ConfidenceHistory
from engine.mind.lifecycle import Lifecycle
from engine.mind.temperament import Temperament, TemperamentSettings
from engine.state_files import (
    CROSS_ATTENTION,
    SCAFFOLD,
    TOKEN_MAP,
    SavedState,
    StateError,
    read_state,
    recover_all,
    set_aside,
)
from engine.state_rotation import earlier_states

if TYPE_CHECKING:
    import torch

    from engine.composition.composition import Composition
    from engine.composition.scaffold import Scaffold
    from engine.lifeform import Lifeform

_MALFORMED = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What it may come to when something else stands where a number, a list or a table should."""


def capture(life: Lifeform) -> SavedState:
    """Everything of ``life`` that is worth keeping. Its composition must be loaded."""
    from safetensors.torch import save as to_bytes

    from engine.composition.trained import joining_tensors, trained_tensors
    from engine.learning.dream_traces import index_of, tensors_of

    composition = life.composed
    if odd := _not_finite(trained_tensors(composition)):
        raise StateError(f"{odd} is not finite, so this state is not saved; panic goes back to the last good one")
    composition.memory.settle(life.config.controls_config.memory_decay_rate)
    parts: dict[str, bytes] = {}
    if composition.scaffold.learned:
        parts[SCAFFOLD] = to_bytes({name: t.contiguous() for name, t in composition.scaffold.adapters().items()})
    if len(life.dreams) or composition.gate.trained or (composition.bridge is not None and composition.bridge.learned):
        parts[CROSS_ATTENTION] = to_bytes({**joining_tensors(composition), **tensors_of(life.dreams)})
    if len(composition.memory):
        parts[TOKEN_MAP] = json.dumps(composition.memory.to_dict()).encode()
    meta = {
        "saved_at": time.time(),
        "models": _models(composition),
        "conversation_id": life.conversation.id,
        "confidence": life.confidence.to_dict(),
        "temperament": life.temperament.to_dict(),
        "lifecycle": life.lifecycle.to_dict(),
        "pinned_weight": life.pinned_weight,
        "last_trained": life.last_trained,
        "gate_trained": composition.gate.trained,
        "dreams": index_of(life.dreams),
        "slept_at_temperament": life.slept_at_temperament,
        "has_woken": life.config.controls_config.has_woken,
        "chance": bytes(life.chance.get_state().tolist()).hex(),
        "lora_alpha": composition.scaffold.lora.alpha,
    }
    return SavedState(meta, parts)


def _models(composition: Composition) -> dict[str, Any]:
    """What a state must have in common with the models it is loaded into."""
    base, scaffold = composition.base, composition.scaffold
    return {
        "base model": f"{type(base.model).__name__} of {len(base.layers)} layers, {base.hidden_size} wide",
        "scaffold model": f"{type(scaffold.frozen.model).__name__} of {len(scaffold.frozen.layers)} layers, "
        f"{scaffold.frozen.hidden_size} wide",
        "form": composition.form,
        **({"bridged layers": list(composition.layers)} if composition.bridge is not None else {}),
        "adapted layers": list(scaffold.layers),
        "LoRA rank": scaffold.lora.rank,
        "LoRA modules": sorted({name.split(".lora_")[0].rpartition(".")[2] for name in scaffold.adapters()}),
        "base model name": base.name,
        "scaffold model name": scaffold.frozen.name,
    }


def restore(life: Lifeform, saved: SavedState) -> None:
    """Make ``life`` go on from ``saved``; all of it is read and checked before anything is changed.

    Raises:
        StateError: When it belongs to other models, or does not say what it should; nothing is changed then.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load as from_bytes

    from engine.composition.token_map import TokenMemory
    from engine.composition.trained import joining_tensors
    from engine.learning.dream_traces import DREAM, memory_of

    composition, controls = life.composed, life.config.controls_config
    _check_models(saved.meta.get("models"), _models(composition))
    meta, parts = saved.meta, saved.parts
    try:
        confidence = ConfidenceHistory.from_dict(
            meta["confidence"], controls.confidence_history_maxlen, enabled=controls.enable_confidence_tracking
        )
        temper = TemperamentSettings.of(controls)
        temperament = Temperament.from_dict(meta["temperament"], controls.temperament_history_maxlen, temper)
        lifecycle = Lifecycle.from_dict(meta["lifecycle"])
        slept_at = _number(meta, "slept_at_temperament")
        memory = TokenMemory.from_dict(json.loads(parts[TOKEN_MAP])) if TOKEN_MAP in parts else TokenMemory()
        adapters = from_bytes(parts[SCAFFOLD]) if SCAFFOLD in parts else None
        bridge = from_bytes(parts[CROSS_ATTENTION]) if CROSS_ATTENTION in parts else None
        dreams = memory_of(meta.get("dreams", []), bridge or {}, composition)
        pinned, trained_at = _number(meta, "pinned_weight", 0.0), _number(meta, "last_trained")
        _number(meta, "saved_at")
        chance = _chance(meta)
        for tensors in (adapters or {}, bridge or {}):
            if odd := _not_finite(tensors):
                raise ValueError(f"{odd} is not finite")
        if bridge is not None:
            bridge = {name: tensor for name, tensor in bridge.items() if not name.startswith(DREAM)}
            _check_shapes(joining_tensors(composition), bridge)
        if adapters is not None:
            composition.scaffold.set_adapters(_at_alpha(adapters, _number(meta, "lora_alpha"), composition))
    except (*_MALFORMED, SafetensorError) as error:
        raise StateError(f"the saved state is damaged: {printable(str(error))}") from error
    if bridge is not None:
        for name, tensor in joining_tensors(composition).items():
            tensor.copy_(bridge[name])
    composition.memory = memory
    composition.gate.trained = bool(meta.get("gate_trained"))
    life.confidence, life.temperament, life.lifecycle = confidence, temperament, lifecycle
    life.pinned_weight, life.last_trained = pinned, trained_at
    life.dreams = dreams
    if chance is not None:
        life.chance = chance
    life.slept_at_temperament = temperament.score if slept_at is None else slept_at
    controls.has_woken = controls.has_woken or meta.get("has_woken") is True


def take_up(life: Lifeform) -> float | None:
    """Let ``life`` go on from its saved state, or where that cannot be used from the newest earlier one that can.

    One that cannot be used is moved aside, never overwritten. What there is to say of it becomes one of the life's
    warnings. Returns when the state that is used was saved, in Unix seconds; None when there was none.
    """
    prefix = life.state_prefix()
    if not life.read_only:
        life.warnings += recover_all(life.home.state_dir)
    try:
        return _go_on_from(life, prefix)
    except StateError as error:
        kept = "left alone" if life.read_only else f"kept in {set_aside(prefix)}"
        saved_at = _go_on_from_an_earlier(life, prefix)
        how = "begins anew"
        if saved_at is not None:
            how = f"goes on from the save of {time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(saved_at))}"
        life.warnings.append(f"{error}; it {how}, and that state is {kept}")
        return saved_at


def _go_on_from_an_earlier(life: Lifeform, prefix: Path) -> float | None:
    for earlier in earlier_states(prefix):
        try:
            return _go_on_from(life, earlier.prefix)
        except StateError:
            continue  # no better than the last one; it stays where it is
    return None


def _go_on_from(life: Lifeform, prefix: Path) -> float | None:
    saved = read_state(prefix, read_only=life.read_only)
    if saved is None:
        return None
    restore(life, saved)
    if saved.recovered:
        life.warnings.append(saved.recovered)
    return float(saved.meta.get("saved_at", 0.0))


def export_adapters(scaffold: Scaffold, folder: Path) -> None:
    """Write the adapters of ``scaffold`` into a new ``folder`` as PEFT keeps them.

    Raises:
        StateError: When there are none, or the folder cannot be written; nothing is left of it then.
    """
    if scaffold.peft is None:
        raise StateError("enable_lora_adapters is off, so there are no adapters")
    beside = folder.with_name(f".{folder.name}.part")
    try:
        beside.mkdir()
        scaffold.write_peft(beside)
        beside.rename(folder)
    except OSError as error:
        shutil.rmtree(beside, ignore_errors=True)
        raise StateError(f"cannot write the adapters to {folder}: {error.strerror or error}") from error


def _not_finite(tensors: Mapping[str, torch.Tensor]) -> str:
    """The first tensor with a NaN or an infinity in it; empty when there is none."""
    return next((name for name, tensor in tensors.items() if not tensor.isfinite().all()), "")


def _at_alpha(
    adapters: Mapping[str, torch.Tensor], alpha: float | None, composition: Composition
) -> Mapping[str, torch.Tensor]:
    """Adapters that were trained at ``alpha``, so that they act as strongly at that of now."""
    now = composition.scaffold.lora.alpha
    if alpha is None or alpha == now:
        return adapters
    return {name: t * (alpha / now) if name.endswith("lora_B.weight") else t for name, t in adapters.items()}


def _chance(meta: dict[str, Any]) -> torch.Generator | None:
    """Where tokens are drawn from, as it stood; None in a state that does not say."""
    import torch

    if (state := meta.get("chance")) is None:
        return None
    generator = torch.Generator()
    try:
        generator.set_state(torch.tensor(list(bytes.fromhex(state)), dtype=torch.uint8))
    except (RuntimeError, TypeError) as error:
        raise ValueError("chance is no state of a generator") from error
    return generator


def _check_models(theirs: Any, ours: dict[str, Any]) -> None:
    if not isinstance(theirs, dict):
        raise StateError("the saved state is damaged: it does not say which models it belongs to")
    for what, mine in ours.items():
        if what == "LoRA modules" and what not in theirs:
            continue  # states of before that was noted; their adapters are compared name by name
        if theirs.get(what) != mine:
            raise StateError(f"the saved state belongs to another {what}: {theirs.get(what)!r}, not {mine!r}")


def _check_shapes(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    if odd := sorted(ours.keys() ^ theirs.keys()):
        raise ValueError(f"{odd[0]} is in one of the two only")
    for name, tensor in ours.items():
        if tensor.shape != theirs[name].shape:
            raise ValueError(f"{name} has shape {tuple(theirs[name].shape)}, {tuple(tensor.shape)} is expected")


def _number(meta: dict[str, Any], name: str, least: float = -math.inf) -> float | None:
    value = meta.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < least:
        raise ValueError(f"{name} is {value!r}, not a number that it may be")
    return float(value)
