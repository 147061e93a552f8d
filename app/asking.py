"""An answer in sentences over REST: searched here, composed by the operator's endpoint if any, checked here."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from app import schemas
from app.endpoint import Endpoint, EndpointError
from app.markdown import MARKDOWN, wants_markdown
from app.problems import DOCUMENTED
from app.requests import InLibrary, PublicUrl, refuse_parameters
from app.visits import LEFT
from playhead import answers
from playhead.answers import Reply
from playhead.library import Library
from playhead.query import Query

NO_ENDPOINT = "No endpoint is configured, so the sentences are those that were said."
NOTHING = "Nothing in the library is about this."

router = APIRouter(prefix="/api/v1", responses=DOCUMENTED)

_log = logging.getLogger("playhead.app")


@router.post(
    "/ask",
    operation_id="ask",
    tags=["search"],
    response_model=schemas.Asked,
    responses={200: {"content": {MARKDOWN: {}}}},
    dependencies=[Depends(refuse_parameters)],
)
async def ask(asked: schemas.QuestionToAnswer, request: Request, library: InLibrary, public_url: PublicUrl) -> Any:
    """An answer in sentences, each with the passages it rests on: composed and verified, or else extracted."""
    reply = await _while_there(request, answer(library, asked.query(), asked.max_tokens, request.app.state.endpoint))
    if reply is None:
        return Response(status_code=LEFT)
    if wants_markdown(request.headers.get("accept", "")):
        return Response(answers.reply_as_markdown(reply, public_url), media_type=MARKDOWN)
    return answers.reply_as_dict(reply, public_url)


async def answer(library: Library, query: Query, budget: int, endpoint: Endpoint | None) -> Reply:
    """The answer to a question. Where nothing answers it, no endpoint is asked."""
    found = await run_in_threadpool(library.search, query)
    if found.no_answer or not found.excerpts:
        return Reply(found, reason=NOTHING)
    if endpoint is None:
        return answers.extracted(found, NO_ENDPOINT)
    excerpts = answers.within(found.excerpts, budget)
    try:
        written = await endpoint.complete(answers.messages(found.query.text, excerpts))
    except EndpointError as error:
        _log.warning("ask: %s", error)
        return answers.extracted(found, str(error))
    return await run_in_threadpool(answers.composed, found, excerpts, written)


async def _while_there(request: Request, work: Coroutine[Any, Any, Reply]) -> Reply | None:
    """The answer; None when whoever asked is gone, for then nobody pays the endpoint for the rest of it."""
    answering, leaving = asyncio.create_task(work), asyncio.create_task(_left(request))
    try:
        await asyncio.wait((answering, leaving), return_when=asyncio.FIRST_COMPLETED)
        return await answering if answering.done() else None
    finally:
        answering.cancel()
        leaving.cancel()
        await asyncio.gather(answering, leaving, return_exceptions=True)


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
