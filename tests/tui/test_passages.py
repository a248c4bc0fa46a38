"""Results of a kind of their own: a debate looks like a debate, a rewind like then and now."""

from __future__ import annotations

from pathlib import Path

from engine.api import Done, Outcome, Output, Passage, Progress, Started, TextChunk
from sovl_tui.conversation import Conversation, Kind, Phase
from sovl_tui.entry_text import text_of
from tests.tui.fakes import stats
from tests.tui.stage import Stage, on_stage


def heard(*events: object) -> Conversation:
    talk = Conversation()
    talk.submitted(1, "/debate cats")
    for event in (Started(1, "debate"), *events):
        talk.apply(event)  # type: ignore[arg-type]
    return talk


def test_each_passage_is_an_entry_and_takes_the_text_that_follows_it() -> None:
    talk = heard(
        Passage(1, "for", '[Argument 1] "', closing='"'),
        TextChunk(1, "Cats are "),
        TextChunk(1, "quiet."),
        Passage(1, "against", '[Rebuttal] "', closing='"'),
        TextChunk(1, "Dogs listen."),
        Done(1, Outcome.OK, "Dogs listen.", stats=stats()),
    )
    said = [entry for entry in talk.entries if entry.kind is Kind.PASSAGE]
    assert [(entry.passage.role, entry.text, entry.phase) for entry in said if entry.passage] == [
        ("for", "Cats are quiet.", Phase.DONE),
        ("against", "Dogs listen.", Phase.DONE),
    ]
    assert [entry.stats for entry in said] == [None, stats()]
    assert text_of(said[0]) == '[Argument 1] "Cats are quiet."'
    assert [entry.kind for entry in talk.entries] == [Kind.USER, Kind.PASSAGE, Kind.PASSAGE]


def test_a_remark_behind_a_passage_leaves_the_figures_to_it() -> None:
    talk = heard(
        Passage(1, "then", "", "You asked about rain."),
        Passage(1, "now", "Now I think: "),
        TextChunk(1, "It is wet."),
        Output(1, "Confidence: 0.30 then, 0.60 now"),
        Done(1, Outcome.OK, "It is wet.", stats=stats()),
    )
    kinds = [(entry.kind, entry.stats is not None) for entry in talk.entries]
    assert kinds == [(Kind.USER, False), (Kind.PASSAGE, False), (Kind.PASSAGE, True), (Kind.OUTPUT, False)]


def test_progress_before_the_words_leaves_nothing_behind() -> None:
    talk = heard(
        Progress(1, "wondering", 1, 5),
        Passage(1, "question", "Curiosity: ", "Why?"),
        Done(1, Outcome.OK, "Why?", stats=stats()),
    )
    assert [entry.kind for entry in talk.entries] == [Kind.USER, Kind.PASSAGE]


def test_a_stop_in_the_middle_shows() -> None:
    talk = heard(Passage(1, "for"), TextChunk(1, "Cats are"), Done(1, Outcome.STOPPED, "Cats are", stats=stats()))
    assert talk.entries[-1].phase is Phase.STOPPED


async def debate(stage: Stage) -> None:
    number = await stage.say('/debate "Cats are better than dogs"')
    note = "for, temperament 0.62 → 0.82"
    stage.engine.put(
        Started(number, "debate"),
        Passage(number, "for", '[Argument 1] "', closing='"', note=note),
        TextChunk(number, "Cats are better than dogs, because they ask for nothing that they cannot take."),
        Passage(number, "against", '[Rebuttal] "', closing='"', note="against, temperament 0.62 → 0.42"),
        TextChunk(number, "But it is not true that cats are better"),
    )
    await stage.settle()


async def test_both_sides_of_a_debate_are_told_apart_on_the_screen(tmp_path: Path) -> None:
    async with on_stage(tmp_path, (80, 24)) as stage:
        await debate(stage)
        text = stage.screen_text
        assert "▲ Argument 1  for, temperament 0.62 → 0.82" in text
        assert "▼ Rebuttal  against, temperament 0.62 → 0.42" in text
        assert "[Argument 1]" not in text
        assert "because they ask" in text


async def test_then_stands_beside_now(tmp_path: Path) -> None:
    async with on_stage(tmp_path, (80, 24)) as stage:
        number = await stage.say("/rewind 2")
        stage.engine.put(
            Started(number, "rewind"),
            Passage(number, "then", "", "Two exchanges ago, you asked about bees.", note="confidence 0.30"),
            Passage(number, "now", "Now I think: "),
            TextChunk(number, "They sleep in winter."),
            Output(number, "Confidence: 0.30 then, 0.60 now (+0.30)"),
            Done(number, Outcome.OK, "They sleep in winter.", stats=stats()),
        )
        await stage.settle()
        lines = stage.screen_text
        assert "◀ Then  confidence 0.30" in lines and "▶ Now I think" in lines
        assert lines.index("Two exchanges ago") < lines.index("They sleep in winter.")


async def test_a_question_of_its_own_accord_needs_no_line_of_the_user(tmp_path: Path) -> None:
    async with on_stage(tmp_path, (80, 24)) as stage:
        stage.engine.put(
            Started(99, "spark"),
            Passage(99, "question", "Curiosity: ", "What would the sea say?", note="out of the blue"),
            Done(99, Outcome.OK, "What would the sea say?", stats=stats()),
        )
        await stage.settle()
        assert [entry.kind for entry in stage.entries] == [Kind.PASSAGE]
        assert "? Curiosity  out of the blue" in stage.screen_text


async def test_narrow_screens_wrap_a_passage(tmp_path: Path) -> None:
    async with on_stage(tmp_path, (40, 20)) as stage:
        await debate(stage)
        assert all(len(line) <= 40 for line in stage.screen_text.splitlines())
        assert "Argument 1" in stage.screen_text


async def test_typing_stirs_and_panic_asks_first(tmp_path: Path) -> None:
    async with on_stage(tmp_path, (80, 24)) as stage:
        await stage.type("he")
        assert stage.engine.stirs > 0
        stage.app.live.prompt.clear()
        await stage.type("panic")
        await stage.pilot.press("enter")
        assert stage.engine.lines == []
        await stage.pilot.press("y")
        assert [line for _, line in stage.engine.lines] == ["panic"]
