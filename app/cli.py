"""`playhead serve`: the browser pages and the REST interface on one address."""

from __future__ import annotations

import gc
import socket
from typing import TYPE_CHECKING, Annotated

import typer

from playhead.commands import Index

if TYPE_CHECKING:
    from playhead.library import Library
    from playhead.settings import Settings

GRACE_SECONDS = 20
"""How long answers under way may take to end once the service is told to."""


def serve(
    host: Annotated[str | None, typer.Option(help="The address to serve on; 127.0.0.1 unless told.")] = None,
    port: Annotated[int | None, typer.Option(help="The port to serve on; 8000 unless told.")] = None,
    create: Annotated[
        bool, typer.Option("--create", help="Begin with an empty library where there is none; an ingest fills it.")
    ] = False,
    index: Index = None,
) -> None:
    """Serve the library to browsers and programs, until Ctrl-C.

    Example: `playhead serve --index index`
    """
    from contextlib import closing

    import uvicorn

    from app import logs
    from app.connections import MOST_BYTES_OF_HEAD, connections
    from app.main import create_app
    from playhead.commands import settings_for

    settings = settings_for(index, host=host, port=port)
    logs.configure(settings.log)
    listener = listen(settings)
    # Opened here, so that what is wrong with it is one line on the terminal and not a fault of the server.
    with listener, closing(_open(settings, create=create)) as library:
        app = create_app(settings, library)
        library.embedder.question("ready")
        # What is loaded by now stays. Looking through it for garbage held everybody up for .4 s every few seconds.
        gc.collect()
        gc.freeze()
        address = settings.host.strip("[]")
        shown = f"[{address}]" if ":" in address else address
        logs.SERVICE.info(
            "Playhead is at %s (Ctrl-C stops it)", settings.public_url or f"http://{shown}:{settings.port}"
        )
        # Who asks through a proxy is for the app to say, whatever serves it.
        served = uvicorn.Config(
            app,
            http=connections(),
            h11_max_incomplete_event_size=MOST_BYTES_OF_HEAD,
            timeout_graceful_shutdown=GRACE_SECONDS,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
        )
        uvicorn.Server(served).run(sockets=[listener])


def listen(settings: Settings) -> socket.socket:
    """A socket where the settings say. Raises SettingsError where nobody can listen."""
    from playhead.errors import SettingsError

    address = settings.host.strip("[]")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        listener = socket.create_server((address, settings.port), family=family, backlog=2048)
    except OSError as error:
        raise SettingsError(
            f"{settings.host}:{settings.port} cannot be served on ({error.strerror}); give --host or --port."
        ) from None
    # asyncio sees to this only for sockets it made itself. Without it, a body that follows its head waits until the
    # client acknowledges the head, which takes 40 ms on a connection that is kept open (RFC 896; RFC 1122, 4.2.3.2).
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _open(settings: Settings, *, create: bool) -> Library:
    from playhead.engine import open_engine
    from playhead.errors import NoLibraryError
    from playhead.library import open_library

    try:
        return open_library(settings)
    except NoLibraryError:
        if not create:
            raise
    open_engine(settings.engine, writing=True).close()
    return open_library(settings)
