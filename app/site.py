"""The templates, and the few words they may use. Everything a template prints is escaped."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from hashlib import sha256
from os import PathLike, stat_result
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates
from starlette.types import Scope

from playhead import __version__
from playhead.timestamps import write

STATIC = Path(__file__).parent / "static"

# What a listener is told about a time, by where it comes from.
SOURCES = {
    "chapter": "from the chapter list",
    "stamp": "written in the transcript",
    "cue": "from the transcript’s cues",
    "interpolated": "worked out from the times around it",
    "across_break": "worked out across a break without text",
    "extrapolated": "worked out from the last known time",
    "none": "not known",
}


def day(published: date) -> str:
    """2 October 2024."""
    return f"{published.day} {published:%B %Y}"


def error(seconds: float) -> str:
    """How far off, in whole seconds: half a second is still "± 1 s"."""
    return f"± {max(1, round(seconds))} s"


def drift(seconds: float) -> str:
    """How the sound and the times of a transcript do not fit, in a sentence."""
    if seconds < 0:
        return f"the transcript speaks {write(-seconds)} beyond the end of the sound."
    return f"the sound plays {write(seconds)} longer than the transcript speaks."


def plural(count: int, noun: str) -> str:
    """1 episode, 1,200 episodes."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def is_web(url: str | None) -> bool:
    """Whether a link may be followed: a feed may say javascript:, a page must not. Our own audio may."""
    return url is not None and (url.startswith("/audio/") or urlsplit(url).scheme in ("http", "https"))


@cache
def _fingerprint(name: str) -> str:
    return sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def static(name: str) -> str:
    """The address of a file in app/static, which is another one as soon as the file is another one."""
    return f"/static/{name}?{_fingerprint(name)}"


class Static(StaticFiles):
    """The files of app/static. One that is asked for by its fingerprint never changes, so nobody need ask again."""

    def __init__(self) -> None:
        super().__init__(directory=STATIC)

    def file_response(
        self, full_path: str | PathLike[str], stat_result: stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        if scope["query_string"].decode("latin-1") == _fingerprint(Path(full_path).name):
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


# Only markup has a plain quotation mark: words are escaped, in JSON by a backslash.
_OWN_PATH = re.compile(r'(?<=\s)(?P<name>href|src|action|data-(?:audio|link|card))="/(?!/)')


def under(folder: str, page: str) -> str:
    """A page whose links lead into the ``folder`` of a site that we are served in.

    >>> under("/podcasts", '<a href="/about">About</a> <a href="https://example.org/">else</a>')
    '<a href="/podcasts/about">About</a> <a href="https://example.org/">else</a>'
    """
    return _OWN_PATH.sub(rf'\g<name>="{folder}/', page) if folder else page


class Pages:
    """The templates, printed for the site that we are served in."""

    def __init__(self, environment: Environment) -> None:
        self.templates = Jinja2Templates(env=environment)

    def TemplateResponse(  # noqa: N802 - as its users know it
        self,
        request: Request,
        name: str,
        context: dict[str, Any],
        status: int = 200,
        headers: dict[str, str] | None = None,
    ) -> HTMLResponse:
        page = self.templates.get_template(name).render({"request": request, **context})
        return HTMLResponse(under(_folder(request), page), status, headers)


def _folder(request: Request) -> str:
    """The folder of a site that we are served in, as configured, else as the server was told; "" for none."""
    public_url: str = request.app.state.public_url
    return urlsplit(public_url).path.rstrip("/") if public_url else request.scope.get("root_path", "")


_environment = Environment(
    loader=PackageLoader("app"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_environment.filters.update(day=day, drift=drift, error=error, plural=plural, clock=write, static=static)
_environment.tests["web"] = is_web
_environment.globals.update(version=__version__, sources=SOURCES)

templates = Pages(_environment)
