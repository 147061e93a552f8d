"""What an ingest is sent: an address as JSON, or files as multipart/form-data. Each is a job, or a clear refusal."""

from __future__ import annotations

import logging
from dataclasses import replace

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from app.requests import name_once
from app.schemas import AboutFiles, AddressToIngest
from app.uploads import Upload, UploadError
from playhead.errors import StorageError
from playhead.jobs import Job, Jobs

MOST_BYTES_OF_JSON = 16_384

_log = logging.getLogger("playhead.app")


async def read(request: Request, job: Job, jobs: Jobs) -> Job:
    """The job of what is sent, whichever of the two it is."""
    match request.headers.get("content-type", "").partition(";")[0].strip().casefold():
        case "application/json":
            return await address(request, job)
        case "multipart/form-data":
            return await files(request, job, jobs)
        case _:
            raise HTTPException(415, "Send an address as application/json, or files as multipart/form-data.")


async def address(request: Request, job: Job) -> Job:
    """The job of whoever sends an address."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES_OF_JSON:
            raise HTTPException(413, f"An address may come in {MOST_BYTES_OF_JSON:,} bytes; this has more.")
    try:
        asked = AddressToIngest.model_validate_json(bytes(body))
    except ValidationError as error:
        raise _wrong(error) from None
    name_once(bytes(body))
    return replace(job, url=asked.url, podcast=asked.podcast)


async def files(request: Request, job: Job, jobs: Jobs) -> Job:
    """The job of whoever sends files, which are staged for it as they come."""
    try:
        upload = Upload(await run_in_threadpool(jobs.stage, job.id), frozenset(AboutFiles.model_fields))
        await upload.receive(request.headers["content-type"], request.stream())
        about = AboutFiles.model_validate({name: value for name, value in upload.fields.items() if value})
    except UploadError as error:
        wrong = {"type": "value_error", "loc": ("body", error.field), "input": None, "ctx": {"error": error.message}}
        raise RequestValidationError([wrong]) from None
    except ValidationError as error:
        raise _wrong(error) from None
    except ClientDisconnect:
        raise HTTPException(400, "The upload broke off; send it again.") from None
    except (OSError, StorageError) as error:
        raise no_room(error) from error
    return replace(job, files=tuple(upload.files), podcast=about.podcast, episode=about.episode)


def no_room(error: Exception) -> HTTPException:
    """What cannot be stored. Where, and why, is for the operator."""
    _log.error("What was sent cannot be stored: %s", error)
    return HTTPException(507, "This cannot be stored; the log of the service says why.", {"Retry-After": "300"})


def _wrong(error: ValidationError) -> RequestValidationError:
    return RequestValidationError([{**each, "loc": ("body", *each["loc"])} for each in error.errors()])
