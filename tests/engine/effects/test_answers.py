"""Settings of answers: how words are drawn, how many, and from how much of a conversation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from effects import effect_of
from lives import Ear, mouth

from engine import Engine, interaction
from engine.api import Passage
from engine.composition.decoder import Sampling
from engine.composition.prompt import Turn
from engine.interaction import prompt_of
from engine.lifeform import Lifeform
from engine.speech.glitch import glitch

FREELY = {"base_temperature": 1.5, "top_k": 0, "top_p": 1.0, "min_p": 0.0}


@pytest.fixture(autouse=True)
def threads_as_they_were() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def first_words(life: Lifeform, draws: int = 30) -> int:
    """How many different tokens so many answers begin with."""
    return len({life.generate(Ear(), "hello", 1).text for _ in range(draws)})


def tokens_of_a_loop(life: Lifeform) -> int:
    """Length of an answer that never ends, always takes the likeliest token, and so goes round and round."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(life.composed.base, "end_ids", frozenset())
        return life.generate(Ear(), "hello", temperature=0.0).stats.tokens


@effect_of("base_temperature", 0.5, 1.5, given={"top_k": 0, "top_p": 1.0, "min_p": 0.0})
def test_heat_makes_words_differ(life: Lifeform) -> int:
    return first_words(life)


@effect_of("top_k", 1, 3, 100, given=FREELY)
def test_words_are_drawn_from_so_many(life: Lifeform) -> int:
    found = first_words(life)
    assert found <= life.config.controls_config.top_k
    return found


@effect_of("top_p", 0.01, 0.5, 1.0, given=FREELY)
def test_words_are_drawn_from_the_likeliest_share(life: Lifeform) -> int:
    return first_words(life)


@effect_of("min_p", 0.0, 0.4, 1.0, given=FREELY)
def test_words_far_less_likely_than_the_likeliest_are_left_out(life: Lifeform) -> int:
    return first_words(life)


@effect_of("temp_mood_influence", 0.0, 0.5, 1.0)
def test_mood_moves_the_sampling_temperature(life: Lifeform) -> float:
    taken: list[Sampling] = []
    life.temperament.swing_to(1.0, life._temper)
    with pytest.MonkeyPatch.context() as patch:
        real = interaction.speak_to
        patch.setattr(interaction, "speak_to", lambda *a, **k: taken.append(a[4]) or real(*a, **k))
        life.generate(Ear(), "hello", 1)
    return abs(taken[0].temperature - life.config.controls_config.base_temperature)


@effect_of("max_new_tokens", 4, 8, 16, given={"enable_repetition_check": False}, seen=[4, 8, 16])
def test_an_answer_is_no_longer_than_its_budget(life: Lifeform) -> int:
    return tokens_of_a_loop(life)


@effect_of("enable_repetition_check", False, True, given={"max_new_tokens": 100})
def test_an_answer_that_repeats_itself_ends(life: Lifeform) -> int:
    return tokens_of_a_loop(life)


@effect_of(
    "dry_multiplier",
    0.0,
    5.0,
    given={"enable_repetition_check": False, "top_k": 1, "max_new_tokens": 80},
)
def test_it_does_not_go_on_as_it_did(life: Lifeform) -> int:
    """How many stretches of eight tokens of an answer that goes round and round it has said before."""
    said: list[int] = []
    with pytest.MonkeyPatch.context() as patch:
        real = interaction.speak_to
        patch.setattr(life.composed.base, "end_ids", frozenset())
        patch.setattr(interaction, "speak_to", lambda *a, **k: (spoken := real(*a, **k), said.extend(spoken[0].ids))[0])
        life.generate(Ear(), "hello")
    stretches = [tuple(said[at : at + 8]) for at in range(len(said) - 8)]
    return len(stretches) - len(set(stretches))


ALL_OF_IT = {"example_exchanges": 0, "history_exchanges": 1000}


@effect_of("context_length", 128, 256, 512, given=ALL_OF_IT)
def test_more_of_a_conversation_is_read(life: Lifeform) -> int:
    life.conversation.turns = [Turn(role, f"hello number {n}") for n in range(20) for role in ("user", "assistant")]
    stats = life.chat(Ear(patience=0), "and now?").stats
    assert stats.prompt_tokens <= life.config.controls_config.context_length
    return stats.prompt_tokens


@effect_of("history_exchanges", 0, 2, 5, given={"example_exchanges": 0})
def test_so_many_exchanges_are_taken_up(life: Lifeform) -> int:
    life.conversation.turns = [Turn(role, f"hello number {n}") for n in range(20) for role in ("user", "assistant")]
    return life.chat(Ear(patience=0), "and now?").stats.prompt_tokens


@effect_of("example_exchanges", 0, 1, 6, given={"context_length": 4096})
def test_so_many_examples_are_read_first(life: Lifeform) -> int:
    return life.chat(Ear(patience=0), "and now?").stats.prompt_tokens


@effect_of("system_prompt", "", "You are a dog.", seen=[False, True])
def test_it_is_told_the_system_prompt_first(life: Lifeform) -> bool:
    return prompt_of(life, [Turn("user", "hello")]).text.startswith("<|im_start|>system\nYou are a dog.")


@effect_of("cpu_threads", 1, 2, seen=[1, 2])
def test_so_many_threads_compute(life: Lifeform) -> int:
    return torch.get_num_threads()


@effect_of("watchdog_seconds", 60.0, 600.0, seen=[60.0, 600.0])
def test_a_silent_job_is_given_so_long(life: Lifeform) -> float:
    engine = Engine(life.home, life.config)
    engine._jobs.append(1)
    return engine._patience()


@effect_of("save_path_prefix", "one", "two", seen=[True, False])
def test_states_are_saved_under_the_prefix(life: Lifeform) -> bool:
    path = life.save()
    assert Path(f"{path}_meta.json").is_file()
    return path == life.home.state_dir / "one"


@effect_of("states_kept", 0, 1, 3, seen=[0, 1, 3])
def test_so_many_earlier_states_can_be_loaded(life: Lifeform) -> int:
    for _ in range(5):
        life.save()
    return len(life.earlier_states())


@effect_of("enable_error_listening", False, True, seen=[0, 1])
def test_it_guesses_at_garbled_input(life: Lifeform, monkeypatch: pytest.MonkeyPatch) -> int:
    mouth(monkeypatch, [" the river sleeps under an old bridge."])
    ear = Ear()
    glitch(life, ear, "tell me about the sea")
    return sum(passage.role == "heard" for passage in ear.of(Passage))
