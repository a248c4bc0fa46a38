"""``sovl serve``: the same app in a browser on this machine, through textual-serve.

It answers on loopback only, and only to pages of its own: a site that happens to be open in the same browser could
otherwise connect to it, too, and read and write what is private. Each page that is opened runs the app once more, in a
process of its own, which ends and saves when the page is closed.
"""

from __future__ import annotations

import shlex
import socket
import sys
from collections.abc import Awaitable, Callable, Sequence

HOST = "127.0.0.1"
NAMES = (HOST, "localhost")
"""What the address line may say."""


class ServeError(Exception):
    """It cannot be served; one line."""


def is_own(host: str | None, origin: str | None, port: int) -> bool:
    """Whether a request comes from our own page: by its headers ``Host`` and, where it has one, ``Origin``."""
    own = {f"{name}:{port}" for name in NAMES}
    return host in own and (origin is None or origin in {f"http://{name}" for name in own})


def looks(port: int) -> str:
    """The header Content-Security-Policy: styles and fonts come from here alone.

    The page of textual-serve fetches a font from elsewhere, which would tell others that SOVL is running here.
    """
    ours = " ".join(("'self'", *(f"http://{name}:{port}" for name in NAMES)))
    return f"style-src {ours} 'unsafe-inline'; font-src {ours} data:"


def serve(arguments: Sequence[str], port: int) -> None:
    """Serve the app with ``arguments`` of its command line until Ctrl-C.

    Raises:
        ServeError: textual-serve is missing, or the port is taken.
    """
    try:
        from aiohttp import web
        from textual_serve.server import Server
    except ImportError:
        install = f"{sys.executable} -m pip install textual-serve"
        raise ServeError(f"the browser needs a package that is not installed: {install}") from None
    _check_free(port)

    @web.middleware
    async def only_own(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if not is_own(request.headers.get("Host"), request.headers.get("Origin"), port):
            raise web.HTTPForbidden(text=f"SOVL answers to its own page only: http://{HOST}:{port}\n")
        response = await handler(request)
        if not response.prepared:
            response.headers["Content-Security-Policy"] = looks(port)
        return response

    class Loopback(Server):
        async def _make_app(self) -> web.Application:
            app = await super()._make_app()
            app.middlewares.append(only_own)
            return app

        async def on_startup(self, app: web.Application) -> None:
            print(f"SOVL is at {self.public_url} (this machine only). Ctrl-C ends it.", flush=True)

    command = shlex.join([sys.executable, "-m", "sovl_tui", *arguments])
    Loopback(command, host=HOST, port=port, title="SOVL").serve()


def _check_free(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise ServeError(f"port {port} cannot be used ({error.strerror}); choose another with --port") from None
