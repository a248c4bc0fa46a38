"""A model that is none: answers at a steady 100 tokens a second, as OpenAI's server does."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any, Self

TOKENS_PER_SECOND = 100
ANSWER_TOKENS = 600
LAST_WORD = "zanzibar{}"
"""What an answer ends with: the number of answers that were begun up to it."""
_answers = count(1)
_SENTENCE = "The Moon is **mostly rock**, and a `crust` of feldspar lies over a thick mantle of old dry stone.\n\n"


def tokens() -> Iterator[str]:
    """The answer, one token after the other, as fast as it is said."""
    last = LAST_WORD.format(next(_answers))
    words = _SENTENCE.split(" ")
    began = time.monotonic()
    for number in range(ANSWER_TOKENS - 1):
        time.sleep(max(0.0, began + number / TOKENS_PER_SECOND - time.monotonic()))
        yield words[number % len(words)] + " "
    yield last


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the terminal is somebody else's."""

    def do_GET(self) -> None:
        """List the model."""
        self._json({"object": "list", "data": [{"id": "fake", "object": "model"}]})

    def do_POST(self) -> None:
        """Answer, at once where no stream is asked for: that is a title, or the like."""
        asked = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        if asked.get("stream"):
            self._stream()
        else:
            message = {"role": "assistant", "content": "Moon"}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            self._json({"id": "1", "object": "chat.completion", "created": 1, "model": "fake", "choices": [choice]})

    def _json(self, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for token in tokens():
            self._chunk(_piece(token))
        self._chunk(_piece(None) + b"data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()


def _piece(token: str | None) -> bytes:
    delta = {} if token is None else {"role": "assistant", "content": token}
    choice = {"index": 0, "delta": delta, "finish_reason": "stop" if token is None else None}
    content = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "fake", "choices": [choice]}
    return f"data: {json.dumps(content)}\n\n".encode()


class Speaker:
    """Serves while its block lasts."""

    def __init__(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
