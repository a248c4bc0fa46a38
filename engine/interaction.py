"""One interaction: what the base is given to read, how it is answered, and the marks that this leaves.

The marks are those in the mind, in the token map's memory and in the journal. What the lifeform says to itself on the
way to an answer is spoken with :func:`speak` as well, and leaves none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.composition.prompt import Prompt, Turn, build_prompt
from engine.mind.temperament import TemperamentSettings, sampling_temperature
from engine.voice import Answer, Listener, speak_to

if TYPE_CHECKING:
    from engine.api import AnswerStats
    from engine.composition.decoder import Spoken
    from engine.lifeform import Lifeform


def prompt_of(
    life: Lifeform, turns: Sequence[Turn], max_new_tokens: int | None = None, examples: Sequence[Turn] = ()
) -> Prompt:
    """The turns as the base reads them, with room for an answer of ``max_new_tokens``, after ``examples``.

    What was learned is recalled from the newest one as it was meant, its slips mended.

    Raises:
        PromptTooLong: When the newest turn is longer than fits.
    """
    base = life.composed.base
    controls = life.config.controls_config
    room = room_for_prompt(life, max_new_tokens)
    prompt = build_prompt(base.tokenizer, turns, limit=room, system=controls.system_prompt, examples=examples)
    typed = turns[-1].text
    meant = life.slips.mended(typed, life.composed, life.journal)
    if meant == typed:
        return prompt
    alone = build_prompt(base.tokenizer, [Turn("user", meant)], limit=2 * room, system=controls.system_prompt)
    return replace(prompt, meant=tuple(alone.apart[1]))


def room_for_prompt(life: Lifeform, max_new_tokens: int | None = None) -> int:
    """Most tokens that a prompt may have, the answer's left out."""
    controls = life.config.controls_config
    context = min(controls.context_length, life.composed.base.context_limit)
    # Up to half of the context is the answer's; the budget alone must not squeeze the question out.
    return context - min(max_new_tokens or controls.max_new_tokens, context // 2)


def speak(
    life: Lifeform, listener: Listener, prompt: Prompt, *, recall: bool = True, **given: Any
) -> tuple[Spoken, Answer]:
    """Answer a prompt, streaming to ``listener``. Leaves no mark.

    Args:
        life: Who speaks.
        listener: Takes the text.
        prompt: What is answered.
        recall: Whether what was learned may be heard in it.
        given: Fields of the sampling that are taken instead of the settings'; None leaves a field alone.
    """
    from engine.composition.composition import SILENT
    from engine.composition.decoder import Sampling

    controls = life.config.controls_config
    temper = TemperamentSettings.of(controls)
    life.use_threads()
    usual = Sampling(
        temperature=sampling_temperature(controls.base_temperature, life.temperament.score, temper),
        top_k=controls.top_k,
        top_p=controls.top_p,
        min_p=controls.min_p,
        max_new_tokens=controls.max_new_tokens,
        repetition_check=controls.enable_repetition_check,
        dry_multiplier=controls.dry_multiplier,
    )
    return speak_to(
        listener,
        life.composed,
        prompt,
        life.influence() if recall else SILENT,
        replace(usual, **{name: value for name, value in given.items() if value is not None}),
        memory_rate=controls.memory_decay_rate if controls.use_token_map_memory else None,
        chance=life.chance,
        tracked=controls.enable_confidence_tracking,
    )


def live_through(
    life: Lifeform, command: str, prompt: str, text: str, stats: AnswerStats, *, learn: bool = True, **more: Any
) -> None:
    """Let an interaction leave its marks: in the mind, in the token map's memory, in the journal.

    Args:
        life: Who answered.
        command: ``chat``, or the command that made it.
        prompt: What was said.
        text: The answer.
        stats: Its figures.
        learn: Whether sleep may learn from it.
        more: Further fields of the journal's record.
    """
    controls = life.config.controls_config
    if stats.confidence is not None:
        life.confidence.record(stats.confidence)
    life.temperament.after_interaction(life.confidence.mean(), life.life, TemperamentSettings.of(controls))
    if controls.use_token_map_memory:
        scaffold = life.composed.scaffold.frozen
        ids = scaffold.tokenizer(prompt, add_special_tokens=False)["input_ids"]
        c = stats.confidence if stats.confidence is not None else life.confidence.mean()
        life.composed.memory.interaction(ids, c, controls.memory_decay_rate)
    write_down(life, command, prompt, text, stats, learn=learn, **more)


def write_down(
    life: Lifeform, command: str, prompt: str, text: str, stats: AnswerStats, *, learn: bool = False, **more: Any
) -> None:
    """Keep an interaction in the journal, and leave mind and memories as they are; arguments as above."""
    life.last_answer = stats
    if life.read_only:
        return
    life.journal.record(
        conversation_id=life.conversation.id,
        prompt=prompt,
        response=text,
        command=command,
        confidence_score=stats.confidence,
        temperament=life.temperament.score,
        mood=life.temperament.mood.value,
        weight=stats.weight,
        recognition=stats.recognition,
        stop_reason=stats.stop_reason,
        tokens=stats.tokens,
        trainable=learn and life.config.controls_config.use_scaffold_memory,
        **more,
    )
