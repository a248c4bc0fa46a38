"""How fast it learns: one optimiser step of a night, against the loop that everybody writes with plain PEFT.

``python -m bench.training [--rounds 5] [--rows 12] [--threads 1] [--json FILE]``. All take the same batches of told
rows, made by rule from made-up facts, and train adapters of the same shape in the same layers:

* *night*: what sleep does for told rows: frozen states computed beforehand, the scaffold reads, the base predicts;
* *night, whole*: the same with the rows that keep the base and the gate as they are, as each step of a night has them;
* *plain*: Transformers' model wrapped by PEFT reads prompt and answer, all logits, loss on the answer; in float32, and
  in bfloat16 by autocast.

A round takes one step of each, one after the other; medians and ratios are printed. What is frozen is prepared once a
night and is given for itself.
"""

from __future__ import annotations

import argparse
import copy
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from bench.learning_make_facts import make_facts
from bench.machine import describe_machine

if TYPE_CHECKING:
    import torch

    from engine.learning.exercise import Exercise
    from engine.learning.learner import Learner
    from engine.learning.wording import Wording
    from engine.lifeform import Lifeform

Tokens = tuple[list[int], list[int]]
"""A row as token ids: the prompt behind the preamble, and the answer."""

_FACTS = 20
_KEPT_TOKENS = 12
_PASSAGES = 0.3
"""Passages for each other row with the base's own answer, as in a night over twenty facts."""


def rows_of_facts(wording: Wording, seed: int) -> list[Tokens]:
    """Told rows of made-up facts, as a night makes them."""
    from engine.learning.facts import facts_in
    from engine.learning.rows import rows_for

    chance = random.Random(seed)
    known = [fact for told in make_facts(_FACTS, seed) for fact in facts_in(told.statement).facts]
    rows = [row for fact in known for row in rows_for(fact, chance, known=known)]
    chance.shuffle(rows)
    return [(wording.ids(row.prompt), wording.answer(row.answer, row.value)[0]) for row in rows]


class Night:
    """Steps as sleep takes them."""

    def __init__(self, learner: Learner, wording: Wording, told: Sequence[Tokens]) -> None:
        """Prepare everything that is frozen; ``seconds`` is how long that took."""
        from engine.learning.generic_prompts import continued_prose, generic_prompts
        from engine.learning.to_stay import PASSAGE_TOKENS, compare_sparsely
        from engine.learning.trainer import Recipe, optimizer_for

        self.learner, self.recipe = learner, Recipe(steps=1000)
        chance = random.Random(0)
        prompts = [wording.ids(text) for text in generic_prompts(chance, 8 * self.recipe.gate)]
        began = time.perf_counter()
        self.told = learner.prepare([(prompt, answer, True) for prompt, answer in told], lambda: None)
        self.seconds = time.perf_counter() - began
        own = learner.answers(prompts, _KEPT_TOKENS, lambda: None, influence=False)
        kept = [(prompt, [*reply.ids, wording.end], False) for prompt, reply in zip(prompts, own, strict=True)]
        passages = continued_prose(chance, round(_PASSAGES * len(kept)))
        kept += [(wording.ids(shown), wording.tokens(further)[:PASSAGE_TOKENS], False) for shown, further in passages]
        self.kept = learner.prepare(kept, lambda: None, own=True)
        compare_sparsely(self.kept[len(prompts) :])
        self.shut = learner.prepare([(prompt, [], False) for prompt in prompts], lambda: None)
        self.optimizer, self.schedule = optimizer_for(learner, self.recipe)

    def step(self, numbers: Sequence[int], *, whole: bool) -> None:
        """One step over the told rows ``numbers``; ``whole`` adds the rows that are to stay as they are."""
        from engine.learning.trainer import accumulate, descend

        kept: list[Exercise] = random.sample(self.kept, self.recipe.kept) if whole else []
        shut: list[Exercise] = random.sample(self.shut, self.recipe.gate) if whole else []
        accumulate(self.learner, [self.told[i] for i in numbers], kept, shut, self.recipe, {}, 1)
        descend(self.optimizer, self.schedule, self.recipe.clip, 1)


class Plain:
    """Steps as a tutorial takes them."""

    def __init__(self, life: Lifeform, preamble: Sequence[int], told: Sequence[Tokens], *, half: bool) -> None:
        """``half`` computes in bfloat16 by autocast, with weights and adapters in float32."""
        import torch
        from peft import LoraConfig, get_peft_model

        composition, lora = life.composed, life.config.lora_config
        self._half, self._rows = half, [([*preamble, *prompt], answer) for prompt, answer in told]
        config = LoraConfig(
            r=lora.lora_rank,
            lora_alpha=lora.lora_alpha,
            lora_dropout=lora.lora_dropout,
            target_modules=list(lora.lora_target_modules),
            layers_to_transform=list(composition.scaffold.layers),
        )
        self.model = get_peft_model(copy.deepcopy(composition.base.model).float(), config).train()
        trained = [p for p in self.model.parameters() if p.requires_grad]
        self.parameters = sum(p.numel() for p in trained)
        self.optimizer = torch.optim.AdamW(trained, lr=5e-3)

    def step(self, numbers: Sequence[int]) -> None:
        """One step over the rows ``numbers``."""
        import torch

        batch = [self._rows[i] for i in numbers]
        width = max(len(prompt) + len(answer) for prompt, answer in batch)
        ids, labels = torch.zeros(len(batch), width, dtype=torch.long), torch.full((len(batch), width), -100)
        mask = torch.zeros_like(ids)
        for row, (prompt, answer) in enumerate(batch):
            end = len(prompt) + len(answer)
            ids[row, :end] = torch.tensor([*prompt, *answer])
            labels[row, len(prompt) : end] = torch.tensor(answer)
            mask[row, :end] = 1
        with torch.autocast("cpu", dtype=torch.bfloat16) if self._half else nullcontext():
            loss: torch.Tensor = self.model(input_ids=ids, attention_mask=mask, labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)


def measure(rounds: int, rows: int, threads: int) -> dict[str, Any]:
    """Seconds of a step of each, round by round, and what was measured."""
    import torch

    from engine.composition.bridge import Influence
    from engine.config import Config
    from engine.home import Home
    from engine.learning.learners import learner_for
    from engine.learning.wording import Wording
    from engine.lifeform import Lifeform

    torch.set_num_threads(threads)
    random.seed(0)
    with tempfile.TemporaryDirectory(prefix="sovl-bench-") as folder, Home(Path(folder) / "home").open() as home:
        config = Config()
        config.set("controls_config.cpu_threads", threads)
        life = Lifeform(home, config)
        life.awaken(lambda *_: None)
        wording = Wording(life.composed.base, config.controls_config.system_prompt)
        told = rows_of_facts(wording, seed=0)
        trained = {"night": life.composed.lora_parameters}
        night = Night(learner_for(life.composed, Influence(0.9), wording.preamble), wording, told)
        plain = {half: Plain(life, wording.preamble, told, half=half) for half in (False, True)}
        trained["plain"] = plain[False].parameters
        steps: dict[str, Callable[[Sequence[int]], None]] = {
            "night": lambda numbers: night.step(numbers, whole=False),
            "night, whole": lambda numbers: night.step(numbers, whole=True),
            "plain, float32": plain[False].step,
            "plain, bfloat16": plain[True].step,
        }
        seconds: dict[str, list[float]] = {name: [] for name in steps}
        for number in range(rounds + 1):
            numbers = random.sample(range(len(told)), rows)
            for name, step in steps.items():
                began = time.perf_counter()
                step(numbers)
                if number:  # the first of each only warms up
                    seconds[name].append(time.perf_counter() - began)
        life.close()
    return {
        "machine": describe_machine(),
        "rows a step": rows,
        "threads": threads,
        "rows": len(told),
        "seconds of preparing them": night.seconds,
        "trained parameters": trained,
        "seconds": seconds,
        "medians": {name: median(some) for name, some in seconds.items()},
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and write JSON where asked to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=12, help="told rows in a step (default 12, as a night has)")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args(arguments)
    for name in ("rounds", "rows", "threads"):
        if getattr(args, name) < 1:
            parser.error(f"--{name}: {getattr(args, name)} is too few; at least 1")
    found = measure(args.rounds, args.rows, args.threads)
    print(f"{found['machine']['text']}; {args.rows} told rows a step, {args.threads} thread(s), {args.rounds} rounds")
    night = found["seconds"]["night"]
    for name, some in found["seconds"].items():
        ratio = median(theirs / ours for theirs, ours in zip(some, night, strict=True))
        print(f"  {name:16} {median(some):7.3f} s a step   {ratio:5.2f} of the night's")
    print(f"  preparing {found['rows']} rows, once a night: {found['seconds of preparing them']:.1f} s")
    if args.json:
        args.json.write_text(json.dumps(found, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
