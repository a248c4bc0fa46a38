"""Commands by which it learns on purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .paths import path_of
from .refusing import refusing
from .spec import Argument, Call, CommandSpec, Flag

if TYPE_CHECKING:
    from engine.lifeform import Lifeform


def train(life: Lifeform, call: Call) -> None:
    """Run a training cycle, or rehearse one."""
    from engine.schooling import TrainingRefused, Wanted
    from engine.schooling import train as schooled

    args = call.args
    if args["data"] is not None:
        path_of(args["data"])
    with refusing(TrainingRefused):
        schooled(life, call, Wanted(args["epochs"], args["dry_run"], args["data"], args["resume"]))


LEARNING = (
    CommandSpec(
        "train",
        "learning",
        "Runs a training cycle on a file of prompts and responses.",
        train,
        arguments=(
            Argument("epochs", "int", required=False, help="passes over the data; train_epochs when not given"),
        ),
        flags=(
            Flag("dry-run", help="checks everything over a few rows, and changes nothing"),
            Flag("data", "path", help="a JSONL file; train_data, the sample data or the journal when not given"),
            Flag("resume", help="goes on with a training that was stopped or cut off"),
        ),
        help="Each line of the file holds prompt and response, or messages with role and content. Some prompts are "
        "held out (valid_split_ratio): they show at the end what was gained over the base alone. Stopping it puts the "
        "old weights back; chat is answered in between.",
        examples=("train", "train 5 --dry-run", "train 3 --data notes.jsonl", "train --resume"),
        needs_model=True,
        long=True,
    ),
)
