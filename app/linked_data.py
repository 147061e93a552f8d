"""An episode as other services read pages: schema.org in JSON-LD, and the words of a shared link. Pure."""

from __future__ import annotations

from typing import Any

from app.site import is_web
from playhead import links
from playhead.model import Episode, Speaker

LONGEST = 300
"""Characters of a description in a preview; what shows one cuts it anyway."""


def episode_as_linked_data(episode: Episode, speakers: list[Speaker], public_url: str) -> dict[str, Any]:
    """A schema.org PodcastEpisode, each chapter with a known start as a Clip.

    https://schema.org/PodcastEpisode; what is not known is left out.
    """
    url = links.to_episode(episode.id, public_url=public_url)
    timed = [(chapter.start, chapter) for chapter in episode.chapters if chapter.start is not None]
    ends = [*(start for start, _ in timed[1:]), episode.duration]
    clips = [
        _known(
            {
                "@type": "Clip",
                "name": chapter.title,
                "startOffset": round(start),
                "endOffset": None if end is None or end < start else round(end),
                "url": links.to_episode(episode.id, int(start), public_url),
            }
        )
        for (start, chapter), end in zip(timed, ends, strict=False)
    ]
    audio = links.to_audio(episode, public_url)
    return _known(
        {
            "@context": "https://schema.org",
            "@type": "PodcastEpisode",
            "name": episode.title,
            "url": url,
            "datePublished": episode.published and episode.published.isoformat(),
            "description": episode.description or None,
            "duration": None if episode.duration is None else f"PT{round(episode.duration)}S",
            "inLanguage": episode.language,
            "sameAs": episode.page_url if is_web(episode.page_url) else None,
            "partOfSeries": {"@type": "PodcastSeries", "name": episode.podcast_title},
            "associatedMedia": {"@type": "AudioObject", "contentUrl": audio} if is_web(audio) else None,
            "contributor": [
                {"@type": "Person", "name": speaker.name} for speaker in speakers if not speaker.is_anonymous
            ]
            or None,
            "hasPart": clips or None,
        }
    )


def preview(episode: Episode, said: str | None) -> str:
    """What a link to an episode is shown with: the words it leads to, else what the episode is about."""
    words = f"“{said}”" if said else " ".join((episode.description or "").split())
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1].rstrip()}…"


def _known(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value is not None}
