"""Commands that keep the whole state and bring it back: save, load, panic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .paths import path_of
from .spec import Argument, Call, CommandSpec, Refused
from .wording import clock, excerpt

if TYPE_CHECKING:
    from engine.lifeform import Lifeform

_ENDINGS = 50
"""Bytes that the endings of a state's files take, and those of the folders it is first written to."""


def save(life: Lifeform, call: Call) -> None:
    """Write the whole state."""
    name = _name(life, call)
    prefix = life.save(name)
    call.output(f"State saved to {name or prefix.name}_*.safetensors/json\nIn {prefix.parent}")


def load(life: Lifeform, call: Call) -> None:
    """Go on from a saved state."""
    life.load(_name(life, call), call.report)
    call.output("Scaffold state loaded.\nCross-attention state loaded.\nToken map loaded.\nMetadata loaded.")


def panic(life: Lifeform, call: Call) -> None:
    """Save what there is, and come up anew from the last good state."""
    from engine.rescue import rescue

    call.output("ERROR STATE: Rebooting synapses...")
    rescued = rescue(life, call.report)
    lines = [f"Kept in {rescued.folder}: {', '.join(rescued.kept) or 'nothing'}"] if rescued.folder else []
    lines += [f"  {problem}" for problem in rescued.problems]
    origin = "a newborn, for there is no saved state" if rescued.saved_at is None else clock(rescued.saved_at)
    lines.append(f"[System reloaded] State of {origin}.")
    call.output("\n".join(lines))


def _name(life: Lifeform, call: Call) -> str | None:
    """The name or path of a state as it was given; None for the usual one."""
    given: str | None = call.args["path"]
    if given is None:
        return None
    path = path_of(given, spare=_ENDINGS)
    if not path.name or path.name == ".." or given.endswith("/"):
        raise Refused(f"'{excerpt(given, 40)}' is no name for a state; take one like my_model, or a path to it.")
    folder = life.state_prefix(given).parent
    if not folder.is_dir():
        raise Refused(f"There is no folder {excerpt(str(folder), 200)}.")
    return given


KEEPING = (
    CommandSpec(
        "save",
        "control",
        "Saves the current state to files.",
        save,
        arguments=(
            Argument("path", "path", required=False, help="a name, or a path; save_path_prefix when not given"),
        ),
        help="Adapters, bridge, token map and mind. A name without a folder is kept in the home. Whatever happens, the "
        "state that was there before stays whole until the new one is.",
        examples=("save", "save my_model"),
        needs_model=True,
    ),
    CommandSpec(
        "load",
        "control",
        "Loads a saved state from files.",
        load,
        arguments=(Argument("path", "path", required=False, help="as save takes it"),),
        help="All of it is read and checked before anything is changed.",
        examples=("load", "load my_model"),
        needs_model=True,
        alone=True,
    ),
    CommandSpec(
        "panic",
        "control",
        "Stops everything, saves, and reloads the last good state.",
        panic,
        help="Journal and state are first copied to a time-stamped folder in the home. A running sleep or training is "
        "given up. Works when the models fell over, too.",
        examples=("panic",),
        confirm=True,
        urgent=True,
    ),
)
