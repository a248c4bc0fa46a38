"""Which learner fits a composition: one for each form of it."""

from __future__ import annotations

from collections.abc import Sequence

from engine.composition.bridge import Influence
from engine.composition.composition import Composition
from engine.learning.bridge_learner import BridgeLearner
from engine.learning.learner import Learner


def learner_for(composition: Composition, influence: Influence, preamble: Sequence[int]) -> Learner:
    """``composition`` in batches, whatever its form.

    Args:
        composition: What learns.
        influence: The weight that the scaffold will be used at.
        preamble: Token ids that begin every prompt.

    Raises:
        ValueError: When there is nothing to train.
    """
    make = Learner if composition.bridge is None else BridgeLearner
    return make(composition, influence, preamble)
