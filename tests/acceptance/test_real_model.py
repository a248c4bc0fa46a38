"""The default model itself: exactness against Transformers, and one copy of the weights."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
import torch

from engine.composition.bridge import Influence
from engine.composition.composition import Composition
from engine.composition.decoder import Sampling, Spoken, speak
from engine.composition.loading import load_composition
from engine.composition.packed.model import PackedLlama
from engine.composition.prompt import Prompt, Turn, build_prompt
from engine.config import Config

QUESTIONS = [
    "What is the capital of France?",
    "Who wrote Hamlet?",
    "How many days are in a week?",
    "What is the largest planet in our solar system?",
    "Explain gravity to a child.",
    "Write one sentence about the sea.",
    "What is 7 times 8?",
    "Name three colors.",
    "Translate 'good morning' into Spanish.",
    "What is photosynthesis?",
    "Give me a recipe for pancakes.",
    "Why is the sky blue?",
    "Who was Ada Lovelace?",
    "What does HTTP stand for?",
    "Tell me a joke about cats.",
    "What is the boiling point of water?",
    "Schreibe einen Satz über Berge.",
    "def fibonacci(n):",
    "List the months of the year.",
    "My cat is called Zorblax. What is my cat called?",
    "I feel sad today.",
    "What is the opposite of hot?",
    "Which language is spoken in Brazil?",
    "How do I boil an egg?",
]
LOUD = Influence(weight=0.9, cap=0.9)


@pytest.fixture(scope="module")
def composition() -> Iterator[Composition]:
    config = Config()
    torch.set_num_threads(1)
    yield load_composition(config.core_config, config.lora_config, adapters=True, report=lambda *_: None)


def prompt_of(composition: Composition, question: str) -> Prompt:
    return build_prompt(composition.base.tokenizer, [Turn("user", question)], limit=1000)


def greedy(composition: Composition, prompt: Prompt, tokens: int) -> list[int]:
    base = composition.base
    sampling = Sampling(temperature=0.0, max_new_tokens=tokens, repetition_check=False)
    utterance = composition.listen(prompt, LOUD)
    *_, spoken = speak(utterance, prompt.ids[-1], base.tokenizer, base.end_ids, sampling, torch.Generator())
    assert isinstance(spoken, Spoken)
    return spoken.ids


def by_transformers(composition: Composition, prompt: Prompt, tokens: int) -> list[int]:
    base = composition.base
    out = base.model.generate(
        torch.tensor([prompt.ids]),
        attention_mask=torch.ones(1, len(prompt.ids)),
        max_new_tokens=tokens,
        do_sample=False,
        pad_token_id=0,
    )[0, len(prompt.ids) :].tolist()
    return [token for token in out if token not in base.end_ids]


@pytest.fixture(params=["packed", "general"])
def path(request: pytest.FixtureRequest, composition: Composition) -> Iterator[str]:
    """On which of its two paths the composition computes; they are both tested where there is a compiler."""
    packed = composition.packed
    if request.param == "packed" and packed is None:
        pytest.skip("there is no C++ compiler here")
    composition.packed = packed if request.param == "packed" else None
    composition.forget_reading()
    yield request.param
    composition.packed = packed
    composition.forget_reading()


def test_silence_is_the_bare_base_bit_for_bit(composition: Composition, path: str) -> None:
    from transformers import DynamicCache

    for question in QUESTIONS[:4]:
        prompt = prompt_of(composition, question)
        composition.forget_reading()
        newborn = composition.listen(prompt, LOUD).logits(prompt.ids[-1])
        with torch.inference_mode():
            cache = DynamicCache()
            composition.base.trunk(torch.tensor([prompt.ids[:-1]]), past_key_values=cache, use_cache=True)
            bare = composition.base.model(
                torch.tensor([prompt.ids[-1:]]), past_key_values=cache, use_cache=True
            ).logits[0, -1]
        assert torch.equal(newborn, composition.bare_logits(prompt.ids))
        if path == "general":
            assert torch.equal(newborn, bare)
        else:
            one, other = bare.log_softmax(-1), newborn.log_softmax(-1)
            # Its context was read with 8-bit activations; weights that were wrong anywhere would be off by a whole nat.
            assert float((one.exp() * (one - other)).sum()) < 5e-3


@pytest.mark.usefixtures("path")
def test_greedy_answers_are_transformers_own_token_for_token(composition: Composition) -> None:
    for question in QUESTIONS[:3]:
        prompt = prompt_of(composition, question)
        assert greedy(composition, prompt, 16) == by_transformers(composition, prompt, 16), question


def test_a_newborn_scaffold_would_say_exactly_what_the_base_says(composition: Composition) -> None:
    """Not only skipped: with untrained adapters the scaffold's keys and values are the base's own, up to rounding."""
    prompt = prompt_of(composition, QUESTIONS[1])
    composition.forget_reading()
    silent = composition.listen(prompt, LOUD).logits(prompt.ids[-1])
    composition.scaffold.learned = True
    try:
        heard = composition.listen(prompt, LOUD)
        assert heard.weight == 0.9
        assert torch.allclose(heard.logits(prompt.ids[-1]), silent, atol=1e-3)
    finally:
        composition.scaffold.changed()


@pytest.mark.slow
@pytest.mark.usefixtures("path")
def test_greedy_answers_are_transformers_own_on_many_prompts(
    composition: Composition, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A packed model reads contexts with fewer bits, and where two tokens are about even the other one may win.
    forward = PackedLlama.forward
    monkeypatch.setattr(PackedLlama, "forward", lambda *args, **how: forward(*args, **{**how, "precise": True}))
    different = [
        question
        for question in QUESTIONS
        if greedy(composition, prompt := prompt_of(composition, question), 48)
        != by_transformers(composition, prompt, 48)
    ]
    assert different == []


@pytest.mark.slow
def test_taught_then_silenced_is_the_bare_base_again(composition: Composition) -> None:
    prompt = prompt_of(composition, QUESTIONS[0])
    composition.forget_reading()
    before = composition.listen(prompt, LOUD).logits(prompt.ids[-1])
    newborn = {name: tensor.clone() for name, tensor in composition.scaffold.adapters().items()}
    generator = torch.Generator().manual_seed(0)
    composition.scaffold.set_adapters(
        {name: torch.randn(tensor.shape, generator=generator) * 0.02 for name, tensor in newborn.items()}
    )
    try:
        assert not torch.equal(composition.listen(prompt, LOUD).logits(prompt.ids[-1]), before)
        composition.forget_reading()
        assert torch.equal(composition.listen(prompt, Influence(0.0)).logits(prompt.ids[-1]), before)
    finally:
        composition.scaffold.set_adapters(newborn)


MEASURE = """
import sys, torch
torch.set_num_threads(1)
from engine.composition.frozen import load_frozen
from engine.composition.loading import load_composition
from engine.composition.weights import resolve
from engine.config import Config
def touched(model):
    return sum(float(p.sum()) for p in model.parameters())
def resident():
    return int(next(l for l in open("/proc/self/status") if l.startswith("VmRSS")).split()[1]) / 1024
config = Config()
composition = load_composition(config.core_config, config.lora_config, adapters=True, report=lambda *_: None)
touched(composition.base.model); touched(composition.scaffold.peft)
one = resident()
second = load_frozen("second", resolve("SmolLM2-135M-Instruct"))
for parameter in second.model.parameters():
    parameter.data = parameter.data.clone()
print(one, resident())
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_base_and_scaffold_are_one_copy_in_memory() -> None:
    out = subprocess.run([sys.executable, "-c", MEASURE], capture_output=True, text=True, check=True).stdout
    together, two_copies = map(float, out.split())
    print(f"base + scaffold {together:.0f} MiB, with a second copy {two_copies:.0f} MiB")
    assert two_copies - together > 450
