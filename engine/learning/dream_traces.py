"""What dreams leave for the base to attend to: taken in the night, put into the context by day, kept with the state."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch

from engine.composition.dreams import DreamPositions, Trace
from engine.composition.recollection import Recollection
from engine.memory.dreams import Dream, DreamMemory

if TYPE_CHECKING:
    from engine.composition.composition import Composition
    from engine.composition.prompt import Prompt
    from engine.config_keys import ControlsConfig
    from engine.learning.dreaming import DreamtOf

DREAM = "dream."
"""With this the names of all tensors of a dream memory begin."""
_VECTOR = "vector"


def leave_traces(
    composition: Composition,
    past: DreamMemory,
    dreamt: Sequence[DreamtOf],
    encode: Callable[[str], Prompt],
    chance: random.Random,
    heed: Callable[[], None],
) -> None:
    """Give the new dreams among those that are still there their traces, disturbed as their vectors were.

    Args:
        composition: Its scaffold reads the memories once more.
        past: The dream memory.
        dreamt: What was dreamt of.
        encode: A message to the prompt that it stands in.
        chance: Makes the noise.
        heed: Called before each.
    """
    new = {one.memory.id: one for one in dreamt}
    generator = torch.Generator().manual_seed(chance.getrandbits(63))
    recollection: Recollection | None = None
    for dream in past.dreams:
        if not dream.trace and (one := new.get(dream.memory_id)):
            heed()
            recollection = recollection or Recollection(composition, encode)
            dream.trace = disturbed(recollection.trace(one.memory.text), one.noise, generator)


def disturbed(trace: Trace, noise: float, generator: torch.Generator) -> dict[str, torch.Tensor]:
    """Each part of ``trace`` with Gaussian noise of ``noise`` × its rms, in half precision: as it is kept, it acts."""
    return {
        name: (part + noise * part.square().mean().sqrt() * torch.randn(part.shape, generator=generator)).bfloat16()
        for name, part in trace.items()
    }


def in_context(past: DreamMemory, controls: ControlsConfig, composition: Composition) -> DreamPositions | None:
    """The dreams as they join the context of an answer; None when nothing is added."""
    if not controls.use_scaffold_memory:
        return None
    loudness = controls.dream_memory_weight
    return DreamPositions.of([(one.trace, loudness * one.weight) for one in past.dreams], composition.base.device)


# -- with the state ----------------------------------------------------------------------------------------------------


def index_of(past: DreamMemory) -> list[dict[str, Any]]:
    """What of a dream memory is not a tensor, JSON-ready."""
    return [{"memory_id": dream.memory_id, "weight": dream.weight} for dream in past.dreams]


def tensors_of(past: DreamMemory) -> dict[str, torch.Tensor]:
    """The tensors of a dream memory: ``dream.N.…`` holds the vector and the trace of the N-th entry of the index."""
    return {
        f"{DREAM}{number}.{name}": tensor
        for number, dream in enumerate(past.dreams)
        for name, tensor in {_VECTOR: torch.tensor(dream.vector, dtype=torch.float32), **dream.trace}.items()
    }


def memory_of(
    index: Sequence[Mapping[str, Any]], tensors: Mapping[str, torch.Tensor], composition: Composition
) -> DreamMemory:
    """The inverse of :func:`index_of` and :func:`tensors_of`; an index that holds the vectors itself is read, too.

    Args:
        index: As of :func:`index_of`.
        tensors: As of :func:`tensors_of`; others may be among them.
        composition: What the traces must fit.

    Raises:
        ValueError: For another structure, or for traces that do not fit ``composition``.
    """
    parts: dict[str, dict[str, torch.Tensor]] = {}
    for name, tensor in tensors.items():
        if name.startswith(DREAM):
            number, _, part = name.removeprefix(DREAM).partition(".")
            parts.setdefault(number, {})[part] = tensor
    bridge = composition.bridge
    if bridge is None:
        expected = {f"{what}.{layer}" for what in ("keys", "values") for layer in composition.layers}
    else:
        expected = {f"states.{layer}" for layer in bridge.source.values()}
    dreams: list[Dream] = []
    try:
        for place, entry in enumerate(index):
            trace = parts.pop(str(place), {})
            vector = trace.pop(_VECTOR).tolist() if _VECTOR in trace else entry["vector"]
            if trace and trace.keys() != expected:
                raise ValueError("a dream was left in other layers than those that are bridged")
            dreams.append(Dream(int(entry["memory_id"]), tuple(map(float, vector)), float(entry["weight"]), trace))
    except (KeyError, TypeError) as error:
        raise ValueError(f"this is no dream memory: {error}") from error
    if parts:
        raise ValueError(f"dream {min(parts)} is not in the index")
    return DreamMemory(dreams)
