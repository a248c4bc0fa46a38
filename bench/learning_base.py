"""What the bare base answers: asked once, and taken for every seed and system, since it never changes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from bench.learning_asking import Question
from bench.learning_failure import BenchError
from bench.learning_worker import run_worker

_Key = tuple[str, tuple[str, ...]]


class BaseAnswers:
    """Answers of the bare base by question, kept in a file between runs where one is given.

    Attributes:
        machine: What they were measured on; empty until something was asked.
    """

    def __init__(self, home: Path, settings: dict[str, Any], file: Path | None = None) -> None:
        """``home`` is a newborn's; ``settings`` are what decides the answers, and must agree with those in ``file``."""
        self._home = home
        self._settings = settings
        self._file = file
        self._heard: dict[_Key, dict[str, Any]] = {}
        self.machine: dict[str, Any] = {}
        if file is not None and file.exists():
            self._read(file)

    def need(self, questions: Iterable[Question]) -> None:
        """Have the answers to ``questions``; only those not yet known are asked."""
        missing = {_key(question): question for question in questions if _key(question) not in self._heard}
        if not missing:
            return
        asked = [question_json(question, ["base"]) for question in missing.values()]
        job = ask_job(self._home, "base", asked)
        result = run_worker(job)
        self.machine = result["machine"]
        for key, answer in zip(missing, result["answers"], strict=True):
            self._heard[key] = answer["base"]
        if self._file is not None:
            self._write(self._file)

    def __getitem__(self, question: Question) -> dict[str, Any]:
        """What was heard to ``question``, which must have been asked."""
        return self._heard[_key(question)]

    def _read(self, file: Path) -> None:
        try:
            document = json.loads(file.read_text(encoding="utf-8"))
            same = document["settings"] == self._settings
            heard = {(entry["text"], tuple(entry["after"])): entry["heard"] for entry in document["answers"]}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BenchError(f"{file} holds no answers of the base; delete it, or name another file") from error
        if not same:
            raise BenchError(f"{file} was made with other settings or versions; delete it, or name another file")
        self._heard, self.machine = heard, document["machine"]

    def _write(self, file: Path) -> None:
        answers = [{"text": text, "after": after, "heard": heard} for (text, after), heard in self._heard.items()]
        document = {"settings": self._settings, "machine": self.machine, "answers": answers}
        beside = file.with_name(f".{file.name}.part")
        beside.write_text(json.dumps(document), encoding="utf-8")
        beside.replace(file)


def _key(question: Question) -> _Key:
    return question.text, question.after


def question_json(question: Question, modes: Sequence[str], guess: Sequence[int] = ()) -> dict[str, Any]:
    """``question`` as a worker takes it; ``guess`` is what the bare base answered, where that is known."""
    return {
        "text": question.text,
        "after": question.after,
        "guarded": question.guarded,
        "modes": list(modes),
        "guess": list(guess),
    }


def ask_job(home: Path, title: str, questions: Sequence[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """The job of asking ``questions`` in ``home``; ``more`` overrides single fields."""
    return {
        "stage": "ask",
        "title": title,
        "home": str(home),
        "control": "floor",
        "questions": list(questions),
        "forbidden": [],
        "drift_modes": [],
        "generic": [],
        "passages": 0,
        "learned": False,
        **more,
    }
