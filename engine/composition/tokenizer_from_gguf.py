"""Build ``tokenizer.json`` and ``tokenizer_config.json`` from what a GGUF file says about its vocabulary.

Only byte-level BPE is built ("gpt2" in GGUF's words), and only for ways of splitting text into words that are known
for certain: a tokenizer that is nearly right reads every prompt slightly wrong and says nothing. For SmolLM that split
is "each digit alone, then GPT-2's rules", as in the model's own tokenizer and in llama.cpp. (Transformers' GGUF loader
leaves the digit rule out, and so reads ``a  1`` with one token more.)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.composition.gguf import GgufError, GgufFile

_CONTROL, _USER_DEFINED = 3, 4  # llama.cpp's token types
_BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
_DIGITS = {"type": "Digits", "individual_digits": True}
#: How text is split into words, by the name in ``tokenizer.ggml.pre``.
_SPLITS: dict[str, dict[str, Any]] = {
    "smollm": {"type": "Sequence", "pretokenizers": [_DIGITS, _BYTE_LEVEL]},
    "gpt-2": _BYTE_LEVEL,
}
_SPECIAL = {
    "bos_token": "tokenizer.ggml.bos_token_id",
    "eos_token": "tokenizer.ggml.eos_token_id",
    "unk_token": "tokenizer.ggml.unknown_token_id",
    "pad_token": "tokenizer.ggml.padding_token_id",
}
#: Tokens that end an answer wherever a vocabulary has them as control tokens.
_END_OF_ANSWER = ("<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|end_of_text|>")


def tokenizer_files(source: GgufFile) -> tuple[dict[str, Any], dict[str, Any]]:
    """The contents of ``tokenizer.json`` and ``tokenizer_config.json`` for the model in ``source``.

    Raises :class:`GgufError` when the vocabulary is of a kind that cannot be rebuilt exactly.
    """
    tokens = _strings(source, "tokenizer.ggml.tokens")
    vocabulary = {token: number for number, token in enumerate(tokens)}
    if len(vocabulary) != len(tokens):
        raise GgufError(f"the vocabulary has {len(tokens) - len(vocabulary)} tokens twice")
    special = special_ids(source)
    return _fast_tokenizer(source, tokens, vocabulary, special), _settings(source, tokens, special)


def special_ids(source: GgufFile) -> dict[str, int]:
    """The ids of ``bos_token``, ``eos_token``, ``unk_token`` and ``pad_token``, as far as the file names them."""
    size = len(_strings(source, "tokenizer.ggml.tokens"))
    found = {name: source.value(key, int) for name, key in _SPECIAL.items() if key in source.metadata}
    for name, number in found.items():
        if not 0 <= number < size:
            raise GgufError(f"{_SPECIAL[name]} is {number}, outside the vocabulary of {size}")
    return found


def end_ids(source: GgufFile) -> list[int]:
    """The ids at which an answer is over: the end token first, then the well-known others of this vocabulary."""
    first = special_ids(source).get("eos_token")
    control = {token: number for number, token, _ in _added(source)}
    others = [control[token] for token in _END_OF_ANSWER if token in control]
    return list(dict.fromkeys(([] if first is None else [first]) + others))


def _fast_tokenizer(
    source: GgufFile, tokens: list[str], vocabulary: dict[str, int], special: dict[str, int]
) -> dict[str, Any]:
    model = source.value("tokenizer.ggml.model", str)
    split = source.value("tokenizer.ggml.pre", str, "default")
    if model != "gpt2" or split not in _SPLITS:
        raise GgufError(
            f"its tokenizer ({model!r:.40}, split {split!r:.40}) cannot be rebuilt exactly; "
            f"byte-level BPE with the split of {' or '.join(_SPLITS)} can"
        )
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {
                "id": number,
                "content": token,
                "single_word": False,
                "lstrip": False,
                "rstrip": False,
                "normalized": False,
                "special": is_special,
            }
            for number, token, is_special in _added(source)
        ],
        "normalizer": None,
        "pre_tokenizer": _SPLITS[split],
        "post_processor": _start_token(source, tokens, special),
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": "",
            "end_of_word_suffix": "",
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": vocabulary,
            "merges": _merges(source, vocabulary),
        },
    }


def _settings(source: GgufFile, tokens: list[str], special: dict[str, int]) -> dict[str, Any]:
    """``tokenizer_config.json``. The class named is the neutral one, which takes ``tokenizer.json`` as it is."""
    architecture = source.value("general.architecture", str)
    settings: dict[str, Any] = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "clean_up_tokenization_spaces": False,
        "model_max_length": source.value(f"{architecture}.context_length", int),
    }
    settings.update({name: tokens[number] for name, number in special.items()})
    if "tokenizer.chat_template" in source.metadata:
        settings["chat_template"] = source.value("tokenizer.chat_template", str)
    return settings


def _start_token(source: GgufFile, tokens: list[str], special: dict[str, int]) -> dict[str, Any] | None:
    """A post-processor that puts the start token first, where the model was trained with one."""
    if not source.value("tokenizer.ggml.add_bos_token", bool, False):
        return None
    if "bos_token" not in special:
        raise GgufError("the tokenizer wants a start token, but names none")
    number = special["bos_token"]
    start = {"SpecialToken": {"id": tokens[number], "type_id": 0}}
    first = {"Sequence": {"id": "A", "type_id": 0}}
    second = {"Sequence": {"id": "B", "type_id": 1}}
    return {
        "type": "TemplateProcessing",
        "single": [start, first],
        "pair": [start, first, second],
        "special_tokens": {tokens[number]: {"id": tokens[number], "ids": [number], "tokens": [tokens[number]]}},
    }


def _merges(source: GgufFile, vocabulary: dict[str, int]) -> list[list[str]]:
    merges: list[list[str]] = []
    for line in _strings(source, "tokenizer.ggml.merges"):
        pair = line.split(" ")
        if len(pair) != 2 or not (pair[0] in vocabulary and pair[1] in vocabulary and pair[0] + pair[1] in vocabulary):
            raise GgufError(f"the merge {line!r:.60} does not fit the vocabulary")
        merges.append(pair)
    return merges


def _added(source: GgufFile) -> list[tuple[int, str, bool]]:
    """Tokens that are matched whole in the text: ``(id, token, is special)``."""
    tokens = _strings(source, "tokenizer.ggml.tokens")
    types = source.metadata.get("tokenizer.ggml.token_type")
    if types is None:
        return []
    if not isinstance(types, np.ndarray) or len(types) != len(tokens):
        raise GgufError("tokenizer.ggml.token_type does not have one entry per token")
    return [
        (number, tokens[number], kind == _CONTROL)
        for number, kind in enumerate(types.tolist())
        if kind in (_CONTROL, _USER_DEFINED)
    ]


def _strings(source: GgufFile, key: str) -> list[str]:
    found = source.metadata.get(key)
    if not isinstance(found, list) or not found:
        raise GgufError(f"the metadata has no list {key}")
    return found
