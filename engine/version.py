"""The version of SOVL, written down once: the package's metadata and ``sovl --version`` both read it here."""

__version__ = "0.1.0"
