"""Evaluating a tiny lifeform: what is asked, what is counted, and that nothing is changed by it."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path
from typing import Any

import observing
import pytest
import torch
from driving import Driver, running, tiny_config

from engine import evaluation
from engine.api import EngineState, Outcome, Output, Progress, StateChanged
from engine.composition.trained import copy_of_trained
from engine.learning import curriculum, dreaming, own_questions
from engine.learning import evaluation as asking
from engine.learning import sleep as nights
from engine.learning.evaluated import ControlHeard, Evaluation, MemoryHeard
from engine.learning.evaluation import WAYS, Drift, Heard, Hearing, questions_for
from engine.learning.exercise import Reply
from engine.learning.facts import facts_in
from engine.learning.own_questions import OwnQuestion, QuestionsError, read_questions
from engine.learning.rows import rows_for
from engine.lifeform import Lifeform
from engine.memory.journal import Journal
from engine.memory.memories import Memory, Verdict

FACTS = observing.FACTS[:3]


def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short nights, and few questions."""
    monkeypatch.setattr(nights, "_FEWEST_STEPS", 3)
    monkeypatch.setattr(nights, "_ROUNDS", 0.1)
    monkeypatch.setattr(nights._Night, "_objection", lambda *_: "")
    for name, few in {
        "_UNKNOWN": 4,
        "_FEWEST_SHUT": 4,
        "_GENERIC_KEPT": 3,
        "_GENERIC_SHUT": 6,
        "_SHUT_PER_FACT": 2,
        "_CONTROLS": 4,
    }.items():
        monkeypatch.setattr(curriculum, name, few)
    monkeypatch.setattr(curriculum, "_NEW", curriculum.RowPlan(questions=5))
    monkeypatch.setattr(dreaming, "_BEGINNINGS", ("What",))
    for name, few in {"GENERIC": 3, "NEAR": 3, "UNKNOWN": 3}.items():
        monkeypatch.setattr(evaluation, name, few)
    monkeypatch.setattr(asking, "AT_ONCE", 8)
    monkeypatch.setattr(asking, "PASSAGES", 2)


def settings(folder: Path) -> Any:
    """Of a lifeform that sleeps when it is told to; its scaffold is always heard."""
    return tiny_config(folder, sleep_quiet_seconds=0.0, enable_gestation=False, context_length=1024, gate_threshold=0.0)


@pytest.fixture(scope="module")
def once_slept(tiny_folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a lifeform that was told three facts and slept over them."""
    home = tmp_path_factory.mktemp("slept") / "life"
    with pytest.MonkeyPatch.context() as monkeypatch:
        small(monkeypatch)
        with running(home, settings(tiny_folders["llama"])) as driver:
            learn(driver, *FACTS)
    return home


@pytest.fixture
def slept(once_slept: Path, home: Path) -> Path:
    """A copy of that home."""
    shutil.copytree(once_slept, home)
    return home


@pytest.fixture
def config(tiny_folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> Any:
    small(monkeypatch)
    return settings(tiny_folders["llama"])


def learn(driver: Driver, *facts: str) -> None:
    for fact in facts:
        assert driver.say(fact).outcome is Outcome.OK
    assert driver.say("sleep").outcome is Outcome.OK


def loud(driver: Driver) -> None:
    """Let the scaffold speak, however young it is."""
    assert driver.say("tune cross 0.9").outcome is Outcome.OK


def weights(driver: Driver) -> dict[str, torch.Tensor]:
    life = driver.engine._life
    assert life is not None
    return copy_of_trained(life.composed)


def printed(driver: Driver) -> str:
    return "\n".join(event.text for event in driver.of(Output))


def files(home: Path) -> dict[str, bytes]:
    return {str(p.relative_to(home)): p.read_bytes() for p in sorted(home.rglob("*")) if p.is_file()}


def contents(home: Path) -> tuple[Any, ...]:
    with Journal.open(home / "journal.sqlite3", read_only=True) as journal:
        return list(journal), journal.last_entries(100), journal.memories.all()


def test_it_asks_everything_and_changes_nothing(slept: Path, config: Any, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    with running(slept, config) as driver:
        loud(driver)
        driver.say("forget 3")
        before, snapshot = weights(driver), driver.engine.outbox.latest
        saved = {name: data for name, data in files(slept).items() if name.startswith("state")}
        said = driver.say("generate hello there 6 --temperature 0").text
        kept = contents(slept)
        driver.events.clear()
        done = driver.say(f"evaluate --json {report}")
        assert done.outcome is Outcome.OK, done.message
        after = weights(driver)
        assert all(torch.equal(before[name], after[name]) for name in before)
        assert contents(slept) == kept
        assert {name: data for name, data in files(slept).items() if name.startswith("state")} == saved
        latest = driver.engine.outbox.latest
        assert (latest.exposure, latest.unslept) == (snapshot.exposure, snapshot.unslept + 1)
        assert driver.say("generate hello there 6 --temperature 0").text == said
        steps = driver.of(Progress)
        assert steps and all(step.done <= step.total for step in steps)
        assert EngineState.AUDITING in {event.state for event in driver.of(StateChanged)}
        text = printed(driver)
    found = json.loads(report.read_text())
    assert found["kind"] == "memories" and found["scaffold_heard"] and found["learned"]
    assert [one["memory"] for one in found["memories"]] == list(FACTS)
    assert [one["verdict"] for one in found["memories"]].count("forgotten") == 1
    assert all(len(one["questions"]) == 3 for one in found["memories"])
    assert set(found["figures"]) == set(WAYS)
    assert found["figures"]["base"]["generic_unchanged"] == 1 and found["figures"]["base"]["perplexity_rise"] == 0
    assert found["figures"]["gate_open"]["kl"] > 0 and found["counts"]["prose_tokens"] > 0
    assert found["figures"]["as_shipped"] == found["figures"]["gate_open"], "a threshold of 0 opens the gate for all"
    assert {one["kind"] for one in found["controls"]} == {"generic", "near", "unknown"}
    assert all(set(one["answers"]) == set(WAYS) for one in found["controls"])
    for piece in ("as shipped", "Told, asked plainly", "Unrelated prompts, unchanged", "(forgotten)", *FACTS):
        assert piece in text
    assert max(map(len, text.splitlines())) <= 100


def test_behind_a_shut_gate_everything_is_the_bases_own(slept: Path, config: Any, tmp_path: Path) -> None:
    config.set("gate_threshold", 1.0)
    with running(slept, config) as driver:
        loud(driver)
        assert driver.say(f"evaluate --json {tmp_path / 'r.json'}").outcome is Outcome.OK
    found = json.loads((tmp_path / "r.json").read_text())
    figures = found["figures"]["as_shipped"]
    assert set(found["gate_opens"].values()) <= {0.0, None}
    assert figures["perplexity"] == found["figures"]["base"]["perplexity"] and figures["kl"] == 0
    assert figures["generic_unchanged"] == figures["near_unchanged"] == figures["unknown_unchanged"] == 1
    assert found["figures"]["gate_open"]["perplexity"] != figures["perplexity"]


def test_what_was_corrected_is_asked_with_its_old_value(home: Path, config: Any, tmp_path: Path) -> None:
    with running(home, config) as driver:
        learn(driver, FACTS[0])
        learn(driver, "Actually, my cat is called Mirtle.")
        assert driver.say("My dog is called Bruno.").outcome is Outcome.OK
        driver.events.clear()
        assert driver.say(f"evaluate --json {tmp_path / 'r.json'}").outcome is Outcome.OK
        assert "1 fact told, but not slept over yet" in printed(driver)
    by_verdict = {one["verdict"]: one for one in json.loads((tmp_path / "r.json").read_text())["memories"]}
    assert by_verdict.pop("superseded")["value"] == "Zorblax"
    assert [one["value"] for one in by_verdict.values()] == ["Mirtle"]


def test_it_works_in_a_home_that_is_open_read_only(slept: Path, config: Any) -> None:
    before = files(slept)
    with running(slept, config, read_only=True) as driver:
        loud(driver)
        assert driver.say("evaluate").outcome is Outcome.OK
        assert "Told, asked plainly" in printed(driver)
    assert {name: data for name, data in files(slept).items() if "journal" not in name} == {
        name: data for name, data in before.items() if "journal" not in name
    }


def test_two_evaluations_find_the_same(slept: Path, config: Any, tmp_path: Path) -> None:
    with running(slept, config) as driver:
        loud(driver)
        for name in ("one", "two"):
            assert driver.say(f"evaluate --json {tmp_path / name}").outcome is Outcome.OK
    one, two = (json.loads((tmp_path / name).read_text()) for name in ("one", "two"))
    del one["seconds"], two["seconds"]
    assert one == two


def test_chat_is_answered_in_between_and_stopping_writes_nothing(
    slept: Path, config: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(asking, "AT_ONCE", 1)
    with running(slept, config) as driver:
        loud(driver)
        driver.events.clear()
        with driver.paced(Progress) as step:
            number = driver.engine.submit(f"evaluate --json {tmp_path / 'r.json'}")
            step(3)
            greeting = driver.engine.submit("hello there")
            step()
            answer = driver.done(greeting)
            assert answer is not None and answer.outcome is Outcome.OK
            driver.engine.stop(number)
        assert driver.wait(number).outcome is Outcome.STOPPED
        assert "Evaluation stopped" in printed(driver) and not (tmp_path / "r.json").exists()
        assert driver.engine.outbox.latest.state is EngineState.AWAKE


def test_weights_that_change_in_between_end_it(slept: Path, config: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "AT_ONCE", 1)
    generate = Lifeform.generate

    def changing(life: Lifeform, *args: Any) -> Any:
        with torch.no_grad():
            next(iter(life.composed.scaffold.adapters().values())).add_(1.0)
        return generate(life, *args)

    with running(slept, config) as driver:
        loud(driver)
        driver.events.clear()
        monkeypatch.setattr(Lifeform, "generate", changing)
        with driver.paced(Progress) as step:
            number = driver.engine.submit("evaluate")
            step(3)
            driver.engine.submit("generate hello 2")
        done = driver.wait(number)
        assert done.outcome is Outcome.REFUSED and "changed in between" in done.message


def test_what_cannot_be_evaluated_gets_one_clear_line(
    home: Path, config: Any, tiny_folders: dict[str, Path], tmp_path: Path
) -> None:
    with running(home, config) as driver:
        done = driver.say("evaluate")
        assert done.outcome is Outcome.REFUSED and "Nothing was learned yet" in done.message
    config.set("enable_lora_adapters", False)
    with running(home, config) as driver:
        done = driver.say("evaluate")
        assert done.outcome is Outcome.REFUSED and "enable_lora_adapters is off" in done.message


def test_two_different_models_are_evaluated_alike(
    home: Path, config: Any, tiny_folders: dict[str, Path], tmp_path: Path
) -> None:
    config.set("scaffold_model_name", str(tiny_folders["other"]))
    with running(home, config) as driver:
        learn(driver, FACTS[0])
        loud(driver)
        before = weights(driver)
        assert driver.say(f"evaluate --json {tmp_path / 'report.json'}").outcome is Outcome.OK
        assert all(torch.equal(before[name], tensor) for name, tensor in weights(driver).items())
    found = json.loads((tmp_path / "report.json").read_text())
    assert found["learned"] and found["scaffold_heard"] and [one["memory"] for one in found["memories"]] == [FACTS[0]]
    assert found["figures"]["base"]["kl"] == 0 and found["figures"]["gate_open"]["kl"] > 0


def test_where_a_report_cannot_go_is_said_before_anything_is_asked(slept: Path, config: Any, tmp_path: Path) -> None:
    there = tmp_path / "there.json"
    there.write_text("mine")
    with running(slept, config) as driver:
        loud(driver)
        driver.events.clear()
        for path, why in (
            (tmp_path, "is a folder"),
            (tmp_path / "none" / "r.json", "There is no folder"),
            (there, "exists already"),
            (slept / "journal.sqlite3", "of the lifeform's own"),
        ):
            done = driver.say(f"evaluate --force --json {path}" if path != there else f"evaluate --json {path}")
            assert done.outcome is Outcome.REFUSED and why in done.message
        assert not driver.of(Progress) and there.read_text() == "mine"
        assert driver.say(f"evaluate --force --json {there}").outcome is Outcome.OK
    assert json.loads(there.read_text())["kind"] == "memories"
    assert not list(tmp_path.glob(".evaluation-*"))


# -- a file of the user's own ------------------------------------------------------------------------------------------

TEACH = {
    "question": "What is my cat called?",
    "answers": ["Zorblax"],
    "paraphrases_dev": ["My cat has which name?"],
    "paraphrases_test": ["How do I call my cat?"],
    "near_miss": "What is my dog called?",
    "unknown": "What is my horse called?",
}


def test_a_file_of_ones_own(slept: Path, config: Any, tmp_path: Path) -> None:
    file = tmp_path / "mine.jsonl"
    rows = [json.dumps(TEACH), "{", "", json.dumps({"prompt": "Say hello.", "response": "Hello there."}), "[]"]
    file.write_text("\n".join(rows))
    with running(slept, config) as driver:
        loud(driver)
        kept = contents(slept)
        driver.events.clear()
        done = driver.say(f"evaluate {file} --json {tmp_path / 'r.json'}")
        assert done.outcome is Outcome.OK, done.message
        assert contents(slept) == kept
        text = printed(driver)
    assert "2 rows, 6 prompts." in text and "2 lines malformed" in text and "line 5: not a JSON object" in text
    found = json.loads((tmp_path / "r.json").read_text())
    assert [one["kind"] for one in found["asked"]] == [
        "question", "paraphrase", "paraphrase", "near_miss", "unknown", "response",
    ]  # fmt: skip
    assert found["asked"][3]["right"] is None and set(found["asked"][0]["right"]) == set(WAYS)
    assert 0 <= found["figures"]["base"]["right"] <= 1 and found["figures"]["base"]["near_unchanged"] == 1


def test_a_file_needs_no_memories(home: Path, config: Any, tmp_path: Path) -> None:
    (tmp_path / "mine.jsonl").write_text(json.dumps(TEACH))
    with running(home, config) as driver:
        assert driver.say(f"evaluate {tmp_path / 'mine.jsonl'}").outcome is Outcome.OK
        assert "The scaffold is silent (it has learned nothing yet)" in printed(driver)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "There is no file"),
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"{}", "has neither `question` nor `prompt`"),
        (b'{"question": "a"}', "has no `answers`"),
        (b'{"question": "a", "answers": []}', "has no `answers`"),
        (b'{"question": 3, "answers": ["a"]}', "`question` is not a text"),
        (b'{"prompt": "a"}', "has no `response`"),
        (b'{"prompt": " ", "response": "b"}', "`prompt` is empty"),
        (b'{"prompt": "' + b"a" * 5000 + b'", "response": "b"}', "longer than 4000 characters"),
        (b'{"question": "a", "answers": ["b"], "unknown": [1]}', "`unknown` is not a text"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_a_file_with_nothing_to_ask_gets_one_clear_line(tmp_path: Path, content: bytes | None, why: str) -> None:
    file = tmp_path / "mine.jsonl"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(QuestionsError) as raised:
        read_questions(file, lambda *_: None)
    assert why in str(raised.value) and "\n" not in str(raised.value)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(QuestionsError, match="is a folder"):
        read_questions(tmp_path, lambda *_: None)


def test_a_long_file_is_capped_and_all_malformed_lines_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_questions, "MOST_ROWS", 10)
    file = tmp_path / "mine.jsonl"
    good = '{"prompt": "a", "response": "b"}\n'
    file.write_text("nonsense\n" * 7 + good * 12)
    found = read_questions(file, lambda *_: None)
    assert (found.rows, len(found.questions), found.malformed, len(found.problems)) == (10, 10, 7, 5)
    assert found.capped
    file.write_text(good * 10)
    assert not read_questions(file, lambda *_: None).capped


def test_what_does_not_fit_is_counted_like_a_malformed_line(home: Path, config: Any, tmp_path: Path) -> None:
    file = tmp_path / "mine.jsonl"
    lines = [{"prompt": "a b " * 900, "response": "c"}, {"prompt": "a", "response": "word " * 200}]
    file.write_text("\n".join(map(json.dumps, lines)))
    with running(home, config) as driver:
        done = driver.say(f"evaluate {file}")
        assert done.outcome is Outcome.REFUSED and "no row that fits" in done.message
        file.write_text("\n".join(map(json.dumps, [*lines, TEACH])))
        assert driver.say(f"evaluate {file}").outcome is Outcome.OK
        assert "leaves no room" in printed(driver) and "longer than 96 tokens" in printed(driver)


@pytest.mark.parametrize(
    ("kind", "answers", "said", "right"),
    [
        ("question", ("Corvic", "Corvic sea"), "Into the Corvic sea.", True),
        ("question", ("Corvic",), "I do not know. Perhaps the Corvic.", False),
        ("response", ("Your cat is called Zorblax.",), "The cat? It is called zorblax!", True),
        ("response", ("Your cat is called Zorblax.",), "It is called Zorblax.", False),
        ("response", ("No.",), "No, never.", True),
        ("response", ("...",), "Anything", False),
    ],
)
def test_when_an_answer_is_right(kind: Any, answers: tuple[str, ...], said: str, right: bool) -> None:
    assert OwnQuestion(1, kind, "?", answers).right(said) is right


# -- figures -----------------------------------------------------------------------------------------------------------


def reply(text: str, confidence: float = 0.5) -> Reply:
    return Reply(text, tuple(text.encode()), confidence, 0.0)


def heard(base: str, opened: str, is_open: bool, confidence: float = 0.5) -> Heard:
    return Heard(reply(base), reply(opened, confidence), is_open)


def memory(id: int, verdict: Verdict) -> Memory:
    return Memory(id, id, f"memory {id}", str(id), verdict, 0.0, 1, 0.0, ())


def test_figures_follow_from_the_answers() -> None:
    found = Evaluation(
        {},
        memories=[
            MemoryHeard(
                memory(1, Verdict.LEARNED),
                "Mirtle",
                ("a", "b", "c"),
                (
                    heard("Tom.", "Mirtle.", True, 0.9),
                    heard("Tom.", "Mirtle.", False),
                    heard("Tom.", "Zed.", True, 0.1),
                ),
            ),
            MemoryHeard(memory(2, Verdict.FORGOTTEN), "Graz", ("a",), (heard("Oslo.", "In Graz.", True),)),
        ],
        controls=[
            ControlHeard("generic", "Hello?", heard("Hi.", "Hi.", True)),
            ControlHeard("near", "My dog?", heard("Rex.", "Mirtle.", True)),
            ControlHeard("near", "Is my dog called Mirtle?", heard("No.", "Mirtle.", True)),
            ControlHeard("unknown", "My horse?", heard("Rex.", "Mirtle.", False)),
        ],
        prose=Drift(2, {"base": 2.0, "as_shipped": 2.0, "gate_open": 4.0}),
    )
    shipped, opened, base = found.figures("as_shipped"), found.figures("gate_open"), found.figures("base")
    assert (shipped["plain"], shipped["other_words"], shipped["still_said"]) == (1.0, 0.0, 1.0)
    assert (opened["plain"], opened["other_words"], base["plain"], base["still_said"]) == (1.0, 0.5, 0.0, 0.0)
    assert (shipped["near_unchanged"], shipped["unknown_unchanged"], shipped["generic_unchanged"]) == (0.0, 1.0, 1.0)
    assert (shipped["bleed"], opened["bleed"], base["bleed"]) == (0.25, 0.5, 0.0)
    assert opened["perplexity_rise"] == pytest.approx(2.71828 - 1, abs=1e-4) and shipped["perplexity_rise"] == 0
    assert shipped["kl"] is None, "nothing was scored"
    assert (shipped["confidence_right"], shipped["confidence_wrong"]) == (0.9, pytest.approx(0.3))
    assert found.opened == {"told": pytest.approx(2 / 3), "gone": 1.0, "generic": 1.0, "near": 1.0, "unknown": 0.0}
    assert [one.good for one in found.memories] == [False, False]


@pytest.mark.parametrize(
    ("base", "said", "newer", "good"),
    [
        ("Oslo.", "Oslo.", (), True),
        ("Oslo.", "In Vance.", (), False),
        ("Vance.", "Vance.", (), True),  # the base says so of its own accord
        ("Oslo.", "In Port Vance.", ("Port Vance",), True),
        ("Oslo.", "I do not know. It was Vance once.", ("Port Vance",), False),
    ],
)
def test_what_is_gone_must_not_be_said(base: str, said: str, newer: tuple[str, ...], good: bool) -> None:
    one = MemoryHeard(memory(1, Verdict.SUPERSEDED), "Vance", ("a",), (heard(base, said, True),), newer)
    assert one.good is good


def test_a_scaffold_that_is_not_heard_never_opens() -> None:
    assert not Hearing(False, None).opens(1.0)
    assert Hearing(True, None).opens(0.0), "a gate that knows nothing is open"
    assert Hearing(True, 0.5).opens(0.5) and not Hearing(True, 0.5).opens(0.49)


@pytest.mark.parametrize("text", FACTS)
def test_the_other_questions_were_never_trained_on_word_for_word(text: str) -> None:
    (fact,) = facts_in(text).facts
    asked = questions_for(fact, [fact])
    assert asked == questions_for(fact, [fact]) and len(set(asked)) == 3
    trained = {row.prompt for seed in range(40) for row in rows_for(fact, random.Random(seed))}
    assert asked[0] in trained and not trained & set(asked[1:])
    assert not any(fact.value.casefold() in question.casefold() for question in asked)
