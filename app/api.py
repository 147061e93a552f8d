"""REST, version 1. Each endpoint asks the library one thing and shows the answer as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response

from app import schemas
from app.freshness import RevalidatedRoute
from app.problems import DOCUMENTED, NOT_FOUND
from app.requests import (
    EpisodeId,
    InLibrary,
    PublicUrl,
    find_episode,
    find_speakers,
    find_transcript,
    refuse_parameters,
    refuse_repeated_keys,
    refuse_untranscribed,
)
from playhead import cursors, exports, linked, rendering
from playhead.errors import NotFoundError
from playhead.linking import link_notes
from playhead.notes_lint import lint
from playhead.quotes import Quote
from playhead.suggestions import suggest_chapters
from playhead.verifying import verify_quote

router = APIRouter(prefix="/api/v1", route_class=RevalidatedRoute, responses=DOCUMENTED)

NO_PARAMETERS = [Depends(refuse_parameters)]
AN_OBJECT = [*NO_PARAMETERS, Depends(refuse_repeated_keys)]


def written_as(forms: Mapping[str, exports.Form] | Mapping[str, linked.Form]) -> dict[int | str, dict[str, Any]]:
    """For OpenAPI: an answer that is also given in these forms."""
    kinds = (form.media_type.partition(";")[0] for name, form in forms.items() if name != "json")
    return {200: {"content": {kind: {} for kind in kinds}}}


@router.get(
    "/search",
    operation_id="search",
    tags=["search"],
    response_model=schemas.SearchAnswer,
    responses={200: {"content": {"text/markdown": {}}}},
)
def search(
    asked: Annotated[schemas.SearchParameters, Query()], library: InLibrary, public_url: PublicUrl
) -> dict[str, Any]:
    """Passages that answer a question, best first, each with its speaker, chapter, second and links; Markdown, too."""
    return rendering.found_as_dict(library.search(asked.query()), public_url, asked.max_tokens)


@router.get(
    "/podcasts",
    operation_id="list_podcasts",
    tags=["archive"],
    response_model=schemas.Podcasts,
)
def list_podcasts(asked: Annotated[schemas.Page, Query()], library: InLibrary) -> dict[str, Any]:
    """The shows in the library, by id."""
    offset = asked.offset("podcasts")
    found = library.view().podcasts()[offset:]
    return {
        "podcasts": [rendering.podcast_as_dict(podcast) for podcast in found[: asked.limit]],
        "next": _next(offset, asked.limit, len(found), "podcasts"),
    }


@router.get("/episodes", operation_id="list_episodes", tags=["archive"], response_model=schemas.Episodes)
def list_episodes(
    asked: Annotated[schemas.EpisodesParameters, Query()], library: InLibrary, public_url: PublicUrl
) -> dict[str, Any]:
    """Episodes, newest first, those without a date last."""
    filters = asked.filters()
    offset = asked.offset(("episodes", filters))
    found = library.view().episodes(filters, offset, asked.limit + 1)
    return {
        "episodes": [rendering.episode_reference(episode, public_url) for episode in found[: asked.limit]],
        "next": _next(offset, asked.limit, len(found), ("episodes", filters)),
    }


@router.get("/speakers", operation_id="list_speakers", tags=["archive"], response_model=schemas.Speakers)
def list_speakers(asked: Annotated[schemas.SpeakersParameters, Query()], library: InLibrary) -> dict[str, Any]:
    """Who speaks, and in how many segments, most first."""
    filters = asked.filters()
    offset = asked.offset(("speakers", filters))
    found = library.view().speakers(filters, offset, asked.limit + 1)
    return {
        "speakers": [rendering.speaker_as_dict(speaker) for speaker in found[: asked.limit]],
        "next": _next(offset, asked.limit, len(found), ("speakers", filters)),
    }


@router.get(
    "/episodes/{id:episode}/transcript",
    operation_id="get_transcript",
    tags=["archive"],
    response_model=schemas.TranscriptTurns,
    responses=NOT_FOUND | written_as(exports.TRANSCRIPTS),
)
def get_transcript(
    id: EpisodeId,  # noqa: A002 - the name is the contract's
    asked: Annotated[schemas.TranscriptParameters, Query()],
    library: InLibrary,
    public_url: PublicUrl,
) -> Any:
    """What was said, verbatim, turn by turn with its times; as captions, sentence by sentence."""
    view = library.view()
    episode, transcript = find_episode(view, id), find_transcript(view, id)
    refuse_untranscribed(episode)
    if asked.format == "json":
        return rendering.transcript_as_dict(episode, transcript)
    form = exports.TRANSCRIPTS[asked.format]
    return Response(form.write(episode, transcript, public_url), media_type=form.media_type)


@router.get(
    "/episodes/{id:episode}/chapters",
    operation_id="get_chapters",
    tags=["archive"],
    response_model=schemas.Chapters,
    responses=NOT_FOUND | written_as(exports.CHAPTERS),
)
def get_chapters(
    id: EpisodeId,  # noqa: A002
    asked: Annotated[schemas.ChaptersParameters, Query()],
    library: InLibrary,
    public_url: PublicUrl,
) -> Any:
    """The chapters of an episode, the empty ones too; or such as are suggested, whether it states any or not."""
    view = library.view()
    episode, transcript = find_episode(view, id), find_transcript(view, id)
    if asked.suggest:
        refuse_untranscribed(episode)
        episode = replace(episode, chapters=suggest_chapters(library.engine, episode, transcript))
    if asked.format == "json":
        return rendering.chapters_as_dict(episode.chapters)
    form = exports.CHAPTERS[asked.format]
    return Response(form.write(episode, transcript, public_url), media_type=form.media_type)


@router.get(
    "/episodes/{id:episode}",
    operation_id="get_episode",
    tags=["archive"],
    response_model=schemas.Episode,
    responses=NOT_FOUND,
    dependencies=NO_PARAMETERS,
)
def get_episode(id: EpisodeId, library: InLibrary, public_url: PublicUrl) -> dict[str, Any]:  # noqa: A002
    """One episode with its chapters, speakers, links, and how well its times are known."""
    view = library.view()
    facts = find_episode(view, id), find_transcript(view, id), find_speakers(view, id)
    return rendering.episode_as_dict(*facts, public_url)


@router.get(
    "/segments/{id}",
    operation_id="get_segment",
    tags=["archive"],
    response_model=schemas.Segments,
    responses=NOT_FOUND,
)
def get_segment(
    id: Annotated[str, Path(description="As results give it.", examples=["27cbf3908c60c544"])],  # noqa: A002
    asked: Annotated[schemas.Around, Query()],
    library: InLibrary,
    public_url: PublicUrl,
) -> dict[str, Any]:
    """A segment among its neighbours: what was said just before and after."""
    view = library.view()
    segment = view.segment(id)
    if segment is None:
        raise NotFoundError(f"There is no segment {id[:80]!r}; it may have gone with an older transcript.")
    episode = find_episode(view, segment.episode)
    return rendering.segments_as_dict(id, view.neighbours(id, asked.before, asked.after), episode, public_url)


@router.post(
    "/verify-quote",
    operation_id="verify_quote",
    tags=["search"],
    response_model=schemas.QuoteVerified,
    responses=NOT_FOUND,
    dependencies=AN_OBJECT,
)
def verify(asked: schemas.QuoteToVerify, library: InLibrary, public_url: PublicUrl) -> dict[str, Any]:
    """Whether a quote is verbatim, nearly so, or not there: who really said it, where, when, and what is different."""
    verification = verify_quote(library, Quote(asked.quote), asked.speaker, asked.episode)
    return rendering.verification_as_dict(verification, public_url)


@router.post(
    "/link",
    operation_id="link_notes",
    tags=["notes"],
    response_model=schemas.LinkedNotes,
    responses=NOT_FOUND | written_as(linked.FORMS),
    dependencies=AN_OBJECT,
)
def link(given: schemas.NotesToLink, library: InLibrary, public_url: PublicUrl) -> Any:
    """When each line of show notes is talked about; or the notes with a link before each, or as chapters."""
    found = link_notes(library, given.episode, given.notes, given.written)
    if given.format == "json":
        return linked.as_dict(found, lint(found.notes, found.transcript), public_url)
    form = linked.FORMS[given.format]
    return Response(form.write(found, public_url), media_type=form.media_type)


def _next(offset: int, limit: int, found: int, of: object) -> str | None:
    """The cursor of the page after this one, when one more was found than is shown."""
    return cursors.write(offset + limit, of) if found > limit else None
