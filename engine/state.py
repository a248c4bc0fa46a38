"""What of a lifeform is saved, and how it comes back: mind, memory flags, adapters, bridge, token map.

A state belongs to its models. One that was saved with others is refused by naming the two things that differ, before
anything is changed.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from engine.mind.confidence import ConfidenceHistory
from engine.mind.lifecycle import Lifecycle
from engine.mind.temperament import Temperament, TemperamentSettings
from engine.state_files import CROSS_ATTENTION, SCAFFOLD, TOKEN_MAP, SavedState, StateError

if TYPE_CHECKING:
    from engine.composition.composition import Composition
    from engine.lifeform import Lifeform


def capture(life: Lifeform) -> SavedState:
    """Everything of ``life`` that is worth keeping. Its composition must be loaded."""
    from safetensors.torch import save as to_bytes

    from engine.composition.trained import joining_tensors
    from engine.learning.dream_traces import index_of, tensors_of

    composition = life.composed
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
        pinned, trained_at = _number(meta, "pinned_weight"), _number(meta, "last_trained")
        if bridge is not None:
            bridge = {name: tensor for name, tensor in bridge.items() if not name.startswith(DREAM)}
            _check_shapes(joining_tensors(composition), bridge)
        if adapters is not None:
            composition.scaffold.set_adapters(adapters)
    except (KeyError, TypeError, ValueError, SafetensorError) as error:
        raise StateError(f"the saved state is damaged: {error}") from error
    if bridge is not None:
        for name, tensor in joining_tensors(composition).items():
            tensor.copy_(bridge[name])
    composition.memory = memory
    composition.gate.trained = bool(meta.get("gate_trained"))
    life.confidence, life.temperament, life.lifecycle = confidence, temperament, lifecycle
    life.pinned_weight, life.last_trained = pinned, trained_at
    life.dreams = dreams
    life.slept_at_temperament = temperament.score if slept_at is None else slept_at
    controls.has_woken = controls.has_woken or meta.get("has_woken") is True


def _check_models(theirs: Any, ours: dict[str, Any]) -> None:
    if not isinstance(theirs, dict):
        raise StateError("the saved state is damaged: it does not say which models it belongs to")
    for what, mine in ours.items():
        if theirs.get(what) != mine:
            raise StateError(f"the saved state belongs to another {what}: {theirs.get(what)!r}, not {mine!r}")


def _check_shapes(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    if odd := sorted(ours.keys() ^ theirs.keys()):
        raise ValueError(f"{odd[0]} is in one of the two only")
    for name, tensor in ours.items():
        if tensor.shape != theirs[name].shape:
            raise ValueError(f"{name} has shape {tuple(theirs[name].shape)}, {tuple(tensor.shape)} is expected")


def _number(meta: dict[str, Any], name: str) -> float | None:
    value = meta.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name} is {value!r}, not a number")
    return float(value)
