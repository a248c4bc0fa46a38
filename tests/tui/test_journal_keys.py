"""Keys come in from both ends and are oldest first all the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_tui.journal_keys import JournalKeys

batches = st.lists(st.tuples(st.booleans(), st.lists(st.integers(0, 2**62), max_size=5)), max_size=8)


@given(batches)
def test_they_are_what_a_list_would_be(batches):
    keys, expected = JournalKeys(), []
    for written, batch in batches:
        if written:
            keys.add_written(batch)
            expected = expected + batch
    for written, batch in batches:
        if not written:
            keys.add_found(batch)
            expected = batch[::-1] + expected
    copied = keys.copy()
    assert list(keys) == list(copied) == expected and len(keys) == len(expected)
    assert [keys[place] for place in range(len(keys))] == expected
    assert keys[1:4] == expected[1:4] and keys[-2:] == expected[-2:]
    keys.add_written([7])
    assert len(copied) == len(expected)
    for outside in (-1, len(keys)):
        with pytest.raises(IndexError):
            keys[outside]
