from engine.api import Done, EngineState, Notice, Outcome, Output, Started, StateChanged, TextChunk
from sovl_tui.conversation import Conversation, Kind, Phase
from sovl_tui.entry_text import code_of
from tests.tui.fakes import stats


def kinds(talk: Conversation) -> list[tuple[Kind, str]]:
    return [(entry.kind, entry.text) for entry in talk.entries]


def test_a_line_waits_until_it_is_started() -> None:
    talk = Conversation()
    question = talk.submitted(1, "hello")
    assert question.phase is Phase.WAITING
    talk.apply(Started(1, "chat"))
    assert question.phase is Phase.RUNNING
    talk.apply(TextChunk(1, "Hi"))
    talk.apply(TextChunk(1, " there"))
    talk.apply(Done(1, Outcome.OK, "Hi there", stats=stats()))
    assert question.phase is Phase.DONE
    assert kinds(talk) == [(Kind.USER, "hello"), (Kind.ANSWER, "Hi there")]
    assert talk.entries[1].stats == stats()


def test_answers_stand_behind_their_question_while_others_wait() -> None:
    talk = Conversation()
    talk.submitted(1, "one")
    talk.submitted(2, "two")
    for id, text in ((1, "first"), (2, "second")):
        talk.apply(Started(id, "chat"))
        talk.apply(TextChunk(id, text))
        talk.apply(Done(id, Outcome.OK, text))
    assert [text for _, text in kinds(talk)] == ["one", "first", "two", "second"]


def test_notices_stand_above_what_waits() -> None:
    talk = Conversation()
    talk.submitted(1, "one")
    talk.apply(Notice("warning", "careful"))
    assert [text for _, text in kinds(talk)] == ["careful", "one"]


def test_a_stopped_answer_keeps_its_words_and_says_so() -> None:
    talk = Conversation()
    talk.submitted(1, "one")
    talk.apply(Started(1, "chat"))
    talk.apply(TextChunk(1, "half an"))
    talk.apply(Done(1, Outcome.STOPPED, "half an"))
    assert (talk.entries[1].text, talk.entries[1].phase) == ("half an", Phase.STOPPED)


def test_stopping_before_the_first_word_is_said_too() -> None:
    talk = Conversation()
    talk.submitted(1, "one")
    talk.apply(Done(1, Outcome.STOPPED))
    assert talk.entries[1].kind is Kind.NOTICE
    assert talk.entries[0].phase is Phase.STOPPED


def test_refusal_and_failure_show_their_line() -> None:
    talk = Conversation()
    talk.submitted(1, "/tune cross 9")
    talk.submitted(2, "/status")
    talk.apply(Done(1, Outcome.REFUSED, message="9 is outside of 0 … 1"))
    talk.apply(Done(2, Outcome.FAILED, message="disk full"))
    assert [(entry.text, entry.level) for entry in talk.entries if entry.kind is Kind.NOTICE] == [
        ("9 is outside of 0 … 1", "warning"),
        ("disk full", "error"),
    ]


def test_output_and_streamed_text_of_one_command_stay_in_order() -> None:
    talk = Conversation()
    talk.submitted(1, "/generate hi")
    talk.apply(Output(1, "--- Generating Response ---"))
    talk.apply(TextChunk(1, "Hello"))
    talk.apply(TextChunk(1, "!"))
    talk.apply(Output(1, "--------------------"))
    talk.apply(Output(1, "done"))
    talk.apply(Done(1, Outcome.OK, "Hello!", stats=stats()))
    assert kinds(talk)[1:] == [
        (Kind.OUTPUT, "--- Generating Response ---"),
        (Kind.ANSWER, "Hello!"),
        (Kind.OUTPUT, "--------------------\ndone"),
    ]
    assert all(entry.phase is Phase.DONE for entry in talk.entries)


def test_an_answer_that_was_not_streamed_is_shown() -> None:
    talk = Conversation()
    talk.submitted(1, "hello")
    talk.apply(Started(1, "chat"))
    talk.apply(Done(1, Outcome.OK, "Hi", stats=stats()))
    assert kinds(talk)[1] == (Kind.ANSWER, "Hi")


def test_events_that_show_nothing_change_nothing() -> None:
    assert not Conversation().apply(StateChanged(EngineState.AWAKE))


def test_clearing_keeps_what_is_not_finished() -> None:
    talk = Conversation()
    talk.submitted(1, "one")
    talk.apply(Started(1, "chat"))
    talk.apply(TextChunk(1, "a"))
    talk.apply(Done(1, Outcome.OK, "a"))
    talk.submitted(2, "two")
    talk.clear()
    assert [text for _, text in kinds(talk)] == ["two"]


def test_the_code_of_an_answer_can_be_taken_out() -> None:
    talk = Conversation()
    talk.submitted(1, "code")
    talk.apply(TextChunk(1, "See:\n```py\nx = 1\n```\nand\n```\ny\n```\n"))
    talk.apply(Done(1, Outcome.OK, "…"))
    assert code_of(talk.entries[1]) == "x = 1\n\ny"
    assert code_of(talk.entries[0]) == ""


def test_it_tells_from_where_the_order_changed() -> None:
    talk = Conversation()
    talk.submitted(1, "one")
    talk.submitted(2, "two")
    assert talk.take_moved() == 0
    assert talk.take_moved() == 2
    talk.apply(TextChunk(1, "answer"))
    assert talk.take_moved() == 1
    talk.apply(TextChunk(1, " goes on"))
    assert talk.take_moved() == 3
    talk.clear()
    assert talk.take_moved() == 0
