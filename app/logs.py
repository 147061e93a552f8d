"""What the service writes down: one line a request, and what goes wrong, for people or as JSON.

A line says which route was taken, never what was asked there: not the question, not the address, no header.
"""

from __future__ import annotations

import json
import logging
import logging.config
import re
from datetime import UTC, datetime
from typing import Any

from app.visits import Visit, visit
from playhead.text import visible

ACCESS = logging.getLogger("playhead.access")
SERVICE = logging.getLogger("playhead.app")

# What `visible` leaves to a terminal, and a line of a log cannot have: it would end there, or could not be written.
_NO_PART_OF_A_LINE = re.compile("[\t\n\ud800-\udfff]")


def configure(form: str) -> None:
    """Write to stderr from now on, in that form: what Playhead says, and the server it runs in."""
    formatter = {"json": JsonLines, "text": TextLines}[form]
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"lines": {"()": formatter}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
            "root": {"handlers": ["stderr"], "level": "WARNING"},
            # The server's own lines on requests would say all that ours leave out.
            "loggers": {"playhead": {"level": "INFO"}, "uvicorn.access": {"level": "CRITICAL"}},
        }
    )


def note(visit: Visit) -> None:
    """One line for a request that was answered."""
    ACCESS.info("%s %s %d", visit.method, visit.route, visit.status, extra={"visit": visit})


class JsonLines(logging.Formatter):
    """A record as a JSON object on one line: every key but the first five only where there is something to say."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": _moment(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        current = visit()
        if current is not None:
            line["request"] = current.id
        ended: Visit | None = getattr(record, "visit", None)
        if ended is not None:
            line |= {
                "method": ended.method,
                "route": ended.route,
                "status": ended.status,
                "ms": _milliseconds(ended.seconds),
                "bytes": ended.bytes,
                "key": ended.key,
            }
            if ended.stages:
                line["stages"] = {stage: _milliseconds(took) for stage, took in ended.stages.items()}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        # In ASCII, a control or bidirectional character is six harmless ones.
        return json.dumps(line)


class TextLines(logging.Formatter):
    """A record as a person reads it. A further line is indented, so that none can pass for another record."""

    def format(self, record: logging.LogRecord) -> str:
        parts = [f"{_moment(record)} {record.levelname:<7} {_shown(record.getMessage())}"]
        ended: Visit | None = getattr(record, "visit", None)
        if ended is not None:
            parts.append(f"{_milliseconds(ended.seconds)} ms, {ended.bytes:,} bytes")
            parts += [f"key {_shown(ended.key)}"] if ended.key else []
        current = visit()
        parts += [f"[{current.id}]"] if current else []
        lines = [" ".join(parts)]
        if record.exc_info:
            lines += [f"    {_shown(each)}" for each in self.formatException(record.exc_info).split("\n")]
        return "\n".join(lines)


def _moment(record: logging.LogRecord) -> str:
    """When, in UTC and to the millisecond (RFC 3339)."""
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 1)


def _shown(text: str) -> str:
    return visible(_NO_PART_OF_A_LINE.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text))
