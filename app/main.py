"""The service, wired together: ``uvicorn --factory app.main:create_app``."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.concurrency import run_in_threadpool
from starlette.routing import BaseRoute
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from app import (
    api,
    archive,
    asking,
    audio,
    chatbot,
    logs,
    markdown,
    metrics,
    notes,
    pages,
    problems,
    readiness,
    sharing,
    writing,
)
from app.admission import Admission, Line, composing_line
from app.clients import proxies
from app.endpoint import endpoint_of
from app.examples import illustrate
from app.guard import Guard, hosts
from app.keys import GUESSES, key_name
from app.markdown import Negotiation
from app.metrics import Metrics, Watched
from app.origins import Origins, origins
from app.packing import Packing
from app.prefix import Prefix, prefix
from app.rates import Buckets, Rates, rates
from app.requests import refuse_repeated
from app.site import Static
from app.visits import Routed, Visits
from app.worker import Worker
from playhead import __version__
from playhead.jobs import open_jobs
from playhead.keys import Keys
from playhead.library import Library, open_library
from playhead.settings import Settings, read_settings

# Where two could answer, the first does.
DOORS = (api, asking, readiness, metrics, audio, markdown, pages, archive, notes, sharing)

DESCRIPTION = "Ask a podcast archive a question; land on the second where it is answered."


def create_app(settings: Settings | None = None, library: Library | None = None) -> FastAPI:
    """The service over ``library``, or over the one the settings name, opened at start and closed at the end."""
    settings = settings or read_settings()

    @asynccontextmanager
    async def open_doors(app: FastAPI) -> AsyncIterator[None]:
        opened = library or await run_in_threadpool(open_library, settings)
        app.state.library = Watched(opened, app.state.metrics)
        try:
            # The first question would otherwise wait for the model.
            for embedder in app.state.library.embedders:
                await run_in_threadpool(embedder.question, "ready")
            if app.state.keys.all():
                app.state.worker.wake()  # for jobs that an earlier service left
            async with chatbot.open_door(app):
                yield
        finally:
            await run_in_threadpool(app.state.worker.stop)
            await run_in_threadpool(app.state.jobs.close)
            if library is None:
                opened.close()

    app = FastAPI(
        title="Playhead",
        version=__version__,
        description=DESCRIPTION,
        lifespan=open_doors,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        dependencies=[Depends(refuse_repeated)],
    )
    app.state.public_url = settings.public_url
    app.state.endpoint = endpoint_of(settings)
    app.state.documents = {}
    app.state.keys = Keys(settings)
    app.state.guesses = Buckets([GUESSES])
    app.state.jobs = open_jobs(settings.engine)
    app.state.worker = Worker(app.state.jobs, settings)
    app.state.library = None
    app.state.line = Line()
    composing = composing_line() if app.state.endpoint else app.state.line
    app.state.metrics = Metrics(lambda: app.state.library, (app.state.line, composing))
    app.state.metrics_public = settings.metrics == "public"
    for door in DOORS:
        app.include_router(door.router)
    app.include_router(writing.router)
    written = app.routes[-1]
    chatbot.install(app, settings)
    app.mount("/static", Static())
    # From the routes outwards: whoever comes last here is met first.
    app.add_middleware(Routed)
    app.add_middleware(Negotiation)
    app.add_middleware(Packing)
    app.add_middleware(Admission, line=app.state.line, composing=composing)
    if limits := rates(settings):
        app.add_middleware(Rates, buckets=Buckets(limits))
    app.add_middleware(Guard, hosts=hosts(settings), most_bytes_of_upload=settings.upload_mb * 2**20)
    app.add_middleware(Origins, allowed=origins(settings))
    app.add_middleware(Visits, name_key=key_name, reports=(logs.note, app.state.metrics.count))
    app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=proxies(settings))
    app.add_middleware(Prefix, prefix=prefix(settings))
    problems.install(app)
    app.openapi = lambda: _describe(app, written)  # type: ignore[method-assign]
    return app


def _describe(app: FastAPI, written: BaseRoute) -> dict[str, Any]:
    """The OpenAPI document, made once for a service with keys, and once without the routes that are then not there."""
    keyed = bool(app.state.keys.all())
    documents: dict[bool, dict[str, Any]] = app.state.documents
    if keyed not in documents:
        routes = [route for route in app.routes if keyed or route is not written]
        servers = [{"url": app.state.public_url}] if app.state.public_url else None
        document = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=routes, servers=servers
        )
        documents[keyed] = illustrate(problems.label(document))
    return documents[keyed]
