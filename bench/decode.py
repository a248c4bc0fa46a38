"""How fast it speaks: ``python -m bench.decode [--parts peers,context,…] [--rounds 3] [--tokens 64] [--json FILE]``.

The default model with a scaffold that has learned something (adapters of noise, heard at full weight), beside
Transformers' ``generate`` and, where llama-cpp-python is installed (``make bench-peers``), llama.cpp on the shipped
Q4_1 file and on Q4_0 and Q8_0 made of it. All continue the same text by the same number of tokens, greedily. Everybody
has a turn in every round, in changing order, so that whatever else the machine does meets all alike; medians of seconds
and medians of the rounds' ratios are printed.

peers    everybody at one prompt of 128 tokens
context  128 to 8,192 tokens of context, scaffold heard and silent
scaffold what the scaffold costs, per token of a prompt and per generated token
threads  one thread and two, to say and to read, and as shipped beside llama.cpp's own choice
busy     with another process computing, and without
quality  how far the packed model is from Transformers in full precision, on the same tokens
memory   what part of the memory's bandwidth the packed weights take up, fetched once a token
turns    a conversation: what each turn reads anew, and how long until it is answered
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from bench.decode_peers import (
    FILE_TYPES,
    SHIPPED,
    LlamaCpp,
    Peer,
    Sovl,
    Timing,
    Transformers,
    llama_cpp_is_there,
    requantised,
)
from bench.machine import describe_machine

if TYPE_CHECKING:
    from engine.composition.composition import Composition

PROMPT_TOKENS = 128
CONTEXTS = (128, 512, 2048, 4096, 8192)
NOISE = 0.02
"""Spread of the adapters: about what a night leaves."""
_MODEL_CONTEXT = 8192
_QUALITY_TOKENS = 512
_GIBIBYTE = 1 << 30
_PAUSE = 0.3
"""Seconds between two turns, in which the threads of whoever had the last one fall asleep."""
_TURNS = 6
_TURN_TOKENS = 40

Row = dict[str, Any]


class Bench:
    """What all parts need: the composition, a text to read, and how often to measure."""

    def __init__(self, rounds: int, tokens: int, contexts: Sequence[int] = CONTEXTS) -> None:
        import torch

        from engine import Config
        from engine.composition.bridge import Influence
        from engine.composition.loading import load_composition

        config = Config()
        torch.set_num_threads(1)
        self.rounds, self.tokens, self.contexts = rounds, tokens, contexts
        self.composition: Composition = load_composition(
            config.core_config, config.lora_config, adapters=True, report=lambda *_: None
        )
        scaffold = self.composition.scaffold
        generator = torch.Generator().manual_seed(0)
        scaffold.set_adapters(
            {name: torch.randn(t.shape, generator=generator) * NOISE for name, t in scaffold.adapters().items()}
        )
        self.silent, self.loud = Influence(weight=0.0), Influence(weight=0.9)
        readme = Path(__file__).parents[1] / "README.md"
        text = readme.read_text(encoding="utf-8")
        ids = self.composition.base.tokenizer(text)["input_ids"]
        self.ids: list[int] = (ids * (1 + _MODEL_CONTEXT // len(ids)))[:_MODEL_CONTEXT]

    @contextmanager
    def on_threads(self, saying: int, reading: int) -> Iterator[None]:
        """While entered, SOVL computes on so many threads."""
        import torch

        packed = self.composition.base.packed
        torch.set_num_threads(saying)
        if packed is not None:
            packed.reading_threads = reading
        try:
            yield
        finally:
            torch.set_num_threads(1)
            if packed is not None:
                packed.reading_threads = 1

    def sovl(self, name: str = "SOVL", *, silent: bool = False, packed: bool = True) -> Sovl:
        """The composition as a peer."""
        return Sovl(name, self.composition, self.silent if silent else self.loud, packed=packed)

    def llama_cpp(self, kinds: Sequence[str], context: int, threads: int | None = None) -> list[LlamaCpp]:
        """llama.cpp on each of these formats; nobody where it is not installed."""
        if not llama_cpp_is_there():
            return []
        from engine.composition.weights import _packaged_file, default_cache

        shipped = _packaged_file()
        folder = default_cache() / "bench"
        files = {kind: shipped if kind == SHIPPED else requantised(shipped, kind, folder) for kind in kinds}
        return [LlamaCpp(f"llama.cpp {kind}", file, context, threads) for kind, file in files.items()]

    def rounds_of(self, peers: Sequence[Peer], prompt: int, tokens: int | None = None) -> dict[str, list[Timing]]:
        """All peers in all rounds, in changing order; each has read a little before it counts."""
        found: dict[str, list[Timing]] = {peer.name: [] for peer in peers}
        for peer in peers:
            peer.run(self.ids[: min(prompt, PROMPT_TOKENS)], 2)
        for turn in range(self.rounds):
            order = list(peers)[turn % len(peers) :] + list(peers)[: turn % len(peers)]
            for peer in order:
                time.sleep(_PAUSE)
                found[peer.name].append(peer.run(self.ids[:prompt], tokens or self.tokens))
        return found


def rows_of(found: dict[str, list[Timing]], to: str, **more: Any) -> list[Row]:
    """One row per peer: medians, and the median of the rounds' ratios to the peer called ``to``."""
    reference = found[to]
    return [
        {
            **more,
            "who": name,
            "tokens/s": round(median(t.speed for t in timings), 1),
            "first token ms": round(median(t.first for t in timings) * 1e3, 1),
            f"speed of {to} ÷ this": round(
                median(r.speed / t.speed for r, t in zip(reference, timings, strict=True)), 2
            ),
            f"first token of {to} ÷ this": round(
                median(r.first / t.first for r, t in zip(reference, timings, strict=True)), 2
            ),
        }
        for name, timings in found.items()
    ]


def peers(bench: Bench) -> list[Row]:
    """Everybody at one prompt."""
    import torch
    from transformers import AutoModelForCausalLM

    base = bench.composition.base
    half = AutoModelForCausalLM.from_pretrained(base.folder, dtype=torch.bfloat16)
    all_of_them: list[Peer] = [
        bench.sovl(),
        bench.sovl("SOVL, general path", packed=False),
        Transformers("Transformers fp32", base.model),
        Transformers("Transformers bf16", half),
        *bench.llama_cpp([SHIPPED, *FILE_TYPES], 512, threads=1),
    ]
    return rows_of(bench.rounds_of(all_of_them, PROMPT_TOKENS), "SOVL")


def context(bench: Bench) -> list[Row]:
    """From a short context to the longest, with the scaffold and without."""
    all_of_them: list[Peer] = [
        bench.sovl(),
        bench.sovl("SOVL, scaffold silent", silent=True),
        *bench.llama_cpp(["Q4_0"], _MODEL_CONTEXT, threads=1),
    ]
    tokens = min(bench.tokens, 32)
    rows: list[Row] = []
    for length in bench.contexts:
        found = bench.rounds_of(all_of_them, min(length, _MODEL_CONTEXT - tokens), tokens)
        rows += rows_of(found, "SOVL", context=length)
    return rows


def scaffold(bench: Bench) -> list[Row]:
    """The scaffold heard, and silent."""
    pair = [bench.sovl("scaffold heard"), bench.sovl("scaffold silent", silent=True)]
    return [
        row
        for length in (PROMPT_TOKENS, 512)
        for row in rows_of(bench.rounds_of(pair, length), "scaffold heard", prompt=length)
    ]


def threads(bench: Bench) -> list[Row]:
    """One thread and two; and, as shipped, beside llama.cpp with as many as it chooses itself."""
    rows: list[Row] = []
    for count in (1, 2):
        with bench.on_threads(count, count):
            peers_now: list[Peer] = [bench.sovl(), *bench.llama_cpp(["Q4_0"], 512, threads=count)]
            rows += rows_of(bench.rounds_of(peers_now, PROMPT_TOKENS), "SOVL", threads=count)
    with bench.on_threads(1, 2):
        own_choice: list[Peer] = [
            bench.sovl(),
            bench.sovl("SOVL, scaffold silent", silent=True),
            *bench.llama_cpp([SHIPPED, *FILE_TYPES], 512),
        ]
        found = bench.rounds_of(own_choice, PROMPT_TOKENS)
    return rows + rows_of(found, "SOVL", threads="1 to say, 2 to read, and its own choice")


@contextmanager
def _another_process() -> Iterator[None]:
    """While entered, another process computes without a pause."""
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def busy(bench: Bench) -> list[Row]:
    """The same, alone and beside another process, turn about."""
    rows: list[Row] = []
    for saying, reading in ((1, 1), (1, 2), (2, 2)):
        with bench.on_threads(saying, reading):
            here = bench.sovl()
            found: dict[str, list[Timing]] = {"beside another process": [], "alone": []}
            here.run(bench.ids[:PROMPT_TOKENS], 2)
            for _ in range(bench.rounds):
                found["alone"].append(here.run(bench.ids[:PROMPT_TOKENS], bench.tokens))
                with _another_process():
                    found["beside another process"].append(here.run(bench.ids[:PROMPT_TOKENS], bench.tokens))
            rows += rows_of(found, "alone", threads=f"{saying} to say, {reading} to read")
    return rows


def quality(bench: Bench) -> list[Row]:
    """The packed model beside Transformers in single precision, each told the same tokens."""
    import torch

    from engine.composition.prompt import Prompt

    composition = bench.composition
    packed = composition.packed
    if packed is None:
        return []
    rows: list[Row] = []
    end = PROMPT_TOKENS + _QUALITY_TOKENS
    for name, influence in (("base alone", bench.silent), ("scaffold heard", bench.loud)):
        logits = []
        for computing in (packed, None):
            composition.packed = computing
            composition.forget_reading()
            utterance = composition.listen(Prompt(bench.ids[:PROMPT_TOKENS], ""), influence)
            logits.append(utterance.read(bench.ids[PROMPT_TOKENS - 1 : end - 1]))
        composition.packed = packed
        composition.forget_reading()
        found, exact = (one.log_softmax(-1) for one in logits)
        true = torch.tensor(bench.ids[PROMPT_TOKENS:end])
        divergence = (exact.exp() * (exact - found)).sum(-1)
        loss, exact_loss = (-one.gather(1, true[:, None]).mean() for one in (found, exact))
        rows.append(
            {
                "what": name,
                "tokens": len(true),
                "mean KL": float(divergence.mean()),
                "largest KL": float(divergence.max()),
                "same likeliest token": round(float((exact.argmax(-1) == found.argmax(-1)).float().mean()), 4),
                "perplexity ratio": round(float((loss - exact_loss).exp()), 5),
            }
        )
    return rows


def memory(bench: Bench) -> list[Row]:
    """Bytes of packed weights times tokens a second, beside what one thread can read of a gibibyte."""
    import torch

    packed = bench.composition.packed
    if packed is None:
        return []
    block = torch.ones(_GIBIBYTE // 8, dtype=torch.int64)
    here, reading, speeds = bench.sovl(), [], []
    for _ in range(bench.rounds):
        began = time.perf_counter()
        block.sum()
        reading.append(block.nbytes / (time.perf_counter() - began) / 1e9)
        speeds.append(here.run(bench.ids[:PROMPT_TOKENS], bench.tokens).speed)
    fetched = packed.nbytes * median(speeds) / 1e9
    return [
        {
            "packed weights MB": round(packed.nbytes / 1e6, 1),
            "tokens/s": round(median(speeds), 1),
            "weights GB/s": round(fetched, 1),
            "memory GB/s": round(median(reading), 1),
            "share": round(fetched / median(reading), 2),
        }
    ]


def turns(bench: Bench) -> list[Row]:
    """A conversation that goes on: how much of each turn was known, and the wait for its first token."""
    import torch

    from engine.composition.decoder import Sampling, Spoken, speak
    from engine.composition.prompt import Turn, build_prompt

    composition, sampling = bench.composition, Sampling(temperature=0.0, max_new_tokens=bench.tokens)
    base, rows = composition.base, list[Row]()
    for name, influence in (("scaffold heard", bench.loud), ("scaffold silent", bench.silent)):
        composition.forget_reading()
        said: list[Turn] = []
        for number in range(_TURNS):
            piece = bench.ids[number * _TURN_TOKENS : (number + 1) * _TURN_TOKENS]
            said.append(Turn("user", base.tokenizer.decode(piece)))
            prompt = build_prompt(base.tokenizer, said, limit=2000)
            began = time.perf_counter()
            utterance = composition.listen(prompt, influence)
            *_, spoken = speak(
                utterance, prompt.ids[-1], base.tokenizer, base.end_ids, sampling, torch.Generator(), started=began
            )
            assert isinstance(spoken, Spoken)
            said.append(Turn("assistant", spoken.text))
            rows.append(
                {
                    "who": name,
                    "turn": number + 1,
                    "prompt tokens": len(prompt.ids),
                    "known before": utterance.cached_tokens,
                    "first token ms": round((spoken.first_token_seconds or 0.0) * 1e3, 1),
                }
            )
    return rows


PARTS: dict[str, Callable[[Bench], list[Row]]] = {
    part.__name__: part for part in (peers, context, scaffold, threads, busy, quality, memory, turns)
}


def as_table(rows: Sequence[Row]) -> list[str]:
    """Rows as a table in Markdown."""
    if not rows:
        return ["(nothing to measure here)"]
    names = list(rows[0])
    cells = [
        [f"{row[n]:.3g}" if isinstance(row[n], float) and row[n] < 0.01 else str(row[n]) for n in names] for row in rows
    ]
    return [" | ".join(names), " | ".join("---" for _ in names), *(" | ".join(line) for line in cells)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the parts that are asked for, print their tables, and write them where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", default=",".join(PARTS), help="which ones, with commas between them")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tokens", type=int, default=64, help="generated in each answer")
    parser.add_argument("--contexts", default=",".join(map(str, CONTEXTS)), help="lengths for the part context")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    wanted = options.parts.split(",")
    if unknown := [part for part in wanted if part not in PARTS]:
        parser.error(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}")
    machine = describe_machine()
    print(f"{machine['text']}; {options.rounds} rounds of {options.tokens} tokens")
    bench = Bench(options.rounds, options.tokens, [int(length) for length in options.contexts.split(",")])
    tables: dict[str, list[Row]] = {}
    for part in wanted:
        tables[part] = PARTS[part](bench)
        print(f"\n## {part}\n", *as_table(tables[part]), sep="\n", flush=True)
    if options.json:
        report = {"machine": machine, "rounds": options.rounds, "tokens": options.tokens, "tables": tables}
        options.json.write_text(json.dumps(report, indent=1, ensure_ascii=False), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
