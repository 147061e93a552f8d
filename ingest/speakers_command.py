"""`playhead speakers`: who speaks; and their names and roles, given by hand in a file beside the library."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from playhead.commands import AsJson, Index, SpeakersFile, settings_for
from playhead.errors import InputError, NotFoundError

if TYPE_CHECKING:
    from ingest.renaming import Scope
    from playhead.library import Library
    from playhead.model import Spoken

speakers = typer.Typer(name="speakers", add_completion=False, rich_markup_mode="markdown")

Episodes = Annotated[
    list[str] | None, typer.Option("--episode", metavar="ID", help="Only in this episode; may be repeated.")
]
Podcasts = Annotated[
    list[str] | None, typer.Option("--podcast", metavar="ID", help="Only in this podcast; may be repeated.")
]
MOST_SHOWN = 3
WIDEST = 40


@dataclass(slots=True)
class Heard:
    """What is said under one name; of an anonymous label, in one episode."""

    name: str
    turns: int = 0
    words: int = 0
    episodes: dict[str, None] = field(default_factory=dict)
    labels: dict[str, None] = field(default_factory=dict)
    is_anonymous: bool = False

    @property
    def podcasts(self) -> list[str]:
        return sorted({episode.partition("/")[0] for episode in self.episodes})


@speakers.callback(invoke_without_command=True)
def list_speakers(
    context: typer.Context,
    podcast: Podcasts = None,
    episode: Episodes = None,
    alike: Annotated[bool, typer.Option("--alike", help="Offer pairs of names that may be one person's.")] = False,
    as_json: AsJson = False,
    index: Index = None,
) -> None:
    """List who speaks: in how many episodes, how much, as what, and what the transcripts call them.

    Names, aliases and roles are kept in a file of their own, `speakers.toml`, which you may edit.
    Labels such as SPEAKER_00 are somebody else in every episode, and stay so until you name them for one.

    Example: `playhead speakers --alike`
    """
    if context.invoked_subcommand:
        return
    from playhead.engine import open_engine
    from playhead.query import Filters
    from playhead.voices import voice

    filters = Filters(podcast=tuple(podcast or ()), episode=tuple(episode or ()), sponsors=True)
    with closing(open_engine(settings_for(index).engine)) as engine:
        view = engine.view()
        heard = _gather(view.spoken(filters))
        roles = {each.name.casefold(): each.role for each in view.speakers(filters, 0, 1_000_000)}
    recordings = [each for each in heard if voice(each.name) == "recording"]
    others = [each for each in heard if voice(each.name) != "recording"]
    if not others:
        raise NotFoundError("Nobody is named in these transcripts; playhead status counts what the library holds.")
    if alike:
        _print_alike([each for each in others if voice(each.name) == "person"], as_json)
    elif as_json:
        typer.echo(
            json.dumps(
                {
                    "speakers": [_as_dict(each, roles.get(each.name.casefold())) for each in others],
                    "recordings": [_as_dict(each, None) for each in recordings],
                },
                ensure_ascii=False,
                indent=2,
            )
        )
    else:
        _print(others, roles)
        if recordings:
            names = ", ".join(each.name for each in recordings[:MOST_SHOWN])
            more = ", …" if len(recordings) > MOST_SHOWN else ""
            typer.echo(f"Left out, because they are recordings and nobody: {names}{more}.", err=True)


@speakers.command()
def rename(
    old: Annotated[str, typer.Argument(help="The name or label as it is shown now.")],
    new: Annotated[str, typer.Argument(help="The name it is to have.")],
    episode: Episodes = None,
    podcast: Podcasts = None,
    file: SpeakersFile = None,
    index: Index = None,
) -> None:
    """Give a speaker a name. SPEAKER_00 and the like are named for one `--episode` at a time.

    Two people never become one by this; `merge` does that.

    Example: `playhead speakers rename SPEAKER_00 "Ada Moss" --episode notes/on-engines`
    """
    with _sitting(index, file, podcast, episode) as sitting:
        sitting.refuse_unknown(old)
        if any(each.speaker == new for each in sitting.heard) and new != old:
            same = shlex.join(["playhead", "speakers", "merge", new, old, *sitting.options])
            raise InputError(f"{new} speaks there already; if the two are one person: {same}")
        sitting.rename(old, new)
        sitting.keep()


@speakers.command()
def merge(
    name: Annotated[str, typer.Argument(help="The name to keep.")],
    others: Annotated[list[str], typer.Argument(metavar="OTHER…", help="Names and labels that are the same person.")],
    episode: Episodes = None,
    podcast: Podcasts = None,
    file: SpeakersFile = None,
    index: Index = None,
) -> None:
    """Say that names are one person's. Transcripts keep what they wrote, so it can be taken back.

    Example: `playhead speakers merge "Ada Moss" "Ada Mos" "A. Moss"`
    """
    with _sitting(index, file, podcast, episode) as sitting:
        sitting.refuse_unheard(name)
        for other in others:
            sitting.refuse_unknown(other)
            sitting.rename(other, name)
        sitting.keep()


@speakers.command()
def role(
    name: Annotated[str, typer.Argument(help="Somebody who speaks.")],
    what: Annotated[str, typer.Argument(metavar="ROLE", help="Host, guest, or whatever says it best.")],
    episode: Episodes = None,
    podcast: Podcasts = None,
    file: SpeakersFile = None,
    index: Index = None,
) -> None:
    """Say what somebody is in the show, everywhere or in some of it.

    Example: `playhead speakers role "Ada Moss" host --podcast notes`
    """
    with _sitting(index, file, podcast, episode) as sitting:
        sitting.refuse_unknown(name)
        sitting.give_role(name, what)
        sitting.keep()


@speakers.command()
def apply(file: SpeakersFile = None, index: Index = None) -> None:
    """Bring the file of speakers into the library, after it was changed by hand. No transcript is read again.

    Example: `playhead speakers apply`
    """
    with _sitting(index, file) as sitting:
        if not sitting.path.exists():
            raise NotFoundError(f"{sitting.path}: there is no such file; playhead speakers rename begins one.")
        sitting.keep()


class _Sitting:
    """The file of speakers as it is being changed, and the library it is about, held for writing meanwhile."""

    def __init__(self, library: Library, path: Path, scope: Scope) -> None:
        from ingest.speakers_file import read_text
        from playhead.query import Filters

        self.path = path
        self.scope = scope
        self._library = library
        self._before = read_text(path)
        self._text = self._before or ""
        self._everywhere: list[Spoken] = list(library.view().spoken(Filters()))
        self.heard = [each for each in self._everywhere if scope.holds(each.episode)]

    @property
    def options(self) -> list[str]:
        """The scope as it is typed."""
        return [f"--podcast={each}" for each in self.scope.podcasts] + [
            f"--episode={each}" for each in self.scope.episodes
        ]

    def refuse_unknown(self, name: str) -> None:
        """A name has to be heard where it is to change, and an anonymous one has to be of one episode."""
        from playhead.voices import voice

        within = [each.episode for each in self.heard if each.speaker == name]
        if voice(name) == "anonymous" and not self.scope.episodes and within:
            raise InputError(
                f"{name} is somebody else in every episode; say in which: --episode {' or '.join(within[:MOST_SHOWN])}"
                f"{', …' if len(within) > MOST_SHOWN else ''}."
            )
        if not within:
            self.refuse_unheard(name)
            raise NotFoundError(f"{name} does not speak in {' or '.join(self.scope.episodes or self.scope.podcasts)}.")

    def refuse_unheard(self, name: str) -> None:
        from rapidfuzz.process import extractOne

        names = {each.speaker for each in self._everywhere}
        if name not in names:
            nearest = extractOne(name, names, processor=str.casefold, score_cutoff=70)
            meant = f"did you mean {nearest[0]}?" if nearest else "playhead speakers lists who does."
            raise NotFoundError(f"Nobody called {name} speaks in the library; {meant}")

    def rename(self, old: str, new: str) -> None:
        from ingest.renaming import rename
        from playhead.text import clean

        self._text = rename(self._text, str(self.path), old, clean(new), self.scope, self.heard)

    def give_role(self, name: str, role: str) -> None:
        from ingest.renaming import give_role

        self._text = give_role(self._text, str(self.path), name, role, self.scope)

    def keep(self) -> None:
        """Write the file, then name the library by it. Stopped in between, `apply` goes on."""
        from rich.console import Console

        from ingest.naming import rename_all
        from ingest.speakers_file import parse, write_text

        named = parse(self._text, str(self.path))
        if self._text != (self._before or ""):
            write_text(self.path, self._text)
        console = Console(stderr=True, highlight=False)
        episodes = 0
        try:
            with console.status("Naming") as status:
                for prepared in rename_all(self._library, named):
                    episodes += 1
                    status.update(f"Naming: {episodes:,} episodes, {prepared.episode.id}")
        except KeyboardInterrupt:
            console.print(
                f"Stopped after {episodes:,} episodes; playhead speakers apply goes on from here.", style="yellow"
            )
            raise typer.Exit(1) from None
        console.print(f"{episodes:,} episode{'' if episodes == 1 else 's'} changed, by {self.path}", markup=False)
        known = {each.episode for each in self._everywhere}
        known |= {episode.partition("/")[0] for episode in known}
        for entry in named.entries:
            for place in entry.places:
                if place and place not in known:
                    console.print(
                        f"{self.path}:{entry.line or '-'}: nobody speaks in {place}, or it is not in the library.",
                        markup=False,
                        style="yellow",
                        soft_wrap=True,
                    )


@contextmanager
def _sitting(
    index: str | None, file: Path | None, podcast: list[str] | None = None, episode: list[str] | None = None
) -> Iterator[_Sitting]:
    from ingest.renaming import Scope
    from playhead.engine import open_engine
    from playhead.library import open_library

    if podcast and episode:
        raise InputError("--podcast and --episode exclude each other; give one of them.")
    settings = settings_for(index)
    open_engine(settings.engine).close()  # opened for writing, a library that is not there would be made
    # A service may be answering beside this; it goes first.
    os.setpriority(os.PRIO_PROCESS, 0, max(10, os.getpriority(os.PRIO_PROCESS, 0)))
    with closing(open_library(settings, writing=True)) as library:
        yield _Sitting(library, file or Path(settings.speakers), Scope(tuple(podcast or ()), tuple(episode or ())))


def _gather(spoken: Iterable[Spoken]) -> list[Heard]:
    """Who is heard, most words first; an anonymous label in each episode apart."""
    from playhead.voices import voice

    heard: dict[tuple[str, str | None], Heard] = {}
    for each in spoken:
        alone = each.episode if voice(each.speaker) == "anonymous" else None
        one = heard.setdefault((each.speaker, alone), Heard(each.speaker, is_anonymous=alone is not None))
        one.turns += each.turns
        one.words += each.words
        one.episodes[each.episode] = None
        one.labels[each.label or each.speaker] = None
    return sorted(heard.values(), key=lambda each: (-each.words, each.name, list(each.episodes)))


def _as_dict(heard: Heard, role: str | None) -> dict[str, Any]:
    return {
        "name": heard.name,
        "role": role,
        "anonymous": heard.is_anonymous,
        "episodes": list(heard.episodes),
        "podcasts": heard.podcasts,
        "turns": heard.turns,
        "words": heard.words,
        "labels": list(heard.labels),
    }


def _print(heard: list[Heard], roles: Mapping[str, str | None]) -> None:
    shown = {id(each): (each.name, roles.get(each.name.casefold()) or "") for each in heard}
    name, role = (
        min(WIDEST, max(map(len, column))) for column in zip(("speaker", "role"), *shown.values(), strict=True)
    )
    typer.echo(f"{'speaker':<{name}}  {'role':<{role}}  episodes   turns      words  where")
    for each in heard:
        called, what = shown[id(each)]
        where = f"{next(iter(each.episodes))} (not named)" if each.is_anonymous else ", ".join(each.podcasts)
        labels = [label for label in each.labels if label != each.name]
        written = f"; written {', '.join(labels)}" if labels else ""
        counts = f"{len(each.episodes):>8,}  {each.turns:>6,}  {each.words:>9,}"
        typer.echo(f"{called:<{name}}  {what:<{role}}  {counts}  {where}{written}")


def _print_alike(people: list[Heard], as_json: bool) -> None:
    from ingest.likeness import alike

    known = {each.name: each for each in people}
    pairs = [
        (one, other, why, len(known[one].episodes.keys() & known[other].episodes.keys()))
        for one, other, why in alike(known)
    ]
    if as_json:
        found = [{"names": [one, other], "why": why, "together": together} for one, other, why, together in pairs]
        typer.echo(json.dumps({"alike": found}, ensure_ascii=False, indent=2))
    elif not pairs:
        raise NotFoundError("No two names are alike.")
    else:
        for one, other, why, together in pairs:
            doubt = f", but they speak in {together:,} of the same episodes" if together else ""
            typer.echo(f"{one} and {other}: {why}{doubt}")
            typer.echo(f"  {shlex.join(['playhead', 'speakers', 'merge', one, other])}")
