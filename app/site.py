"""The templates, and the few words they may use. Everything a template prints is escaped."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.templating import Jinja2Templates

from playhead import __version__
from playhead.timestamps import write

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


_environment = Environment(
    loader=PackageLoader("app"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_environment.filters.update(day=day, drift=drift, error=error, plural=plural, clock=write)
_environment.tests["web"] = is_web
_environment.globals.update(version=__version__, sources=SOURCES)

templates = Jinja2Templates(env=_environment)
