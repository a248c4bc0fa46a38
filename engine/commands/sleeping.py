"""Commands of the night: sleep, wake, dream, evaluate, memories, forget."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .refusing import must_write
from .spec import Argument, Call, CommandSpec, Refused
from .speech import spoken

if TYPE_CHECKING:
    from engine.lifeform import Lifeform
    from engine.voice import Answer


def sleep(life: Lifeform, call: Call) -> None:
    """Dream, train, audit, and keep what is better."""
    must_write(life, "it cannot sleep")
    call.output("--- Sleeping ---")
    report = life.sleep(call)
    call.output(report)
    call.output("--- Awake ---")


def wake(life: Lifeform, call: Call) -> None:
    """End the running sleep, if there is one."""
    woken = life.wake()
    call.output("Waking up; everything is as it was before this sleep." if woken else "It is awake already.")


def pause(life: Lifeform, call: Call) -> None:
    """Hold the running sleep."""
    if not life.sleeping:
        raise Refused("It is awake, so there is no sleep to hold; sleep begins one.")
    if life.paused:
        raise Refused("Its sleep is held already; sleep resume lets it go on.")
    life.hold(True)
    call.output("The sleep is held where it is; sleep resume lets it go on, wake ends it.")


def resume(life: Lifeform, call: Call) -> None:
    """Let a held sleep go on."""
    if not life.paused:
        raise Refused("No sleep is held; sleep pause holds the one that runs.")
    life.hold(False)
    call.output("Sleeping on.")


def dream(life: Lifeform, call: Call) -> None:
    """Dream of what was said, without training."""
    call.output("--- Dreaming ---")
    call.output(life.dream(call))
    call.output("--- Dream Concluded ---")


def memories(life: Lifeform, call: Call) -> None:
    """List what is remembered, with its verdicts."""
    held = life.journal.memories.all()
    if not held:
        call.output("Nothing was learned yet: tell it something, and let it sleep.")
        return
    lines = [f"{one.id:>4}  {one.verdict.value:<10} {one.strength:4.0%}  {one.text}" for one in held]
    call.output("\n".join(("  id  verdict    known  memory", *lines)))


def ask(life: Lifeform, call: Call) -> Answer:
    """Ask about one memory, and judge the answer."""
    from engine.speech.probe import probe

    return probe(life, call, call.args["id"])


def forget(life: Lifeform, call: Call) -> None:
    """Mark a memory to be unlearned in the next sleep."""
    number = call.args["id"]
    memory = life.journal.memories.get(number)
    if memory is None:
        raise Refused(f"There is no memory {number}; memories lists them.")
    if not memory.current:
        raise Refused(f"Memory {number} is {memory.verdict.value} already.")
    must_write(life, "nothing can be forgotten")
    life.forget(number)
    call.output(f"Will be unlearned in the next sleep: {memory.text}")


SLEEPING = (
    CommandSpec(
        "sleep",
        "learning",
        "Sleeps now: dreams, trains the scaffold, audits it, and keeps it if it is better.",
        sleep,
        help="Chat goes on meanwhile, with the weights of before. wake ends it, and nothing is lost.",
        examples=("sleep",),
        needs_model=True,
        long=True,
    ),
    CommandSpec(
        "wake",
        "learning",
        "Wakes it up; the running sleep is given up.",
        wake,
        examples=("wake",),
    ),
    CommandSpec(
        "sleep pause",
        "learning",
        "Holds the running sleep where it is.",
        pause,
        help="What it computes rests, and nothing is lost; sleep resume lets it go on, wake ends it.",
        examples=("sleep pause",),
    ),
    CommandSpec(
        "sleep resume",
        "learning",
        "Lets a sleep go on that is held.",
        resume,
        examples=("sleep resume",),
    ),
    CommandSpec(
        "dream",
        "learning",
        "Triggers a dream cycle.",
        dream,
        help="Replays memories with noise, asks itself questions about them, and trains nothing.",
        examples=("dream",),
        needs_model=True,
        long=True,
    ),
    CommandSpec(
        "memories",
        "learning",
        "Lists what it remembers, and how well.",
        memories,
        examples=("memories",),
    ),
    CommandSpec(
        "memories ask",
        "learning",
        "Asks about one memory now, and says whether it is known.",
        spoken(ask),
        arguments=(Argument("id", "int", help="its number, as memories shows it"),),
        help="In a fresh conversation, with the likeliest words. Nothing is recorded, and nothing learned from it.",
        examples=("memories ask 3",),
        needs_model=True,
    ),
    CommandSpec(
        "forget",
        "learning",
        "Lets the next sleep unlearn a memory.",
        forget,
        arguments=(Argument("id", "int", help="its number, as memories shows it"),),
        examples=("forget 3",),
    ),
)
