"""Write a Llama model from a GGUF file as a folder that Transformers loads.

Transformers can read GGUF itself, but takes many seconds for it, at every start. This takes a second or two, once: the
weights go out as float32 ``model.safetensors`` (exactly the values Transformers would compute), a piece at a time, so
that the model is never in memory as a whole, and later starts only map the file.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.composition.dequantize import Bytes, dequantize
from engine.composition.gguf import GgufError, GgufFile, Tensor
from engine.composition.packed.packing import PACKED_FILE, packed_entries
from engine.composition.safetensors_file import Entry, write_safetensors
from engine.composition.tokenizer_from_gguf import end_ids, special_ids, tokenizer_files

Number = TypeVar("Number", int, float)

_CHUNK_WEIGHTS = 4 << 20  # weights dequantised at once: 16 MB of float32, which stays near the processor's cache
_FLOAT32_BYTES = 4
_MOST_PACKED_BYTES = 2  # 9 bits a weight at most, and norms
_OTHER_FILES_BYTES = 16 << 20  # tokenizer, configuration, and a margin for the file system
_TOP = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
}
_LAYER = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}


def bytes_needed(source: GgufFile) -> int:
    """How much room :func:`write_folder` takes on the disk, rounded up."""
    weights = sum(tensor.elements for tensor in source.tensors.values())
    return weights * (_FLOAT32_BYTES + _MOST_PACKED_BYTES) + _OTHER_FILES_BYTES


def write_folder(
    source: GgufFile, folder: Path, name: str, progress: Callable[[float], None] = lambda fraction: None
) -> None:
    """Write ``config.json``, ``generation_config.json``, the tokenizer and ``model.safetensors`` into ``folder``.

    Beside them goes ``packed.safetensors`` with the same weights in their own blocks, where the kernel knows those.

    ``folder`` must exist; every file in it is synced to the disk before this returns. ``progress`` gets the written
    fraction, many times a second. Raises :class:`GgufError` for a model that cannot be converted, before anything is
    written, and :class:`OSError` when the disk refuses.
    """
    config = _config(source, name)
    tensors = _plan(source, config)
    tokenizer, settings = tokenizer_files(source)
    if len(tokenizer["model"]["vocab"]) > config["vocab_size"]:
        raise GgufError("the vocabulary is larger than the embedding table")
    generation = {"bos_token_id": config["bos_token_id"], "eos_token_id": end_ids(source)}
    if config["pad_token_id"] is not None:
        generation["pad_token_id"] = config["pad_token_id"]
    _write_json(folder / "config.json", config)
    _write_json(folder / "generation_config.json", generation)
    _write_json(folder / "tokenizer.json", tokenizer)
    _write_json(folder / "tokenizer_config.json", settings)
    entries = {
        name: Entry("F32", tensor.shape, partial(_weights, source, tensor, config)) for name, tensor in tensors.items()
    }
    packed = packed_entries(source, config, partial(_rows, source, config=config))
    total = sum(entry.nbytes for entry in [*entries.values(), *(packed[0].values() if packed else ())])
    written = 0

    def report(size: int) -> None:
        nonlocal written
        written += size
        progress(written / total)

    write_safetensors(folder / "model.safetensors", entries, {}, report)
    if packed is not None:
        write_safetensors(folder / PACKED_FILE, *packed, report)


def _config(source: GgufFile, name: str) -> dict[str, Any]:
    """``config.json`` of a ``LlamaForCausalLM``, from the file's metadata."""
    architecture = source.value("general.architecture", str)
    if architecture != "llama":
        raise GgufError(
            f"its architecture is {architecture!r:.40}; only llama is converted (use a Transformers folder instead)"
        )
    if source.value("llama.expert_count", int, 0) or "llama.rope.scaling.type" in source.metadata:
        raise GgufError("it is a Llama variant (experts or scaled positions) that is not converted")
    heads = _positive(source, "llama.attention.head_count", int)
    key_value_heads = _positive(source, "llama.attention.head_count_kv", int, heads)
    hidden = _positive(source, "llama.embedding_length", int)
    if heads % key_value_heads:
        raise GgufError(f"{heads} heads cannot share {key_value_heads} key-value heads evenly")
    head_dim = _positive(source, "llama.attention.key_length", int, hidden // heads)
    if source.value("llama.rope.dimension_count", int, head_dim) != head_dim or head_dim % 2:
        raise GgufError("only full rotary positions are converted")
    embedding = source.tensors.get("token_embd.weight")
    if embedding is None:
        raise GgufError("the tensor 'token_embd.weight' is missing")
    special = special_ids(source)
    rope_theta = _positive(source, "llama.rope.freq_base", float, 10_000.0)
    return {
        "_name_or_path": name,
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": embedding.shape[0],
        "hidden_size": hidden,
        "intermediate_size": _positive(source, "llama.feed_forward_length", int),
        "num_hidden_layers": _positive(source, "llama.block_count", int),
        "num_attention_heads": heads,
        "num_key_value_heads": key_value_heads,
        "head_dim": head_dim,
        "hidden_act": "silu",
        "max_position_embeddings": _positive(source, "llama.context_length", int),
        # Stored as float32; the shortest decimal that rounds to the same float32 is what the author wrote.
        "rms_norm_eps": float(str(np.float32(_positive(source, "llama.attention.layer_norm_rms_epsilon", float)))),
        "rope_theta": rope_theta,
        "rope_parameters": {"rope_theta": rope_theta, "rope_type": "default"},
        "attention_bias": False,
        "mlp_bias": False,
        "tie_word_embeddings": "output.weight" not in source.tensors,
        "bos_token_id": special.get("bos_token"),
        "eos_token_id": special.get("eos_token"),
        "pad_token_id": special.get("pad_token"),
        "dtype": "float32",
        "use_cache": True,
    }


def _positive(source: GgufFile, key: str, kind: type[Number], default: Number | None = None) -> Number:
    value = source.value(key, kind, default)
    if not 0 < value < math.inf:
        raise GgufError(f"{key} is {value}, but should be above zero")
    return value


def _plan(source: GgufFile, config: dict[str, Any]) -> dict[str, Tensor]:
    """Transformers' tensor names in order, each with its source; checks that all are there, in the right shape."""
    layers = config["num_hidden_layers"]
    if not 1 <= layers <= len(source.tensors):
        raise GgufError(f"it claims {layers} layers, but has {len(source.tensors)} tensors")
    names = {gguf: target for gguf, target in _TOP.items() if gguf in source.tensors or gguf != "output.weight"}
    for layer in range(layers):
        for gguf, target in _LAYER.items():
            names[f"blk.{layer}.{gguf}.weight"] = f"model.layers.{layer}.{target}.weight"
    if foreign := source.tensors.keys() - names.keys():
        raise GgufError(f"the tensor {min(foreign)!r} does not belong to a plain Llama")
    shapes = _shapes(config)
    plan: dict[str, Tensor] = {}
    for gguf, target in names.items():
        if gguf not in source.tensors:
            raise GgufError(f"the tensor {gguf!r} is missing")
        tensor = source.tensors[gguf]
        right = shapes[gguf.split(".")[-2]]
        if tensor.shape != right:
            raise GgufError(f"the tensor {gguf!r} has shape {list(tensor.shape)}, but should have {list(right)}")
        plan[target] = tensor
    return plan


def _shapes(config: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    hidden, inner, vocabulary = config["hidden_size"], config["intermediate_size"], config["vocab_size"]
    queries = config["num_attention_heads"] * config["head_dim"]
    keys = config["num_key_value_heads"] * config["head_dim"]
    return {
        "token_embd": (vocabulary, hidden),
        "output": (vocabulary, hidden),
        "output_norm": (hidden,),
        "attn_norm": (hidden,),
        "ffn_norm": (hidden,),
        "attn_q": (queries, hidden),
        "attn_k": (keys, hidden),
        "attn_v": (keys, hidden),
        "attn_output": (hidden, queries),
        "ffn_gate": (inner, hidden),
        "ffn_up": (inner, hidden),
        "ffn_down": (hidden, inner),
    }


def _write_json(path: Path, content: dict[str, Any]) -> None:
    with path.open("w", encoding="utf-8") as handle:
        handle.write(json.dumps(content) + "\n")
        handle.flush()
        os.fsync(handle.fileno())


def _weights(source: GgufFile, tensor: Tensor, config: dict[str, Any]) -> Iterator[NDArray[np.float32]]:
    """The float32 rows of one tensor, a chunk of rows at a time."""
    rows = _rows(source, tensor, config)
    step = max(1, _CHUNK_WEIGHTS // tensor.shape[-1])
    for start in range(0, len(rows), step):
        yield dequantize(rows[start : start + step], tensor.format)


def _rows(source: GgufFile, tensor: Tensor, config: dict[str, Any]) -> Bytes:
    """The stored rows of one tensor ``[rows, bytes]``, in Transformers' order."""
    rows = source.rows(tensor)
    if ".attn_q." in tensor.name:
        return _undo_rotary_order(rows, config["num_attention_heads"])
    if ".attn_k." in tensor.name:
        return _undo_rotary_order(rows, config["num_key_value_heads"])
    return rows


def _undo_rotary_order(rows: NDArray[np.uint8], heads: int) -> NDArray[np.uint8]:
    """Put the rows of a query or key matrix back into Transformers' order, ``[rows, bytes]`` in and out.

    llama.cpp rotates neighbouring pairs, Transformers the two halves of a head, so the file has the rows of each head
    interleaved. Whole rows move, so it can be done on the stored bytes, before they are eight times as many.
    """
    pairs = rows.reshape(heads, -1, 2, rows.shape[1])
    return np.ascontiguousarray(pairs.swapaxes(1, 2)).reshape(rows.shape)
