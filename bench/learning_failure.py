"""The one way the learning bench says that it cannot go on."""

from __future__ import annotations


class BenchError(Exception):
    """Ends the bench. The text is one line that says what is wrong and what would be right.

    Attributes:
        status: Exit status: 2 where the bench was asked for what it cannot do, 1 where a measurement would be void.
    """

    def __init__(self, message: str, status: int = 2) -> None:
        super().__init__(message)
        self.status = status
