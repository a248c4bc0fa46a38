"""The configuration: every key of the specification, honest refusals, and files that survive."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.config import SECTIONS, Config, ConfigError, keys, load_config, spec

ROOT = Path(__file__).parents[2]

SPECIFIED = {
    "core_config": "base_model_name scaffold_model_name cross_attn_layers use_dynamic_layers layer_selection_mode "
    "custom_layers valid_split_ratio random_seed quantization",
    "lora_config": "lora_rank lora_alpha lora_dropout lora_target_modules",
    "training_config": "learning_rate train_epochs batch_size max_seq_length sigmoid_scale sigmoid_shift "
    "lifecycle_capacity_factor lifecycle_curve accumulation_steps exposure_gain_eager exposure_gain_default "
    "max_patience dry_run",
    "dry_run_params": "max_samples max_length validate_architecture skip_training",
    "controls_config": "sleep_conf_threshold sleep_time_factor sleep_log_min dream_swing_var dream_lifecycle_delta "
    "dream_temperament_on dream_noise_scale temp_eager_threshold temp_sluggish_threshold temp_mood_influence "
    "scaffold_weight_cap base_temperature save_path_prefix dream_memory_weight dream_memory_maxlen dream_prompt_weight "
    "dream_novelty_boost temp_curiosity_boost temp_restless_drop temp_melancholy_noise conf_feedback_strength "
    "temp_smoothing_factor dream_memory_decay dream_prune_threshold use_scaffold_memory use_token_map_memory "
    "memory_decay_rate dynamic_cross_attn_mode has_woken is_sleeping confidence_history_maxlen "
    "temperament_history_maxlen enable_dreaming enable_temperament enable_confidence_tracking enable_gestation "
    "enable_sleep_training enable_cross_attention enable_dynamic_cross_attention enable_lora_adapters "
    "enable_repetition_check enable_prompt_driven_dreams enable_lifecycle_weighting",
}
SPECIFIED_RANGES = {
    "sleep_conf_threshold": (0.5, 0.9),
    "sleep_time_factor": (0.5, 5.0),
    "sleep_log_min": (5, 20),
    "dream_swing_var": (0.05, 0.2),
    "dream_lifecycle_delta": (0.05, 0.2),
    "dream_noise_scale": (0.01, 0.1),
    "temp_eager_threshold": (0.7, 0.9),
    "temp_sluggish_threshold": (0.4, 0.6),
    "temp_mood_influence": (0, 1),
    "scaffold_weight_cap": (0.5, 1.0),
    "base_temperature": (0.5, 1.5),
    "dream_memory_weight": (0, 0.5),
    "dream_memory_maxlen": (5, 20),
    "dream_prompt_weight": (0, 1),
    "dream_novelty_boost": (0, 0.05),
    "temp_curiosity_boost": (0, 0.5),
    "temp_restless_drop": (0, 0.5),
    "temp_melancholy_noise": (0, 0.05),
    "conf_feedback_strength": (0, 1),
    "temp_smoothing_factor": (0, 1),
    "dream_memory_decay": (0, 1),
    "dream_prune_threshold": (0, 1),
    "memory_decay_rate": (0, 1),
}
SPECIFIED_CHOICES = {
    "layer_selection_mode": ({"early", "late", "balanced", "custom"}, False),
    "quantization": ({"fp16", "int8", "int4"}, False),
    "lifecycle_curve": ({"sigmoid_linear", "exponential"}, False),
    "dynamic_cross_attn_mode": ({"confidence", "temperament"}, True),
}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
any_key = st.sampled_from(keys())
EVERY_KEY = pytest.mark.parametrize("key", keys(), ids=lambda key: key.name)


def refusal(config: Config, key: str, value: object) -> str:
    """The line with which ``value`` is refused; checks that nothing changed."""
    before = config.dump()
    with pytest.raises(ConfigError) as caught:
        config.set(key, value)
    assert config.dump() == before
    line = str(caught.value)
    assert line.isprintable()
    return line


def write(path: Path, document: object) -> Path:
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return path


# -- the table ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("section", SPECIFIED)
def test_every_specified_key_stands_in_its_section(section: str) -> None:
    assert set(SPECIFIED[section].split()) <= set(SECTIONS[section].model_fields)


@pytest.mark.parametrize("name", SPECIFIED_RANGES)
def test_specified_ranges_hold(name: str) -> None:
    assert (spec(name).low, spec(name).high) == SPECIFIED_RANGES[name]


@pytest.mark.parametrize("name", SPECIFIED_CHOICES)
def test_specified_choices_hold(name: str) -> None:
    assert (set(spec(name).choices), spec(name).nullable) == SPECIFIED_CHOICES[name]


def test_short_names_are_unambiguous() -> None:
    names = [key.name for key in keys()]
    assert len(set(names)) == len(names)
    assert not set(names) & set(SECTIONS)


@EVERY_KEY
def test_every_key_is_described(key) -> None:
    assert key.help.endswith(".")
    assert key.help.isprintable()
    assert key.kind in {"number", "integer", "switch", "choice", "text", "list"}
    assert key.allowed
    assert key.applies == ("live" if key.live else "after reset")
    assert spec(key.name) is spec(key.dotted) is key


@EVERY_KEY
def test_every_default_may_be_set(key) -> None:
    config = Config()
    change = config.set(key.dotted, key.default)
    assert change.old == change.new == key.default == config.get(key.name)
    assert (change.key, change.live) == (key.dotted, key.live)


@pytest.mark.parametrize("key", [key for key in keys() if key.kind in ("number", "integer")], ids=lambda key: key.name)
def test_range_ends_are_inside_and_beyond_is_outside(key) -> None:
    config = Config()
    for end in (key.low, key.high):
        assert config.set(key.name, end).new == end
    below = key.low - 1 if key.kind == "integer" else math.nextafter(key.low, -math.inf)
    above = key.high + 1 if key.kind == "integer" else math.nextafter(key.high, math.inf)
    for beyond in (below, above):
        line = refusal(config, key.name, beyond)
        assert key.name in line
        assert "out of range" in line
        assert key.allowed in line


def test_the_shipped_file_holds_the_defaults(tmp_path: Path) -> None:
    Config().save(tmp_path / "config.json")
    assert (ROOT / "config.json").read_text() == (tmp_path / "config.json").read_text()
    assert load_config(ROOT / "config.json")[1] == []


def test_importing_it_stays_light() -> None:
    probe = "import sys, engine.config; print(sorted({'torch', 'transformers', 'textual', 'numpy'} & set(sys.modules)))"
    shown = subprocess.run([sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


# -- asking and changing -----------------------------------------------------------------------------------------------


def test_a_value_out_of_range_names_key_value_and_range() -> None:
    line = refusal(Config(), "base_temperature", 9)
    assert line == "config: base_temperature = 9 is out of range; it must be a number from 0.5 to 1.5"


def test_an_unknown_key_gets_the_closest_name() -> None:
    line = refusal(Config(), "bse_temperature", 1)
    assert line == "config: no key 'bse_temperature'; did you mean 'base_temperature'?"
    assert "training_config.learning_rate" in refusal(Config(), "core_config.learning_rate", 1)
    assert refusal(Config(), "qqqqqqqq", 1) == "config: no key 'qqqqqqqq'"
    assert "is a section" in refusal(Config(), "core_config", 1)


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("base_temperature", "0.9", 0.9),
        ("base_temperature", " 1 ", 1.0),
        ("learning_rate", "5e-3", 5e-3),
        ("batch_size", "8", 8),
        ("batch_size", "8.0", 8),
        ("enable_dreaming", "off", False),
        ("enable_dreaming", "YES", True),
        ("quantization", "INT8", "int8"),
        ("dynamic_cross_attn_mode", "confidence", "confidence"),
        ("dynamic_cross_attn_mode", "none", None),
        ("cross_attn_layers", "[1, 2]", [1, 2]),
        ("cross_attn_layers", "5,7", [5, 7]),
        ("cross_attn_layers", "null", None),
        ("custom_layers", "[]", []),
        ("lora_target_modules", '["q_proj", "v_proj"]', ["q_proj", "v_proj"]),
        ("lora_target_modules", "[q_proj, v_proj]", ["q_proj", "v_proj"]),
        ("base_model_name", " gpt2 ", "gpt2"),
        ("system_prompt", "null", "null"),
        ("system_prompt", "Two\nlines.", "Two\nlines."),
    ],
)
def test_text_is_read_as_a_person_means_it(key: str, text: str, value: object) -> None:
    config = Config()
    assert config.set(key, text).new == value
    assert config.get(key) == value
    assert type(config.get(key)) is type(value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("base_temperature", True),
        ("base_temperature", math.nan),
        ("base_temperature", "nan"),
        ("base_temperature", "1_0"),
        ("base_temperature", math.inf),
        ("base_temperature", 10**400),
        ("base_temperature", None),
        ("base_temperature", [1.0]),
        ("batch_size", True),
        ("batch_size", 2.5),
        ("batch_size", "9" * 50),
        ("enable_dreaming", 1),
        ("enable_dreaming", "maybe"),
        ("quantization", "fp8"),
        ("quantization", None),
        ("quantization", ["fp16"]),
        ("cross_attn_layers", []),
        ("cross_attn_layers", [1, 1]),
        ("cross_attn_layers", [True]),
        ("cross_attn_layers", [-1]),
        ("cross_attn_layers", 5),
        ("lora_target_modules", []),
        ("lora_target_modules", ["q proj"]),
        ("base_model_name", ""),
        ("base_model_name", "  "),
        ("base_model_name", None),
        ("base_model_name", "a\x1b[2Jb"),
        ("base_model_name", "x" * 5000),
        ("save_path_prefix", "half \ud800"),
        ("system_prompt", "bell\a"),
    ],
)
def test_wrong_values_are_refused(key: str, value: object) -> None:
    line = refusal(Config(), key, value)
    assert line.startswith(f"config: {key} = ")
    assert line.endswith(f"; it must be {spec(key).allowed}")
    assert len(line) < 300


def test_custom_layers_must_be_there_before_they_are_chosen() -> None:
    config = Config()
    assert "custom_layers" in refusal(config, "layer_selection_mode", "custom")
    config.set("custom_layers", [0, 2, 4])
    config.set("layer_selection_mode", "custom")
    assert "custom_layers" in refusal(config, "custom_layers", [])
    assert config.get("custom_layers") == [0, 2, 4]


def test_a_list_that_was_got_is_a_copy() -> None:
    config = Config()
    config.get("lora_target_modules").clear()
    assert config.get("lora_target_modules") == spec("lora_target_modules").default
    assert Config().get("lora_target_modules") is not Config().get("lora_target_modules")


def test_a_change_is_seen_by_whoever_holds_the_section() -> None:
    config = Config()
    controls = config.controls_config
    change = config.set("controls_config.base_temperature", 1.2)
    assert controls.base_temperature == 1.2
    assert (change.old, change.new, change.live) == (0.7, 1.2, True)


@settings(deadline=None, max_examples=300)
@given(any_key, json_values)
def test_any_value_is_either_valid_or_refused_in_one_line(key, value) -> None:
    config = Config()
    before = config.dump()
    problem = config.problem(key.name, value)
    assert config.dump() == before
    try:
        change = config.set(key.name, value)
    except ConfigError as error:
        assert problem == str(error)
        assert str(error).isprintable()
        assert key.name in str(error)
        assert config.dump() == before
    else:
        assert problem == ""
        now = config.get(key.name)
        assert now == change.new
        assert config.set(key.name, now).new == now
        if key.kind in ("number", "integer"):
            assert key.low <= now <= key.high
            assert not isinstance(now, bool)
        before[key.section][key.name] = now
        assert config.dump() == before


def test_what_the_engine_keeps_is_marked() -> None:
    assert [key.name for key in keys() if key.state] == ["has_woken", "is_sleeping"]


# -- files -------------------------------------------------------------------------------------------------------------


def test_no_file_gives_the_defaults() -> None:
    config, warnings = load_config(None)
    assert config.dump() == Config().dump()
    assert warnings == []


def test_a_partial_file_is_filled_with_defaults(tmp_path: Path) -> None:
    path = write(tmp_path / "c.json", {"controls_config": {"base_temperature": 1}})
    config, warnings = load_config(path)
    assert config.get("base_temperature") == 1.0
    assert config.get("batch_size") == 16
    assert warnings == []


def test_dry_run_params_may_stand_inside_training_config(tmp_path: Path) -> None:
    nested = {"training_config": {"batch_size": 4, "dry_run_params": {"max_samples": 7, "max_length": 64, "note": 1}}}
    config, warnings = load_config(write(tmp_path / "c.json", nested | {"dry_run_params": {"max_length": 99}}))
    assert (config.get("max_samples"), config.get("max_length"), config.get("batch_size")) == (7, 99, 4)
    assert len(warnings) == 1
    assert config.dump()["dry_run_params"]["note"] == 1
    assert "dry_run_params" not in config.dump()["training_config"]


def test_unknown_keys_are_kept_in_place_with_a_warning_each(tmp_path: Path) -> None:
    document = {
        "about": "mine",
        "controls_config": {"why": [1, {"a": "\ud800"}], "base_temperature": 0.9, "bse_temperature": 2},
        "learning_rate": 1,
        "lora_confg": {"lora_rank": 4},
    }
    path = write(tmp_path / "c.json", document)
    config, warnings = load_config(path)
    assert len(warnings) == 5
    assert "did you mean 'controls_config.base_temperature'?" in warnings[-1]
    assert any("did you mean 'training_config.learning_rate'?" in line for line in warnings)
    assert any("did you mean 'lora_config'?" in line for line in warnings)

    config.set("base_temperature", 0.8)
    config.save(path)
    saved = json.loads(path.read_text())
    assert next(iter(saved)) == "about"
    assert next(iter(saved["controls_config"])) == "why"
    assert saved["controls_config"]["why"] == [1, {"a": "\ud800"}]
    order = list(saved["controls_config"])
    assert order.index("bse_temperature") == order.index("base_temperature") + 1
    assert saved["lora_confg"] == {"lora_rank": 4}
    again, warnings_again = load_config(path)
    assert again.dump() == config.dump() == saved
    assert sorted(warnings_again) == sorted(warnings)


def test_a_key_that_stands_twice_is_noted(tmp_path: Path) -> None:
    path = write(tmp_path / "c.json", '{"training_config": {"batch_size": 2, "batch_size": 4}}')
    config, warnings = load_config(path)
    assert config.get("batch_size") == 4
    assert warnings == ["config: 'batch_size' stands twice; the last one counts"]


def test_all_wrong_values_of_a_file_are_reported(tmp_path: Path) -> None:
    document = {
        "core_config": {"quantization": "fp8", "layer_selection_mode": "late"},
        "training_config": {"batch_size": "16"},
        "lora_config": [],
    }
    with pytest.raises(ConfigError) as caught:
        load_config(write(tmp_path / "c.json", document))
    problems = caught.value.problems
    assert len(problems) == 3
    assert all("c.json" in line and line.isprintable() for line in problems)
    assert 'batch_size = "16" is not a whole number' in "".join(problems)
    assert "section lora_config" in "".join(problems)
    assert str(caught.value) == problems[0] + " (and 2 more problems)"


def test_a_file_with_custom_mode_and_no_layers_is_refused(tmp_path: Path) -> None:
    chosen = {"core_config": {"layer_selection_mode": "custom", "custom_layers": [1]}}
    assert load_config(write(tmp_path / "c.json", chosen))[0].get("layer_selection_mode") == "custom"
    chosen["core_config"]["custom_layers"] = []
    with pytest.raises(ConfigError, match="custom_layers"):
        load_config(write(tmp_path / "c.json", chosen))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{\n  "core_config": {,\n}', "line 2, column 19"),
        ("", "line 1, column 1"),
        ("[1]", "must be an object of sections"),
        ("null", "must be an object of sections"),
        ('{"core_config": {"random_seed": ' + "9" * 5000 + "}}", "too long"),
        ('{"core_config": {"random_seed": ' + "9" * 4000 + "}}", "out of range"),
        ('{"a": ' + "[" * 100_000 + "}", "too deep"),
        ('{"controls_config": {"top_p": NaN}}', "is not a number"),
        ('{"controls_config": {"top_p": 1e999}}', "is not a number"),
    ],
)
def test_broken_files_say_where_and_what(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(write(tmp_path / "c.json", text))
    assert told in str(caught.value)
    assert "c.json" in str(caught.value)
    assert str(caught.value).isprintable()


def test_unreadable_files_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load_config(tmp_path / "missing.json")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path)
    (tmp_path / "latin.json").write_bytes(b'{"a": "\xe9"}')
    with pytest.raises(ConfigError, match="UTF-8"):
        load_config(tmp_path / "latin.json")


def test_a_byte_order_mark_is_no_problem(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_bytes(b'\xef\xbb\xbf{"training_config": {"batch_size": 4}}')
    assert load_config(tmp_path / "c.json")[0].get("batch_size") == 4


def test_a_failed_save_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "c.json", "{}")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigError, match="No space left on device"):
        Config().save(path)
    assert path.read_text() == "{}"
    assert list(tmp_path.iterdir()) == [path]


def test_saving_follows_a_link(tmp_path: Path) -> None:
    real = write(tmp_path / "real.json", "{}")
    link = tmp_path / "link.json"
    link.symlink_to(real)
    Config().save(link)
    assert link.is_symlink()
    assert json.loads(real.read_text()) == Config().dump()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
@given(
    changes=st.lists(st.tuples(any_key, json_values), max_size=12),
    extras=st.dictionaries(st.text(), json_values, max_size=4),
    place=st.sampled_from(list(SECTIONS)),
)
def test_saving_and_loading_gives_the_same_back(tmp_path: Path, changes, extras, place) -> None:
    path = tmp_path / "c.json"
    known = set(SECTIONS) | {key.name for key in keys()}
    extras = {name: value for name, value in extras.items() if name not in known}
    config, _ = load_config(write(path, {**extras, place: extras}))
    for key, value in changes:
        try:
            config.set(key.dotted, value)
        except ConfigError:
            continue
    config.save(path)
    again, warnings = load_config(path)
    # Compared as text, since NaN, which an unknown key may hold, is not equal to itself.
    assert json.dumps(again.dump()) == json.dumps(config.dump())
    assert [name for name in again.dump() if name not in SECTIONS] == list(extras)
    assert [name for name in again.dump()[place] if name not in known] == list(extras)
    assert len(warnings) == 2 * len(extras)


@pytest.mark.parametrize("edited", ["{", '{"controls_config": {"top_k": "many"}}', "\0" * 50])
def test_a_file_that_was_edited_meanwhile_is_kept_whatever_stands_in_it(tmp_path: Path, edited: str) -> None:
    path = write(tmp_path / "config.json", {"controls_config": {"top_k": 7}})
    config, _ = load_config(path)
    config.set("top_p", 0.5)
    assert config.save(path) is None, "nobody has touched it"
    path.write_text(edited)
    config.set("top_k", 9)
    aside = config.save(path)
    assert aside is not None and aside.read_text() == edited
    assert (load_config(path)[0].get("top_k"), load_config(path)[0].get("top_p")) == (9, 0.5)
    assert config.save(path) is None and sorted(tmp_path.iterdir()) == sorted([path, aside])
