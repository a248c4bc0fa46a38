"""Commands that show and steer the lifeform: status, influence, memory, conversation, quit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from engine.status import snapshot_of

from .spec import Argument, Call, CommandSpec, Refused
from .wording import clock

if TYPE_CHECKING:
    from engine.lifeform import Lifeform

_ON_OFF = Argument("state", "choice", required=False, choices=("on", "off"), help="without it, shows what is on")


# -- status ------------------------------------------------------------------------------------------------------------


def status(life: Lifeform, call: Call) -> None:
    """The system's key figures."""
    now = snapshot_of(life)
    confidence = "N/A" if now.confidence is None else f"{now.confidence:.2f}"
    match now.scaffold_memory, now.token_map_memory:
        case True, True:
            memory = "On"
        case False, False:
            memory = "Off"
        case True, False:
            memory = "Scaffold only"
        case _:
            memory = "Token Map only"
    call.output(
        "\n".join(
            (
                "--- System Status ---",
                f"Conversation ID: {now.conversation_id}",
                f"Temperament: {now.temperament:.2f}",
                f"Confidence: {confidence}",
                f"Memory: {memory}",
                f"Data Exposure: {now.exposure:.1f}",
                f"Last Trained: {'Never' if now.last_trained is None else clock(now.last_trained)}",
                f"Gestating: {'Yes' if now.gestating else 'No'}",
            )
        )
    )


# -- influence and memory ----------------------------------------------------------------------------------------------


def tune_cross(life: Lifeform, call: Call) -> None:
    """Show, pin or unpin the influence weight."""
    wanted = call.args["weight"]
    if wanted is None:
        how = "auto" if life.pinned_weight is None else "pinned"
        blend = life.config.get("blend_strength")
        call.output(f"Scaffold influence: weight={life.weight:.2f} ({how}), blend_strength={blend:.2f}")
        return
    if wanted == "auto":
        acting = life.pin_weight(None)
        call.output(f"Scaffold influence: weight={acting:.2f} (auto), blend_strength=unchanged")
        return
    cap = life.config.get("scaffold_weight_cap")
    if not (math.isfinite(wanted) and wanted >= 0):
        raise Refused(f"The weight is a number from 0 to {cap:g} (scaffold_weight_cap), or auto; not {wanted:g}.")
    pinned = min(wanted, cap)
    acting = life.pin_weight(pinned)
    lines = [f"Scaffold influence: weight={pinned:.2f}, blend_strength=unchanged"]
    if wanted > cap:
        lines.append(f"{wanted:g} is above scaffold_weight_cap, so the weight is {cap:g}.")
    if abs(acting - pinned) >= 0.005:
        lines.append(f"dynamic_cross_attn_mode makes it act as {acting:.2f} at the moment.")
    call.output("\n".join(lines))


def tune_cross_blend(life: Lifeform, call: Call) -> None:
    """Show or set the blend strength."""
    wanted = call.args["strength"]
    if wanted is None:
        call.output(f"Scaffold influence: weight=unchanged, blend_strength={life.config.get('blend_strength'):.2f}")
        return
    if not 0.0 <= wanted <= 1.0:
        raise Refused(f"The blend strength is a number from 0 to 1, and 0.5 is neutral; not {wanted:g}.")
    life.set_blend(wanted)
    call.output(f"Scaffold influence: weight=unchanged, blend_strength={wanted:.2f}")


def memory(life: Lifeform, call: Call) -> None:
    """Show both memories, or turn both on or off."""
    _remember(life, call, scaffold=True, token_map=True)


def memory_scaffold(life: Lifeform, call: Call) -> None:
    """Show the memories, or turn the scaffold's on or off."""
    _remember(life, call, scaffold=True, token_map=False)


def memory_token(life: Lifeform, call: Call) -> None:
    """Show the memories, or turn the token map's on or off."""
    _remember(life, call, scaffold=False, token_map=True)


def _remember(life: Lifeform, call: Call, *, scaffold: bool, token_map: bool) -> None:
    state = call.args["state"]
    if state is not None:
        on = state == "on"
        life.set_memory(on if scaffold else None, on if token_map else None)
    word = "Memory" if state is None else "Memory toggled"
    scaffold_on, token_map_on = life.config.get("use_scaffold_memory"), life.config.get("use_token_map_memory")
    call.output(f"{word}: Scaffold={scaffold_on}, Token Map={token_map_on}")


# -- conversation and end ----------------------------------------------------------------------------------------------


def new(life: Lifeform, call: Call) -> None:
    """Begin another conversation."""
    begun, previous = life.new_conversation()
    call.output(f"New conversation: {begun} (Previous: {previous})")


def reset(life: Lifeform, call: Call) -> None:
    """Begin a new life, with all settings in force."""
    call.output("Resetting system state...")
    begun, previous = life.reset(call.report)
    call.output(f"New conversation: {begun} (Previous: {previous})")


def quit_(life: Lifeform, call: Call) -> None:
    """Save and end."""
    if not life.read_only and life.composition is not None:
        life.save()
    call.output("Cleanup completed.\nExiting.")
    call.quit = True


# -- the table ---------------------------------------------------------------------------------------------------------

CONTROL = (
    CommandSpec(
        "status",
        "control",
        "Displays the current system status.",
        status,
        help="Conversation, temperament, confidence, memory, exposure, last training and whether it sleeps.",
        examples=("status",),
    ),
    CommandSpec(
        "tune cross",
        "control",
        "Adjusts the cross-attention weight.",
        tune_cross,
        arguments=(
            Argument(
                "weight",
                "float",
                required=False,
                choices=("auto",),
                help="how loudly the scaffold speaks, from 0 to scaffold_weight_cap; auto lets it grow with its life",
            ),
        ),
        help="Without an argument it shows the weight. A weight you set stays until you say auto.",
        examples=("tune cross 0.8", "tune cross auto"),
    ),
    CommandSpec(
        "tune cross blend",
        "control",
        "Adjusts the blend strength of the cross-attention.",
        tune_cross_blend,
        arguments=(Argument("strength", "float", required=False, help="from 0 to 1; 0.5 is neutral"),),
        examples=("tune cross blend 0.5",),
    ),
    CommandSpec(
        "memory",
        "control",
        "Toggles both memories, or shows them.",
        memory,
        arguments=(_ON_OFF,),
        help="Off: no dreams in the context, no token-map memory, and what is said meanwhile is never trained on. "
        "What was learned before stays. It is off until SOVL ends, or from then on with config save.",
        examples=("memory on", "memory scaffold off"),
    ),
    CommandSpec(
        "memory scaffold",
        "control",
        "Toggles the scaffold's memory of dreams.",
        memory_scaffold,
        arguments=(_ON_OFF,),
        examples=("memory scaffold off",),
    ),
    CommandSpec(
        "memory token",
        "control",
        "Toggles the token map's memory.",
        memory_token,
        arguments=(_ON_OFF,),
        examples=("memory token on",),
    ),
    CommandSpec(
        "new",
        "control",
        "Begins a new conversation.",
        new,
        help="The one before stays in the journal, but is no longer part of the context.",
        examples=("new",),
    ),
    CommandSpec(
        "reset",
        "control",
        "Resets the system state: a newborn in memory.",
        reset,
        help="Fresh adapters, temperament, exposure and conversation; settings that wait for a reset take effect. "
        "Saved files and the journal stay; quitting saves the newborn over the last state.",
        examples=("reset",),
        confirm=True,
        needs_model=True,
        alone=True,
    ),
    CommandSpec(
        "quit",
        "control",
        "Saves everything and ends the program.",
        quit_,
        aliases=("exit",),
        examples=("quit",),
    ),
)
