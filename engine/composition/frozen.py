"""A pretrained model that stays as it is: loading it, and finding one's way inside whatever its architecture.

Everything else in this package speaks of *the decoder layers* or *the trunk*; where those sit in a Llama, a GPT-2, a
Qwen or a Gemma is settled here and nowhere else.
"""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig
from transformers.utils import logging as transformers_logging

from engine.composition.packed.model import PackedLlama, packed_twin
from engine.composition.quantized import QuantizedLinear, quantize
from engine.composition.weights import WeightsError

# Libraries that talk to the terminal would talk over the app; what matters reaches the user as a WeightsError.
transformers_logging.set_verbosity_error()
transformers_logging.disable_progress_bar()
logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")

_BITS = {"int8": 8, "int4": 4}
_ATTENTION_KINDS = {"full_attention", "sliding_attention", "chunked_attention", "attention"}


@dataclass(slots=True)
class FrozenModel:
    """A causal language model whose weights never change, with its tokenizer.

    Attributes:
        name: What the user calls it.
        folder: Where it was loaded from; equal folders mean equal checkpoints.
        model: A Transformers ``…ForCausalLM`` in evaluation mode, no parameter requiring gradients.
        tokenizer: Its tokenizer.
        layers: The decoder layers, lowest first.
        end_ids: Token ids that end an answer.
        quantization: In how many bits its weights are kept: ``fp16``, ``int8`` or ``int4``, as the setting.
        packed: Computes the same, faster, from the blocks in which the weights came; None where there is no such thing.
    """

    name: str
    folder: Path
    model: Any
    tokenizer: Any
    layers: nn.ModuleList
    end_ids: frozenset[int]
    quantization: str = "fp16"
    packed: PackedLlama | None = None

    @property
    def trunk(self) -> Any:
        """The model without its language-model head: token ids in, normed hidden states out."""
        return trunk_of(self.model)

    @property
    def hidden_size(self) -> int:
        """Width of the residual stream."""
        return int(text_config(self.model).hidden_size)

    @property
    def context_limit(self) -> int:
        """Most positions the model was made for."""
        config = text_config(self.model)
        return int(getattr(config, "max_position_embeddings", None) or 1_000_000)

    @property
    def by_bitsandbytes(self) -> bool:
        """Whether its layers are those of bitsandbytes."""
        return self.quantization != "fp16" and self.device.type == "cuda"

    @property
    def device(self) -> torch.device:
        """Where its inputs belong."""
        device: torch.device = self.model.device
        return device

    @property
    def dtype(self) -> torch.dtype:
        """Data type of its activations."""
        dtype: torch.dtype = self.model.dtype
        return dtype


def text_config(model: Any) -> Any:
    """The configuration of the language part."""
    return model.config.get_text_config()


def trunk_of(model: Any) -> Any:
    """The part of a causal language model below its head."""
    return getattr(model, model.base_model_prefix)


def decoder_layers(model: nn.Module) -> nn.ModuleList:
    """The list of decoder layers, found by its length, whatever the architecture calls it.

    Raises:
        WeightsError: When there is no such list.
    """
    count = text_config(model).num_hidden_layers
    found = [module for module in model.modules() if isinstance(module, nn.ModuleList) and len(module) == count]
    if not found:
        raise WeightsError(f"{type(model).__name__} has no list of {count} decoder layers; choose a decoder-only model")
    return found[0]


def pick_device() -> torch.device:
    """The GPU when there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def pick_dtype(device: torch.device) -> torch.dtype:
    """Half precision on a GPU; single on a CPU, where half precision is slower to decode and not exact."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    return torch.float32


def load_frozen(name: str, folder: Path, quantization: str = "fp16", device: torch.device | None = None) -> FrozenModel:
    """Load a model folder with its tokenizer, frozen, without running any code of its own.

    Args:
        name: What to call it.
        folder: A Transformers folder with safetensors weights.
        quantization: ``fp16`` (the precision of :func:`pick_dtype`), ``int8`` or ``int4``: by bitsandbytes on a GPU, by
            :mod:`engine.composition.quantized` on a CPU. What the packed twin computes has the bits of its file.
        device: Where to; the GPU when there is one, by default.

    Raises:
        WeightsError: When the folder holds no decoder-only language model with standard attention.
    """
    device = device or pick_device()
    dtype = pick_dtype(device)
    # On a CPU the weights come as the file has them, and need no more room than that before they are quantized.
    own_bits = _BITS.get(quantization) if device.type == "cpu" else None
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True)
        _check_attention(name, config)
        model = AutoModelForCausalLM.from_pretrained(
            folder,
            config=config,
            dtype="auto" if own_bits else dtype,
            quantization_config=_quantizer(quantization, dtype) if device.type == "cuda" else None,
            device_map={"": device} if device.type == "cuda" else None,
            local_files_only=True,
            use_safetensors=True,
        )
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except WeightsError:
        raise
    except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
        first_line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise WeightsError(f"cannot load the model {name!r} from {folder}: {first_line}") from error
    model.eval()
    model.requires_grad_(False)
    if own_bits:
        quantize(model, own_bits)
        _in_single_precision(model)
    packed = packed_twin(folder, model) if device.type == "cpu" else None
    end_ids = _end_ids(model, tokenizer)
    return FrozenModel(name, folder, model, tokenizer, decoder_layers(model), end_ids, quantization, packed)


def _quantizer(quantization: str, dtype: torch.dtype) -> BitsAndBytesConfig | None:
    if quantization == "int8":
        return BitsAndBytesConfig(load_in_8bit=True)
    if quantization == "int4":
        return BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=dtype)
    return None


def _in_single_precision(model: nn.Module) -> None:
    """What is not quantized, embeddings, norms and the head, as :func:`pick_dtype` has it on a CPU."""
    kept = {id(t) for m in model.modules() if isinstance(m, QuantizedLinear) for t in (*m.parameters(), *m.buffers())}
    for tensor in (*model.parameters(), *model.buffers()):
        if id(tensor) not in kept and tensor.is_floating_point():
            tensor.data = tensor.data.float()
    model.config.dtype = torch.float32


def _check_attention(name: str, config: Any) -> None:
    """Refuse models whose layers keep something other than keys and values."""
    kinds = set(getattr(config.get_text_config(), "layer_types", None) or ())
    if odd := kinds - _ATTENTION_KINDS:
        raise WeightsError(
            f"{name!r} has {', '.join(sorted(odd))} layers; choose a model with attention in every layer "
            "(Llama, GPT-2, Qwen2, Gemma and their like)"
        )


def _end_ids(model: Any, tokenizer: Any) -> frozenset[int]:
    """Every id that ends an answer: the tokenizer's, and those the generation config adds."""
    ids: set[int] = set()
    for source in (tokenizer.eos_token_id, model.generation_config.eos_token_id):
        if isinstance(source, int):
            ids.add(source)
        elif isinstance(source, Sequence):
            ids.update(source)
    return frozenset(ids)


def same_tokenizer(one: Any, other: Any) -> bool:
    """Whether two tokenizers cut every text alike: equal vocabularies and equal rules."""
    if one is other:
        return True
    if one.get_vocab() != other.get_vocab():
        return False
    rules = [json.loads(t.backend_tokenizer.to_str()) for t in (one, other) if t.is_fast]
    if len(rules) < 2:
        return type(one) is type(other)
    keys = ("normalizer", "pre_tokenizer", "model", "added_tokens")
    return all(rules[0].get(key) == rules[1].get(key) for key in keys)
