"""Which learner fits a composition: one for each form, and a fast one where the mathematics is written down by hand."""

from __future__ import annotations

from collections.abc import Sequence

from engine.composition.bridge import Influence
from engine.composition.composition import Composition
from engine.learning.bridge_learner import BridgeLearner
from engine.learning.learner import Learner
from engine.learning.llama_learner import LlamaLearner
from engine.learning.llama_stack import is_plain_llama


def learner_for(composition: Composition, influence: Influence, preamble: Sequence[int]) -> Learner:
    """A learner for one sleep, one training or one evaluation; arguments and errors as of :class:`Learner`."""
    if composition.bridge is not None:
        return BridgeLearner(composition, influence, preamble)
    kind = LlamaLearner if is_plain_llama(composition.base.model) else Learner
    return kind(composition, influence, preamble)
