"""A curriculum cut to what a model can read: what is longer than its context is left out, and not the whole night."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from engine.learning.curriculum import Curriculum, Lesson
from engine.learning.facts import Skipped

_SHOWN = 120
"""Characters of what is left out that are shown."""


def fitted(night: Curriculum, fits: Callable[[str], bool]) -> Curriculum:
    """``night`` without the prompts for which ``fits`` says no; memories that cannot even be asked for are skipped."""
    lessons = [_fitted(lesson, fits) for lesson in night.lessons]
    lost = [
        Skipped(before.text[:_SHOWN], "longer than the model's context")
        for before, lesson in zip(night.lessons, lessons, strict=True)
        if lesson is None
    ]
    return replace(
        night,
        lessons=[lesson for lesson in lessons if lesson is not None],
        near=list(filter(fits, night.near)),
        rehearsal=list(filter(fits, night.rehearsal)),
        passages=[passage for passage in night.passages if fits(" ".join(passage))],
        shut=list(filter(fits, night.shut)),
        controls=list(filter(fits, night.controls)),
        skipped=[*night.skipped, *lost],
    )


def _fitted(lesson: Lesson, fits: Callable[[str], bool]) -> Lesson | None:
    probes = tuple(filter(fits, lesson.probes))
    if not probes or not fits(lesson.text):
        return None
    return replace(
        lesson,
        probes=probes,
        rows=tuple(row for row in lesson.rows if fits(row.prompt)),
        openings=tuple(filter(fits, lesson.openings)),
        questions=tuple(filter(fits, lesson.questions)),
    )
