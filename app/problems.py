"""What went wrong, told to whoever asked: RFC 9457 to programs, a page to people. The only translation."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Match

from app.mistakes import name, sentence
from app.schemas import Problem, WrongParameter
from app.site import templates
from app.visits import visit
from playhead.errors import DamagedError, InvalidQueryError, NotesError, NotFoundError, PlayheadError

# Beside /api and /audio.
PROGRAMS = ("/api", "/healthz", "/readyz", "/metrics", "/openapi.json", "/mcp", "/mcp/")

MEDIA_TYPE = "application/problem+json"

DOCUMENTED: dict[int | str, dict[str, Any]] = {
    422: {"model": Problem, "description": "A parameter is unknown, missing or cannot be used; `errors` names it."},
    "default": {"model": Problem, "description": "Anything else that went wrong."},
}
NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"model": Problem, "description": "There is nothing by this id."}}

# What FastAPI says of a body that makes Python's reader fail in any way but one.
_UNREADABLE = "There was an error parsing the body"

_log = logging.getLogger("playhead.app")


def respond(
    request: Request,
    status: int,
    detail: str,
    errors: Iterable[WrongParameter] = (),
    headers: dict[str, str] | None = None,
    **more: Any,
) -> Response:
    """The problem as JSON under /api and for machines' other paths, as a page everywhere else.

    ``more`` are the members that only some problems have.
    """
    problem = Problem(
        **{"type": "about:blank"} | more,
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        instance=request.url.path,
        errors=list(errors),
    )
    if _is_program(request.url.path):
        body = problem.model_dump(exclude_defaults=True, by_alias=True)
        return JSONResponse(body, status, headers, media_type=MEDIA_TYPE)
    return templates.TemplateResponse(request, "problem.html", {"problem": problem}, status, headers)


def install(app: FastAPI) -> None:
    """Every exception that can leave an endpoint gets its answer."""
    app.add_exception_handler(RequestValidationError, _on_wrong_parameters)  # type: ignore[arg-type]
    app.add_exception_handler(HTTPException, _on_http)  # type: ignore[arg-type]
    app.add_exception_handler(PlayheadError, _on_refusal)  # type: ignore[arg-type]


def unexpected(request: Request, error: Exception) -> Response:
    """A fault of ours: everything to the log, nothing of it to the visitor."""
    _log.error("%s failed", request.method, exc_info=error)
    current = visit()
    return respond(
        request,
        500,
        "Something went wrong on our side; the log of the service says what.",
        request_id=current.id if current else None,
    )


def label(document: dict[str, Any]) -> dict[str, Any]:
    """The OpenAPI ``document`` with every problem under its own media type, which FastAPI cannot be told."""
    for path in document["paths"].values():
        for operation in path.values():
            for response in operation["responses"].values():
                content = response.get("content", {})
                if content.get("application/json", {}).get("schema", {}).get("$ref", "").endswith("/Problem"):
                    content[MEDIA_TYPE] = content.pop("application/json")
    return document


def _on_wrong_parameters(request: Request, error: RequestValidationError) -> Response:
    wrong = [WrongParameter(parameter=name(each["loc"]), detail=sentence(each)) for each in error.errors()]
    return respond(request, 422, " ".join(each.detail for each in wrong), wrong)


def _on_http(request: Request, error: HTTPException) -> Response:
    path, headers = request.url.path, dict(error.headers or {})
    if error.status_code == 400 and error.detail == _UNREADABLE:
        detail = "body is no JSON that can be read: it is no Unicode, is nested too deeply, or has too long a number."
        return respond(request, 422, detail, [WrongParameter(parameter="body", detail=detail)])
    if error.status_code == 405:
        headers["Allow"] = ", ".join(_answered(request))
    detail = {
        404: f"There is nothing at {path}.",
        405: f"{request.method} is not answered at {path}; use {headers.get('Allow')}.",
    }.get(error.status_code, error.detail)
    return respond(request, error.status_code, detail, headers=headers)


def _answered(request: Request) -> list[str]:
    """The methods that this path is asked by. A route knows only its own, and that GET is HEAD too is the guard's."""
    methods = [
        method
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        if any(
            route.matches({**request.scope, "method": method})[0] is Match.FULL for route in request.app.router.routes
        )
    ]
    return ["GET", "HEAD", *methods[1:]] if methods[:1] == ["GET"] else methods


def _on_refusal(request: Request, error: PlayheadError) -> Response:
    if isinstance(error, InvalidQueryError):
        return respond(request, 422, str(error), [WrongParameter(parameter=error.parameter, detail=str(error))])
    if isinstance(error, NotesError):
        return respond(request, 422, str(error), [WrongParameter(parameter="notes", detail=str(error))])
    if isinstance(error, NotFoundError):
        return respond(request, 404, str(error))
    # The message names files and places; those are for the operator.
    _log.error("%s cannot be answered: %s", request.method, error)
    return respond(request, 503, refusal(error), headers={"Retry-After": "5"})


def refusal(error: PlayheadError) -> str:
    """What a visitor is told of what is the operator's to see to."""
    if isinstance(error, DamagedError):
        return "What was asked for is damaged where it is kept; /readyz and the log of the service say what mends it."
    return "The library cannot be read right now; the log of the service says why."


def _is_program(path: str) -> bool:
    return path.startswith(("/api/", "/audio/")) or path.endswith(".md") or path in PROGRAMS
