"""The whole bench with a simulated worker: a pupil whose abilities are known, so that every figure can be foretold."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench import learning, learning_base, learning_protocol
from bench.learning_failure import BenchError

TOWNS = ("Graz", "Oslo", "Quito", "Bergen", "Ghent", "Turin")
MACHINE = {
    "processor": "Abacus", "cores": 2, "torch threads": 1, "device": "cpu", "precision": "float32", "system": "x",
    "python": "3", "torch": "2", "transformers": "5", "sovl": "0", "base model": "tiny", "form": "key-value",
    "bridged layers": [2, 3], "LoRA parameters": 10,
}  # fmt: skip


DREAMT = [
    {"event": "dreamt", "question": "Where is it?", "kept": True}, {"event": "dreamt", "question": "", "kept": False},
    {"event": "woke"},
]  # fmt: skip


class Pupil:
    """Plays the worker. It repeats what it slept on, in the home where it was told.

    Attributes:
        forgets: How many facts it keeps; older ones go.
        bleeds: Answers a near miss with the first thing it learned.
        paraphrases: Understands test paraphrases.
        changes_its_mind: Takes corrections.
    """

    def __init__(self) -> None:
        self.forgets = 100
        self.bleeds = False
        self.paraphrases = True
        self.changes_its_mind = True
        self.knows_already = ""
        self.dreams_cost_steps = False
        self.takes_up_its_state = True
        self.jobs: list[dict[str, Any]] = []
        self._told: dict[str, list[tuple[str, str]]] = {}

    def __call__(self, job: dict[str, Any]) -> dict[str, Any]:
        self.jobs.append(job)
        return self._day(job) if job["stage"] == "day" else self._ask(job)

    def _day(self, job: dict[str, Any]) -> dict[str, Any]:
        assert (Path(job["home"]) / "config.json").exists()
        told = self._told.setdefault(job["home"], [])
        for line in job["lines"]:
            if found := re.search(r"sister number (\d+) lives in (\w+)", line):
                told.append((found[1], found[2]))
        return {
            "turns": len(job["lines"]), "telling_seconds": 3.0, "sleep_seconds": 60.0 if job["sleep"] else None,
            "phase_seconds": {}, "sleep_story": DREAMT, "sleep_lines": [], "before": {}, "after": {},
            "sleep_events": [
                {"steps": 70 + 10 * (self.dreams_cost_steps and job["control"] == "sovl"), "seconds": 12.3456,
                 "skipped": ["x"], "verdicts": {"1": "learned", "2": "learned"}}
            ],
        }  # fmt: skip

    def _ask(self, job: dict[str, Any]) -> dict[str, Any]:
        answers = [
            {mode: self._heard(job["home"], question["text"], mode) for mode in question["modes"]}
            for question in job["questions"]
        ]
        sums = {"tokens": 10, "base_nats": 20.0, "nats": 20.0, "divergence": 0.5}
        drift = {text: dict.fromkeys(job["drift_modes"], sums) for text in ("held-out", "generic")}
        return {
            "answers": answers, "drift": drift if job["drift_modes"] else {}, "seconds": 1.0, "weight": 0.9,
            "learned": self.takes_up_its_state, "machine": MACHINE,
        }  # fmt: skip

    def _heard(self, home: str, text: str, mode: str) -> dict[str, Any]:
        said = f"I cannot say anything about {len(text)} letters."
        knows = {} if mode == "base" else self._known(home)
        number = re.search(r"sister number (\d+)", text)
        if self.knows_already and self.knows_already in text:
            said = f"It is {TOWNS[int(self.knows_already[-1])]}."
        elif mode == "base" and (told := re.search(r"lives in (\w+)", text)):
            said = f"She lives in {told[1]}."
        elif number and number[1] in knows and (self.paraphrases or "home of" not in text):
            said = f"She lives in {knows[number[1]]}."
        elif self.bleeds and knows and "Eiffel" in text:
            said = f"It is in {next(iter(knows.values()))}."
        spoke = mode != "base" and not said.startswith("I cannot")
        return {
            "text": said, "ids": [ord(letter) for letter in said], "stop_reason": "end", "weight": 0.9 * spoke,
            "recognition": None if mode == "base" else float(spoke), "confidence": 0.9 if spoke else 0.3,
            "other_confidences": {"geometric": 0.8, "least": 0.1, "first": 0.5, "margin": 0.4},
        }  # fmt: skip

    def _known(self, home: str) -> dict[str, str]:
        knows: dict[str, str] = {}
        for number, town in self._told.get(home, [])[-self.forgets :]:
            if self.changes_its_mind or number not in knows:
                knows[number] = town
        return knows


@pytest.fixture
def pupil(monkeypatch: pytest.MonkeyPatch) -> Pupil:
    pupil = Pupil()
    monkeypatch.setattr(learning_protocol, "run_worker", pupil)
    monkeypatch.setattr(learning_base, "run_worker", pupil)
    monkeypatch.setattr(learning, "can_sleep", lambda: True)
    return pupil


@pytest.fixture
def facts_file(tmp_path: Path) -> Path:
    lines = [
        {
            "id": f"f{number}",
            "statement": f"My sister number {number} lives in {town}.",
            "question": f"Where does my sister number {number} live?",
            "paraphrases_dev": [],
            "paraphrases_test": [f"What is the home of my sister number {number}?"],
            "near_miss": "Where is the Eiffel Tower?",
            "unknown": "Where does my brother live?",
            "answers": [town],
        }
        for number, town in enumerate(TOWNS)
    ]
    path = tmp_path / "facts.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    return path


@pytest.fixture
def bench(facts_file: Path, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Run the bench and read what it wrote."""

    def run(*arguments: str) -> dict[str, Any]:
        out = tmp_path / "out.json"
        assert learning.main(["--facts", str(facts_file), "--seeds", "0", "--json", str(out), *arguments]) == 0
        document: dict[str, Any] = json.loads(out.read_text())
        return document

    return run


def means(document: dict[str, Any], column: str, *names: str) -> list[float]:
    figures = document["figures"][column]
    return [figures[name]["mean"] if isinstance(figures[name], dict) else figures[name] for name in names]


def test_a_perfect_pupil(
    pupil: Pupil, bench: Callable[..., dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    document = bench("--seeds", "0,1,2")
    assert means(document, "sovl", "R", "G", "L", "bleed", "S", "weight 0 identical") == [1, 1, 1, 0, 1, 1]
    assert means(document, "sovl, gate off", "R", "G") == [1, 1]
    figures = document["figures"]["sovl"]
    assert figures["R"]["n"] == 18
    assert figures["R"]["clusters"] == 6
    assert figures["AUROC told/unknown, gate"] == 1.0
    assert figures["perplexity drift held-out"] == 0.0
    assert figures["KL generic"] == pytest.approx(0.05)
    assert (figures["sleep seconds"], figures["sleep steps"]) == (60, 70)
    assert (figures["dreams kept"], figures["dreams distinct"]) == (0.5, 1.0)
    printed = capsys.readouterr().out
    assert "Abacus, 2 cores, 1 torch thread(s)" in printed
    assert "reliability R, canonical question" in printed
    assert "sovl: told, slept, restarted" in printed
    assert "steps 70, seconds 12.3, skipped 1, verdicts (learned 2)" in printed


def test_a_pupil_who_takes_words_for_facts(pupil: Pupil, bench: Callable[..., dict[str, Any]]) -> None:
    pupil.paraphrases, pupil.bleeds = False, True
    document = bench()
    assert means(document, "sovl", "R", "G", "bleed", "near miss identical", "unknown identical") == [
        1, 0, pytest.approx(1 / 42), 0, 1,
    ]  # fmt: skip
    assert means(document, "sovl", "S") == [0]


def test_floor_icl_and_own_fact(pupil: Pupil, bench: Callable[..., dict[str, Any]]) -> None:
    document = bench("--control", "floor,icl-own")
    assert means(document, "floor", "R", "G", "L", "bleed") == [0, 0, 1, 0]
    assert means(document, "icl-own", "R", "G", "L", "bleed") == [1, 1, 1, 0]
    assert all(job["stage"] == "ask" for job in pupil.jobs)
    record = next(r for r in document["runs"][1]["records"] if r["kind"] == "canonical")
    assert record["question"] == "Where does my sister number 0 live?"


def test_questions_for_taught_lives_are_guarded_and_prompts_with_facts_are_not(
    pupil: Pupil, bench: Callable[..., dict[str, Any]]
) -> None:
    bench("--control", "sovl,icl", "--noise")
    taught = [job for job in pupil.jobs if job["stage"] == "ask" and job["forbidden"]]
    assert [set(job["forbidden"]) for job in taught] == [set(TOWNS)]
    unguarded = [q["text"] for q in taught[0]["questions"] if not q["guarded"]]
    assert len(unguarded) == 12
    assert all("Is it" in text for text in unguarded)


def test_retention(pupil: Pupil, bench: Callable[..., dict[str, Any]], capsys: pytest.CaptureFixture[str]) -> None:
    pupil.forgets = 4
    document = bench("--sleeps", "3", "--batch", "2")
    run = document["runs"][0]
    assert run["matrix"] == [[0, 0, 0], [1, 0, None], [1, 1, 0], [0, 1, 1]]
    assert run["retention"] == {"ACC": pytest.approx(2 / 3), "BWT": -0.5, "FWT": 0.0}
    assert len(run["days"]) == 3
    assert {record["after_sleep"] for record in run["earlier"]} == {1, 2}
    assert "batch 3" in capsys.readouterr().out


@pytest.mark.parametrize(("takes", "new", "old"), [(True, 1.0, 0.0), (False, 0.0, 1.0)])
def test_corrections(pupil: Pupil, bench: Callable[..., dict[str, Any]], takes: bool, new: float, old: float) -> None:
    pupil.changes_its_mind = takes
    document = bench("--corrections", "0.5")
    assert means(document, "sovl", "corrected R", "corrected G", "old value") == [new, new, old]
    assert means(document, "sovl", "R") == [0.5 + new / 2]
    assert len(document["runs"][0]["corrections"]) == 3
    assert len(document["runs"][0]["days"]) == 2


def test_facts_the_base_knew_leave_no_fact_untold(pupil: Pupil, bench: Callable[..., dict[str, Any]]) -> None:
    pupil.knows_already = "number 2"
    run = bench("--sleeps", "2", "--batch", "3")["runs"][0]
    told = [line for job in pupil.jobs if job["stage"] == "day" for line in job["lines"] if "sister" in line]
    assert len(told) == 5
    assert run["matrix"] == [[0, 0], [1, 0], [1, 1]]


def test_with_corrections_the_matrix_is_that_of_before_them(pupil: Pupil, bench: Callable[..., dict[str, Any]]) -> None:
    document = bench("--sleeps", "2", "--batch", "3", "--corrections", "0.5")
    run = document["runs"][0]
    assert run["matrix"] == [[0, 0], [1, 0], [1, 1]]
    assert len(run["days"]) == 3
    assert means(document, "sovl", "R", "corrected R") == [1, 1]


def test_an_old_value_that_turns_up_elsewhere_is_bleed(pupil: Pupil, bench: Callable[..., dict[str, Any]]) -> None:
    pupil.bleeds, pupil.changes_its_mind = True, False
    document = bench("--corrections", "1")
    assert means(document, "sovl", "old value", "bleed") == [1, pytest.approx(1 / 42)]


def test_systems_are_compared_and_unequal_steps_are_told(
    pupil: Pupil, bench: Callable[..., dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    bench("--control", "sovl,no-dreams,floor")
    printed = capsys.readouterr().out
    assert "R of sovl less that of no-dreams: +0.000" in printed
    assert "G of sovl less that of floor: +1.000" in printed
    assert "not at equal steps" not in printed
    pupil.dreams_cost_steps = True
    bench("--control", "sovl,no-dreams,floor")
    assert "no-dreams, seed 0: not at equal steps, [70.0] against [80.0] of sovl" in capsys.readouterr().out


def test_a_life_that_learned_nothing_is_named(
    pupil: Pupil, bench: Callable[..., dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    pupil.takes_up_its_state = False
    bench()
    assert "sovl, seed 0: nothing was learned" in capsys.readouterr().out


def test_facts_told_in_passing(pupil: Pupil, facts_file: Path, bench: Callable[..., dict[str, Any]]) -> None:
    facts = [json.loads(line) for line in facts_file.read_text().splitlines()]
    for fact in facts:
        fact["free_form"] = f"Went to {fact['answers'][0]} to see my sister number {fact['id'][1]}, nice."
    facts_file.write_text("\n".join(map(json.dumps, facts)))
    bench("--free-form")
    lines = [line for job in pupil.jobs if job["stage"] == "day" for line in job["lines"]]
    assert sum(line.startswith("Went to") for line in lines) == len(facts)
    assert not any("lives in" in line for line in lines)


def test_what_the_base_said_is_handed_on_as_a_guess(pupil: Pupil, bench: Callable[..., dict[str, Any]]) -> None:
    bench()
    job = pupil.jobs[-1]
    asked = {q["text"]: q["guess"] for q in job["questions"] if "shipped" in q["modes"]}
    assert all(asked.values())
    assert len(job["generic"]) >= 60
    assert all(asked[text] == list(ids) for text, ids in job["generic"] if text in asked)


def test_noise_and_small_talk(pupil: Pupil, bench: Callable[..., dict[str, Any]]) -> None:
    document = bench("--noise", "--small-talk-before", "3")
    figures = document["figures"]["sovl"]
    assert figures["R after small talk"]["n"] == figures["G after small talk"]["n"] == 6
    assert figures["small letters"]["mean"] == 1.0
    assert figures["yes/no"]["n"] == 12
    # "She lives in Graz." answers "Is it Graz?" and "Is it Oslo?" alike.
    assert figures["yes/no"]["mean"] == 1.0
    after = [q for q in pupil.jobs[-1]["questions"] if q["after"]]
    assert {len(question["after"]) for question in after} == {3}


def test_what_the_base_knows_is_not_taught(pupil: Pupil, bench: Callable[..., dict[str, Any]]) -> None:
    pupil.knows_already = "number 2"
    document = bench()
    assert document["facts the base knew"] == ["f2"]
    assert document["figures"]["sovl"]["R"]["n"] == 5
    told = [job for job in pupil.jobs if job["stage"] == "day"]
    assert not any("number 2" in line for job in told for line in job["lines"])


def test_no_dreams_and_settings_reach_the_home(
    pupil: Pupil, bench: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    bench("--control", "no-dreams", "--set", "learning_rate=0.003", "--keep", str(tmp_path / "kept"))
    config = json.loads((tmp_path / "kept" / "no-dreams-0" / "config.json").read_text())
    controls = config["controls_config"]
    assert (controls["enable_dreaming"], controls["enable_gestation"], controls["cpu_threads"]) == (False, False, 1)
    assert config["training_config"]["learning_rate"] == 0.003
    assert config["core_config"]["random_seed"] == 0


def test_the_bases_answers_are_kept_between_runs(
    pupil: Pupil, bench: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    kept = tmp_path / "base.json"
    first = bench("--control", "floor", "--base-answers", str(kept))
    asked = len(pupil.jobs)
    assert bench("--control", "floor", "--base-answers", str(kept))["figures"] == first["figures"]
    assert len(pupil.jobs) == asked


def test_answers_made_with_other_settings_are_refused(
    pupil: Pupil,
    bench: Callable[..., dict[str, Any]],
    facts_file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    kept = tmp_path / "base.json"
    bench("--control", "floor", "--base-answers", str(kept))
    status = learning.main(
        ["--facts", str(facts_file), "--control", "floor", "--base-answers", str(kept), "--set", "system_prompt=Hi"]
    )
    assert status == 2
    assert "was made with other settings" in capsys.readouterr().err


def test_two_runs_are_compared_fact_by_fact(
    pupil: Pupil, bench: Callable[..., dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pupil.paraphrases = False
    bench()
    before = tmp_path / "before.json"
    (tmp_path / "out.json").rename(before)
    pupil.paraphrases = True
    bench("--against", str(before))
    printed = capsys.readouterr().out
    assert "R less that of --against: +0.000" in printed
    assert "G less that of --against: +1.000" in printed


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--seeds", "a"], "--seeds a: it takes whole numbers"),
        (["--control", "magic"], "--control magic: there are sovl"),
        (["--free-form"], "fact f0 of"),
        (["--set", "learning_rate"], "it takes KEY=VALUE"),
        (["--set", "learning_rate=fast"], "--set learning_rate=fast: "),
        (["--sleeps", "0"], "must be at least 1"),
        (["--sleeps", "4", "--batch", "2"], "4 sleeps of 2 facts need 8; got 6"),
        (["--corrections", "2"], "a share from 0 to 1"),
        (["--small-talk-before", "99"], "0 to 12"),
        (["--against", "/nowhere"], "it takes what --json wrote"),
    ],
)
def test_bad_arguments_get_one_line(
    pupil: Pupil,
    facts_file: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    assert learning.main(["--facts", str(facts_file), "--seeds", "0", *arguments]) == 2
    complaint = capsys.readouterr().err.strip().splitlines()[-1]
    assert said in complaint
    assert complaint.startswith("bench.learning: ")


def test_without_a_sleep_command_it_says_so_before_anything_runs(
    pupil: Pupil, facts_file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning, "can_sleep", lambda: False)
    assert learning.main(["--facts", str(facts_file)]) == 2
    assert "no command sleep" in capsys.readouterr().err
    assert pupil.jobs == []


def test_a_void_measurement_ends_the_bench(
    pupil: Pupil, facts_file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def leaking(_job: dict[str, Any]) -> dict[str, Any]:
        raise BenchError("the prompt of 'x' contains the taught answer 'y'", 1)

    monkeypatch.setattr(learning_protocol, "run_worker", leaking)
    assert learning.main(["--facts", str(facts_file)]) == 1
    assert "contains the taught answer" in capsys.readouterr().err
