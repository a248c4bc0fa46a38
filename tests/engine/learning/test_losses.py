"""The losses of a step are the textbook's, and so are their gradients."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from engine.learning.losses import token_costs


def by_the_book(logits: torch.Tensor, targets: torch.Tensor, own: torch.Tensor) -> torch.Tensor:
    told = functional.cross_entropy(logits[: len(targets)], targets, reduction="none")
    kept = functional.kl_div(
        logits[len(targets) :].log_softmax(-1), own.log_softmax(-1), reduction="none", log_target=True
    )
    return torch.cat([told, kept.sum(-1)])


@pytest.mark.parametrize(("told", "kept"), [(5, 3), (4, 0), (0, 6)])
def test_costs_and_gradients_are_those_of_the_textbook(told: int, kept: int) -> None:
    chance = torch.Generator().manual_seed(told)
    logits = 4 * torch.randn(told + kept, 70, generator=chance)
    targets = torch.randint(70, (told,), generator=chance)
    own = 4 * torch.randn(kept, 70, generator=chance)
    weights = torch.rand(told + kept, generator=chance)
    found: list[tuple[torch.Tensor, torch.Tensor]] = []
    for costs_of in (token_costs, by_the_book):
        mine = logits.clone().requires_grad_()
        costs = costs_of(mine, targets, own)
        (costs * weights).sum().backward()
        assert mine.grad is not None
        found.append((costs.detach(), mine.grad))
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-4)


def test_a_token_that_is_certain_costs_nothing_and_nothing_overflows() -> None:
    logits = torch.tensor([[1e4, -1e4, 0.0], [-1e4, 1e4, 0.0]], requires_grad=True)
    costs = token_costs(logits, torch.tensor([0]), logits.detach()[1:])
    assert costs.tolist() == [0.0, 0.0]
    costs.sum().backward()
    assert logits.grad is not None and not logits.grad.any()
