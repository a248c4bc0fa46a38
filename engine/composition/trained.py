"""Everything that learning changes in a composition: adapters, recognition gate, and in bridge form the bridge.

Whoever holds on to what was learned, compares it or puts it back, asks here, so that nothing is forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch

from engine.composition.composition import Composition


def joining_tensors(composition: Composition) -> dict[str, torch.Tensor]:
    """The live tensors of what joins the models: ``gate.…``, and ``bridge.…`` in bridge form."""
    joined = {"gate": composition.gate, "bridge": composition.bridge}
    return {
        f"{owner}.{name}": tensor
        for owner, module in joined.items()
        if module is not None
        for name, tensor in module.state_dict().items()
    }


def trained_tensors(composition: Composition) -> dict[str, torch.Tensor]:
    """All live tensors that learning changes: the adapters' by PEFT's names, and :func:`joining_tensors`."""
    return {**composition.scaffold.adapters(), **joining_tensors(composition)}


def copy_of_trained(composition: Composition) -> dict[str, torch.Tensor]:
    """The values of :func:`trained_tensors` now."""
    return {name: tensor.detach().clone() for name, tensor in trained_tensors(composition).items()}


@torch.no_grad()
def put_trained(composition: Composition, values: Mapping[str, torch.Tensor]) -> None:
    """Give all trained tensors the ``values``, bit for bit and in place, so that whoever trains them sees it."""
    for name, tensor in trained_tensors(composition).items():
        tensor.copy_(values[name])
    composition.scaffold.changed()
