"""Names for the episodes of an ingest and of a library, as the file of speakers gives them now.

A library is named from what it holds: its transcripts keep their own labels, so no source is read again, and only
passages whose words or names are new are embedded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ingest.preparing import Prepared, facts_of, words_of
from ingest.segmenting import split
from ingest.speakers import BY_HAND, Speakers, name, names_given, people_of
from playhead.engine import View
from playhead.library import Library
from playhead.query import EVERYTHING, Filters

PAGE = 500
PUBLISH_EPISODES = 50


def named(prepared: Prepared, speakers: Speakers | None, known: View) -> Prepared:
    """An episode that was just read, with its names. Without a file those it has in the library stay."""
    episode = prepared.episode
    if speakers is not None:
        names, roles = speakers.names(episode.id), speakers.roles(episode.id)
    else:
        before, words = facts_of(episode.id, known), words_of(episode.id, known)
        names = names_given(words) if words else {}
        roles = (
            {each.name: each.role for each in before.people if each.source == BY_HAND and each.role} if before else {}
        )
    transcript = name(prepared.transcript, names)
    voices = (turn.speaker for turn in transcript.turns)
    episode = replace(episode, people=people_of(voices, names, roles, episode.people))
    changed = transcript != prepared.transcript
    segments = split(episode, transcript) if changed else prepared.segments
    return replace(prepared, episode=episode, transcript=transcript, segments=segments)


def renamed(episode_id: str, speakers: Speakers, known: View) -> Prepared | None:
    """An episode of the library with the names of now; None where that changes nothing."""
    episode = known.episode(episode_id)
    if episode is None:
        return None
    names = speakers.names(episode_id)
    spoken = [(each.speaker, each.label or each.speaker) for each in known.spoken(Filters(episode=(episode_id,)))]
    voices = [names.get(label, label) for _, label in spoken]
    people = people_of(voices, names, speakers.roles(episode_id), episode.people)
    if people == episode.people and voices == [speaker for speaker, _ in spoken]:
        return None
    transcript = known.transcript(episode_id)
    if transcript is None:
        return None
    episode, transcript = replace(episode, people=people), name(transcript, names)
    return Prepared(episode, transcript, split(episode, transcript), ())


def rename_all(library: Library, speakers: Speakers) -> Iterator[Prepared]:
    """Give every episode of a library the names of now; yields those that changed, each as soon as it is durable."""
    waiting = 0
    for episode_id in list(_ids(library.view())):
        prepared = renamed(episode_id, speakers, library.view())
        if prepared is None:
            continue
        library.add(prepared.episode, prepared.transcript, prepared.segments)
        yield prepared
        waiting += 1
        if waiting % PUBLISH_EPISODES == 0:
            library.engine.publish()
    library.engine.publish()


def _ids(view: View) -> Iterable[str]:
    offset = 0
    while page := view.episodes(EVERYTHING, offset, PAGE):
        yield from (episode.id for episode in page)
        offset += len(page)
