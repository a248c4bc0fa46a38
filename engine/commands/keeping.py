"""Commands that keep the whole state and bring it back: save, load, states, export adapters, panic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.state_files import META, read_meta

from .paths import path_of
from .spec import Argument, Call, CommandSpec, Flag, Refused
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
    earlier = call.args["earlier"]
    if earlier is not None and earlier < 1:
        raise Refused(f"--earlier counts saves back, from 1 on; not {earlier}.")
    life.load(_name(life, call), call.report, earlier=earlier or 0)
    call.output("Scaffold state loaded.\nCross-attention state loaded.\nToken map loaded.\nMetadata loaded.")


def states(life: Lifeform, call: Call) -> None:
    """List the saved states of the home, and of each the earlier ones that can still be loaded."""
    lines = []
    for path in sorted(life.home.state_dir.glob(f"*{META}")):
        name = path.name.removesuffix(META)
        lines.append(f"{name}: {_told(read_meta(life.state_prefix(name)))}")
        for number, earlier in enumerate(life.earlier_states(name), 1):
            lines.append(f"  --earlier {number}: {_told(read_meta(earlier.prefix))}")
    call.output("\n".join(lines) or "No state is saved yet; save writes one.")


def _told(meta: dict[str, Any]) -> str:
    """What is worth knowing of a state before it is loaded."""
    try:
        saved_at, exposure = float(meta["saved_at"]), float(meta["lifecycle"]["exposure"])
    except (KeyError, TypeError, ValueError):
        return "cannot be read"
    return f"saved {clock(saved_at)}, data exposure {exposure:.1f}"


def export_adapters(life: Lifeform, call: Call) -> None:
    """Write the adapters as a PEFT folder."""
    folder = path_of(call.args["folder"], spare=_ENDINGS)
    if folder.exists():
        raise Refused(f"{folder} exists already; choose another name.")
    if not folder.name or not folder.parent.is_dir():
        raise Refused(f"There is no folder {excerpt(str(folder.parent), 200)}.")
    life.export_adapters(folder)
    call.output(f"Adapters exported to {folder}, on {life.composed.scaffold.frozen.name}")


def panic(life: Lifeform, call: Call) -> None:
    """Save what there is, and come up anew from the last good state."""
    from engine.rescue import rescue

    call.output("ERROR STATE: Rebooting synapses...")
    call.output(rescue(life, call.report).told)


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
        flags=(Flag("earlier", "int", help="the one that was there so many saves before; states lists them"),),
        help="All of it is read and checked before anything is changed.",
        examples=("load", "load my_model", "load --earlier 1"),
        needs_model=True,
        alone=True,
    ),
    CommandSpec(
        "states",
        "control",
        "Lists the saved states, and the earlier ones that can still be loaded.",
        states,
        help="Whatever a save replaces is kept for a while: states_kept of each name.",
        examples=("states",),
    ),
    CommandSpec(
        "export adapters",
        "control",
        "Writes the scaffold's adapters as a PEFT folder.",
        export_adapters,
        arguments=(Argument("folder", "path", help="a folder that is not there yet"),),
        help="Any program that uses PEFT loads it on the scaffold's model.",
        examples=("export adapters my_adapters",),
        needs_model=True,
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
