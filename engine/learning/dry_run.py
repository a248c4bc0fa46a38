"""The checks of a dry run: would training work with these models and settings? Everything is left as it was.

What has to be changed to find out, such as gradients and a few weights, is put back bit for bit before a check returns.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from safetensors.torch import load, save

from engine.composition.bridge import Influence
from engine.composition.composition import Composition
from engine.composition.prompt import Prompt
from engine.composition.trained import trained_tensors
from engine.learning.comparison import row_losses
from engine.learning.exercise import Exercise
from engine.learning.learner import Learner
from engine.learning.portions import LearningFailed
from engine.learning.tensors import copies, put_back
from engine.learning.trainer import Recipe, accumulate, optimizer_for, release

_RECIPE = Recipe(steps=1)
_NUDGE = 1e-2


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    passed: bool
    detail: str


def forward_loss(learner: Learner, exercises: Sequence[Exercise]) -> float:
    """Mean loss of rows with answers under the scaffold's influence; nothing is differentiated."""
    with torch.no_grad():
        _, real, cache = learner.read(exercises)
        losses = row_losses(learner.predict(exercises, real, cache), exercises)
    return sum(losses) / len(losses)


def checks(composition: Composition, learner: Learner, exercises: Sequence[Exercise]) -> Iterator[Check]:
    """Look at layers, adapters, identity with the base, the forward pass, gradients and the weights' way to disk.

    Args:
        composition: What would be trained.
        learner: Of that composition.
        exercises: A few rows with answers, at least one.
    """
    yield _layers(composition)
    yield _targets(composition)
    yield _identity(composition, [*learner.preamble, *exercises[0].prompt])
    yield _forward(learner, exercises)
    yield _gradients(composition, learner, exercises)
    yield _round_trip(composition)


def _layers(composition: Composition) -> Check:
    count, bridged = len(composition.base.layers), composition.layers
    fits = bool(bridged) and min(bridged) >= 0 and max(bridged) < count
    return Check("layers", fits, f"{len(bridged)} of {count} bridged, {min(bridged)} to {max(bridged)}")


def _targets(composition: Composition) -> Check:
    scaffold, bridge = composition.scaffold, composition.bridge
    modules = sum("lora_A" in name for name in scaffold.adapters())
    details = [f"{modules} modules adapted, {composition.lora_parameters:,} parameters"]
    if scaffold.peft is None:
        details = ["enable_lora_adapters is off"]
    if bridge is not None:
        details.append(f"{sum(p.numel() for p in bridge.parameters()):,} parameters in the bridge")
    if scaffold.warning:
        details.append(scaffold.warning)
    return Check("LoRA targets", modules > 0 or scaffold.peft is None, "; ".join(details))


def _identity(composition: Composition, ids: list[int]) -> Check:
    """At w = 0 the logits must be those of the bare base, bit for bit."""
    probe = copy.copy(composition)
    probe.forget_reading()  # the copy reads for itself; what the original has read stays with the original
    silent = probe.listen(Prompt(ids, ""), Influence(weight=0.0)).logits(ids[-1])
    bare = composition.bare_logits(ids)
    same = torch.equal(silent, bare)
    return Check("identity at w = 0", same, "bit for bit" if same else f"off by {float((silent - bare).abs().max()):g}")


def _forward(learner: Learner, exercises: Sequence[Exercise]) -> Check:
    with torch.no_grad():
        _, real, cache = learner.read(exercises)
        logits = learner.predict(exercises, real, cache)
    odd = int((~torch.isfinite(logits)).sum())
    return Check(
        "forward pass", odd == 0, f"{logits.shape[0]} answer tokens" + (f", {odd} logits not finite" * (odd > 0))
    )


def _gradients(composition: Composition, learner: Learner, exercises: Sequence[Exercise]) -> Check:
    """Much of a newborn gets no gradient, because it is multiplied by zeros; so all is nudged for the occasion."""
    parameters = [*learner.parameters, *learner.gate.parameters()]
    before = copies(parameters)
    optimizer, _ = optimizer_for(learner, _RECIPE)
    generator = torch.Generator().manual_seed(0)
    try:
        with torch.no_grad():
            for parameter in learner.parameters:
                parameter.add_(torch.randn(parameter.shape, generator=generator).to(parameter) * _NUDGE)
        accumulate(learner, list(exercises), [], [], _RECIPE, {id(row): 1.0 for row in exercises}, 1)
        reached = sum(p.grad is not None and bool(p.grad.any() and p.grad.isfinite().all()) for p in parameters)
    except LearningFailed as error:
        return Check("gradients", False, str(error))
    finally:
        release(optimizer)
        put_back(parameters, before)
    frozen = all(p.grad is None for p in composition.base.model.parameters())
    detail = f"{reached} of {len(parameters)} trained tensors reached"
    return Check("gradients", reached == len(parameters) and frozen, detail + ("" if frozen else ", and the base, too"))


def _round_trip(composition: Composition) -> Check:
    own = trained_tensors(composition)
    back = load(save({name: tensor.contiguous() for name, tensor in own.items()}))
    same = own.keys() == back.keys() and all(torch.equal(tensor.cpu(), back[name]) for name, tensor in own.items())
    return Check("save and load", same, f"{len(own)} tensors" + (" bit for bit" if same else " came back changed"))
