"""Tiny models that are real in every way but their size and what they say: random weights, own tokenizers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

WORDS = (
    "the a is are was I you my your cat dog named called river flows into sea capital of city code for door what which "
    "who where when how do does tell me about hello good morning night sleep dream learn remember forget know yes no "
    "not and but or because with without in on at to from by Zorblax Velmora Corvic Kelpast 0 1 2 3 4 5 6 7 8 9 . , ?"
)
"""What the tokenizers are trained on."""

CHAT_TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def byte_tokenizer(vocabulary: int = 384, *, chat: bool = True) -> Any:
    """A byte-level BPE tokenizer trained on a few words; ``vocabulary`` changes where it cuts."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    raw.train_from_iterator([WORDS] * 8, trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=raw,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        bos_token="<|im_start|>",
    )
    if chat:
        tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer


def word_tokenizer() -> Any:
    """A tokenizer that cuts quite otherwise: whole words, and single characters for what it does not know."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    raw = Tokenizer(models.Unigram())
    raw.normalizer = normalizers.Sequence([])
    raw.pre_tokenizer = pre_tokenizers.Metaspace()
    raw.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(vocab_size=200, special_tokens=["<unk>", "</s>"], unk_token="<unk>")
    raw.train_from_iterator([WORDS] * 8, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=raw, eos_token="</s>", unk_token="<unk>")


def tiny_config(family: str, vocabulary: int, **changes: Any) -> Any:
    """Configuration of a six-layer model of ``family`` with random weights."""
    from transformers import Gemma2Config, GPT2Config, LlamaConfig, Qwen2Config

    common: dict[str, Any] = {"vocab_size": vocabulary, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
    shape = {
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 6,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 1024,
    }
    match family:
        case "llama":
            return LlamaConfig(**common, **{**shape, **changes})
        case "gpt2":
            return GPT2Config(**common, **{"n_embd": 64, "n_layer": 6, "n_head": 4, "n_positions": 1024, **changes})
        case "qwen2":
            return Qwen2Config(**common, **{**shape, **changes})
        case "gemma2":
            return Gemma2Config(**common, **{**shape, "head_dim": 16, "sliding_window": 8, **changes})
    raise ValueError(family)


def save_tiny(folder: Path, family: str, tokenizer: Any = None, seed: int = 0, **changes: Any) -> Path:
    """Write a tiny random model of ``family`` with a tokenizer into ``folder``."""
    import torch
    from transformers import AutoModelForCausalLM

    tokenizer = tokenizer or byte_tokenizer()
    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_config(tiny_config(family, len(tokenizer), **changes))
    # The default spread of 0.02 makes every next token about equally likely; a wider one makes answers differ.
    for parameter in model.parameters():
        if parameter.dim() > 1:
            parameter.data.mul_(5)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
