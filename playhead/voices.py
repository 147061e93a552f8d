"""What the label before somebody's words stands for: a person, somebody nobody has named, or a recording."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

Voice = Literal["person", "anonymous", "recording"]

_MARKER = re.compile(
    r"(?:the )?(break|jingle|outro|intro|sample|song|clip|audio|sound|music|remix|extract)"
    r"(?: (?:extract|sample|clip))?",
    re.IGNORECASE,
)

# "Song" and "Sample" are also surnames, so neither makes a recording of a name that ends with it.
_RECORDING = re.compile(
    r"(?:clip|excerpt|extract|sample|recording) (?:from|of|by)\b.*"
    r"|recording (?:begins|starts|ends|stops)"
    r"|.* (?:ad|advert|clip|commercial|excerpt|extract|jingle|promo|theme|trailer)"
    r"|.* #\d{1,5}",
    re.IGNORECASE,
)

# What diarisation and transcription services write in place of a name - SPEAKER_00 (pyannote, WhisperX), spk_0
# (Amazon), S1 and UU (Speechmatics), A (AssemblyAI), Guest-1 (Azure), Unknown Speaker (Otter) - and what people do.
_NOBODY = re.compile(
    r"(?:(?:all|another|anonymous|female|first|male|multiple|new|second|several|third|unidentified|unknown|unnamed)"
    r"[ _-]+){0,3}"
    r"(?:attendees?|audience(?:[ _]members?)?|callers?|channel|co-?host|female|guests?|host|interviewee|interviewer"
    r"|listeners?|male|man|men|moderator|participants?|people|person|speakers?|spk|spkr|students?|voices?|woman|women"
    r"|hablante|intervenant|locuteur|locutor|orador|sprecher(?:in)?)"
    r"(?:[ _#:.-]*\d{1,4}|[ _#:.-]+[a-z?]|[ _]+s\d{1,3})?(?: ?\((?:female|male|man|unknown|woman)\))?"
    r"|all|anonymous|both|crosstalk|cross-talk|everybody|everyone|inaudible|together|unidentified|unknown|unnamed"
    r"|ch_?\d{1,2}|s\d{1,3}|uu|\d{1,4}|[a-z]|\?{1,3}",
    re.IGNORECASE,
)


def marker(label: str) -> str | None:
    """The kind of break that ``label`` marks, or None where it names somebody who speaks.

    >>> marker("Break"), marker("Song extract"), marker("Clip from JS Party"), marker("Ada Lovelace")
    ('break', 'song', None, None)
    """
    match = _MARKER.fullmatch(label.strip())
    return match[1].casefold() if match else None


@lru_cache(maxsize=10_000)
def voice(label: str) -> Voice:
    """Whom one hears under ``label``.

    Where it is in doubt it is a person: a clip in the list of speakers does less harm than a person left out of it.

    >>> voice("Mireille Reece, PsyD"), voice("SPEAKER_00"), voice("Audience Member"), voice("Clip from JS Party #256")
    ('person', 'anonymous', 'anonymous', 'recording')
    """
    label = " ".join(label.split())
    if _NOBODY.fullmatch(label):
        return "anonymous"
    return "recording" if marker(label) or _RECORDING.fullmatch(label) else "person"
