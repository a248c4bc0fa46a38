"""The command config: it shows the settings, explains them, changes them one by one or by presets, and keeps them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .refusing import must_write
from .spec import Argument, Call, CommandSpec, Refused
from .wording import clock, excerpt

if TYPE_CHECKING:
    from engine.config import Change, Config, KeySpec
    from engine.lifeform import Lifeform


def config(life: Lifeform, call: Call) -> None:
    """Show a setting or a section, or change a setting."""
    from engine.config import SECTIONS, keys, spec

    key, value = call.args["key"], call.args["value"]
    if key is None:
        counts = {name: sum(known.section == name for known in keys()) for name in SECTIONS}
        lines = [f"Config {name}: {count} keys" for name, count in counts.items()]
        call.output("\n".join((*lines, "config SECTION lists its keys; config search WORD finds one.")))
    elif value is None and key in SECTIONS:
        call.output("\n".join(_setting(life.config, known) for known in keys() if known.section == key))
    elif value is None:
        call.output(f"Config {spec(key).name}: {_plain(life.config.get(key))}")
    else:
        _say_change(call, life.set_config(key, value))


def config_save(life: Lifeform, call: Call) -> None:
    """Write the settings to their file."""
    must_write(life, "nothing was saved")
    aside = life.config.save(life.config_path)
    call.output(f"Config saved to {life.config_path}")
    if aside is not None:
        call.output(f"Somebody had edited it meanwhile; that is kept in {aside}")


def config_reset(life: Lifeform, call: Call) -> None:
    """Give a setting its default back."""
    _say_change(call, life.reset_config(call.args["key"]))


def config_search(life: Lifeform, call: Call) -> None:
    """Find settings by a word in their name or their help."""
    from engine.config import keys

    word = call.args["word"].casefold()
    found = [known for known in keys() if word in known.dotted.casefold() or word in known.help.casefold()]
    if not found:
        raise Refused(f"No setting speaks of '{excerpt(call.args['word'], 40)}'; config lists the sections.")
    call.output("\n".join(f"{_setting(life.config, known)}\n    {known.help}" for known in found))


def config_why(life: Lifeform, call: Call) -> None:
    """Tell all that is known about a setting: its value and where that comes from, what it may be, what it moves."""
    from engine.config import spec

    known = spec(call.args["key"])
    call.output(
        "\n".join(
            (
                _setting(life.config, known),
                f"    {known.help}",
                f"    Moves: {known.told}.",
                f"    May be: {known.allowed}{f' ({known.unit})' if known.unit and known.kind != 'list' else ''}.",
                f"    Default: {_plain(known.default) or 'empty'}",
                *(f"    {line}" for line in _history(life.config, known)),
            )
        )
    )


def _history(settings: Config, known: KeySpec) -> tuple[str, str]:
    origin = settings.origin(known.dotted)
    change = "none since it started"
    if origin.changed_at is not None:
        change = f"{clock(origin.changed_at)}, before that it was {_plain(origin.before) or 'empty'}"
    return f"Origin: {origin.source}", f"Last change: {change}"


def config_preset(life: Lifeform, call: Call) -> None:
    """List the presets, or make the settings of one."""
    from engine.config import presets

    wanted = call.args["name"]
    if wanted is None:
        call.output("\n".join(f"{one.name}: {one.noticed}" for one in presets()))
        return
    preset = next((one for one in presets() if one.name == wanted.casefold()), None)
    if preset is None:
        names = ", ".join(one.name for one in presets())
        raise Refused(f"There is no preset '{excerpt(wanted, 40)}'; there are {names}.")
    for key, value in preset.settings.items():
        if life.config.get(key) != value:
            _say_change(call, life.set_config(key, value, by=f"config preset {preset.name}"))
    call.output(preset.noticed)


def _setting(settings: Config, known: KeySpec) -> str:
    return f"Config {known.dotted}: {_plain(settings.get(known.dotted))}"


def _say_change(call: Call, change: Change) -> None:
    when = "" if change.live else ", takes effect after reset"
    name = change.key.rpartition(".")[2]
    call.output(f"Config {name}: {_plain(change.new)} (was {_plain(change.old)}){when}")


def _plain(value: Any) -> str:
    """A setting's value as the settings file has it, but texts without quotes."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


CONFIGURING = (
    CommandSpec(
        "config",
        "control",
        "Gets or sets a configuration value.",
        config,
        arguments=(
            Argument("key", "key", required=False, help="a setting, short or dotted, or a section"),
            Argument("value", "value", required=False, help="checked against the setting's type and range"),
        ),
        help="A value of several words needs quotes. A change applies at once where that is possible, otherwise after "
        "reset; config save keeps it.",
        examples=("config base_model_name", "config base_temperature 0.9", "config cross_attn_layers [5, 7]"),
    ),
    CommandSpec(
        "config save",
        "control",
        "Writes the configuration to its file.",
        config_save,
        help="Keys of the file that are not known are kept.",
        examples=("config save",),
    ),
    CommandSpec(
        "config reset",
        "control",
        "Gives a configuration key its default value back.",
        config_reset,
        arguments=(Argument("key", "key", help="a setting, short or dotted"),),
        examples=("config reset base_temperature",),
    ),
    CommandSpec(
        "config search",
        "control",
        "Finds configuration keys by a word in their name or help.",
        config_search,
        arguments=(Argument("word", "text"),),
        examples=("config search dream",),
    ),
    CommandSpec(
        "config why",
        "control",
        "Tells all about a configuration key: value, origin, range, effect, last change.",
        config_why,
        arguments=(Argument("key", "key", help="a setting, short or dotted"),),
        examples=("config why dream_noise_scale",),
    ),
    CommandSpec(
        "config preset",
        "control",
        "Makes several settings that belong together, or lists the presets.",
        config_preset,
        arguments=(Argument("name", "text", required=False, help="without it, tells what you will notice of each"),),
        help="A preset changes only its own settings; the preset usual gives all of them their defaults back.",
        examples=("config preset", "config preset lively"),
    ),
)
