"""What answer tokens cost, and the gradient of that in the same pass.

The logits of a step are by far its largest tensor, so nothing of their size is made that is not needed: one softmax
serves both losses and their gradients, and is turned into the gradient where it lies.
"""

from __future__ import annotations

from typing import Any

import torch


def token_costs(logits: torch.Tensor, targets: torch.Tensor, own: torch.Tensor) -> torch.Tensor:
    """What each token costs, in nats, ``[tokens]``; it can be differentiated once.

    Args:
        logits: ``[tokens, vocabulary]``, single precision.
        targets: What the first of them should have been, ``[told]``: they cost their cross-entropy.
        own: What the bare base predicted for the others, logits ``[tokens - told, vocabulary]``: they cost the KL
            divergence of that from ``logits``.
    """
    costs: torch.Tensor = _TokenCosts.apply(logits, targets, own)
    return costs


class _TokenCosts(torch.autograd.Function):
    """Both losses have the softmax less what was wanted for a gradient."""

    @staticmethod
    def forward(ctx: Any, logits: torch.Tensor, targets: torch.Tensor, own: torch.Tensor) -> torch.Tensor:
        told = len(targets)
        place = torch.arange(told, device=logits.device)
        surplus = logits.softmax(-1)
        highest = logits.max(-1, keepdim=True)
        level = (highest.values - surplus.gather(-1, highest.indices).log())[:, 0]  # the logarithm of the partition sum
        costs = level.clone()
        costs[:told] -= logits[place, targets]
        surplus[place, targets] -= 1.0
        if len(own):
            wanted = own.log_softmax(-1)
            shares = wanted.exp()
            costs[told:] += (shares * wanted.sub_(logits[told:])).sum(-1)
            surplus[told:] -= shares
        ctx.surplus = surplus
        return costs

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        surplus, ctx.surplus = ctx.surplus, None
        return surplus.mul_(grad[:, None]), None, None
