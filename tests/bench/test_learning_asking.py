"""Asking a real, tiny lifeform: nothing in it changes, nothing leaks, and the modes are what they say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from driving import tiny_config

from bench.learning_asking import MODES, LifeAsker, Question
from bench.learning_drift import SCORED_TOKENS, held_out_prose, measure, passages
from bench.learning_failure import BenchError
from bench.learning_telling import weight_files
from bench.learning_worker import _digest
from engine.composition.composition import Utterance
from engine.home import Home
from engine.lifeform import Lifeform

TAUGHT = ("Zorblax",)
HELLO = Question("hello cat")


@pytest.fixture
def life(tiny_folders: dict[str, Path], tmp_path: Path) -> Iterator[Lifeform]:
    """A lifeform that has learned something or other, opened read-only; its gate is shut for most prompts."""
    with Home(tmp_path / "home").open() as home:
        config = tiny_config(tiny_folders["llama"], cpu_threads=1)
        config.save(home.config_path)
        born = Lifeform(home, config)
        born.awaken(lambda *_: None)
        _teach(born)
        born.composed.memory.interaction([3, 4, 5], 0.9, 0.95)
        born.save()
        born.close()
    opened = Home(tmp_path / "home").open(read_only=True)
    everything = {"example_exchanges": 0, "history_exchanges": 100}
    life = Lifeform(opened, tiny_config(tiny_folders["llama"], cpu_threads=1, gate_threshold=1.0, **everything))
    life.awaken(lambda *_: None)
    assert life.warnings == []
    yield life
    life.close()


def _teach(life: Lifeform) -> None:
    scaffold = life.composed.scaffold
    chance = torch.Generator().manual_seed(0)
    scaffold.set_adapters(
        {name: torch.randn(t.shape, generator=chance) * 0.3 for name, t in scaffold.adapters().items()}
    )
    life.composed.gate.trained = True
    life.pin_weight(0.9)


def test_the_modes(life: Lifeform) -> None:
    asker = LifeAsker(life, TAUGHT)
    base, shipped, off = (asker.ask(HELLO, mode) for mode in MODES)
    assert base.weight == shipped.weight == 0.0
    assert base.recognition is None
    assert shipped.recognition is not None
    assert shipped.recognition < 1.0
    assert shipped.ids == base.ids
    assert off.weight > 0.5
    assert off.recognition == shipped.recognition
    assert off.ids != base.ids


def test_a_slip_of_a_taught_answer_gives_it_away_as_the_answer_does(
    life: Lifeform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(life.slips, "mended", lambda text, *_: text.replace("Zorblx", "Zorblax"))
    with pytest.raises(BenchError, match="Zorblax"):
        LifeAsker(life, TAUGHT).ask(Question("hello Zorblx"), "shipped")


def test_an_answer_is_greedy_short_and_always_the_same(life: Lifeform) -> None:
    asker = LifeAsker(life, TAUGHT)
    once = asker.ask(HELLO, "gate off")
    asker.ask(Question("what is the sea"), "gate off")
    assert asker.ask(HELLO, "gate off") == once
    assert 0 < len(once.ids) <= 24
    assert once.confidence is not None
    assert set(once.other_confidences) == {"geometric", "least", "first", "margin"}
    assert 0 < once.other_confidences["least"] <= once.other_confidences["geometric"] <= once.confidence + 1e-6


@pytest.mark.parametrize("after", [(), ("meow",)], ids=["asked first", "after other talk"])
@pytest.mark.parametrize("mode", MODES)
def test_a_guess_changes_nothing_but_the_time(
    life: Lifeform, mode: str, after: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    asker = LifeAsker(life, TAUGHT)
    hello = Question(HELLO.text, after)
    alone = asker.ask(hello, mode)  # type: ignore[arg-type]
    ids, bad = alone.ids, [5] * 24
    read = []
    real = Utterance.logits
    monkeypatch.setattr(Utterance, "logits", lambda self, token: read.append(token) or real(self, token))
    for guess, steps in ((ids, 0), (ids[:10], 14), ([*ids[:10], *bad[:14]], 13), (bad, 23), ([*ids, *bad], 0)):
        read.clear()
        heard = asker.ask(hello, mode, guess)  # type: ignore[arg-type]
        assert heard.ids == ids
        assert heard.confidence == pytest.approx(alone.confidence, abs=1e-5)
        assert len(read) == steps
        asker.ask(Question("what is the sea"), mode)  # type: ignore[arg-type]


def test_guesses_are_made_in_batches_and_are_good_ones(life: Lifeform) -> None:
    life.set_memory(token_map=False)  # batches know nothing of single tokens' multipliers
    asker = LifeAsker(life, TAUGHT)
    questions = [HELLO, Question("what is the sea"), Question("where?", after=("hello",)), Question("is it a dog")]
    before = life.journal.count(), weight_files(life.home.path)
    for influence, mode in ((False, "base"), (True, "gate off")):
        made = asker.guesses(questions, influence=influence)
        assert made[2].ids == ()
        for question, guess in zip(questions, made, strict=True):
            if not question.after:
                logits = asker.logits(asker.prompt(question.text), guess.ids[:1], mode)[0]  # type: ignore[arg-type]
                # Half precision moves random weights' logits by as much; a guess by chance would lie far lower.
                assert logits.max() - logits[guess.ids[0]] < logits.std()
                assert not guess.opens, "the gate is shut for all"
    assert (life.journal.count(), weight_files(life.home.path)) == before


def test_what_was_asked_before_makes_no_difference_to_a_single_bit(life: Lifeform) -> None:
    asker = LifeAsker(life, TAUGHT)
    prompt, ids = asker.prompt(HELLO.text), asker.ask(HELLO, "base").ids
    once = {mode: asker.logits(prompt, ids, mode) for mode in MODES}
    asker.ask(Question("hello cat and dog"), "gate off", ids)
    asker.ask(HELLO, "shipped", ids)
    assert all(torch.equal(asker.logits(prompt, ids, mode), once[mode]) for mode in reversed(MODES))


def test_asking_changes_nothing(life: Lifeform) -> None:
    asker = LifeAsker(life, TAUGHT)
    home = life.home.path
    files, weights = _digest(home), weight_files(home)
    mind = (life.confidence.to_dict(), life.temperament.to_dict(), life.composed.memory.to_dict(), life.pinned_weight)
    threshold = life.config.core_config.gate_threshold
    for mode in MODES:
        asker.ask(HELLO, mode)
        asker.ask(Question("where is it", after=("hello", "good night")), mode)
    assert (
        life.confidence.to_dict(),
        life.temperament.to_dict(),
        life.composed.memory.to_dict(),
        life.pinned_weight,
    ) == mind
    assert life.config.core_config.gate_threshold == threshold
    assert len(weights) == 2
    assert (_digest(home), weight_files(home)) == (files, weights)
    assert life.journal.count() == 0


def test_a_taught_answer_in_the_prompt_voids_the_measurement(life: Lifeform) -> None:
    asker = LifeAsker(life, TAUGHT)
    with pytest.raises(BenchError, match="contains the taught answer 'Zorblax'") as caught:
        asker.ask(Question("is it ZORBLAX?"), "base")
    assert caught.value.status == 1
    assert asker.ask(Question("is it Zorblax?", guarded=False), "base").ids


def test_a_taught_answer_in_what_was_said_before_voids_it_too(life: Lifeform) -> None:
    with pytest.raises(BenchError, match="contains the taught answer"):
        LifeAsker(life, TAUGHT).ask(Question("what is it?", after=("my cat Zorblax",)), "base")


def test_small_talk_before_is_part_of_the_prompt(life: Lifeform) -> None:
    asker = LifeAsker(life, TAUGHT)
    alone = asker.ask(Question("where is my cat"), "base")
    after = asker.ask(Question("where is my cat", after=("hello the sea", "good morning")), "base")
    assert "good morning" in asker._ear.prompt_text
    assert asker._ear.prompt_text.count("<|im_start|>assistant") == 3
    assert alone.ids != after.ids
    assert asker.ask(Question("where is my cat", after=("hello the sea", "good morning")), "base") == after


@pytest.mark.parametrize("mode", MODES)
def test_scoring_a_given_answer_agrees_with_giving_it(life: Lifeform, mode: str) -> None:
    asker = LifeAsker(life, TAUGHT)
    answer = asker.ask(HELLO, mode)  # type: ignore[arg-type]
    logits = asker.logits(asker.prompt(HELLO.text), answer.ids, mode)  # type: ignore[arg-type]
    assert logits.argmax(-1).tolist() == answer.ids


def test_drift_is_nothing_where_the_scaffold_is_silent(life: Lifeform) -> None:
    asker = LifeAsker(life, TAUGHT)
    texts = passages(asker.tokenizer, 2)
    assert [len(ids) for _, ids in texts] == [SCORED_TOKENS] * 2
    drifts = measure(asker, texts, ["shipped", "gate off"])
    shipped, off = drifts["shipped"], drifts["gate off"]
    assert shipped.tokens == off.tokens == 2 * SCORED_TOKENS
    assert (shipped.nats, shipped.divergence) == (shipped.base_nats, 0.0)
    assert off.base_nats == shipped.base_nats
    assert off.divergence > 0.1
    assert off.nats != off.base_nats


def test_held_out_text_is_prose_enough() -> None:
    prose = held_out_prose()
    assert len(prose.split()) > 20_000
    assert "::=" not in prose
    assert ">>>" not in prose
