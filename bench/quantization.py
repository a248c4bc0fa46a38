"""What fewer bits cost and save: ``python -m bench.quantization [--model NAME] [--json FILE]``.

Each value of the setting ``quantization`` is measured against full precision, as it is on a CPU, and beside them what
was not chosen there: the CPU kernels of bitsandbytes, and torch's packed products of single precision, where the
setting's are of bfloat16. All weights but the embedding, the head and the norms are quantized in all of them.
A packed twin (``engine/composition/packed``) is left out: it computes from the blocks of its file whatever the setting.

Measured is the memory of the weights; how fast a prompt is read and an answer decoded, in CPU seconds of this process,
the best of several rounds that take turns; and on the full model's own greedy answers to ordinary prompts the KL
divergence from its distributions, and how often the likeliest token is the same.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from transformers import AutoModelForCausalLM, BitsAndBytesConfig

from bench.machine import describe_machine

KINDS = ("fp16", "int8", "int4")
_GROUP = 32


@dataclass(slots=True)
class Figures:
    """What was measured of one kind of weights.

    Attributes:
        megabytes: Of all weights.
        read: Tokens of a prompt read in a CPU second.
        decoded: Tokens of an answer decoded in a CPU second.
        divergence: KL divergence from the full model, nats per token.
        agreement: Share of the tokens at which the likeliest one is the full model's.
    """

    megabytes: float
    read: float = 0.0
    decoded: float = 0.0
    divergence: float = 0.0
    agreement: float = 1.0


# -- other kernels for a CPU -------------------------------------------------------------------------------------------


class _Packed(nn.Module):
    """A linear layer without bias whose product is another function of its input ``[tokens, in]``."""

    def __init__(self, product: Callable[[torch.Tensor], torch.Tensor], held: Sequence[torch.Tensor]) -> None:
        super().__init__()
        self.product = product
        for index, tensor in enumerate(held):
            self.register_buffer(f"held_{index}", tensor)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.product(x.reshape(-1, x.shape[-1])).reshape(*x.shape[:-1], -1)


def _int8(weight: torch.Tensor) -> nn.Module:
    scale = weight.abs().amax(1) / 127
    packed = (weight / scale[:, None]).round().to(torch.int8)
    return _Packed(lambda x: torch._weight_int8pack_mm(x, packed, scale), [packed, scale])


def _int4(weight: torch.Tensor) -> nn.Module:
    out, inner = weight.shape
    groups = weight.view(out, inner // _GROUP, _GROUP)
    low, high = groups.amin(-1), groups.amax(-1)
    scale = (high - low).clamp(min=1e-8) / 15
    numbers = ((groups - low[..., None]) / scale[..., None]).round().clamp(0, 15).to(torch.int32).view(out, inner)
    packed = torch.ops.aten._convert_weight_to_int4pack_for_cpu(numbers, 1)
    zeros = torch.stack([scale.t(), (low + 8 * scale).t()], -1).contiguous()
    return _Packed(lambda x: torch.ops.aten._weight_int4pack_mm_for_cpu(x, packed, _GROUP, zeros), [packed, zeros])


def _single(make: Callable[[torch.Tensor], nn.Module]) -> Callable[[Path], Any]:
    def load(folder: Path) -> Any:
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, local_files_only=True).eval()
        head = model.get_output_embeddings()
        for name, module in list(model.named_modules()):
            if type(module) is nn.Linear and module is not head and module.bias is None:
                model.set_submodule(name, make(module.weight.detach()))
        return model

    return load


def _bitsandbytes(**how: Any) -> Callable[[Path], Any]:
    def load(folder: Path) -> Any:
        config = BitsAndBytesConfig(**how)
        options = {"quantization_config": config, "device_map": {"": "cpu"}, "local_files_only": True}
        return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, **options).eval()

    return load


OTHERS: dict[str, Callable[[Path], Any]] = {
    "bitsandbytes int8": _bitsandbytes(load_in_8bit=True),
    "bitsandbytes nf4": _bitsandbytes(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.float32
    ),
    "int8, single precision": _single(_int8),
    "int4, single precision": _single(_int4),
}


# -- measuring ---------------------------------------------------------------------------------------------------------


def megabytes(model: nn.Module) -> float:
    """Of all that ``model`` keeps, what is shared counted once."""
    held = [part for tensor in (*model.parameters(), *model.buffers()) for part in (tensor, *_scales_of(tensor))]
    return sum({part.data_ptr(): part.numel() * part.element_size() for part in held}.values()) / 1e6


def _scales_of(tensor: Any) -> list[torch.Tensor]:
    """What bitsandbytes keeps beside quantized weights, as their attributes."""
    state = getattr(tensor, "quant_state", None)
    beside = [getattr(tensor, "SCB", None), *(vars(state).values() if state is not None else ())]
    return [part for part in beside if isinstance(part, torch.Tensor)]


@torch.inference_mode()
def logits_of(model: Any, prompt: Sequence[int], answer: Sequence[int]) -> torch.Tensor:
    """Logits ``[answer, vocabulary]`` where ``answer`` is predicted."""
    ids = torch.tensor([[*prompt, *answer]])
    found: torch.Tensor = model(input_ids=ids, logits_to_keep=len(answer) + 1).logits[0, :-1].float()
    return found


@torch.inference_mode()
def greedy(model: Any, prompt: Sequence[int], tokens: int) -> tuple[list[int], float]:
    """So many likeliest tokens after ``prompt``, whatever they are, and the CPU seconds that took after the first."""
    output = model(input_ids=torch.tensor([list(prompt)]), use_cache=True, logits_to_keep=1)
    said = [int(output.logits[0, -1].argmax())]
    began = time.process_time()
    while len(said) < tokens:
        output = model(input_ids=torch.tensor([said[-1:]]), past_key_values=output.past_key_values, use_cache=True)
        said.append(int(output.logits[0, -1].argmax()))
    return said, time.process_time() - began


def measure(
    model_name: str, *, prompts: int, tokens: int, rounds: int, say: Callable[[str], None]
) -> dict[str, Figures]:
    """Figures of every kind of weights that works on this machine."""
    from engine.composition.frozen import load_frozen
    from engine.composition.prompt import Turn, build_prompt
    from engine.composition.weights import resolve
    from engine.learning.generic_prompts import generic_prompts

    folder = resolve(model_name)
    device = torch.device("cpu")
    models: dict[str, Any] = {}
    for kind in KINDS:
        say(f"loading {kind}")
        frozen = load_frozen(model_name, folder, kind, device)
        models[kind] = frozen.model
    for kind, load in OTHERS.items():
        say(f"loading {kind}")
        models[kind] = load(folder)
    asked = [
        build_prompt(frozen.tokenizer, [Turn("user", text)], limit=10_000).ids
        for text in generic_prompts(random.Random(0), prompts)
    ]
    found = {kind: Figures(megabytes(model)) for kind, model in models.items()}
    say("comparing what they say")
    _compare(models, asked, tokens, found)
    for number in range(rounds):
        say(f"round {number + 1} of {rounds}")
        for kind, model in models.items():
            found[kind].decoded = max(found[kind].decoded, (tokens - 1) / greedy(model, asked[0], tokens)[1])
            found[kind].read = max(found[kind].read, _reading(model, [id for ids in asked for id in ids][:256]))
    return found


def _compare(models: dict[str, Any], asked: Sequence[Sequence[int]], tokens: int, found: dict[str, Figures]) -> None:
    full = models[KINDS[0]]
    counted = 0
    totals = {kind: [0.0, 0] for kind in models}
    for prompt in asked:
        answer = greedy(full, prompt, tokens)[0]
        expected = logits_of(full, prompt, answer).log_softmax(-1)
        counted += len(answer)
        for kind, model in models.items():
            ours = logits_of(model, prompt, answer).log_softmax(-1)
            totals[kind][0] += float(functional.kl_div(ours, expected, log_target=True, reduction="sum"))
            totals[kind][1] += int((ours.argmax(-1) == expected.argmax(-1)).sum())
    for kind, (divergence, agreed) in totals.items():
        found[kind].divergence, found[kind].agreement = divergence / counted, agreed / counted


@torch.inference_mode()
def _reading(model: Any, ids: Sequence[int]) -> float:
    began = time.process_time()
    model(input_ids=torch.tensor([list(ids)]), logits_to_keep=1)
    return len(ids) / (time.process_time() - began)


# -- telling -----------------------------------------------------------------------------------------------------------


def table(found: dict[str, Figures]) -> str:
    """The figures as Markdown."""
    lines = [
        "| weights | MB | prompt tokens/s | answer tokens/s | KL to full precision | same likeliest token |",
        "|---|---|---|---|---|---|",
    ]
    for kind, one in found.items():
        cells = (f"{one.megabytes:.0f}", f"{one.read:.0f}", f"{one.decoded:.1f}")
        lines.append(f"| {kind} | {' | '.join(cells)} | {one.divergence:.2g} | {one.agreement:.3f} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, and write the figures where asked to."""
    from engine.composition.weights import DEFAULT_MODEL, WeightsError

    parser = argparse.ArgumentParser(prog="python -m bench.quantization", description=__doc__)
    parser.add_argument("--model", default=DEFAULT_MODEL, help="as base_model_name takes it")
    parser.add_argument("--prompts", type=int, default=24)
    parser.add_argument("--tokens", type=int, default=32, help="of each answer, at least 2")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="where the figures go")
    given = parser.parse_args(arguments)
    torch.set_num_threads(1)
    try:
        found = measure(
            given.model,
            prompts=given.prompts,
            tokens=max(2, given.tokens),
            rounds=given.rounds,
            say=lambda line: print(line, file=sys.stderr, flush=True),
        )
    except WeightsError as error:
        print(f"bench.quantization: {error}", file=sys.stderr)
        return 1
    machine = describe_machine()
    print(f"{table(found)}\n\n{given.model} on one thread of {machine['text']}")
    if given.json:
        figures = {kind: asdict(one) for kind, one in found.items()}
        given.json.write_text(json.dumps({"machine": machine, "model": given.model, "figures": figures}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
