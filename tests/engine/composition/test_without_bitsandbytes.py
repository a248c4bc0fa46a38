"""The start imports no bitsandbytes, and a quantized model can still have it afterwards."""

from __future__ import annotations

import importlib.util
import sys

import pytest

from engine.composition.without_bitsandbytes import without_bitsandbytes


def test_peft_finds_none_inside_and_finds_it_again_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    from peft.import_utils import is_bnb_available

    monkeypatch.delitem(sys.modules, "bitsandbytes", raising=False)
    there = importlib.util.find_spec("bitsandbytes") is not None
    with without_bitsandbytes():
        is_bnb_available.cache_clear()
        assert not is_bnb_available()
        with pytest.raises(ImportError):
            import bitsandbytes  # noqa: F401
    assert "bitsandbytes" not in sys.modules
    assert is_bnb_available() is there


def test_what_is_imported_already_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = type(sys)("bitsandbytes")
    monkeypatch.setitem(sys.modules, "bitsandbytes", stand_in)
    with without_bitsandbytes():
        assert sys.modules["bitsandbytes"] is stand_in
    assert sys.modules["bitsandbytes"] is stand_in
