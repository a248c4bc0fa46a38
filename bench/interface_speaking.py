"""SOVL's app on a scripted engine that speaks like :mod:`bench.interface_server`: ``python -m ... HOME``."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from bench.interface_server import tokens
from engine.config import Config
from sovl_tui.app import run
from tests.tui.fakes import FakeEngine


class Speaking(FakeEngine):
    """Awake at once; answers everything on a thread."""

    def start(self) -> None:
        """Be awake."""
        super().start()
        self.awaken()

    def submit(self, line: str) -> int:
        """Answer ``line``."""
        number = super().submit(line)
        threading.Thread(target=self._speak, args=(number,), daemon=True).start()
        return number

    def _speak(self, number: int) -> None:
        self.begin(number)
        for token in tokens():
            self.say(number, (token,))
        self.finish(number, "over")

    def shutdown(self) -> None:
        """Be gone."""
        super().shutdown()
        self.close()


if __name__ == "__main__":
    sys.setswitchinterval(0.001)  # as the real engine does
    sys.exit(run(Speaking(Path(sys.argv[1])), Config()))
