"""Rows from files and from the journal: every form, every way to be wrong, bounded memory, a split that never moves."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import byte_tokenizer

from engine.composition.prompt import Turn
from engine.learning import dataset, json_lines
from engine.learning.dataset import (
    DataError,
    DataSet,
    Row,
    find_source,
    is_held_out,
    read_file,
    read_journal,
    split,
)
from engine.learning.encoding import Encoder
from engine.learning.lessons import prepare
from engine.memory.record import Interaction

LONGEST = 10_000
Write = Callable[..., Path]


def quiet(done: int, total: int) -> None:
    """Hears of progress, and says nothing."""


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(*lines: Any) -> Path:
        path = tmp_path / "rows.jsonl"
        path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
        return path

    return written


def pair(number: int) -> dict[str, str]:
    return {"prompt": f"question {number}", "response": f"answer {number}"}


def read(path: Path) -> DataSet:
    return read_file(path, LONGEST, quiet)


# -- forms -------------------------------------------------------------------------------------------------------------


def test_all_forms_are_understood(write: Write) -> None:
    data = read(
        write(
            {"prompt": "a?", "response": " A. "},
            {"prompt": "b?", "completion": "B."},
            {"messages": [{"role": "user", "content": "c?"}, {"role": "assistant", "content": "C."}]},
        )
    )
    assert data.rows == [
        Row((Turn("user", "a?"),), "A."),
        Row((Turn("user", "b?"),), "B."),
        Row((Turn("user", "c?"),), "C."),
    ]
    assert (data.lines, data.malformed, data.duplicates) == (3, 0, 0)


def test_the_last_assistant_turn_is_the_answer(write: Write) -> None:
    says = [("user", "one"), ("assistant", "two"), ("user", "three"), ("assistant", "four"), ("user", "unanswered")]
    (row,) = read(write({"messages": [{"role": role, "content": text} for role, text in says]})).rows
    assert row.answer == "four"
    assert row.turns == (Turn("user", "one"), Turn("assistant", "two"), Turn("user", "three"))


def test_neighbouring_turns_of_one_speaker_become_one_and_a_system_message_is_counted(write: Write) -> None:
    says = [("system", "be kind"), ("user", "one"), ("user", "two"), ("assistant", "three")]
    data = read(write({"messages": [{"role": role, "content": text} for role, text in says]}))
    assert data.rows == [Row((Turn("user", "one\n\ntwo"),), "three")]
    assert data.systems == 1


def test_duplicates_collapse_and_other_answers_to_the_same_prompt_do_not(write: Write) -> None:
    data = read(write(pair(1), pair(1), {**pair(1), "response": "another"}, pair(2)))
    assert [row.answer for row in data.rows] == ["answer 1", "another", "answer 2"]
    assert data.duplicates == 1


@pytest.mark.parametrize(
    "mark", [{"trainable": False}, {"is_system_question": True}, {"command": "flare"}, {"command": "debate"}]
)
def test_what_is_not_for_training_is_left_out(write: Write, mark: dict[str, Any]) -> None:
    data = read(write({**pair(1), **mark}, {**pair(2), "trainable": True, "command": "chat"}))
    assert [row.prompt for row in data.rows] == ["question 2"]
    assert data.withheld == 1


# -- bad input ---------------------------------------------------------------------------------------------------------

BAD = [
    ("not json", "not JSON"),
    ("[1, 2]", "not a JSON object"),
    ('{"response": "a"}', "has no `prompt`"),
    ('{"prompt": "a"}', "has no `response`"),
    ('{"prompt": "a", "response": null, "completion": ""}', "`response` is empty"),
    ('{"prompt": "  ", "response": "a"}', "`prompt` is empty"),
    ('{"prompt": 3, "response": "a"}', "`prompt` is not a text"),
    ('{"messages": "hello"}', "not a list"),
    ('{"messages": ["hello"]}', "not a list"),
    ('{"messages": []}', "no assistant turn"),
    ('{"messages": [{"role": "user", "content": "a"}]}', "no assistant turn"),
    ('{"messages": [{"role": "assistant", "content": "a"}]}', "does not begin with the user"),
    ('{"messages": [{"role": "tool", "content": "a"}]}', "the role 'tool'"),
    ('{"messages": [{"role": "user", "content": ["a"]}]}', "`content` is not a text"),
    ("[" * 100_000, "nested too deeply"),
]


@pytest.mark.parametrize(("line", "reason"), BAD, ids=[reason for _, reason in BAD])
def test_a_malformed_line_is_named_and_skipped(write: Write, line: str, reason: str) -> None:
    data = read(write(pair(1), "", line, pair(2)))
    assert len(data.rows) == 2
    assert data.malformed == 1
    assert data.problems[0][0] == 3 and reason in data.problems[0][1]


def test_bytes_that_are_no_text_and_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(pair(1)).encode() + b"\n\xff\xfe\n")
    data = read(path)
    assert len(data.rows) == 1 and data.problems == [(2, "not UTF-8")]


def test_lone_surrogates_do_not_reach_a_tokenizer(write: Write) -> None:
    (row,) = read(write('{"prompt": "a \\ud800 b", "response": "c"}')).rows
    row.prompt.encode()


def test_all_malformed_lines_are_counted_and_the_first_ones_kept(write: Write) -> None:
    data = read(write(*["{"] * 50, pair(1)))
    assert data.malformed == 50
    assert [number for number, _ in data.problems] == list(range(1, dataset.MOST_PROBLEMS + 1))


def test_a_line_that_never_ends_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_lines, "LONGEST_LINE", 1000)
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({"prompt": "x" * 5000, "response": "y"}) + "\n" + json.dumps(pair(1)) + "\n")
    data = read(path)
    assert [row.prompt for row in data.rows] == ["question 1"]
    assert data.problems[0][0] == 1 and "longer than" in data.problems[0][1]


@pytest.mark.parametrize(
    ("content", "said"),
    [("", "is empty"), ("\n\n", "is empty"), ("x\n", "line 1: not JSON"), ('{"prompt": "a"}', "has no `response`")],
)
def test_a_file_without_a_row_is_refused_in_one_line(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(content)
    with pytest.raises(DataError, match=said) as refused:
        read(path)
    assert "\n" not in str(refused.value) and str(path) in str(refused.value)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="There is no file"):
        find_source(str(tmp_path / "nothing.jsonl"), "")
    with pytest.raises(DataError, match="is a folder"):
        find_source(None, str(tmp_path))
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="not an ordinary file"):
        find_source(str(tmp_path / "pipe"), "")


def test_the_order_of_sources(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(pair(1))
    other = tmp_path / "other.jsonl"
    other.write_text("{}")
    assert find_source(str(path), str(other)) == path
    assert find_source(None, str(other)) == other
    sample = find_source(None, "")
    assert sample is not None and sample.name == "sample_log.jsonl"
    assert len(read(sample).rows) >= 10

    def missing(name: str) -> Path:
        raise FileNotFoundError(name)

    monkeypatch.setattr(dataset, "resource", missing)
    assert find_source(None, "") is None


def test_the_journal_gives_its_trainable_interactions() -> None:
    said = [
        Interaction(1, "c", 0.0, "chat", "My cat is called Zorblax.", "Nice."),
        Interaction(2, "c", 0.0, "flare", "Loud!", "LOUD!", trainable=False),
        Interaction(3, "c", 0.0, "chat", "Hm.", ""),
    ]
    data = read_journal(said, LONGEST, quiet)
    assert [row.prompt for row in data.rows] == ["My cat is called Zorblax."]
    assert data.withheld == 2
    with pytest.raises(DataError, match="The journal is empty"):
        read_journal([], LONGEST, quiet)


# -- large files -------------------------------------------------------------------------------------------------------


def test_of_a_large_file_a_fair_sample_is_kept(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset, "MOST_ROWS", 100)
    lines = [pair(number) for number in range(1000)]
    data = read(write(*lines))
    assert (len(data.rows), data.left_out, data.lines) == (100, 900, 1000)
    numbers = [int(row.prompt.split()[1]) for row in data.rows]
    assert numbers == sorted(numbers)
    assert 25 <= sum(number < 500 for number in numbers) <= 75
    again = read(write(*reversed(lines)))
    assert {row.prompt for row in again.rows} == {row.prompt for row in data.rows}


def test_memory_is_bounded_by_characters_too(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset, "MOST_CHARACTERS", 5000)
    data = read(write(*({"prompt": f"{n} " + "x" * 500, "response": "y"} for n in range(100))))
    assert sum(len(row.prompt) for row in data.rows) <= 5000
    assert len(data.rows) + data.left_out == 100 and len(data.rows) > 5


def test_reading_can_be_ended(write: Write) -> None:
    class Enough(Exception):
        pass

    def enough(done: int, total: int) -> None:
        assert 0 < done <= total
        raise Enough

    with pytest.raises(Enough):
        read_file(write(*(pair(n) for n in range(1000))), LONGEST, enough)


def test_long_prompts_lose_their_beginning_and_long_answers_their_row(write: Write) -> None:
    data = read_file(
        write({"prompt": "begin " + "x" * 500 + " end", "response": "y"}, {"prompt": "a", "response": "y" * 500}),
        100,
        quiet,
    )
    (row,) = data.rows
    assert len(row.prompt) == 100 and row.prompt.endswith(" end")
    assert data.too_long == 1


# -- the split ---------------------------------------------------------------------------------------------------------

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


@settings(deadline=None)
@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=30), st.floats(0.0, 0.9), st.randoms())
def test_the_same_prompt_falls_on_the_same_side_whatever_is_beside_it(
    pairs: list[tuple[str, str]], ratio: float, chance: Any
) -> None:
    rows = [Row((Turn("user", prompt),), answer) for prompt, answer in pairs]
    learned, held_out = split(rows, ratio)
    assert sorted(map(repr, learned + held_out)) == sorted(map(repr, rows))
    assert not {row.prompt for row in learned} & {row.prompt for row in held_out}
    chance.shuffle(rows)
    again, _ = split(rows[: len(rows) // 2], ratio)
    assert all(row in learned for row in again)


@settings(deadline=None)
@given(TEXTS, st.floats(0.0, 0.9), st.floats(0.0, 0.9))
def test_a_higher_ratio_never_takes_a_row_back_to_learning(prompt: str, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert not is_held_out(prompt, low) or is_held_out(prompt, high)


def test_the_share_held_out_is_about_the_ratio() -> None:
    held_out = sum(is_held_out(f"question {number}", 0.2) for number in range(5000))
    assert 900 < held_out < 1100
    assert not any(is_held_out(f"question {number}", 0.0) for number in range(100))


def test_case_and_spaces_do_not_move_a_prompt() -> None:
    assert all(
        is_held_out(f"Is it {n}?", 0.5) == is_held_out(f"  is  IT {n}? ", 0.5) for n in range(50)
    )  # else a held-out question could be learned in another dress


# -- token ids ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return byte_tokenizer()


def encoder_of(tokenizer: Any, longest: int, system: str = "") -> Encoder:
    return Encoder(tokenizer, frozenset({tokenizer.eos_token_id}), system, longest)


def test_a_row_is_encoded_as_chat_would_put_it(tokenizer: Any) -> None:
    encoder = encoder_of(tokenizer, 512, "You are SOVL.")
    encoded = encoder.encode(Row((Turn("user", "hello"),), "good night"))
    assert encoded is not None and not encoded.cut
    text = tokenizer.decode([*encoder.preamble, *encoded.prompt, *encoded.answer])
    assert text == (
        "<|im_start|>system\nYou are SOVL.<|im_end|>\n<|im_start|>user\nhello<|im_end|>\n"
        "<|im_start|>assistant\ngood night<|im_end|>"
    )
    assert tokenizer.decode(encoded.answer) == "good night<|im_end|>"


def test_what_an_answer_spells_is_no_control_token(tokenizer: Any) -> None:
    encoded = encoder_of(tokenizer, 512).encode(Row((Turn("user", "a"),), "x <|im_end|> y"))
    assert encoded is not None and encoded.answer.count(tokenizer.eos_token_id) == 1


@pytest.mark.parametrize("longest", [40, 60, 100, 400])
def test_no_row_is_longer_than_it_may_be(tokenizer: Any, longest: int) -> None:
    encoder = encoder_of(tokenizer, longest)
    turns = [Turn("user" if n % 2 == 0 else "assistant", f"turn {n} of the river") for n in range(9)]
    for row in (Row((Turn("user", "the cat " * 100),), "the answer"), Row(tuple(turns), "the answer")):
        encoded = encoder.encode(row)
        assert encoded is not None
        assert len(encoder.preamble) + len(encoded.prompt) + len(encoded.answer) <= longest
        assert tokenizer.decode(encoded.answer).startswith("the answer")
        assert tokenizer.decode(encoded.prompt).endswith("assistant\n")
        assert encoded.cut == (longest < 400 or len(row.turns) == 1)


def test_a_conversation_loses_whole_turns_first(tokenizer: Any) -> None:
    turns = (Turn("user", "first " * 20), Turn("assistant", "second"), Turn("user", "third"))
    encoded = encoder_of(tokenizer, 60).encode(Row(turns, "fourth"))
    assert encoded is not None and encoded.cut
    assert tokenizer.decode(encoded.prompt) == "third<|im_end|>\n<|im_start|>assistant\n"


def test_an_answer_that_leaves_no_room_is_counted(tokenizer: Any) -> None:
    short, long = Row((Turn("user", "a"),), "b"), Row((Turn("user", "c"),), "the river flows " * 50)
    data = DataSet("here", [short, long])
    lessons = prepare(data, encoder_of(tokenizer, 48), 0.0, quiet)
    assert (len(lessons.told), data.too_long, lessons.names) == (1, 1, ["a"])
    with pytest.raises(DataError, match="max_seq_length"):
        prepare(DataSet("here", [long]), encoder_of(tokenizer, 48), 0.0, quiet)


def test_when_every_row_is_held_out_it_says_so(tokenizer: Any) -> None:
    held_out = next(f"q{n}" for n in range(100) if is_held_out(f"q{n}", 0.5))
    with pytest.raises(DataError, match="valid_split_ratio"):
        prepare(DataSet("here", [Row((Turn("user", held_out),), "a")]), encoder_of(tokenizer, 48), 0.5, quiet)


def test_a_fingerprint_knows_rows_and_sides(tokenizer: Any) -> None:
    encoder = encoder_of(tokenizer, 64)
    rows = [Row((Turn("user", f"q{n}"),), f"a{n}") for n in range(20)]
    prints = {
        prepare(DataSet("here", some), encoder, ratio, quiet).fingerprint()
        for some, ratio in ((rows, 0.0), (rows, 0.5), (rows[1:], 0.0), ([*rows[1:], Row(rows[0].turns, "z")], 0.0))
    }
    assert len(prints) == 4
