"""The controls whose nights differ, with a tiny lifeform: plain LoRA inside the base, and somebody else's dreams."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from driving import tiny_config
from peft import get_peft_model, set_peft_model_state_dict
from short_nights import shorten_nights

from bench.learning_asking import LifeAsker, Question
from bench.learning_base import ask_job, question_json
from bench.learning_make_facts import make_facts
from bench.learning_other_dreams import lessons_beside, strangers
from bench.learning_plain_lora import PlainLearner, PlainLlamaLearner, ask_plain_lora
from bench.learning_protocol import make_home
from bench.learning_worker import ask, day
from engine.composition.bridge import Influence
from engine.composition.prompt import Prompt
from engine.home import Home
from engine.learning import sleep as nights
from engine.learning.curriculum import Lesson
from engine.learning.dreaming import DreamQuestion
from engine.learning.learner import Learner
from engine.learning.learners import learner_for
from engine.lifeform import Lifeform
from engine.memory.journal import Journal

TOLD = ("My cat is called Zorblax.", "My sister Noor lives in Graz.")
QUESTION = Question("Which sea does the river Velmora flow into?")


@pytest.fixture
def life(tiny_folders: dict[str, Path], tmp_path: Path) -> Iterator[Lifeform]:
    """A lifeform whose adapters say something or other, at full weight."""
    with Home(tmp_path / "home").open() as home:
        settings = {"cpu_threads": 1, "gate_threshold": 0.0, "cross_attn_layers": [2, 3, 4, 5]}
        life = Lifeform(home, tiny_config(tiny_folders["llama"], **settings))
        life.awaken(lambda *_: None)
        chance = torch.Generator().manual_seed(0)
        adapters = life.composed.scaffold.adapters()
        life.composed.scaffold.set_adapters(
            {name: torch.randn(t.shape, generator=chance) * 0.15 for name, t in adapters.items()}
        )
        life.composed.gate.trained = True
        life.pin_weight(0.9)
        yield life
        life.close()


def plainly(life: Lifeform, prompt: Prompt, answer: list[int]) -> torch.Tensor:
    """Logits for ``answer`` of an ordinary PEFT model with the same adapters, told by nothing of this project."""
    base, scaffold = life.composed.base, life.composed.scaffold
    peft = get_peft_model(copy.deepcopy(base.model), copy.deepcopy(scaffold.peft.peft_config["default"]))
    set_peft_model_state_dict(peft, scaffold.adapters())
    preamble, rest = prompt.ids[: prompt.preamble], [*prompt.ids[prompt.preamble :], *answer[:-1]]
    with torch.no_grad():
        with peft.disable_adapter():
            cache = peft(input_ids=torch.tensor([preamble]), use_cache=True).past_key_values
        logits = peft(input_ids=torch.tensor([rest]), past_key_values=cache).logits[0]
    return logits[-len(answer) :]


def far_from(expected: torch.Tensor, found: torch.Tensor) -> float:
    """How far, relative to what was expected."""
    return float((found - expected).norm() / expected.norm())


# -- plain LoRA --------------------------------------------------------------------------------------------------------


def test_plain_lora_answers_as_an_ordinary_lora_model_does(life: Lifeform) -> None:
    through_the_bridge = LifeAsker(life, ()).ask(QUESTION, "shipped")
    asker = ask_plain_lora(life, ())
    heard = asker.ask(QUESTION, "shipped")
    prompt = asker.prompt(QUESTION.text)
    expected = plainly(life, prompt, heard.ids)
    assert expected.argmax(-1).tolist() == heard.ids
    assert far_from(expected, asker.logits(prompt, heard.ids, "shipped")) < 1e-4
    assert heard.weight > 0
    assert heard.recognition == through_the_bridge.recognition
    assert heard.ids != through_the_bridge.ids


def test_after_small_talk_plain_lora_answers_the_newest_message_alone(life: Lifeform) -> None:
    asker = ask_plain_lora(life, ())
    after = asker.ask(Question(QUESTION.text, after=("Hello!", "It rains.")), "shipped")
    assert after.weight > 0 and after.ids == asker.ask(QUESTION, "shipped").ids


def test_with_the_gate_shut_or_at_weight_0_plain_lora_is_the_bare_base(life: Lifeform) -> None:
    asker = ask_plain_lora(life, ())
    prompt, base = asker.prompt(QUESTION.text), asker.ask(QUESTION, "base")
    life.set_config("core_config.gate_threshold", 1.0)
    assert asker.ask(QUESTION, "shipped").ids == base.ids
    assert asker.ask(QUESTION, "gate off").ids != base.ids
    bare = asker.logits(prompt, base.ids, "base")
    life.composed.scaffold.learned = False
    assert torch.equal(bare, asker.logits(prompt, base.ids, "gate off"))


@pytest.mark.parametrize("make", [PlainLearner, PlainLlamaLearner])
def test_plain_lora_is_trained_as_it_answers_and_with_as_many_parameters(life: Lifeform, make: type[Learner]) -> None:
    prompt = LifeAsker(life, ()).prompt(QUESTION.text)
    preamble, rest, answer = prompt.ids[: prompt.preamble], prompt.ids[prompt.preamble :], [60, 70, 80, 90, 2]
    learner = make(life.composed, life.influence(), preamble)
    usual = learner_for(life.composed, Influence(1.0), preamble)
    assert {id(p) for p in learner.parameters} == {id(p) for p in usual.parameters}
    expected = plainly(life, prompt, answer)
    far, near = (far_from(expected, predicted(one, rest, answer)) for one in (usual, learner))
    assert near < 0.1 < far
    replies = learner.answers([rest, rest[:-4], rest], 8, lambda: None, influence=True)
    assert replies[0] == replies[2]
    said = plainly(life, prompt, list(replies[0].ids))
    chosen = said.gather(1, torch.tensor(replies[0].ids)[:, None])[:, 0]
    assert bool((said.max(-1).values - chosen < 0.05 * said.std()).all()), "but for half precision, the likeliest"
    bare = learner.answers([rest], 8, lambda: None, influence=False)
    assert learner.answers([rest], 8, lambda: None, influence=True, threshold=1.1)[0].ids == bare[0].ids


@pytest.mark.parametrize("make", [PlainLearner, PlainLlamaLearner])
def test_the_answers_tokens_teach_every_adapter(life: Lifeform, make: type[Learner]) -> None:
    prompt = LifeAsker(life, ()).prompt(QUESTION.text)
    preamble, rest = prompt.ids[: prompt.preamble], prompt.ids[prompt.preamble :]
    learner = make(life.composed, life.influence(), preamble)
    for parameter in learner.parameters:
        parameter.requires_grad_(True)
    rows = learner.prepare([(rest, [60, 70, 2], True), (rest[2:], [80, 2], True)], lambda: None)
    _, real, cache = learner.read(rows)
    learner.predict(rows, real, cache).square().sum().backward()
    assert all(p.grad is not None and bool(p.grad.any()) for p in learner.parameters)


@torch.no_grad()
def predicted(learner: Learner, prompt: list[int], answer: list[int]) -> torch.Tensor:
    """Logits for ``answer`` as training computes them."""
    rows = learner.prepare([(prompt, answer, True)], lambda: None)
    _, real, cache = learner.read(rows)
    return learner.predict(rows, real, cache)


# -- whole nights ------------------------------------------------------------------------------------------------------


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> list[list[Any]]:
    """Short nights that keep what they learn and dream three questions of every memory; the rows of each."""
    shorten_nights(monkeypatch)
    monkeypatch.setattr(nights._Night, "_objection", lambda *_: "")
    trained: list[list[Any]] = []
    real = nights.train

    def noting(learner: Any, told: Any, *rest: Any, **more: Any) -> Any:
        tokenizer = learner.composition.base.tokenizer
        trained.append([type(learner), *(tokenizer.decode([*row.prompt, *row.answer]) for row in told)])
        return real(learner, told, *rest, **more)

    def asked(_learner: Any, memories: Any, *_: Any) -> list[DreamQuestion]:
        return [DreamQuestion(m, f"Dreamt {n} of {m.text}?", m.value, kept=True) for m in memories for n in "abc"]

    monkeypatch.setattr(nights, "train", noting)
    monkeypatch.setattr(nights, "questions", asked)
    return trained


def live(folder: Path, tiny: Path, control: str, lines: tuple[str, ...] = TOLD, **settings: Any) -> dict[str, Any]:
    home = folder if folder.exists() else make_home(
        folder,
        {
            "base_model_name": str(tiny), "scaffold_model_name": str(tiny), "cpu_threads": 1, "max_new_tokens": 3,
            "enable_gestation": False, "context_length": 1024, "sleep_quiet_seconds": 0.0, **settings,
        },
    )  # fmt: skip
    job = {"stage": "day", "home": str(home), "control": control, "lines": lines, "sleep": True, "facts": [], "seed": 0}
    return day(job)


def test_a_life_with_plain_lora_learns_saves_and_is_asked_as_one(
    tiny_folders: dict[str, Path], tmp_path: Path, short: list[list[Any]]
) -> None:
    home = tmp_path / "plain"
    lived = live(home, tiny_folders["llama"], "plain-lora", learning_rate=0.05)
    assert short[0][0] is PlainLlamaLearner
    assert nights.learner_for is learner_for
    assert lived["before"] != lived["after"]
    assert lived["sleep_events"][0]["scale"] == 1.0
    question = question_json(QUESTION, ["gate off", "base"])
    inside, outside = (
        ask(ask_job(home, "asking", [question], learned=True, control=control))["answers"][0]
        for control in ("plain-lora", "sovl")
    )
    assert inside["base"] == outside["base"]
    assert inside["gate off"]["recognition"] == outside["gate off"]["recognition"]
    assert inside["gate off"]["confidence"] != outside["gate off"]["confidence"]


def test_somebody_elses_dreams_take_the_place_of_its_own(
    tiny_folders: dict[str, Path], tmp_path: Path, short: list[list[Any]]
) -> None:
    tiny = tiny_folders["llama"]
    lives = {name: live(tmp_path / name, tiny, name) for name in ("sovl", "others-dreams")}
    own, others = ([row for row in rows[1:] if "Dreamt" in row] for rows in short)
    ruled = [sorted(row for row in rows[1:] if "Dreamt" not in row) for rows in short]
    assert ruled[0] == ruled[1]
    assert len(own) == len(others) == 3 * len(TOLD)
    assert all("Zorblax" in row or "Graz" in row for row in own)
    assert not any("Zorblax" in row or "Graz" in row for row in others)
    steps = {lived["sleep_events"][0]["steps"] for lived in lives.values()}
    assert len(steps) == 1
    with Journal.open(tmp_path / "others-dreams" / "journal.sqlite3", read_only=True) as journal:
        memories = journal.memories.all()
    assert [memory.text for memory in memories] == list(TOLD)
    assert all(memory.sleeps == 1 and not memory.questions for memory in memories)
    assert list(lives["others-dreams"]["sleep_events"][0]["verdicts"]) == ["1", "2"]
    assert "dreaming" in lives["others-dreams"]["phase_seconds"]


@pytest.mark.slow
def test_every_night_has_other_strangers(tiny_folders: dict[str, Path], tmp_path: Path, short: list[list[Any]]) -> None:
    for lines in (TOLD[:1], TOLD[1:]):
        live(tmp_path / "life", tiny_folders["llama"], "others-dreams", lines)
    first, second = ({row for row in rows[1:] if "Dreamt" in row} for rows in short)
    assert len(first) == len(second) == 3
    assert not first & second


def test_strangers_say_nothing_about_what_is_taught() -> None:
    facts = make_facts(60, seed=0)
    others = strangers(facts, 20, seed=0)
    assert len(others) == 20
    assert not {fact.question for fact in others} & {fact.question for fact in facts}
    assert not {answer for fact in others for answer in fact.answers} & {a for fact in facts for a in fact.answers}
    assert others == strangers(facts, 25, seed=0)[:20] != strangers(facts, 20, seed=1)


def test_somebody_elses_lessons_are_as_many_and_no_ones_here() -> None:
    own = [Lesson(n, "", "", "", (), (), old=n > 2) for n in (1, 2, 3)]
    lessons = lessons_beside(own, [], seed=0)
    assert [(lesson.memory_id, lesson.old) for lesson in lessons] == [(-1, False), (-2, False), (-3, True)]
    assert all(lesson.rows for lesson in lessons)
    earlier = lessons_beside(own[:1], [], seed=0)
    assert earlier[0].text == lessons[2].text, "what was new then is old now"
