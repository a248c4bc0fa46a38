"""Commands that make the lifeform speak."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .spec import Argument, Call, CommandSpec, Flag, Refused

if TYPE_CHECKING:
    from engine.lifeform import Lifeform
    from engine.voice import Answer

_RULE = "-" * 20


def generate(life: Lifeform, call: Call) -> Answer:
    """Answer one prompt by itself, outside the conversation."""
    budget, temperature = call.args["max_tokens"], call.args["temperature"]
    if budget is not None and budget < 1:
        raise Refused(f"max_tokens is a whole number from 1, not {budget}; quote a prompt that ends in a number.")
    if temperature is not None and not 0.0 <= temperature <= 2.0:
        raise Refused(f"The temperature is a number from 0 to 2, and 0 takes the likeliest word; not {temperature:g}.")
    call.output("--- Generating Response ---")
    answer = life.generate(call, call.args["prompt"], budget, temperature)
    call.output(_RULE)
    return answer


SPEECH = (
    CommandSpec(
        "generate",
        "speech",
        "Generates a response using the current model state.",
        generate,
        arguments=(
            Argument("prompt", "rest", help="what to answer, quoted or not"),
            Argument("max_tokens", "int", required=False, help="the longest answer, in tokens"),
        ),
        flags=(
            Flag("max-tokens", "int", help="the same, for a prompt that ends in a number"),
            Flag("temperature", "float", help="sampling temperature; 0 takes the likeliest word every time"),
        ),
        help="The prompt stands alone: the conversation is neither read nor continued.",
        examples=("generate Hello, how are you?", 'generate "Hello, how are you?" 40'),
        needs_model=True,
        multiline=True,
        answer_label="Response: ",
    ),
)
