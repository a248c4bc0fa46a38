"""Make small GGUF files: a whole random Llama that Transformers loads, or one that is broken on purpose."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
from transformers.convert_slow_tokenizer import bytes_to_unicode

HIDDEN, INNER, HEADS, KV_HEADS, LAYERS = 64, 96, 4, 2, 2
U32, F32, BOOL, STRING, ARRAY, U64, I32 = 4, 6, 7, 8, 9, 10, 5
CHAT = "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"


def vocabulary() -> tuple[list[str], list[int], list[str]]:
    """Tokens, their types and the merges of a byte-level tokenizer that knows a few words."""
    alphabet = list(bytes_to_unicode().values())
    merges = ["h e", "l l", "he ll", "hell o", "Ġ w", "Ġ Ġ", "t he", "Ġ the"]
    tokens = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", *alphabet, *(pair.replace(" ", "") for pair in merges)]
    return tokens, [3, 3, 3] + [1] * (len(tokens) - 3), merges


def metadata(**changes: Any) -> dict[str, tuple[int, Any]]:
    """The metadata of the tiny Llama as ``key: (type, value)``; a change replaces a value, None takes the key away."""
    tokens, kinds, merges = vocabulary()
    entries: dict[str, tuple[int, Any]] = {
        "general.architecture": (STRING, "llama"),
        "general.name": (STRING, "tiny"),
        "llama.block_count": (U32, LAYERS),
        "llama.context_length": (U32, 128),
        "llama.embedding_length": (U32, HIDDEN),
        "llama.feed_forward_length": (U32, INNER),
        "llama.attention.head_count": (U32, HEADS),
        "llama.attention.head_count_kv": (U32, KV_HEADS),
        "llama.attention.layer_norm_rms_epsilon": (F32, 1e-5),
        "llama.rope.freq_base": (F32, 10_000.0),
        "llama.rope.dimension_count": (U32, HIDDEN // HEADS),
        "llama.vocab_size": (U32, len(tokens)),
        "tokenizer.ggml.model": (STRING, "gpt2"),
        "tokenizer.ggml.pre": (STRING, "smollm"),
        "tokenizer.ggml.tokens": (ARRAY, (STRING, tokens)),
        "tokenizer.ggml.token_type": (ARRAY, (I32, kinds)),
        "tokenizer.ggml.merges": (ARRAY, (STRING, merges)),
        "tokenizer.ggml.bos_token_id": (U32, 1),
        "tokenizer.ggml.eos_token_id": (U32, 2),
        "tokenizer.ggml.unknown_token_id": (U32, 0),
        "tokenizer.ggml.padding_token_id": (U32, 2),
        "tokenizer.ggml.add_bos_token": (BOOL, False),
        "tokenizer.chat_template": (STRING, CHAT),
    }
    for key, value in changes.items():
        key = key.replace("__", ".")
        if value is None:
            del entries[key]
        else:
            entries[key] = value
    return entries


def tensors(
    seed: int = 0, heads: int = HEADS, kv_heads: int = KV_HEADS
) -> dict[str, tuple[tuple[int, ...], int, bytes]]:
    """All tensors of the tiny Llama as ``name: (shape, format number, bytes)``, in three storage formats."""
    random = np.random.default_rng(seed)
    made: dict[str, tuple[tuple[int, ...], int, bytes]] = {}

    def add(name: str, *shape: int, kind: int) -> None:
        values = random.normal(0, 0.1, shape).astype(np.float32)
        made[name] = (shape, kind, _stored(values, kind))

    head_dim = HIDDEN // heads
    add("token_embd.weight", len(vocabulary()[0]), HIDDEN, kind=8)
    for layer in range(LAYERS):
        block = f"blk.{layer}."
        add(block + "attn_norm.weight", HIDDEN, kind=0)
        add(block + "ffn_norm.weight", HIDDEN, kind=0)
        add(block + "attn_q.weight", heads * head_dim, HIDDEN, kind=3)
        add(block + "attn_k.weight", kv_heads * head_dim, HIDDEN, kind=3)
        add(block + "attn_v.weight", kv_heads * head_dim, HIDDEN, kind=3)
        add(block + "attn_output.weight", HIDDEN, heads * head_dim, kind=3)
        add(block + "ffn_gate.weight", INNER, HIDDEN, kind=3)
        add(block + "ffn_up.weight", INNER, HIDDEN, kind=3)
        add(block + "ffn_down.weight", HIDDEN, INNER, kind=3)
    add("output_norm.weight", HIDDEN, kind=0)
    return made


def write(
    path: Path,
    entries: dict[str, tuple[int, Any]] | None = None,
    table: dict[str, tuple[tuple[int, ...], int, bytes]] | None = None,
) -> Path:
    """Write a GGUF file (version 3, little-endian, aligned to 32) and return its path."""
    entries = metadata() if entries is None else entries
    table = tensors() if table is None else table
    head = b"GGUF" + struct.pack("<IQQ", 3, len(table), len(entries))
    for key, (kind, value) in entries.items():
        head += _text(key) + struct.pack("<I", kind) + _value(kind, value)
    offset, data = 0, b""
    for name, (shape, kind, stored) in table.items():
        head += _text(name) + struct.pack("<I", len(shape)) + struct.pack(f"<{len(shape)}Q", *shape[::-1])
        head += struct.pack("<IQ", kind, offset)
        padded = stored + b"\0" * (-len(stored) % 32)
        data += padded
        offset += len(padded)
    path.write_bytes(head + b"\0" * (-len(head) % 32) + data)
    return path


def _stored(values: np.ndarray, kind: int) -> bytes:
    if kind == 0:
        return values.astype("<f4").tobytes()
    blocks = values.reshape(-1, 32)
    if kind == 8:
        scale = np.abs(blocks).max(1, keepdims=True) / 127
        quantised = np.round(blocks / scale).astype(np.int8).view(np.uint8)
        return np.concatenate([scale.astype("<f2").view(np.uint8), quantised], 1).tobytes()
    low = blocks.min(1, keepdims=True)
    scale = (blocks.max(1, keepdims=True) - low) / 15
    steps = np.clip(np.round((blocks - low) / scale), 0, 15).astype(np.uint8)
    packed = steps[:, :16] | (steps[:, 16:] << 4)
    halves = [part.astype("<f2").view(np.uint8) for part in (scale, low)]
    return np.concatenate([*halves, packed], 1).tobytes()


def _text(value: str) -> bytes:
    encoded = value.encode("utf-8")
    return struct.pack("<Q", len(encoded)) + encoded


def _value(kind: int, value: Any) -> bytes:
    if kind == STRING:
        return _text(value)
    if kind == ARRAY:
        inner, items = value
        return struct.pack("<IQ", inner, len(items)) + b"".join(_value(inner, item) for item in items)
    return struct.pack({U32: "<I", F32: "<f", BOOL: "<?", U64: "<Q", I32: "<i"}[kind], value)
