import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_tui.rows import RowIndex

HEIGHTS = st.lists(st.integers(1, 9), min_size=1, max_size=30)


@given(HEIGHTS)
def test_every_row_is_found_in_its_entry(heights: list[int]) -> None:
    index = RowIndex(heights)
    expected = [(entry, row) for entry, height in enumerate(heights) for row in range(height)]
    assert [index.locate(row) for row in range(index.total)] == expected


@given(HEIGHTS, st.lists(st.tuples(st.integers(0, 29), st.integers(1, 9)), max_size=10))
def test_changes_in_any_order_give_the_same_index(heights: list[int], changes: list[tuple[int, int]]) -> None:
    index = RowIndex(heights)
    for at, height in changes:
        at %= len(heights)
        assert index.set(at, height) is (heights[at] != height)
        heights[at] = height
        assert index.start(at) == sum(heights[:at])
    assert index.total == sum(heights)


def test_rows_outside_are_refused() -> None:
    index = RowIndex([2])
    with pytest.raises(IndexError):
        index.locate(2)
    with pytest.raises(IndexError):
        index.locate(-1)


@given(HEIGHTS, st.integers(0, 29), HEIGHTS)
def test_the_end_can_be_replaced(heights: list[int], at: int, end: list[int]) -> None:
    at = min(at, len(heights))
    index = RowIndex(heights)
    assert index.total == sum(heights)
    index.replace_from(at, end)
    assert (index.total, len(index)) == (sum(heights[:at] + end), at + len(end))
    assert index.start(at) == sum(heights[:at])
