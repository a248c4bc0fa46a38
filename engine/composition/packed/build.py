"""Compile the kernel, once for each machine, and load it."""

from __future__ import annotations

import ctypes
import hashlib
import logging
import os
import platform
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from engine.composition.weights_cache import default_cache

_log = logging.getLogger(__name__)
_SOURCES = [
    Path(__file__).with_name(name) for name in ("lanes.h", "pool.h", "model.h", "matrix.h", "attention.h", "llama.cpp")
]
_FLAGS = ("-std=c++20", "-O3", "-march=native", "-fno-math-errno", "-shared", "-fPIC", "-pthread")
_PATIENCE_SECONDS = 300


@cache
def kernel() -> ctypes.CDLL | None:
    """The kernel, compiled now if this machine has not done so yet.

    None where there is no compiler, or a processor with neither AVX-512 VNNI nor AVX2, for which it does not compile.

    ``SOVL_KERNEL=off`` says that it is not wanted.
    """
    if os.environ.get("SOVL_KERNEL", "").lower() in ("off", "0"):
        return None
    if (found := compiler()) is None:
        _log.info("no C++ compiler: Transformers computes")
        return None
    try:
        return ctypes.CDLL(str(compiled(found, default_cache() / "kernels")))
    except (OSError, subprocess.SubprocessError) as error:
        details = getattr(error, "stderr", None) or str(error)
        _log.warning("the kernel could not be compiled, Transformers computes: %s", details.strip()[:500])
        return None


def compiler() -> str | None:
    """The C++ compiler: ``$CXX``, else the first that is installed."""
    return os.environ.get("CXX") or next(filter(None, map(shutil.which, ("g++", "clang++", "c++"))), None)


def compiled(compiler_name: str, folder: Path, extra_flags: tuple[str, ...] = ()) -> Path:
    """The shared library in ``folder``, compiled if it is not there.

    Raises:
        OSError: When the compiler cannot be started, or ``folder`` not be written.
        subprocess.SubprocessError: When it fails.
    """
    flags = (*_FLAGS, *extra_flags)
    made_of = [compiler_name, *flags, _processor(), *(source.read_text(encoding="utf-8") for source in _SOURCES)]
    library = folder / f"llama-{hashlib.sha256(chr(0).join(made_of).encode()).hexdigest()[:16]}.so"
    if not library.exists():
        folder.mkdir(parents=True, exist_ok=True)
        # Under another name first, so that nobody ever loads half of it.
        with tempfile.TemporaryDirectory(dir=folder) as making:
            made = Path(making) / library.name
            command = [compiler_name, *flags, str(_SOURCES[-1]), "-o", str(made)]
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=_PATIENCE_SECONDS)
            made.replace(library)
    return library


def _processor() -> str:
    """What ``-march=native`` depends on: a cache folder may be shared between machines."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line for line in lines if line.startswith(("flags", "Features"))), platform.processor())
