"""The status of a lifeform as the one frozen object that crosses the seam."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.api import Snapshot
from engine.mind.lifecycle import stage_of
from engine.mind.temperament import sleep_threshold

if TYPE_CHECKING:
    from engine.composition.composition import Composition
    from engine.lifeform import Lifeform


def snapshot_of(life: Lifeform, **engine: Any) -> Snapshot:
    """The whole status of ``life``; ``engine`` holds the fields that only the runtime knows."""
    controls = life.config.controls_config
    unslept, sleep_confidence = life.journal.unslept()
    last = life.last_answer
    return Snapshot(
        read_only=life.read_only,
        conversation_id=life.conversation.id,
        weight=life.weight,
        weight_pinned=life.pinned_weight is not None,
        blend=life.config.core_config.blend_strength,
        recognition=last.recognition if last else None,
        speaking_with_scaffold=bool(last and last.weight > 0),
        context_tokens=last.prompt_tokens + last.tokens if last else 0,
        confidence=life.confidence.last,
        confidence_trace=life.confidence.trace,
        temperament=life.temperament.score,
        temperament_trace=life.temperament.trace,
        mood=life.temperament.mood.value,
        exposure=life.lifecycle.exposure,
        capacity=life.capacity,
        stage=stage_of(life.life).value,
        growth=life.growth,
        scaffold_memory=controls.use_scaffold_memory,
        token_map_memory=controls.use_token_map_memory,
        interactions=life.journal.count(),
        unslept=unslept,
        sleep_log_min=controls.sleep_log_min,
        sleep_confidence=sleep_confidence,
        sleep_conf_threshold=sleep_threshold(
            controls.sleep_conf_threshold, life.temperament.mood, controls.temp_restless_drop
        ),
        gestating=life.sleeping,
        paused=life.paused,
        dreams=tuple((dream.memory_id, dream.weight) for dream in life.dreams.dreams),
        last_trained=life.last_trained,
        **_computing(life),
        **engine,
    )


def _computing(life: Lifeform) -> dict[str, Any]:
    """What can be said of the models once they are loaded."""
    composition = life.composition
    if composition is None:
        core = life.config.core_config
        return {"base_model": core.base_model_name, "scaffold_model": core.scaffold_model_name}
    base = composition.base
    return {
        "base_model": base.name,
        "scaffold_model": composition.scaffold.frozen.name,
        "form": composition.form,
        "layer_count": len(base.layers),
        "bridged_layers": composition.layers,
        "device": str(base.device),
        "precision": _precision(composition),
        "learned": composition.learned,
        "context_limit": min(life.config.controls_config.context_length, base.context_limit),
    }


def _precision(composition: Composition) -> str:
    """What the frozen weights are computed with: a packed format, what they were quantized to, or floats."""
    if composition.packed is not None:
        return composition.packed.format
    base = composition.base
    return str(base.dtype).removeprefix("torch.") if base.quantization == "fp16" else base.quantization
