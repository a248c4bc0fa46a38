"""What makes a folder a model that Transformers can load, and what its ``config.json`` says about it.

The checks are cheap (file sizes and small headers, never the weights), so they run at every start, and turn what would
be a page of traceback minutes later into one line now.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json")
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt")
_LONGEST_HEADER = 100_000_000  # the safetensors format's own limit, in bytes


class WeightsError(Exception):
    """A model cannot be had; ``str`` is one line that says why, and what would help."""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model in a few words. ``parameters`` counts what is stored (tied weights once); None where that is unknown."""

    name: str
    architecture: str
    layers: int
    hidden: int
    parameters: int | None


def check_folder(folder: Path) -> None:
    """Raise :class:`WeightsError` unless ``folder`` holds a configuration, complete safetensors and a tokenizer."""
    _read_config(folder)
    for part in _weight_files(folder):
        _read_safetensors_header(part)
    if not any((folder / name).is_file() for name in _TOKENIZERS):
        raise WeightsError(f"{folder} has no tokenizer (tokenizer.json, tokenizer.model or vocab.json).")


def describe(folder: Path) -> ModelInfo:
    """Name, shape and size of the model in ``folder``, from its ``config.json`` and the headers of its weights."""
    config = _read_config(folder)
    architectures = config.get("architectures") or [config["model_type"]]
    return ModelInfo(
        name=_name(folder, config),
        architecture=str(architectures[0]),
        layers=_number(config, folder, "num_hidden_layers", "n_layer"),
        hidden=_number(config, folder, "hidden_size", "n_embd"),
        parameters=_stored_parameters(folder),
    )


def _name(folder: Path, config: dict[str, Any]) -> str:
    # The hub's cache keeps a model in models--owner--name/snapshots/<commit>.
    for part in folder.parts:
        if part.startswith("models--"):
            return part.removeprefix("models--").replace("--", "/")
    written = config.get("_name_or_path")
    return written if isinstance(written, str) and written else folder.name


def _number(config: dict[str, Any], folder: Path, *names: str) -> int:
    # Models that see as well as read keep the language model's numbers one level down.
    nested = config.get("text_config")
    for place in (config, nested if isinstance(nested, dict) else {}):
        for name in names:
            if isinstance(place.get(name), int):
                return int(place[name])
    raise WeightsError(f"{folder / 'config.json'} does not say {names[0]}: is it a language model?")


def _stored_parameters(folder: Path) -> int | None:
    try:
        headers = [_read_safetensors_header(part) for part in _weight_files(folder)]
    except WeightsError:
        return None
    return sum(math.prod(entry["shape"]) for header in headers for entry in header.values())


def _read_config(folder: Path) -> dict[str, Any]:
    path = folder / "config.json"
    if not path.is_file():
        raise WeightsError(f"{folder} is not a model: it has no config.json.")
    config = _read_json(path)
    if not isinstance(config, dict) or not isinstance(config.get("model_type"), str):
        raise WeightsError(f"{path} is not a model's configuration: it names no model_type.")
    return config


def _weight_files(folder: Path) -> list[Path]:
    """The safetensors files of the model: one, or the parts that the index names."""
    single, index = folder / "model.safetensors", folder / "model.safetensors.index.json"
    if single.is_file():
        return [single]
    if index.is_file():
        content = _read_json(index)
        weight_map = content.get("weight_map") if isinstance(content, dict) else None
        if not isinstance(weight_map, dict) or not weight_map:
            raise WeightsError(f"{index} does not say which files hold the weights.")
        names = sorted(set(map(str, weight_map.values())))
        if outside := [name for name in names if Path(name).name != name]:
            raise WeightsError(f"{index} names a file outside the folder: {outside[0]!r:.80}.")
        parts = [folder / name for name in names]
        missing = [part.name for part in parts if not part.is_file()]
        if missing:
            raise WeightsError(f"{folder} lacks {len(missing)} of {len(parts)} weight files, first {missing[0]}.")
        return parts
    pickles = sorted(found.name for pattern in _PICKLES for found in folder.glob(pattern))
    if pickles:
        raise WeightsError(
            f"{folder} has only pickle weights ({pickles[0]}), which can run code and are refused; convert them once "
            "where you trust them: AutoModelForCausalLM.from_pretrained(FOLDER).save_pretrained(NEW_FOLDER)."
        )
    raise WeightsError(f"{folder} has a config.json, but no model.safetensors.")


def _read_safetensors_header(path: Path) -> dict[str, dict[str, Any]]:
    """The tensor table of a safetensors file, after checking that the file is as long as the table says."""
    try:
        with path.open("rb") as handle:
            size = handle.seek(0, 2)
            handle.seek(0)
            length = int.from_bytes(handle.read(8), "little")
            if size < 8 or length > min(_LONGEST_HEADER, size - 8):
                raise WeightsError(f"{path} is not a complete safetensors file ({size} bytes).")
            encoded = handle.read(length)
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {error.strerror or error}.") from error
    try:
        header = json.loads(encoded)
        header.pop("__metadata__", None)
        end = 8 + length + max((entry["data_offsets"][1] for entry in header.values()), default=0)
        shapes_are_numbers = all(isinstance(n, int) for entry in header.values() for n in entry["shape"])
    except (ValueError, AttributeError, KeyError, IndexError, TypeError, RecursionError) as error:
        raise WeightsError(f"{path} has a damaged header.") from error
    if end != size or not shapes_are_numbers:
        raise WeightsError(f"{path} has {size} bytes, but its header asks for {end}: it is damaged or incomplete.")
    return dict(header)


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        reason = f"line {error.lineno}" if isinstance(error, json.JSONDecodeError) else type(error).__name__
        raise WeightsError(f"{path} cannot be read as JSON ({reason}).") from error
