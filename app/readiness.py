"""Whether the service lives, and whether it can answer: what is asked by whoever starts and watches it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from app import problems, schemas
from app.requests import InLibrary
from playhead.engine import Description
from playhead.errors import PlayheadError
from playhead.library import Library

router = APIRouter(tags=["health"])

_log = logging.getLogger("playhead.app")


@router.get("/healthz", operation_id="is_alive", response_model=schemas.Alive)
async def is_alive() -> dict[str, str]:
    """The process answers; nothing else is looked at."""
    return {"status": "alive"}


@router.get(
    "/readyz",
    operation_id="is_ready",
    response_model=schemas.Ready,
    responses={503: {"model": schemas.Problem, "description": "A check failed; `checks` says which."}}
    | {"default": problems.DOCUMENTED["default"]},
)
def is_ready(request: Request, library: InLibrary) -> Any:
    """Whether questions are answered, from which library, generation and model; 503 where one of the checks fails."""
    try:
        state = library.engine.describe()
    except PlayheadError as error:
        _log.error("Not ready: %s", error)
        unreadable = {"name": "library", "ok": False, "detail": "It cannot be read; the log of the service says why."}
        return _not_ready(request, [unreadable])
    found = list(checks(library, state))
    if not all(check["ok"] for check in found):
        return _not_ready(request, found)
    embedder = library.embedder_of(library.view())
    return {
        "status": "ready",
        "revision": state.revision,
        "published": state.published,
        "episodes": state.episodes,
        "segments": state.segments,
        "findable": state.findable,
        "generation": state.details.get("generation"),
        "model": {
            "name": embedder.model.name,
            "dimension": embedder.model.dimension,
            "precision": embedder.precision,
        },
        "checks": found,
    }


def checks(library: Library, state: Description) -> Iterator[dict[str, Any]]:
    """What has to be right for questions to be answered, each by its name, whether it is, and what was seen."""
    yield _check("library", True, f"Revision {state.revision:,}, {state.episodes:,} episodes.")
    ours, theirs = [embedder.model for embedder in library.embedders], state.model
    loaded = " and ".join(model.name for model in ours)
    yield _check(
        "model",
        theirs is None or theirs in ours,
        f"{loaded} {'is' if len(ours) == 1 else 'are'} loaded."
        if theirs is None or theirs in ours
        else f"{loaded} is loaded, and the library was made with {theirs.name}.",
    )
    if generation := state.details.get("generation"):
        yield _check("generation", True, f"Generation {generation} was whole when it was opened.")
    if notes := state.details.get("notes"):  # places are for the operator: playhead status says them, too
        yield _check("notes", True, str(notes).replace(f"{state.details.get('directory')}/", ""))
    waiting = state.revision - state.published
    yield _check(
        "findable",
        state.findable > 0 or state.segments == 0,
        f"{state.findable:,} passages can be found, {state.segments:,} are kept; "
        f"{waiting:,} {'change waits' if waiting == 1 else 'changes wait'} to be published.",
    )


def _check(name: str, ok: bool, detail: str) -> dict[str, Any]:
    return {"name": name, "ok": ok, "detail": detail}


def _not_ready(request: Request, checks: list[dict[str, Any]]) -> Response:
    failed = " ".join(f"{check['name']}: {check['detail']}" for check in checks if not check["ok"])
    return problems.respond(request, 503, failed, headers={"Retry-After": "5"}, checks=checks)
