"""A model that is none: answers at a steady 100 tokens a second, as OpenAI's and as Ollama's servers do."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

TOKENS_PER_SECOND = 100
ANSWER_TOKENS = 600
LAST_WORD = b"zanzibar"
_SENTENCE = "The Moon is **mostly rock**, and a `crust` of feldspar lies over a thick mantle of old dry stone.\n\n"
_MODEL = "fake:latest"


def tokens() -> Iterator[str]:
    """The answer, one token after the other, as fast as it is said."""
    words = _SENTENCE.split(" ")
    began = time.monotonic()
    for number in range(ANSWER_TOKENS - 1):
        time.sleep(max(0.0, began + number / TOKENS_PER_SECOND - time.monotonic()))
        yield words[number % len(words)] + " "
    yield LAST_WORD.decode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the terminal is somebody else's."""

    def do_GET(self) -> None:
        model = {"name": _MODEL, "model": _MODEL, "modified_at": "2026-01-01T00:00:00Z", "size": 1, "digest": "0"}
        details = {"format": "gguf", "family": "llama", "parameter_size": "1B", "quantization_level": "Q4_0"}
        if self.path.startswith("/v1/models"):
            self._json({"object": "list", "data": [{"id": "fake", "object": "model"}]})
        elif self.path.startswith("/api/version"):
            self._json({"version": "0.12.0"})
        else:
            self._json({"models": [{**model, "details": details}]})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        if "show" in self.path:
            self._json(
                {"capabilities": ["completion"], "details": {}, "model_info": {}, "parameters": "", "template": ""}
            )
        elif not asked.get("stream", "api" in self.path):
            self._whole()
        else:
            self._stream()

    def _json(self, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _whole(self) -> None:
        """A title, or the like: nobody waits for it."""
        message = {"role": "assistant", "content": "Moon"}
        if "/v1/" in self.path:
            self._json({"id": "1", "object": "chat.completion", "choices": [{"index": 0, "message": message}]})
        else:
            self._json({"model": _MODEL, "created_at": "2026-01-01T00:00:00Z", "message": message, "done": True})

    def _stream(self) -> None:
        self.send_response(200)
        openai = "/v1/" in self.path
        self.send_header("Content-Type", "text/event-stream" if openai else "application/x-ndjson")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for token in tokens():
            self._chunk(_openai(token) if openai else _ollama(token))
        self._chunk(_openai(None) + b"data: [DONE]\n\n" if openai else _ollama(None))
        self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()


def _openai(token: str | None) -> bytes:
    delta = {} if token is None else {"role": "assistant", "content": token}
    choice = {"index": 0, "delta": delta, "finish_reason": "stop" if token is None else None}
    content = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "fake", "choices": [choice]}
    return f"data: {json.dumps(content)}\n\n".encode()


def _ollama(token: str | None) -> bytes:
    message = {"role": "assistant", "content": token or ""}
    content = {"model": _MODEL, "created_at": "2026-01-01T00:00:00Z", "message": message, "done": token is None}
    return json.dumps(content).encode() + b"\n"


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
