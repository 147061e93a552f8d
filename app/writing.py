"""The doors that change the library: they take what is asked for as a job, and a process of its own does it.

None of them is there while the service has no key.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Path, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from app import deliveries, keys, schemas
from app.keys import KeyedRoute, log_write, needs
from app.problems import DOCUMENTED, NOT_FOUND
from app.requests import EpisodeId, InLibrary, PublicUrl, find_episode, refuse_parameters
from app.worker import Worker
from playhead.errors import BusyError, NotFoundError, PlayheadError, StorageError
from playhead.jobs import MOST_UNFINISHED, Job, Jobs, new_id, now, target
from playhead.keys import Key

PATIENCE = 5.0
"""Seconds that whoever removes an episode is kept waiting, so that mostly it is gone when the answer comes."""
COME_AGAIN = {"Retry-After": "30"}

BUSY: dict[int | str, dict[str, Any]] = {
    503: {"model": schemas.Problem, "description": "Too many jobs wait already; `Retry-After` says when to try again."}
}
REFUSED: dict[int | str, dict[str, Any]] = {
    413: {"model": schemas.Problem, "description": "This is more than one upload may have."},
    415: {"model": schemas.Problem, "description": "This is neither JSON nor multipart/form-data."},
    507: {"model": schemas.Problem, "description": "There is no room for this."},
}
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": schemas.AddressToIngest.model_json_schema()},
            "multipart/form-data": {"schema": schemas.FilesToIngest.model_json_schema()},
        },
    }
}

router = APIRouter(
    prefix="/api/v1",
    route_class=KeyedRoute,
    tags=["writing"],
    responses=DOCUMENTED | keys.DOCUMENTED,
    dependencies=[Depends(refuse_parameters)],
)

MayIngest = Annotated[Key, Depends(needs("ingest"))]
MayAdminister = Annotated[Key, Depends(needs("admin"))]


async def jobs_of(request: Request) -> Jobs:
    jobs: Jobs = request.app.state.jobs
    return jobs


async def worker_of(request: Request) -> Worker:
    worker: Worker = request.app.state.worker
    return worker


InJobs = Annotated[Jobs, Depends(jobs_of)]
ByWorker = Annotated[Worker, Depends(worker_of)]


@router.post(
    "/ingest",
    operation_id="ingest",
    status_code=202,
    response_model=schemas.Job,
    responses=REFUSED | BUSY,
    openapi_extra=BODY,
)
async def ingest(
    request: Request, response: Response, key: MayIngest, jobs: InJobs, worker: ByWorker, public_url: PublicUrl
) -> dict[str, Any]:
    """Take a transcript, or the address of one or of a feed, into the library.

    What is sent is what a folder would hold: transcripts, chapters, an `episode.toml`. It is read by another process;
    the answer is a job, and `links.api` tells what became of it.
    """
    if len(await run_in_threadpool(jobs.unfinished)) >= MOST_UNFINISHED:  # before all of an upload is taken
        raise _busy(f"{MOST_UNFINISHED} jobs wait already; send this again when some of them are done.")
    job = Job(new_id(), "ingest", key.name, now(), now())
    try:
        job = await deliveries.read(request, job, jobs)
        await run_in_threadpool(_add, jobs, job)
    except BaseException as error:
        await run_in_threadpool(jobs.discard, job.id)
        log_write(key.name, "ingest", target(job), f"refused: {getattr(error, 'status_code', type(error).__name__)}")
        raise
    worker.wake()
    log_write(key.name, "ingest", target(job), f"job {job.id}")
    return _asked_for(job, response, public_url)


@router.get(
    "/jobs/{id}",
    operation_id="get_job",
    response_model=schemas.Job,
    responses=NOT_FOUND,
)
def get_job(
    id: Annotated[str, Path(description="As an ingest or a removal answers.", examples=["2f9c1d7a4b6e8035"])],  # noqa: A002 - the contract's name
    response: Response,
    _: MayIngest,
    jobs: InJobs,
    public_url: PublicUrl,
) -> dict[str, Any]:
    """How far a job is, and what became of each episode. Told for a week after its end."""
    job = jobs.find(id)
    if job is None:
        raise NotFoundError(f"There is no job {id[:80]!r}; what became of one is told for a week.")
    response.headers["Cache-Control"] = "no-store"
    return job_as_dict(job, public_url)


@router.delete(
    "/episodes/{id:episode}",
    operation_id="remove_episode",
    status_code=204,
    responses=NOT_FOUND | BUSY | {202: {"model": schemas.Job, "description": "It will be; the job tells when it is."}},
)
async def remove_episode(
    id: EpisodeId,  # noqa: A002
    key: MayAdminister,
    library: InLibrary,
    jobs: InJobs,
    worker: ByWorker,
    public_url: PublicUrl,
) -> Response:
    """Take an episode out of the library, for good."""
    try:
        await run_in_threadpool(lambda: find_episode(library.view(), id))
        job = Job(new_id(), "remove", key.name, now(), now(), episode=id)
        await run_in_threadpool(_add, jobs, job)
    except (PlayheadError, HTTPException) as error:
        log_write(key.name, "remove", id, f"refused: {type(error).__name__}")
        raise
    worker.wake()
    log_write(key.name, "remove", id, f"job {job.id}")
    known: Job | None = job
    for _ in range(int(PATIENCE / 0.1)):
        await asyncio.sleep(0.1)
        known = await run_in_threadpool(jobs.find, job.id)
        if known is None or known.is_over:
            break
    if known is None or known.state == "done":
        return Response(status_code=204)
    if known.problem:
        raise HTTPException(503, known.problem, COME_AGAIN)
    response = Response(status_code=202, media_type="application/json")
    response.body = schemas.Job.model_validate(_asked_for(known, response, public_url)).model_dump_json().encode()
    response.headers["Content-Length"] = str(len(response.body))
    return response


def job_as_dict(job: Job, public_url: str) -> dict[str, Any]:
    """A job as the doors tell of it; whose key asked for it is for the log."""
    counts = dict(job.counts)
    return {
        "id": job.id,
        "kind": job.kind,
        "state": job.state,
        "asked": job.asked,
        "changed": job.changed,
        "url": job.url,
        "files": list(job.files),
        "podcast": job.podcast,
        "episode": job.episode,
        "progress": {"done": job.done, "total": job.total},
        "counts": {name: counts.get(name, 0) for name in ("added", "unchanged", "skipped", "removed")},
        "episodes": [
            {"name": each.name, "outcome": each.outcome, "reason": each.reason, "problems": list(each.problems)}
            for each in job.episodes
        ],
        "problem": job.problem,
        "links": {"api": f"{public_url}/api/v1/jobs/{job.id}"},
    }


def _asked_for(job: Job, response: Response, public_url: str) -> dict[str, Any]:
    response.headers["Location"] = f"{urlsplit(public_url).path}/api/v1/jobs/{job.id}"
    response.headers["Cache-Control"] = "no-store"
    return job_as_dict(job, public_url)


def _add(jobs: Jobs, job: Job) -> None:
    try:
        jobs.add(job)
    except BusyError as error:
        raise _busy(str(error)) from error
    except StorageError as error:
        jobs.discard(job.id)
        raise deliveries.no_room(error) from error


def _busy(why: str) -> HTTPException:
    return HTTPException(503, why, COME_AGAIN)
