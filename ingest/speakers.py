"""Who the labels of a transcript are: the names, aliases and roles that somebody has given by hand.

A name stands beside the label and never in its place: what the transcript wrote is kept with every turn, so a name
can be given, changed and taken back without reading the transcript again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from playhead.model import Person, Transcript

BY_HAND = "speakers"
"""The source of a person who is known from the file of speakers."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One ``[[speaker]]`` of the file: a name, the labels that mean it, a role, and where this holds.

    It holds everywhere, or in ``podcasts`` (slugs), or in ``episodes`` (ids). ``line`` is where it begins.
    """

    name: str
    aliases: tuple[str, ...] = ()
    role: str | None = None
    podcasts: tuple[str, ...] = ()
    episodes: tuple[str, ...] = ()
    line: int | None = None

    @property
    def places(self) -> tuple[str, ...]:
        """Where it holds: ids of episodes, slugs of podcasts, or the empty text for everywhere."""
        return self.episodes or self.podcasts or ("",)


class Speakers:
    """What the file of speakers says. Where two entries know a label, the one for fewer episodes is right."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self.entries = tuple(entries)
        self._names: dict[str, dict[str, str]] = {}
        self._roles: dict[str, dict[str, str]] = {}
        for entry in self.entries:
            for place in entry.places:
                self._names.setdefault(place, {}).update(dict.fromkeys(entry.aliases, entry.name))
                if entry.role:
                    self._roles.setdefault(place, {})[entry.name] = entry.role

    def names(self, episode_id: str) -> Mapping[str, str]:
        """The name of each label that is known in an episode."""
        return _narrowest_last(self._names, episode_id)

    def roles(self, episode_id: str) -> Mapping[str, str]:
        """The role of each name that has one in an episode."""
        return _narrowest_last(self._roles, episode_id)


def _narrowest_last(known: Mapping[str, Mapping[str, str]], episode_id: str) -> Mapping[str, str]:
    podcast = episode_id.partition("/")[0]
    return {**known.get("", {}), **known.get(podcast, {}), **known.get(episode_id, {})}


def name(transcript: Transcript, names: Mapping[str, str]) -> Transcript:
    """The transcript with its labels' names; a label that has none is its own. Names given before are taken back."""
    turns = []
    for turn in transcript.turns:
        label = turn.label or turn.speaker
        named = names.get(label, label) if label else None
        turns.append(replace(turn, speaker=named, label=label if named != label else None))
    return replace(transcript, turns=tuple(turns))


def as_written(transcript: Transcript) -> Transcript:
    """The transcript with the labels it was written with."""
    return name(transcript, {})


def names_given(transcript: Transcript) -> Mapping[str, str]:
    """The names its labels have now."""
    return {turn.label: turn.speaker for turn in transcript.turns if turn.label and turn.speaker}


def people_of(
    voices: Iterable[str | None], names: Mapping[str, str], roles: Mapping[str, str], stated: Sequence[Person]
) -> tuple[Person, ...]:
    """Who takes part, those known by hand first: of the ``voices`` heard each with a role, then as it was stated.

    What is stated of a label is also so of the name it has been given.
    """
    others = tuple(person for person in stated if person.source != BY_HAND)
    return (*_by_hand(dict.fromkeys(voices), names, roles, others), *others)


def _by_hand(
    voices: Iterable[str | None], names: Mapping[str, str], roles: Mapping[str, str], others: Sequence[Person]
) -> Iterator[Person]:
    for voice in voices:
        if voice is None:
            continue
        known = next((each for each in others if names.get(each.name, each.name) == voice), None)
        if role := roles.get(voice):
            yield Person(voice, role, known.url if known else None, BY_HAND)
        elif known and known.name != voice:
            yield Person(voice, known.role, known.url, BY_HAND)
