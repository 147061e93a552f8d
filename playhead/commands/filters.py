"""The filters of a question as options: the same for every command that asks one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from playhead.errors import InvalidQueryError

if TYPE_CHECKING:
    from playhead.query import Filters

Many = list[str] | None

Podcasts = Annotated[Many, typer.Option("--podcast", help="Only this podcast (its slug); may be repeated.")]
Episodes = Annotated[Many, typer.Option("--episode", help="Only this episode (its id); may be repeated.")]
Speakers = Annotated[Many, typer.Option("--speaker", help="Only where this person speaks; may be repeated.")]
Chapters = Annotated[Many, typer.Option("--chapter", help="Only chapters of this title or number; may be repeated.")]
Kinds = Annotated[Many, typer.Option("--kind", help="Only chapters of this kind, intro or sponsor; may be repeated.")]
Since = Annotated[str | None, typer.Option(metavar="DATE", help="Published on or after, 2024-10-02.")]
Until = Annotated[str | None, typer.Option(metavar="DATE", help="Published on or before.")]
Include = Annotated[Many, typer.Option("--include", help="'sponsor' lets sponsors' passages answer too.")]


def filters_of(
    podcast: Many, episode: Many, speaker: Many, chapter: Many, kind: Many, days: Sequence[str | None], include: Many
) -> Filters:
    """The filters that were given; ``days`` are since and until. Raises InvalidQueryError for what is none."""
    from playhead.query import Filters

    unknown = [each for each in include or () if each != "sponsor"]
    if unknown:
        raise InvalidQueryError(f"include is {unknown[0]!r}; it can be sponsor.", "include")
    since, until = days
    return Filters(
        podcast=tuple(podcast or ()),
        episode=tuple(episode or ()),
        speaker=tuple(speaker or ()),
        chapter=tuple(chapter or ()),
        kind=tuple(kind or ()),  # type: ignore[arg-type]  # Query refuses others
        since=_day(since, "since"),
        until=_day(until, "until"),
        sponsors=bool(include),
    )


def _day(written: str | None, parameter: str) -> date | None:
    if not written:
        return None
    try:
        # fromisoformat alone would take 20241002 and 2024-W40-3, which no other door does.
        return datetime.strptime(written, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        raise InvalidQueryError(f"{parameter} is {written!r}; write a date as 2024-10-02.", parameter) from None
