"""The temperament: one slow score that confidence and age push about, and the mood it is read as.

The score T lies in [0, 1]. It follows a target u* on [-1, 1]: sure answers pull it up, doubt pulls it down, youth lifts
it and old age weighs on it. T = (u + 1) / 2, where u moves a little towards u* after each interaction and much more
after a sleep. Mood changes how it samples, how fast it ages and how soon it sleeps.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from statistics import pvariance
from typing import Any, Self

MELANCHOLY_LEVEL = 0.25
"""T at or below which the mood is melancholic."""
HYSTERESIS = 0.02
"""How far T must come back over a threshold before the mood leaves again, so that it does not flicker."""
TEMPERATURE_RANGE = (0.5, 1.5)
"""Sampling temperatures that mood may lead to."""
TRACE_LENGTH = 120
"""Scores kept for plotting, whatever the length of the history."""

_INTERACTION_SHARE = 0.1
_MOOD_SWING = 0.3
_SPREAD_PULL = 0.2


class Mood(StrEnum):
    """How the score is read."""

    CURIOUS = "curious"
    CALM = "calm"
    RESTLESS = "restless"
    MELANCHOLIC = "melancholic"


@dataclass(frozen=True, slots=True)
class TemperamentSettings:
    """The settings that shape temperament, under the names they have in the configuration."""

    temp_curiosity_boost: float = 0.5
    conf_feedback_strength: float = 0.5
    temp_smoothing_factor: float = 0.0
    temp_eager_threshold: float = 0.8
    temp_sluggish_threshold: float = 0.6
    temp_mood_influence: float = 0.0
    enable_temperament: bool = True

    @classmethod
    def of(cls, source: object) -> Self:
        """Read them from any object that has attributes of these names, such as the controls of a configuration."""
        return cls(**{field.name: getattr(source, field.name) for field in fields(cls)})


# -- the rules ---------------------------------------------------------------------------------------------------------


def stage_bias(life: float, boost: float, variance: float = 0.0) -> float:
    """What age adds to the target.

    ``life`` is exposure / capacity (0 newborn, 1 full), ``boost`` the most that age lifts or weighs, and ``variance``
    that of the recent scores T. Youth adds ``boost``, fading out until ``life`` 0.25; middle age takes a fifth of the
    variance, so unrest settles; from 0.75 age weighs, in full from 1 on.
    """
    if life < 0.25:
        return boost * (1.0 - life / 0.25)
    if life < 0.75:
        return -_SPREAD_PULL * variance
    return -boost * min(1.0, (life - 0.75) / 0.25)


def target(confidence: float, life: float, settings: TemperamentSettings, variance: float = 0.0) -> float:
    """u* in [-1, 1], where mean ``confidence`` in [0, 1] and ``life`` = exposure / capacity draw the temperament."""
    sureness = confidence - 0.5
    bias = stage_bias(life, settings.temp_curiosity_boost, variance)
    return _clip(2.0 * sureness + bias + settings.conf_feedback_strength * sureness, -1.0, 1.0)


def mood_of(score: float, settings: TemperamentSettings, before: Mood | None = None) -> Mood:
    """The mood at T = ``score``.

    A mood is entered at its threshold and left only :data:`HYSTERESIS` beyond it, towards calm; ``before`` is the mood
    so far. The same score never changes the mood twice.
    """
    low = before in (Mood.RESTLESS, Mood.MELANCHOLIC)
    if score <= MELANCHOLY_LEVEL + HYSTERESIS * (before is Mood.MELANCHOLIC):
        return Mood.MELANCHOLIC
    if score < settings.temp_sluggish_threshold + HYSTERESIS * low:
        return Mood.RESTLESS
    if score >= settings.temp_eager_threshold - HYSTERESIS * (before is Mood.CURIOUS):
        return Mood.CURIOUS
    return Mood.CALM


def sampling_temperature(
    base: float, score: float, settings: TemperamentSettings, explicit: float | None = None
) -> float:
    """The temperature to sample at: ``explicit`` if given, else ``base`` moved by up to 0.3 by T = ``score``.

    With temperament switched off the score has no say. The moved temperature stays within 0.5 and 1.5.
    """
    if explicit is not None:
        return explicit
    swing = _MOOD_SWING * settings.temp_mood_influence * (2.0 * score - 1.0) if settings.enable_temperament else 0.0
    return _clip(base + swing, *TEMPERATURE_RANGE)


def sleep_threshold(threshold: float, mood: Mood, restless_drop: float) -> float:
    """The mean confidence needed to fall asleep: ``threshold``, lowered by ``restless_drop`` in a restless mood."""
    return max(0.0, threshold - restless_drop) if mood is Mood.RESTLESS else threshold


# -- the state ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RestorePoint:
    """Where a temperament stood, to come back to after a passing outburst."""

    u: float
    mood: Mood


class Temperament:
    """The temperament of one life.

    A newborn starts where confidence 0.5 and age 0 draw it. While ``enable_temperament`` is False the score stays where
    it is and nothing is added to history or trace; the mood is still read from it, by the thresholds of the day.
    """

    def __init__(self, history_maxlen: int, settings: TemperamentSettings) -> None:
        self._u = target(0.5, 0.0, settings)
        self._mood = mood_of(self.score, settings)
        self._history: deque[float] = deque(maxlen=history_maxlen)
        self._trace: deque[float] = deque(maxlen=TRACE_LENGTH)

    @property
    def u(self) -> float:
        """The state behind the score, in [-1, 1]."""
        return self._u

    @property
    def score(self) -> float:
        """T in [0, 1], as shown to people."""
        return (self._u + 1.0) / 2.0

    @property
    def mood(self) -> Mood:
        """The mood of now."""
        return self._mood

    @property
    def history(self) -> tuple[float, ...]:
        """The last scores, oldest first; as many as the setting keeps."""
        return tuple(self._history)

    @property
    def trace(self) -> tuple[float, ...]:
        """The last 120 scores, oldest first, for plotting."""
        return tuple(self._trace)

    def after_interaction(self, confidence: float, life: float, settings: TemperamentSettings) -> None:
        """Move a little: ``confidence`` is the mean of the confidence history, ``life`` exposure / capacity."""
        self._follow(confidence, life, settings, _INTERACTION_SHARE * (1.0 - settings.temp_smoothing_factor))

    def after_sleep(self, confidence: float, life: float, settings: TemperamentSettings) -> None:
        """Move all the way, as far as smoothing lets it; the arguments are those of :meth:`after_interaction`."""
        self._follow(confidence, life, settings, 1.0 - settings.temp_smoothing_factor)

    def reread(self, settings: TemperamentSettings) -> None:
        """Read the mood again after the thresholds were changed."""
        self._mood = mood_of(self.score, settings, self._mood)

    def resize(self, history_maxlen: int) -> None:
        """Keep ``history_maxlen`` scores from now on; the newest stay."""
        self._history = deque(self._history, maxlen=history_maxlen)

    def hold(self) -> RestorePoint:
        """Remember where it stands, for :meth:`restore`."""
        return RestorePoint(self._u, self._mood)

    def swing_to(self, score: float, settings: TemperamentSettings) -> None:
        """Put T at ``score``, clipped to [0, 1], for a passing outburst; neither history nor trace take notice."""
        self._u = 2.0 * _clip(score, 0.0, 1.0) - 1.0
        self.reread(settings)

    def restore(self, point: RestorePoint) -> None:
        """Go back to ``point``, exactly."""
        self._u, self._mood = point.u, point.mood

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready copy."""
        return {
            "u": self._u,
            "mood": self._mood.value,
            "history": list(self._history),
            "trace": list(self._trace),
        }

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any], history_maxlen: int, settings: TemperamentSettings) -> Temperament:
        """The temperament that :meth:`to_dict` gave, under the settings of now."""
        temperament = cls(history_maxlen, settings)
        temperament._u = _checked(saved.get("u"), -1.0, "u")
        if saved.get("mood") not in list(Mood):
            raise ValueError(f"temperament: mood {saved.get('mood')!r} is none of {', '.join(Mood)}")
        temperament._mood = Mood(saved["mood"])
        temperament.reread(settings)
        temperament._history.extend(_scores(saved, "history"))
        temperament._trace.extend(_scores(saved, "trace"))
        return temperament

    def _follow(self, confidence: float, life: float, settings: TemperamentSettings, share: float) -> None:
        if settings.enable_temperament:
            variance = pvariance(self._history) if self._history else 0.0
            aim = target(confidence, life, settings, variance)
            self._u = _clip((1.0 - share) * self._u + share * aim, -1.0, 1.0)
            self._history.append(self.score)
            self._trace.append(self.score)
        self.reread(settings)


def _clip(value: float, low: float, high: float) -> float:
    return max(low, min(high, value))


def _checked(value: Any, low: float, name: str) -> float:
    real = isinstance(value, int | float) and not isinstance(value, bool)
    if not real or not low <= value <= 1.0:
        raise ValueError(f"temperament: {name} {value!r} is not a number from {low:g} to 1")
    return float(value)


def _scores(saved: Mapping[str, Any], name: str) -> list[float]:
    values = saved.get(name)
    if not isinstance(values, list):
        raise ValueError(f"temperament: '{name}' is missing or not a list")
    return [_checked(value, 0.0, name) for value in values]
