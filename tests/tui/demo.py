"""Run the app on a scripted engine in a real terminal: ``python -m tests.tui.demo``. For looking at it, not a test."""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from pathlib import Path

from engine.api import EngineState, Outcome
from engine.config import Config
from sovl_tui.app import run
from tests.tui.fakes import FakeEngine

ANSWER = """The Moon is **mostly rock**, much like the Earth's mantle.

1. a thin *crust* of feldspar
2. a thick mantle
3. a small core of iron

```python
def phase(day: int) -> str:
    # eight phases in 29.53 days
    names = ["new", "crescent", "quarter", "gibbous", "full"]
    return names[min(4, int(day / 29.53 * 8) % 5)]
```

So it is old, dry and quiet. Ask me `more` if you like."""


class DemoEngine(FakeEngine):
    """Acts by itself, on a thread, at a human pace."""

    def start(self) -> None:
        super().start()
        threading.Thread(target=self._wake, daemon=True).start()

    def _wake(self) -> None:
        self.state(EngineState.IMPORTING, "loading libraries")
        time.sleep(0.8)
        for step in range(11):
            self.load(step / 10, "converting weights", (10 - step) * 0.15)
            time.sleep(0.15)
        self.awaken(mood="curious", stage="young", exposure=140.0, weight=0.31, learned=True, recognition=0.42)

    def submit(self, line: str) -> int:
        number = super().submit(line)
        threading.Thread(target=self._work, args=(number, line), daemon=True).start()
        return number

    def _work(self, number: int, line: str) -> None:
        while self.outbox.latest.state is not EngineState.AWAKE:
            time.sleep(0.05)
        if line == "/sleep":
            self._night(number)
            return
        if line.startswith("/"):
            self.command(number, "--- System Status ---\nTemperament: 0.62\nMemory: On")
            return
        if line == "fail":
            self.fail("the weights file is truncated: 12 of 98 MB; fetch it again", "/home/you/.sovl/logs/failure.txt")
            return
        self.begin(number)
        said = ""
        for word in ANSWER.split(" "):
            if self.stops:
                self.stops.clear()
                self.finish(number, said, Outcome.STOPPED, reason="stopped")
                return
            self.say(number, (word + " ",))
            said += word + " "
            time.sleep(0.03)
        self.finish(number, said)

    def _night(self, number: int) -> None:
        self.fall_asleep(number)
        time.sleep(1)
        self.phase(number, "dreaming")
        self.replay(number, 5)
        time.sleep(2)
        for _ in range(12):
            self.dream(number, 1)
            time.sleep(0.4)
        self.phase(number, "training")
        for step in range(1, 121):
            self.learn(number, range(step, step + 1), 120)
            time.sleep(0.1)
        self.phase(number, "auditing")
        time.sleep(2)
        self.wake_up(number, 3, 1, 1)

    def restart(self) -> None:
        super().restart()
        threading.Thread(target=self._wake, daemon=True).start()

    def shutdown(self) -> None:
        super().shutdown()
        self.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        config = Config()
        if len(sys.argv) > 1:
            config.set("interface_config.theme", sys.argv[1])
        sys.exit(run(DemoEngine(Path(folder)), config))
