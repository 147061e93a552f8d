"""What an episode.toml states, and what is said where it does not fit."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from ingest.sheets import read_sheet
from ingest.stated import CHAPTERS, FACTS, chapters_from, facts_from
from playhead.errors import TranscriptError
from playhead.model import Chapter, Edition, Person

EVERYTHING = """
podcast = "Harbour Talk"
title = "Tides"
published = 2025-03-01
page_url = "https://example.org/1"
audio_url = "https://example.org/1.mp3"
description = "About tides."
language = "en"
duration = 01:02:03
offset = 12.5
hosts = ["Mara Quill"]
guests = ["Ojo", "Ines"]

[[person]]
name = "Pat"
role = "sound"
url = "https://example.org/pat"

[[edition]]
name = "video"
url = "https://www.youtube.com/watch?v=abc"
offset = "-0:31"

[[chapter]]
start = "2:01"
title = "The lock"
url = "https://example.org/lock"

[[chapter]]
start = 0
title = "Tea by post"
kind = "sponsor"
"""


def sheet(folder: Path, text: str) -> Path:
    path = folder / "episode.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_sheet_can_state_everything_that_is_known_of_an_episode(tmp_path: Path) -> None:
    reading = read_sheet(sheet(tmp_path, EVERYTHING)).reading
    facts = reading.facts
    assert (facts.podcast_title, facts.title, facts.published) == ("Harbour Talk", "Tides", date(2025, 3, 1))
    assert (facts.page_url, facts.audio_url) == ("https://example.org/1", "https://example.org/1.mp3")
    assert (facts.description, facts.language, facts.duration, facts.offset) == ("About tides.", "en", 3723.0, 12.5)
    assert facts.people == (
        Person("Mara Quill", "host", source="sheet"),
        Person("Ojo", "guest", source="sheet"),
        Person("Ines", "guest", source="sheet"),
        Person("Pat", "sound", "https://example.org/pat", "sheet"),
    )
    assert facts.editions == (Edition("video", "https://www.youtube.com/watch?v=abc", -31.0),)
    assert reading.chapters == (
        Chapter(1, "Tea by post", 0.0, 121.0, "sponsor", source="sheet"),
        Chapter(2, "The lock", 121.0, None, "content", "https://example.org/lock", "sheet"),
    )


@pytest.mark.parametrize(
    ("text", "line", "complaint"),
    [
        ("\ntilte = 'x'", 2, "unknown key tilte; did you mean title? Known are podcast, title,"),
        ("Title = 'x'", 1, "unknown key Title; did you mean title?"),
        ("zzz = 1", 1, "unknown key zzz; known are podcast"),
        ("title = 'x'\n\ntitle = 'y'", 3, "this is not TOML"),
        ("title = Tides", 1, 'this is not TOML: Invalid value; a text has quotes, as in title = "..."'),
        ("[[chapters]]\nstart = 0", 1, "chapters names a file, and what is in it is written under [[chapter]]"),
        ("title = [" + "[" * 20_000, None, "this is not TOML"),
        ("language = 'en'\nduration = nan", 2, "duration is no time: nan"),
        ("duration = -5", 1, "duration is no time: -5"),
        ("duration = true", 1, "duration is no time: True"),
        ("duration = 1e999", 1, "duration is no time: inf"),
        ("offset = 'soon'", 1, "offset is no number of seconds: soon; write offset = 12.5"),
        ("offset = -inf", 1, "offset is no number of seconds: -inf"),
        ("offset = false", 1, "offset is no number of seconds: False"),
        ("published = 12", 1, "published is not a day: 12; write published = 2024-10-02"),
        ("hosts = [1]", 1, 'hosts is not a list of texts; write hosts = ["...", "..."]'),
        ("page_url = 'ftp://x'", 1, 'page_url is not a web address: ftp://x; write page_url = "https://..."'),
        ("page_url = 'http://[1'", 1, "page_url is not a web address: http://[1"),
        ("chapter = 3", 1, "chapter is not a list of tables; write [[chapter]] above each"),
        ("[person]\nname = 'Pat'", 1, "person is not a list of tables; write [[person]] above each"),
        ("[[chapter]]\nstart = 0\ntitle = 'x'\n[[chapter]]\nstart = 5", 4, "title of chapter 2 is missing"),
        ("[[chapter]]\ntitle = 'x'\nstart = '1:75'", 3, "start of chapter 1 is no time: 1:75"),
        ("[[chapter]]\ntitle = 'x'\nstart = 1\nkind = 'ad'", 4, "kind of chapter 1 is none there is: ad; write one of"),
        ("[[chapter]]\ntitel = 'x'", 2, "unknown key titel in chapter 1; did you mean title?"),
        (
            "[[chapter]]\nstart = 1\ntitle = 'x'\n[[chapter]]\nstart = 1\ntitle = 'y'",
            1,
            'chapter 2 "y" starts at the same second as another; take one of them out',
        ),
        ("[[edition]]\nname = 'video'", 1, "url of edition 1 is missing; write url = ..."),
        (
            "transcript = 'lost.vtt'",
            1,
            "transcript is no file beside this one: lost.vtt; write the name of one that is",
        ),
        ("audio = '../../etc/passwd'", 1, "audio is no file beside this one"),
        ("audio = '/etc/passwd'", 1, "audio is no file beside this one"),
        ('chapters = "a\\u0000b"', 1, "chapters is no file beside this one"),
        ("format = 'web'", 1, "format is none there is: web; write one of assemblyai, "),
        ("ignore = 'yes'", 1, "ignore is neither true nor false: yes; write ignore = true"),
        ("id = 3", 1, 'id is not a text; write id = "..."'),
    ],
)
def test_a_sheet_that_does_not_fit_names_file_line_key_and_remedy(
    tmp_path: Path, text: str, line: int | None, complaint: str
) -> None:
    path = sheet(tmp_path, text)
    with pytest.raises(TranscriptError) as raised:
        read_sheet(path)
    assert (raised.value.path, raised.value.line) == (str(path), line)
    assert complaint in str(raised.value)


def test_front_matter_states_facts_in_the_same_words_and_may_hold_others() -> None:
    stated = {"title": "Tides", "published": datetime(2025, 3, 1, 9, 30), "layout": "post", "hosts": "Mara"}  # noqa: DTZ001
    facts = facts_from(stated)
    assert (facts.title, facts.published) == ("Tides", date(2025, 3, 1))
    assert facts.people == (Person("Mara", "host", source="sheet"),)
    assert chapters_from(stated) == ()
    assert not {"layout", CHAPTERS} & set(FACTS)


def test_what_nobody_states_stays_unknown() -> None:
    facts = facts_from({})
    assert {name: getattr(facts, name) for name in type(facts).__slots__ if getattr(facts, name) is not None} == {}
