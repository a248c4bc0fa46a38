"""The configuration: reading it, asking it, changing it, writing it.

What settings there are is said in :mod:`engine.config_keys`; this module holds their values and guards them. A value
that is wrong is refused with one line that names the key, the value and what would be right, and changes nothing. Keys
that nobody knows are kept where they stood, so that a file survives being read and written by another version.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, Self

from pydantic import BaseModel, Field, PrivateAttr, ValidationError, model_validator

from engine import config_presets
from engine.config_effects import Direction, Effect, When
from engine.config_keys import (
    SECTIONS,
    ControlsConfig,
    CoreConfig,
    DryRunParams,
    InterfaceConfig,
    KeySpec,
    LoraConfig,
    Section,
    TrainingConfig,
    keys,
)
from engine.config_presets import Preset
from engine.config_text import from_text, printable, shown, what_is_wrong
from engine.whole_file import put

__all__ = [
    "SECTIONS",
    "Change",
    "Config",
    "ConfigError",
    "Direction",
    "Effect",
    "KeySpec",
    "Origin",
    "Preset",
    "When",
    "keys",
    "load_config",
    "presets",
    "spec",
]


class ConfigError(ValueError):
    """Something in the configuration is wrong. ``str()`` is one line; ``problems`` has a line for each thing found."""

    def __init__(self, *problems: str) -> None:
        more = len(problems) - 1
        tail = f" (and {more} more problem{'s' if more > 1 else ''})" if more else ""
        super().__init__(problems[0] + tail)
        self.problems = list(problems)


@dataclass(frozen=True, slots=True)
class Change:
    """What :meth:`Config.set` did."""

    key: str
    """Full name, ``section.name``."""
    old: Any
    new: Any
    live: bool
    """Whether it acts at once; otherwise after a reset."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value comes from."""

    source: str
    """``default``, ``file PATH``, or who set it."""
    changed_at: float | None = None
    """Unix seconds of its last change in this process; None when there was none."""
    before: Any = None
    """What it was before that change."""


class _Extra(NamedTuple):
    """An unknown key of a file: the known key it stood behind, or None for the beginning, and what it held."""

    behind: str | None
    name: str
    value: Any


# -- looking keys up ---------------------------------------------------------------------------------------------------


@cache
def presets() -> tuple[Preset, ...]:
    """Settings that belong together, by name; the first takes the others back."""
    return config_presets.presets({known.name: known.default for known in keys()})


@cache
def _index() -> dict[str, KeySpec]:
    short = {key.name: key for key in keys()}
    return short | {key.dotted: key for key in keys()}


def spec(key: str) -> KeySpec:
    """What is known about ``key``, a short or a dotted name. Raises :class:`ConfigError` when there is no such key."""
    found = _index().get(key.strip())
    if found:
        return found
    if key.strip() in SECTIONS:
        example = next(iter(SECTIONS[key.strip()].model_fields))
        raise ConfigError(f"config: {key.strip()} is a section; name one of its keys, such as '{example}'")
    guess = _closest(key)
    raise ConfigError(f"config: no key '{printable(key)}'" + (f"; did you mean '{guess}'?" if guess else ""))


def _closest(key: str) -> str | None:
    """The known key most like ``key``: dotted where the section was right or wrong, short where none was given."""
    name = key.strip().rpartition(".")[2].lower()
    found = get_close_matches(name, [known.name for known in keys()], n=1)
    if not found:
        return None
    return _index()[found[0]].dotted if "." in key else found[0]


# -- the configuration -------------------------------------------------------------------------------------------------


class Config(BaseModel):
    """All settings. Sections are attributes: ``config.controls_config.base_temperature``.

    Change values by :meth:`set`, which checks them and says whether they act at once.
    """

    core_config: CoreConfig = Field(default_factory=CoreConfig)
    lora_config: LoraConfig = Field(default_factory=LoraConfig)
    training_config: TrainingConfig = Field(default_factory=TrainingConfig)
    dry_run_params: DryRunParams = Field(default_factory=DryRunParams)
    controls_config: ControlsConfig = Field(default_factory=ControlsConfig)
    interface_config: InterfaceConfig = Field(default_factory=InterfaceConfig)
    _extras: dict[str, list[_Extra]] = PrivateAttr(default_factory=dict)
    """Unknown keys by section; those of the file's top level under the empty name."""
    _origins: dict[str, Origin] = PrivateAttr(default_factory=dict)
    """By full name, of what is not simply a default."""
    _file: bytes | None = PrivateAttr(default=None)
    """What their file held when it was last read or written; None before that."""

    @model_validator(mode="after")
    def _agree(self) -> Self:
        problem = _disagreement(self.core_config)
        if problem:
            raise ValueError(problem)
        return self

    def get(self, key: str) -> Any:
        """The value of ``key``, a short or a dotted name. A list is a copy."""
        known = spec(key)
        return deepcopy(getattr(self._section(known), known.name))

    def origin(self, key: str) -> Origin:
        """Where the value of ``key`` comes from."""
        return self._origins.get(spec(key).dotted, Origin("default"))

    def set(self, key: str, value: Any, *, by: str = "config") -> Change:
        """Set ``key``. ``value`` may be text as a person types it: ``0.5``, ``on``, ``null``, ``[1, 2]``.

        ``by`` says who sets it, for :meth:`origin`.

        Raises :class:`ConfigError` when there is no such key, or the value has the wrong type, lies outside its range
        or contradicts another key. Nothing is changed then.
        """
        known = spec(key)
        section, candidate = self._section(known), self._candidate(known, value)
        old, new = getattr(section, known.name), getattr(candidate, known.name)
        setattr(section, known.name, new)
        self._origins[known.dotted] = Origin(by, time.time(), deepcopy(old))
        return Change(known.dotted, deepcopy(old), deepcopy(new), known.live)

    def problem(self, key: str, value: Any) -> str:
        """The line with which :meth:`set` would refuse; empty when it would not. Changes nothing."""
        try:
            self._candidate(spec(key), value)
        except ConfigError as error:
            return str(error)
        return ""

    def _candidate(self, known: KeySpec, value: Any) -> Section:
        """A copy of the section of ``known`` with ``value`` in it, checked."""
        candidate = self._section(known).model_copy()
        _assign(candidate, known, from_text(known, value) if isinstance(value, str) else value)
        problem = _disagreement(candidate) if isinstance(candidate, CoreConfig) else None
        if problem:
            raise ConfigError(problem)
        return candidate

    def dump(self) -> dict[str, Any]:
        """Everything as a JSON-ready document, unknown keys included."""
        sections = {name: self._with_extras(name, getattr(self, name).model_dump(mode="json")) for name in SECTIONS}
        return self._with_extras("", sections)

    def save(self, path: Path) -> Path | None:
        """Write to ``path`` in one stroke: whoever reads it sees the old file or the new one, never a part.

        What was there is kept beside it where somebody has changed it since these settings were last read from a file
        or written to one. Returns the path that it has then.

        Raises :class:`ConfigError` when it cannot be written; the old file is then as it was.
        """
        target, data = path.resolve(), _pretty(self.dump())
        aside: Path | None = None
        try:
            before = target.read_bytes() if target.exists() else data
            if before not in (data, self._file):
                aside = target.with_name(f"{target.name}.edited-{time.strftime('%Y%m%d-%H%M%S')}")
                put(aside, before)
            put(target, data)
        except OSError as error:
            raise ConfigError(f"config: cannot write {printable(str(path))}: {error.strerror}") from error
        self._file = data
        for known in keys():
            self._origins[known.dotted] = replace(self.origin(known.dotted), source=_file_source(path))
        return aside

    def _section(self, known: KeySpec) -> Section:
        section: Section = getattr(self, known.section)
        return section

    def _with_extras(self, place: str, values: dict[str, Any]) -> dict[str, Any]:
        """``values`` with the unknown keys of ``place`` put back behind the keys they stood behind."""
        behind: dict[str | None, dict[str, Any]] = {}
        for extra in self._extras.get(place, ()):
            behind.setdefault(extra.behind, {})[extra.name] = deepcopy(extra.value)
        merged = behind.get(None, {})
        for name, value in values.items():
            merged[name] = value
            merged |= behind.get(name, {})
        return merged


def _file_source(path: Path) -> str:
    return f"file {printable(str(path))}"


def _pretty(document: Mapping[str, Any]) -> bytes:
    """JSON with one key to a line, so that a list of layers does not fill a screen."""
    blocks = []
    for name, value in document.items():
        if isinstance(value, dict) and value:
            lines = ",\n".join(f"    {_json(key)}: {_json(entry)}" for key, entry in value.items())
            blocks.append(f"  {_json(name)}: {{\n{lines}\n  }}")
        else:
            blocks.append(f"  {_json(name)}: {_json(value)}")
    return ("{\n" + ",\n".join(blocks) + "\n}\n").encode()


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    # Half a surrogate pair, which an unknown key may hold as \ud800, has no UTF-8: such a value keeps its escapes.
    return json.dumps(value) if any("\ud800" <= c <= "\udfff" for c in text) else text


# -- checking one value ------------------------------------------------------------------------------------------------


def _assign(section: Section, known: KeySpec, value: Any) -> None:
    """Check ``value`` by the field's own rules and put it into ``section``."""
    try:
        setattr(section, known.name, value)
    except ValidationError:
        wrong = what_is_wrong(known, value)
        line = f"config: {known.name} = {shown(value)} {wrong}; it must be {known.allowed}"
        raise ConfigError(line) from None


def _disagreement(core: CoreConfig) -> str | None:
    """The one rule that two keys make together."""
    if core.layer_selection_mode == "custom" and not core.custom_layers:
        return (
            'config: layer_selection_mode = "custom" needs custom_layers, and they are []; '
            "they must be a list of layer numbers such as [0, 2, 4]"
        )
    return None


# -- reading a file ----------------------------------------------------------------------------------------------------


def load_config(path: Path | None) -> tuple[Config, list[str]]:
    """The configuration in ``path`` and a warning for each key nobody knows; None gives the defaults.

    Keys that the file lacks have their defaults. ``dry_run_params`` may also stand inside ``training_config``.
    Raises :class:`ConfigError` with one line per problem when the file is missing, unreadable, no JSON, or holds
    a wrong value.
    """
    if path is None:
        return Config(), []
    warnings: list[str] = []
    config = Config()
    document = _unnested(_read(path, config, warnings))
    problems: list[str] = []
    config._extras[""] = list(_unknown("", document, warnings))
    for name in SECTIONS:
        values = document.get(name, {})
        if not isinstance(values, dict):
            problems.append(f'config: section {name} = {shown(values)} is not an object; it must be {{ "key": value }}')
            continue
        config._extras[name] = list(_unknown(name, values, warnings))
        section: Section = getattr(config, name)
        problems.extend(_fill(section, name, values))
        given = type(section).model_fields.keys() & values.keys()
        config._origins |= {f"{name}.{key}": Origin(_file_source(path)) for key in given}
    problem = _disagreement(config.core_config)
    if problem and not problems:
        problems.append(problem)
    if problems:
        raise ConfigError(*(f"{line} (in {printable(str(path))})" for line in problems))
    return config, warnings


def _fill(section: Section, name: str, values: Mapping[str, Any]) -> Iterator[str]:
    """Put the known ``values`` into ``section``, and give a line for each that is wrong."""
    for key in type(section).model_fields:
        if key in values:
            try:
                _assign(section, _index()[f"{name}.{key}"], values[key])
            except ConfigError as error:
                yield str(error)


def _read(path: Path, config: Config, warnings: list[str]) -> dict[str, Any]:
    """What stands in the file, which ``config`` takes note of."""
    where = f"config: {printable(str(path))}"

    def noting_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        entries = dict(pairs)
        if len(entries) < len(pairs):
            names = [name for name, _ in pairs]
            repeated = sorted({name for name in names if names.count(name) > 1})
            warnings.extend(f"config: '{printable(name)}' stands twice; the last one counts" for name in repeated)
        return entries

    try:
        config._file = path.read_bytes()
        document = json.loads(config._file.decode("utf-8-sig"), object_pairs_hook=noting_repeats)
    except FileNotFoundError:
        raise ConfigError(f"{where}: there is no such file") from None
    except OSError as error:
        raise ConfigError(f"{where}: cannot be read: {error.strerror}") from None
    except json.JSONDecodeError as error:
        line = f"{where}, line {error.lineno}, column {error.colno}: broken JSON: {error.msg}"
        raise ConfigError(line) from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{where}: broken text at byte {error.start}; it must be UTF-8") from None
    except (ValueError, RecursionError):
        raise ConfigError(f"{where}: broken JSON: a number too long or brackets too deep") from None
    if not isinstance(document, dict):
        raise ConfigError(f"{where}: the file holds {shown(document)}; it must be an object of sections")
    return document


def _unnested(document: dict[str, Any]) -> dict[str, Any]:
    """``document`` with ``dry_run_params`` lifted out of ``training_config``; its own section has the last word."""
    training = document.get("training_config")
    if not isinstance(training, dict) or "dry_run_params" not in training:
        return document
    training = dict(training)
    inner, outer = training.pop("dry_run_params"), document.get("dry_run_params", {})
    both = {**inner, **outer} if isinstance(inner, dict) and isinstance(outer, dict) else outer or inner
    return document | {"training_config": training, "dry_run_params": both}


def _unknown(place: str, values: Mapping[str, Any], warnings: list[str]) -> Iterator[_Extra]:
    """The keys of ``values`` that ``place`` does not have, each with the known key before it and a warning."""
    known = SECTIONS[place].model_fields if place else SECTIONS
    last: str | None = None
    for name, value in values.items():
        if name in known:
            last = name
            continue
        near = get_close_matches(name, SECTIONS, n=1) if not place and isinstance(value, dict) else ()
        guess = near[0] if near else _closest(f"{place}.{name}")
        hint = f"; did you mean '{guess}'?" if guess else ""
        where = f" in {place}" if place else ""
        warnings.append(f"config: no key '{printable(name)}'{where}, it is kept without effect{hint}")
        yield _Extra(last, name, value)
