"""The kernel's data structures, as ``llama.cpp`` declares them."""

from __future__ import annotations

import ctypes
from ctypes import POINTER, Structure, c_float, c_int32, c_int64, c_void_p


class Matrix(Structure):
    """A packed matrix; ``m`` is null where its format has no minima."""

    _fields_ = [
        ("q", c_void_p),
        ("d", c_void_p),
        ("m", c_void_p),
        ("rows", c_int32),
        ("cols", c_int32),
        ("bits", c_int32),
        ("offset", c_int32),
    ]


class Layer(Structure):
    """A decoder layer."""

    _fields_ = [
        ("attention_norm", c_void_p),
        ("mlp_norm", c_void_p),
        ("qkv", Matrix),
        ("out", Matrix),
        ("gate_up", Matrix),
        ("down", Matrix),
    ]


class Model(Structure):
    """The whole stack."""

    _fields_ = [
        ("hidden", c_int32),
        ("inner", c_int32),
        ("heads", c_int32),
        ("kv_heads", c_int32),
        ("head_dim", c_int32),
        ("layers", c_int32),
        ("vocabulary", c_int32),
        ("epsilon", c_float),
        ("stack", POINTER(Layer)),
        ("norm", c_void_p),
        ("head", Matrix),
        ("cosine", c_void_p),
        ("sine", c_void_p),
    ]


class Adapter(Structure):
    """A LoRA adapter of one linear map; ``a`` is null where there is none."""

    _fields_ = [
        ("a", c_void_p),
        ("b", c_void_p),
        ("rank", c_int32),
        ("first_row", c_int32),
        ("rows", c_int32),
    ]


class Adapters(Structure):
    """Those of one layer."""

    _fields_ = [(name, Adapter) for name in ("q", "k", "v", "out", "gate", "up", "down")]


class Cache(Structure):
    """Keys and values of one layer."""

    _fields_ = [
        ("keys", c_void_p),
        ("values", c_void_p),
        ("room", c_int64),
        ("extra", c_int32),
        ("bias", c_void_p),
        ("small_keys", c_void_p),
        ("key_scales", c_void_p),
        ("small_values", c_void_p),
        ("value_scales", c_void_p),
        ("shrunk", c_void_p),
    ]


def declare(library: ctypes.CDLL) -> ctypes.CDLL:
    """Tell ``library`` the types of its functions."""
    library.sovl_forward.argtypes = [
        POINTER(Model),
        *(c_int32,) * 4,
        c_void_p,
        POINTER(Cache),
        POINTER(Adapters),
        *(c_int32,) * 3,
    ]
    library.sovl_forward.restype = None
    library.sovl_finish.argtypes = [POINTER(Model), c_int32, *(c_void_p,) * 3, c_int32]
    library.sovl_finish.restype = None
    return library
