"""Confidence history: mean, spread, what counts, and what tracking off means."""

from statistics import fmean, pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.mind.confidence import TRACE_LENGTH, ConfidenceHistory

shares = st.floats(0.0, 1.0)


def history_of(*values: float, maxlen: int = 5) -> ConfidenceHistory:
    history = ConfidenceHistory(maxlen)
    for value in values:
        history.record(value)
    return history


def test_an_empty_history_is_neutral() -> None:
    history = ConfidenceHistory(5)
    assert (history.mean(), history.std(), history.last, history.values, history.trace) == (0.5, 0.0, None, (), ())


def test_only_the_last_answers_count() -> None:
    history = history_of(0.1, 0.2, 0.4, 0.9, maxlen=3)
    assert history.values == (0.2, 0.4, 0.9)
    assert history.mean() == pytest.approx(0.5)
    assert history.std() == pytest.approx(0.294392, abs=1e-6)
    assert history.last == 0.9
    assert history.trace == (0.1, 0.2, 0.4, 0.9)


@given(st.lists(shares, max_size=200), st.integers(1, 20))
def test_mean_and_spread_are_those_of_the_last_values(values: list[float], maxlen: int) -> None:
    history = history_of(*values, maxlen=maxlen)
    kept = values[-maxlen:]
    assert list(history.values) == kept
    assert history.mean() == (fmean(kept) if kept else 0.5)
    assert history.std() == (pstdev(kept) if len(kept) > 1 else 0.0)
    assert list(history.trace) == values[-TRACE_LENGTH:]


@pytest.mark.parametrize("value", [-0.01, 1.01, float("nan"), float("inf"), True, "0.5", None])
def test_what_is_no_confidence_is_refused(value) -> None:
    history = history_of(0.3)
    with pytest.raises(ValueError, match="from 0 to 1"):
        history.record(value)
    assert history.values == (0.3,)


def test_switched_off_it_behaves_as_at_one_half() -> None:
    history = history_of(0.9, 0.8)
    history.enabled = False
    history.record(0.1)
    assert (history.mean(), history.std(), history.last, history.values) == (0.5, 0.0, None, ())
    assert history.trace == (0.9, 0.8)
    history.enabled = True
    assert history.values == (0.9, 0.8)


def test_resizing_keeps_the_newest() -> None:
    history = history_of(0.1, 0.2, 0.3)
    history.resize(2)
    assert (history.values, history.maxlen) == ((0.2, 0.3), 2)
    history.resize(4)
    history.record(0.4)
    assert history.values == (0.2, 0.3, 0.4)


@given(st.lists(shares, max_size=150), st.integers(1, 20))
def test_it_comes_back_as_it_was(values: list[float], maxlen: int) -> None:
    history = history_of(*values, maxlen=maxlen)
    again = ConfidenceHistory.from_dict(history.to_dict(), maxlen)
    assert (again.values, again.trace) == (history.values, history.trace)


@pytest.mark.parametrize("saved", [{}, {"values": 3, "trace": []}, {"values": [2.0], "trace": []}, {"values": []}])
def test_a_foreign_record_is_refused(saved) -> None:
    with pytest.raises(ValueError, match="confidence"):
        ConfidenceHistory.from_dict(saved, 5)
