"""Each act: its form, its record in the journal, and that it leaves nothing behind that it should not."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from lives import Ear, awake, marks, mouth, say

from engine.api import Output, Passage
from engine.lifeform import Lifeform
from engine.speech import Interrupted, NothingToSay
from engine.speech.debate import debate
from engine.speech.echo import echo
from engine.speech.flare import flare
from engine.speech.glitch import glitch
from engine.speech.mimic import mimic
from engine.speech.muse import muse
from engine.speech.reflect import reflect
from engine.speech.rewind import rewind
from engine.speech.spark import spark
from engine.voice import Answer

Act = Callable[[Lifeform, Any], Answer]

ACTS: dict[str, Act] = {
    "spark": spark,
    "reflect": reflect,
    "muse": muse,
    "flare": lambda life, ear: flare(life, ear, "This is too calm!"),
    "echo": lambda life, ear: echo(life, ear, "The sky is blue"),
    "debate": lambda life, ear: debate(life, ear, "AI will replace artists", 2),
    "glitch": lambda life, ear: glitch(life, ear, "tell me about the sea"),
    "rewind": lambda life, ear: rewind(life, ear, 1),
    "mimic": lambda life, ear: mimic(life, ear, "pirate", "My cat is called Mia"),
}
PERFORMED = ("flare", "debate", "mimic")
"""Acts after which everything is as before."""


@pytest.fixture(autouse=True)
def fluent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tiny random model babbles; here it says something that can be shown."""
    mouth(monkeypatch, [" the river sleeps under an old bridge.", " there is a boat that nobody rows."] * 40)


# -- what all of them share --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ACTS)
def test_one_record_tagged_with_the_command_and_never_trained_on(told: Lifeform, name: str) -> None:
    before, unslept = told.journal.count(), told.journal.unslept()
    ear = Ear()
    answer = ACTS[name](told, ear)
    assert told.journal.count() == before + 1
    record = told.journal.last(1)[0]
    assert (record.command, record.trainable) == (name, False)
    assert record.confidence_score == answer.stats.confidence
    assert told.journal.unslept() == unslept
    assert {event.id for event in ear.events} == {7}
    assert ear.roles


@pytest.mark.parametrize("name", ACTS)
def test_a_stop_at_once_changes_nothing(told: Lifeform, name: str) -> None:
    before = marks(told)
    with pytest.raises(Interrupted):
        ACTS[name](told, Ear(patience=0))
    assert marks(told) == before


@pytest.mark.parametrize("patience", [1, 4, 9, 25, 60])
@pytest.mark.parametrize("name", PERFORMED)
def test_wherever_it_is_stopped_what_it_touched_is_restored(told: Lifeform, name: str, patience: int) -> None:
    told.pin_weight(0.31)
    before = {key: value for key, value in marks(told).items() if key not in ("records", "entries", "files")}
    with suppress(Interrupted):
        ACTS[name](told, Ear(patience=patience))
    after = marks(told)
    assert {key: after[key] for key in before} == before


@pytest.mark.parametrize("name", PERFORMED)
def test_when_generation_fails_everything_is_restored(
    told: Lifeform, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told.pin_weight(0.31)
    before = marks(told)

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("out of memory")

    monkeypatch.setattr("engine.speech.attempts.speak", broken)
    with pytest.raises(RuntimeError, match="out of memory"):
        ACTS[name](told, Ear())
    assert marks(told) == before


@pytest.mark.parametrize("name", ["spark", "muse", "flare", "echo", "glitch", "debate", "mimic"])
def test_a_life_without_a_past_has_something_to_say_too(life: Lifeform, name: str) -> None:
    ACTS[name](life, Ear())
    assert life.journal.count() == 1


def test_a_life_without_a_past_has_nothing_to_look_back_on(life: Lifeform) -> None:
    before = marks(life)
    for act in (reflect, ACTS["rewind"]):
        with pytest.raises(NothingToSay):
            act(life, Ear())
    assert marks(life) == before


@pytest.mark.parametrize("name", ["reflect", "rewind"])
def test_play_is_not_looked_back_on(life: Lifeform, name: str) -> None:
    ACTS["echo"](life, Ear())
    spark(life, Ear())
    with pytest.raises(NothingToSay):
        ACTS[name](life, Ear())


# -- one by one --------------------------------------------------------------------------------------------------------


def test_reflect_shows_the_theme_and_its_evidence(told: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    mouth(monkeypatch, [" are small, busy and fond of flowers. More."])
    ear = Ear()
    reflect(told, ear)
    assert ear.text.splitlines() == [
        "Reflection: I've noticed a lot of talk about your bees lately.",
        "Elaboration: Your bees matter because they are small, busy and fond of flowers.",
    ]
    assert "2 of the last 3 (#2, #3)" in ear.of(Passage)[0].note
    record = told.journal.last(1)[0]
    assert record.extra["theme"] == "bees" and record.extra["interactions"] == [2, 3]


@pytest.mark.parametrize(
    ("text", "begun"),
    [
        ("I love my bees", "Your bees matter because they"),
        ("My sister is here", "Your sister matters because she"),
        ("My father is here", "Your father matters because he"),
        ("I love my bread", "Your bread matters because it"),
    ],
)
def test_reflect_says_what_the_theme_is_like_and_nothing_of_the_user(
    life: Lifeform, monkeypatch: pytest.MonkeyPatch, text: str, begun: str
) -> None:
    say(life, text)
    asked = mouth(monkeypatch, [" is not what you asked for.", " hums all day long."])
    ear = Ear()
    reflect(life, ear)
    assert all(one.endswith(begun) for one in asked)
    assert [text in one for one in asked[:2]] == [True, False]
    assert ear.text.endswith(f"{begun} hums all day long.")


def test_muse_takes_a_topic_and_not_the_same_again(told: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    mouth(monkeypatch, [" is a letter that was never sent."])
    first, second = Ear(), Ear()
    muse(told, first)
    muse(told, second)
    topic = told.journal.last(2)[0].extra["inspiration"]
    inspiration, thought = first.text.splitlines()
    assert inspiration == f'Inspiration: "{topic}" (from recent interactions)'
    assert thought.startswith(f"Thought: A whimsical thought about {topic}: Perhaps {topic} ")
    assert thought.endswith(" is a letter that was never sent.")


@pytest.mark.parametrize(("text", "begun"), [("I like trains.", "trains dream of"), ("I like Rome.", "Rome dreams of")])
def test_a_thought_agrees_with_its_topic(
    life: Lifeform, monkeypatch: pytest.MonkeyPatch, text: str, begun: str
) -> None:
    say(life, text)
    asked = mouth(monkeypatch, [" an old river."])
    muse(life, Ear())
    assert asked[0].endswith(f"Perhaps {begun}")


def test_echo_would_rather_wonder_about_what_was_named(life: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.speech.echo.affinity", lambda base, text, one, other: 0.0)
    monkeypatch.setattr("engine.speech.echo.kinship", lambda composed, text, about: 0.0)
    mouth(monkeypatch, [" come to the wedding."] * 9 + [" lamps the night sky has."])
    ear = Ear()
    echo(life, ear, "The sky is blue")
    assert ear.text.endswith("lamps the night sky has?")


def test_muse_is_not_whimsical_about_somebody(life: Lifeform) -> None:
    say(life, "I like trains.")
    say(life, "My sister is here.")
    muse(life, Ear())
    assert life.journal.last(1)[0].extra["inspiration"] == "trains"


def test_muse_on_nothing_is_on_silence(life: Lifeform) -> None:
    ear = Ear()
    muse(life, ear)
    assert ear.text.startswith('Inspiration: "silence" (nothing was said yet)')


def test_flare_shouts_at_the_greatest_temperament(told: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[float] = []
    mouth(monkeypatch, [" less calm now! Later."])

    def several(life: Lifeform, *rest: Any, _several: Any = flare.__globals__["several"]) -> Any:
        seen.append(life.temperament.score)
        return _several(life, *rest)

    monkeypatch.setattr("engine.speech.flare.several", several)
    ear = Ear()
    before = told.temperament.to_dict()
    answer = flare(told, ear, "This is too calm!")
    assert answer.text == ear.text
    assert ear.text.startswith("THIS IS TOO CALM! ") and ear.text.endswith("LESS CALM NOW!")
    assert seen == [1.0] and told.temperament.to_dict() == before
    quiet = Ear()
    flare(told, quiet, None)
    assert quiet.text.startswith("THIS IS TOO CALM! ")


@pytest.mark.parametrize(
    ("others", "best"),
    [
        (" a wide hat for Sunday!", " my cup made whole!"),  # speaks of a thing that was named
        (" that my cat broke my favourite cup!", " one cup made whole!"),  # does not only say it again
        (" your cup made whole!", " one cup made whole!"),  # is nobody else's
    ],
)
def test_an_outburst_is_about_what_was_said_and_says_more_than_that(
    life: Lifeform, monkeypatch: pytest.MonkeyPatch, others: str, best: str
) -> None:
    monkeypatch.setattr("engine.speech.flare.log_likelihood", lambda base, text, context: 0.0)
    monkeypatch.setattr("engine.speech.flare.kinship", lambda composed, text, about: 0.0)
    nothing = " of yours!"  # to begin with, behind "This is the worst", which points at what was said
    mouth(monkeypatch, [nothing] * 2 + [others] * 5 + [best] + [others])
    ear = Ear()
    flare(life, ear, "My cat broke my favourite cup")
    assert ear.text.startswith("MY CAT BROKE MY FAVOURITE CUP! ") and ear.text.endswith(best.upper())


@pytest.mark.parametrize(("glad", "begins"), [(True, "THIS IS THE BEST "), (False, "THIS IS THE WORST ")])
def test_an_outburst_is_glad_about_good_news_and_angry_about_bad(
    life: Lifeform, monkeypatch: pytest.MonkeyPatch, glad: bool, begins: str
) -> None:
    def likely(base: object, text: str, context: str) -> float:
        return float(text.startswith("This is wonderful")) if glad else 0.0

    monkeypatch.setattr("engine.speech.flare.log_likelihood", lambda *given: 4 * likely(*given))
    monkeypatch.setattr("engine.speech.flare.kinship", lambda composed, text, about: 0.0)
    mouth(monkeypatch, [" cup of all time!", " of yours!"])
    ear = Ear()
    flare(life, ear, "I got a cup")
    assert ear.text == f"I GOT A CUP! {begins}CUP OF ALL TIME!"


def test_echo_says_it_back_and_wonders(told: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = mouth(monkeypatch, [" look up to the colours."])
    ear = Ear()
    echo(told, ear, "The sky is blue")
    assert "What do you wonder about that?" in asked[1] and "the keys want" in asked[0]
    assert ear.text.startswith("You said 'The sky is blue.' I wonder wh") and ear.text.endswith("to the colours?")
    assert told.journal.last(1)[0].extra == {"is_echo": True}


def test_glitch_shows_what_it_did_and_how_sure_it_was(told: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    mouth(monkeypatch, ["The sea is wide and deep."])
    ear = Ear()
    glitch(told, ear, "tell me about the sea")
    lines = ear.text.splitlines()
    assert lines[0].startswith("Noise: ") and lines[0] != "Noise: tell me about the sea"
    assert ear.of(Passage)[0].note
    assert lines[1].startswith("I sense chaos")
    assert lines[2] == "Response: The sea is wide and deep."
    assert ear.of(Output)[-1].text == "Confidence: 0.60 before the noise, 0.60 after"
    figures = told.journal.last(1)[0].extra
    assert figures["given"] == "tell me about the sea" and sum(figures["noise"].values()) >= 1


def test_glitch_without_error_listening_does_not_ask_what_was_meant(
    told: Lifeform, monkeypatch: pytest.MonkeyPatch
) -> None:
    told.set_config("enable_error_listening", False)
    mouth(monkeypatch, ["The sea is wide and deep."])
    ear = Ear()
    glitch(told, ear, "tell me about the sea")
    assert ear.roles == ["noise", "answer"] and "The sea is wide" in ear.text


def test_rewind_sets_then_beside_now(told: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = mouth(monkeypatch, [" bees eat what they saved last summer."])
    ear = Ear()
    rewind(told, ear, 2)
    then, now, sure = ear.text.splitlines()
    assert then == "Two exchanges ago, you asked about bees. I said: 'They eat honey.'"
    assert now.startswith("Now I think: ") and now.endswith("bees eat what they saved last summer.")
    assert sure == "Confidence: 0.30 then, 0.60 now (+0.30)"
    assert "My cat is called Mia. What do bees eat in winter?" in asked[0]
    assert all(text not in asked[0] for text in ("A fine name.", "I love my bees"))  # its own words are not read again
    assert asked[0].endswith("Bees eat in winter")
    assert told.journal.last(1)[0].extra["of"] == 2


def test_rewind_feels_with_what_was_told_and_does_not_make_it_its_own(
    told: Lifeform, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = mouth(monkeypatch, [" lovely to hear my bees hum.", " lovely to hear such small animals hum."])
    ear = Ear()
    rewind(told, ear, 1)
    assert asked[0].endswith("It must be") and "short sentence" not in asked[0]
    assert "Now I think: It must be lovely to hear such small animals hum." in ear.text


@pytest.mark.parametrize(
    "text", ["Hello there!", "Tell me about the bees.", "Write a poem about my bees.", "Ich habe Bienen im Garten."]
)
def test_rewind_does_not_feel_with_what_tells_nothing(
    life: Lifeform, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    say(life, text)
    asked = mouth(monkeypatch, [" bees hum in the old garden."])
    rewind(life, Ear(), 1)
    assert not any(one.endswith("It must be") for one in asked)


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ("They eat honey. It is sw", "They eat honey."),
        ("They eat 3.5 kg of honey, and it is sw", "They eat 3.5 kg of honey, and it is sw"),
        ("Two things:\n1. Honey.\n2. Poll", "Two things: 1. Honey."),
        ("They eat\n\nhoney", "They eat"),
    ],
)
def test_rewind_leaves_out_the_sentence_that_was_cut_off(life: Lifeform, answer: str, shown: str) -> None:
    say(life, "What do bees eat?", answer)
    ear = Ear()
    rewind(life, ear, 1)
    assert f"I said: '{shown}'" in ear.text


@pytest.mark.parametrize("steps", [0, -1, 4, 999_999_999])
def test_rewind_goes_back_as_far_as_there_is_something(told: Lifeform, steps: int) -> None:
    before = marks(told)
    with pytest.raises(NothingToSay, match="1 to 3"):
        rewind(told, Ear(), steps)
    assert marks(told) == before


def test_mimic_takes_the_most_fitting_of_several(told: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    weights: list[float] = []
    mouth(
        monkeypatch,
        [" it is a nice animal.", " me cat be called Mia, matey!", " there is some weather.", " it is raining."] * 2,
    )
    monkeypatch.setattr(
        "engine.speech.mimic.several",
        lambda life, *rest, _several=mimic.__globals__["several"]: (weights.append(life.weight), _several(life, *rest))[
            1
        ],
    )
    told.pin_weight(0.2)
    ear = Ear()
    mimic(told, ear, "Pirate", "My cat is called Mia")
    assert ear.text == "Arr, me cat be called Mia, matey!"
    assert weights == [0.9] and told.pinned_weight == 0.2
    assert "influence 0.20 → 0.90" in ear.of(Passage)[0].note


@pytest.mark.parametrize(
    ("text", "begun"),
    [
        ("My cat sleeps.", "Guess what, my cat sleeps, and"),
        ("I am tired!", "Guess what, I am tired, and"),
        ("What is love?", "Guess what,"),
        ("Explain AI", "Guess what,"),
        ("It", "Guess what,"),
    ],
)
def test_a_beginning_may_hold_the_text_where_it_states_something(
    life: Lifeform, monkeypatch: pytest.MonkeyPatch, text: str, begun: str
) -> None:
    asked = mouth(monkeypatch, [" they laugh about it."])
    mimic(life, Ear(), "child", text)
    assert asked[0].endswith(begun)


def test_mimic_knows_own_styles_and_names_what_there_is(told: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NothingToSay, match=r"did you mean 'pirate'\?.*shakespeare, pirate, tech, noir, child"):
        mimic(told, Ear(), "pirat", "hello")
    own = told.home.path / "styles.toml"
    own.write_text('[gran]\nexamples = [["Hello", "Good day to you, dear."]]\n')
    mouth(monkeypatch, [" and how is my dear today?"])
    ear = Ear()
    mimic(told, ear, "GRAN", "How are you?")
    assert ear.text == "and how is my dear today?"
    own.write_text("[gran")
    with pytest.raises(NothingToSay, match="cannot be used"):
        mimic(told, Ear(), "gran", "hello")


def test_with_a_real_decoder_every_act_comes_to_an_end(told: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    for name, act in ACTS.items():
        ear = Ear()
        answer = act(told, ear)
        assert ear.roles, name
        assert answer.text in ear.text


@pytest.mark.parametrize("scaffold", ["llama", "other"])
def test_the_scaffold_has_its_say_in_both_forms(
    tmp_path: Path, tiny_folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch, scaffold: str
) -> None:
    monkeypatch.undo()
    settings = {"scaffold_model_name": str(tiny_folders[scaffold])}
    with awake(tmp_path / "two", tiny_folders["llama"], **settings) as life:
        assert life.composed.form == ("key-value" if scaffold == "llama" else "bridge")
        monkeypatch.setattr(type(life.composed), "learned", True)
        life.pin_weight(0.8)
        for act in (ACTS["flare"], ACTS["debate"], ACTS["mimic"]):
            assert act(life, Ear()).stats.weight == pytest.approx(0.9 if act is ACTS["mimic"] else 0.8)
