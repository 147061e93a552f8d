"""Which files make one episode, what it is called, and when it is another."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import date
from itertools import islice
from pathlib import Path
from tempfile import mkdtemp

import pytest

from ingest.diagnosis import pair
from ingest.files import read_text
from ingest.folders import find
from ingest.preparing import prepare
from ingest.sources import Source, Unreadable, read
from playhead.errors import InputError, TranscriptError, UnknownFormatError

LABELLED = "**Mara Quill:** Good evening, harbour.\n\n**Ojo Bassey:** Good evening.\n"
PAGE = "About tides.\nFeaturing\nChapters\n1 | 00:00 | Welcome | 01:00 |\nTranscript\nGood evening, harbour.\n"
CUES = "WEBVTT\n\n00:00.000 --> 00:01.000\n<v Mara>Good evening.\n"
CHAPTERS = '{"version": "1.2.0", "chapters": [{"startTime": 0, "title": "Welcome"}]}'


def put(folder: Path, **files: str | bytes) -> Path:
    """Files in ``folder``; a double underscore in a name is a dot, so that names can be keywords."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / name.replace("__", ".")
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def only(paths: list[Path], podcast: str | None = None) -> Source:
    (source,) = find(paths, podcast)
    assert isinstance(source, Source), source
    return source


def ids(paths: list[Path], podcast: str | None = None) -> list[str]:
    return [found.episode_id if isinstance(found, Source) else f"! {found.path.name}" for found in find(paths, podcast)]


def test_a_folder_whose_roles_occur_once_is_one_episode_whatever_the_files_are_called(tmp_path: Path) -> None:
    folder = put(tmp_path / "tides", talk__md=LABELLED, page__txt=PAGE, c__json=CHAPTERS, sound__mp3=b"\xff\xfb\x00")
    source = only([folder])
    assert source.episode_id == "tides/talk"
    assert [path.name for path in source.files] == ["talk.md", "page.txt", "c.json", "sound.mp3"]
    assert [part.role for part in source.parts] == ["transcript", "page", "chapters", "audio"]
    assert source.audio == folder / "sound.mp3"
    assert [reading.format for reading in read(source)] == ["changelog", "page", "json_chapters", "sound"]


def test_a_folder_where_a_role_occurs_twice_pairs_its_files_by_stem(tmp_path: Path) -> None:
    folder = put(
        tmp_path / "harbour",
        ep10__vtt=CUES, ep2__md=LABELLED, ep2__chapters__json=CHAPTERS, ep2__mp3=b"\xff", ep10__json=CHAPTERS,
        ep10__en__vtt=CUES,
    )  # fmt: skip
    first, second = find([folder])
    assert isinstance(first, Source)
    assert isinstance(second, Source)
    assert [path.name for path in first.files] == ["ep2.md", "ep2.chapters.json", "ep2.mp3"]
    assert [path.name for path in second.files] == ["ep10.en.vtt", "ep10.vtt", "ep10.json"]
    assert (first.episode_id, second.episode_id) == ("harbour/ep2", "harbour/ep10")


def test_the_show_is_named_by_the_flag_else_the_sheet_else_the_folder(tmp_path: Path) -> None:
    root = tmp_path / "archive"
    put(root / "harbour" / "tides", talk__md=LABELLED)
    put(root / "harbour" / "bells", chimes__vtt=CUES, episode__toml='podcast = "Night Harbour"')
    put(root / "several", a__md=LABELLED, b__md=LABELLED)
    assert ids([root]) == ["night-harbour/chimes", "tides/talk", "several/a", "several/b"]
    assert set(ids([root], "The Quay")) == {"the-quay/chimes", "the-quay/talk", "the-quay/a", "the-quay/b"}
    assert ids([root / "harbour" / "tides"]) == ["tides/talk"]
    assert ids([root / "several" / "a.md"]) == ["several/a"]
    assert only([root / "several" / "a.md"], "The Quay").podcast_title == "The Quay"


def test_files_named_together_are_grouped_as_their_folder_would_be(tmp_path: Path) -> None:
    folder = put(tmp_path / "harbour", talk__md=LABELLED, page__txt=PAGE, other__md=LABELLED)
    assert ids([folder / "talk.md", folder / "page.txt"]) == ["harbour/talk"]
    assert ids([folder / "talk.md", folder / "other.md"]) == ["harbour/other", "harbour/talk"]


def test_a_file_called_only_transcript_takes_its_folders_name(tmp_path: Path) -> None:
    put(tmp_path / "harbour" / "The Tide at Night", transcript__vtt=CUES)
    assert ids([tmp_path / "harbour"]) == ["harbour/the-tide-at-night"]


def test_names_without_a_latin_letter_stay_apart(tmp_path: Path) -> None:
    folder = put(tmp_path / "港", 潮__md=LABELLED, 船__md=LABELLED)
    found = ids([folder])
    assert len(set(found)) == 2
    assert not any("untitled" in each for each in found)


def test_two_names_that_come_to_one_id_are_not_written_over_each_other(tmp_path: Path) -> None:
    folder = put(tmp_path / "harbour", **{"Ep 1__md": LABELLED, "ep-1__md": LABELLED})
    first, second = find([folder])
    assert isinstance(first, Source)
    assert isinstance(second, Unreadable)
    assert "ep-1.md" in first.name + str(second.error)
    assert "rename one of them" in str(second.error)


def test_the_sheet_states_what_the_transcript_cannot(tmp_path: Path) -> None:
    sheet = (
        'title = "Tides"\npublished = 2025-03-01\nduration = "1:02:03"\nlanguage = "en"\n'
        'page_url = "https://example.org/1"\naudio_url = "https://example.org/1.mp3"\ndescription = "About tides."\n'
    )
    facts = only([put(tmp_path / "e", talk__md=LABELLED, episode__toml=sheet)]).sheet
    assert (facts.title, facts.published, facts.duration) == ("Tides", date(2025, 3, 1), 3723.0)
    assert (facts.page_url, facts.audio_url) == ("https://example.org/1", "https://example.org/1.mp3")
    assert (facts.language, facts.description, facts.podcast_title) == ("en", "About tides.", None)


@pytest.mark.parametrize(
    ("sheet", "complaint"),
    [
        ("tilte = 'Tides'", "unknown key tilte"),
        ("title = 3", 'title is not a text; write title = "..."'),
        ("published = 'yesterday'", "published is not a day: yesterday"),
        ("duration = 'long'", "duration is no time: long"),
        ("audio_url = 'javascript:alert(1)'", "audio_url is not a web address"),
        ("title = ", "this is not TOML"),
    ],
)
def test_a_sheet_that_does_not_fit_is_named_with_its_key_and_its_episode_waits(
    tmp_path: Path, sheet: str, complaint: str
) -> None:
    (found,) = find([put(tmp_path / "e", talk__md=LABELLED, episode__toml=sheet)])
    assert isinstance(found, Unreadable)
    assert str(found.error).startswith(str(tmp_path / "e" / "episode.toml"))
    assert complaint in str(found.error)


def test_a_sheet_says_which_file_is_what_whatever_they_are_called(tmp_path: Path) -> None:
    folder = put(
        tmp_path / "show",
        a__vtt=CUES,
        a__episode__toml='transcript = "final cut.md"\nchapters = "x.json"\naudio = "b/take3.mp3"\nid = "Tides 7"',
        x__json=CHAPTERS,
        b__vtt=CUES,
    )
    (folder / "final cut.md").write_text(LABELLED, encoding="utf-8")
    (folder / "b").mkdir()
    (folder / "b" / "take3.mp3").write_bytes(b"\x00")
    first, second = find([folder])
    assert isinstance(first, Source)
    assert isinstance(second, Source)
    assert (first.episode_id, second.episode_id) == ("show/tides-7", "show/b")
    assert [(part.path.name, part.role) for part in first.parts] == [
        ("final cut.md", "transcript"), ("x.json", "chapters"), ("a.episode.toml", "sheet"), ("take3.mp3", "audio"),
    ]  # fmt: skip
    assert [part.path.name for part in second.parts] == ["b.vtt"], "a.vtt is nobody's: another transcript is stated"


def test_a_sheet_for_a_folder_chooses_among_several_transcripts(tmp_path: Path) -> None:
    folder = put(
        tmp_path / "show" / "tides", draft__vtt=CUES, final__vtt=CUES, episode__toml='transcript = "final.vtt"'
    )
    source = only([tmp_path / "show"])
    assert source.episode_id == "show/final"
    assert source.files == (folder / "final.vtt", folder / "episode.toml")


def test_a_sheet_settles_which_format_a_file_is_in(tmp_path: Path) -> None:
    both = "**Mara:** Ahoy.\nFeaturing\nTranscript\n**Ojo:** Ahoy.\n"
    folder = put(tmp_path / "tides", tides=both)
    (found,) = find([folder])
    assert isinstance(found, Unreadable)
    put(folder, episode__toml='format = "changelog"')
    assert [reading.format for reading in read(only([folder]))] == ["sheet", "changelog"]
    put(folder, episode__toml='format = "page"\ntranscript = "tides"')
    assert [reading.format for reading in read(only([folder]))] == ["sheet", "page"]


def test_what_a_sheet_says_to_ignore_is_no_episode_and_no_error(tmp_path: Path) -> None:
    folder = put(tmp_path / "show", a__vtt=CUES, b__vtt=CUES, b__episode__toml="ignore = true")
    assert only([folder]).episode_id == "show/a"


def test_the_chapters_of_a_sheet_go_before_those_of_files(tmp_path: Path) -> None:
    sheet = '[[chapter]]\nstart = 0\ntitle = "By hand"\n'
    folder = put(tmp_path / "tides", tides__vtt=CUES, chapters__json=CHAPTERS, episode__toml=sheet)
    assert [chapter.title for chapter in prepare(only([folder])).episode.chapters] == ["By hand"]


def test_several_episodes_in_one_folder_have_sheets_of_their_own(tmp_path: Path) -> None:
    folder = put(
        tmp_path / "e", a__md=LABELLED, b__md=LABELLED, a__episode__toml="title = 'A'", b__episode__toml="title = 'B'"
    )
    assert [found.sheet.title for found in find([folder]) if isinstance(found, Source)] == ["A", "B"]


def test_the_fingerprint_changes_with_any_name_or_byte_and_with_nothing_else(tmp_path: Path) -> None:
    folder = put(tmp_path / "e", talk__md=LABELLED, c__json=CHAPTERS)
    before = only([folder]).fingerprint
    assert only([folder]).fingerprint == before
    put(folder, c__json=CHAPTERS.replace("Welcome", "welcome"))
    changed = only([folder]).fingerprint
    (folder / "c.json").rename(folder / "d.json")
    renamed = only([folder]).fingerprint
    assert len({before, changed, renamed}) == 3


def test_paperwork_pictures_and_hidden_files_are_passed_over_and_anything_else_is_reported(tmp_path: Path) -> None:
    folder = put(
        tmp_path / "e", talk__md=LABELLED, README__md="# Read me", LICENSE="Free.", cover__jpg=b"\xff\xd8\x00",
        __hidden="x", prose__md="Just prose.",
    )  # fmt: skip
    put(folder / ".git", config="x")
    found = list(find([folder]))
    assert [type(each).__name__ for each in found] == ["Unreadable", "Source"]
    assert isinstance(found[0], Unreadable)
    assert isinstance(found[0].error, UnknownFormatError)
    assert str(folder / "prose.md") in str(found[0].error)


def test_what_is_named_outright_is_never_passed_over(tmp_path: Path) -> None:
    folder = put(tmp_path / "e", README__md=LABELLED, LICENSE="Free.")
    assert ids([folder / "README.md", folder / "LICENSE"]) == ["! LICENSE", "e/readme"]


def test_chapters_without_a_transcript_or_sound_are_said_to_be_alone(tmp_path: Path) -> None:
    (found,) = find([put(tmp_path / "e", c__json=CHAPTERS, episode__toml='title = "E"')])
    assert isinstance(found, Unreadable)
    assert "no transcript stands beside it" in str(found.error)


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere: there is no such file or folder"):
        list(find([tmp_path / "nowhere"]))


def test_folders_are_looked_at_only_when_they_are_reached(tmp_path: Path) -> None:
    put(tmp_path / "a", talk__md=LABELLED)
    later = put(tmp_path / "b", other__md=LABELLED)
    episodes = find([tmp_path])
    (first,) = islice(episodes, 1)
    put(later, other__md=LABELLED, page__txt=PAGE)
    (second,) = episodes
    assert isinstance(first, Source)
    assert isinstance(second, Source)
    assert len(second.files) == 2


def test_a_link_back_up_does_not_go_round_for_ever(tmp_path: Path) -> None:
    folder = put(tmp_path / "e", talk__md=LABELLED)
    (folder / "again").symlink_to(folder)
    (folder / "up").symlink_to(tmp_path)
    assert len(list(find([folder]))) == 1


def test_a_link_to_a_folder_that_lies_elsewhere_is_followed_once(tmp_path: Path) -> None:
    away = put(tmp_path / "disk" / "tides", talk__md=LABELLED)
    (away / "back").symlink_to(tmp_path / "show")
    folder = put(tmp_path / "show", bells__md=LABELLED)
    for name in ("first", "second"):
        (folder / name).symlink_to(tmp_path / "disk")
    assert ids([folder]) == ["show/bells", "tides/talk"]


def test_names_that_differ_in_case_or_in_how_a_letter_is_written_are_of_one_episode(tmp_path: Path) -> None:
    folder = put(
        tmp_path / "show",
        **{
            "Ep1.vtt": CUES, "ep1.chapters.json": CHAPTERS, "EP1.episode.toml": "title = 'One'",
            "Caf\u00e9.vtt": CUES, "Cafe\u0301.chapters.json": CHAPTERS,
        },
    )  # fmt: skip
    found = list(find([folder]))
    assert [len(each.parts) for each in found if isinstance(each, Source)] == [2, 3]


def test_two_transcripts_whose_names_differ_in_case_only_are_two_episodes(tmp_path: Path) -> None:
    folder = put(tmp_path / "show", **{"Ep1.vtt": CUES, "ep1.vtt": CUES.replace("evening", "morning")})
    first, second = find([folder])
    assert isinstance(first, Source)
    assert isinstance(second, Unreadable)
    assert "rename one of them" in str(second.error)


@pytest.fixture
def a_plain_user() -> Iterator[Path]:
    """A folder of a user whom permissions bind; to root every door is open."""
    folder, user = Path(mkdtemp()), os.geteuid()
    if user == 0:
        list(find([put(folder / "warm", a__vtt=CUES)]))  # what is imported late may be readable to root alone
        shutil.rmtree(folder / "warm")
        os.chown(folder, 65534, -1)
        os.seteuid(65534)
    yield folder
    os.seteuid(user)
    shutil.rmtree(folder)


@pytest.mark.parametrize("mode", [0o000, 0o600])
def test_a_folder_that_may_not_be_entered_stops_no_other(a_plain_user: Path, mode: int) -> None:
    shut = put(a_plain_user / "b", talk__vtt=CUES)
    put(a_plain_user / "c", talk__vtt=CUES)
    put(a_plain_user, a__vtt=CUES)
    shut.chmod(mode)
    try:
        found = list(find([a_plain_user], "Show"))
        left = pair([a_plain_user]).left
    finally:
        shut.chmod(0o700)
    assert [str(each.error) for each in found if isinstance(each, Unreadable)] == [
        f"{shut}: cannot be opened: Permission denied; let yourself read and enter it."
    ]
    assert [each.episode_id for each in found if isinstance(each, Source)] == ["show/a", "show/talk"]
    assert left == ()


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", b"\xef\xbb\xbf"),
        ("utf-16-le", b"\xff\xfe"),
        ("utf-16-be", b"\xfe\xff"),
        ("cp1252", b""),
    ],
)
def test_text_is_read_in_the_encoding_it_was_saved_in(tmp_path: Path, encoding: str, mark: bytes) -> None:
    text = "**Zoé:** Bonjour à tous, aujourd’hui nous parlons de la marée et du port. C’était déjà l’été. " * 5
    path = tmp_path / "talk.md"
    path.write_bytes(mark + text.encode(encoding))
    assert read_text(path) == text


def test_a_chinese_legacy_encoding_is_recognised(tmp_path: Path) -> None:
    text = "今天我们来谈谈港口的潮汐，以及夜里的钟声。欢迎收听我们的节目。" * 20
    path = tmp_path / "talk.md"
    path.write_bytes(text.encode("gb2312"))
    assert read_text(path) == text


def test_what_is_no_text_is_refused_with_a_remedy(tmp_path: Path) -> None:
    path = tmp_path / "talk.md"
    path.write_bytes(bytes(range(256)) * 50)
    with pytest.raises(TranscriptError, match=r"talk\.md: this is not text in any encoding .* save it as UTF-8"):
        read_text(path)


def test_an_error_inside_a_file_names_the_file_and_the_line(tmp_path: Path) -> None:
    folder = put(tmp_path / "e", talk__md=LABELLED, c__json='{"chapters": [\n{"startTime": 1,}]}')
    with pytest.raises(TranscriptError, match=r"c\.json:2: this is not JSON"):
        read(only([folder]))


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "talk.md")
    with pytest.raises(InputError, match=r"talk\.md: this is no file"):
        read_text(tmp_path / "talk.md")


def test_two_seasons_of_one_show_may_not_use_one_name(tmp_path: Path) -> None:
    """Else the second would silently take the place of the first, and the first that of the second in the next run."""
    put(tmp_path / "s" / "season1", ep1__md=LABELLED, ep2__md=LABELLED)
    put(tmp_path / "s" / "season2", ep1__md=LABELLED, ep3__md=LABELLED)

    found = list(find([tmp_path / "s"], "The Show"))

    assert [each.episode_id for each in found if isinstance(each, Source)] == [
        "the-show/ep1",
        "the-show/ep2",
        "the-show/ep3",
    ]
    (refused,) = (each for each in found if isinstance(each, Unreadable))
    assert "season1/ep1.md; rename one of them" in str(refused.error)


def test_a_file_that_is_given_twice_is_no_namesake_of_its_own(tmp_path: Path) -> None:
    folder = put(tmp_path / "show", ep1__md=LABELLED)
    roundabout = tmp_path / "show" / ".." / "show"

    assert not [
        each for each in find([folder / "ep1.md", roundabout / "ep1.md", folder]) if isinstance(each, Unreadable)
    ]


# Feeds


def item(number: int, *tags: str) -> str:
    stated = "".join(tags)
    return f"<item><title>Episode {number}</title><guid>https://example.org/ep-{number}</guid>{stated}</item>"


def transcript(address: str, kind: str = "") -> str:
    return f'<podcast:transcript url="{address}" type="{kind}"/>'


def feed(*items: str) -> str:
    return (
        '<rss xmlns:podcast="https://podcastindex.org/namespace/1.0" xmlns:psc="http://podlove.org/simple-chapters">'
        f"<channel><title>Night Harbour</title>{''.join(items)}</channel></rss>"
    )


def test_a_feed_says_which_files_belong_to_which_episode_and_what_is_known_of_it(tmp_path: Path) -> None:
    one = item(
        1, transcript("https://cdn.example.org/a/tides.vtt?v=2"), '<podcast:chapters url="c/tides-c.json"/>',
        '<enclosure url="https://cdn.example.org/bells.mp3"/>', "<pubDate>Tue, 8 Oct 2024 10:00:00 GMT</pubDate>",
    )  # fmt: skip
    folder = put(
        tmp_path / "show",
        feed__xml=feed(one),
        tides__vtt=CUES,
        bells__mp3=b"\xff",
        tides__episode__toml='title = "Tides"',
    )
    put(folder / "c", **{"tides-c__json": CHAPTERS})
    source = only([folder])
    assert (source.episode_id, source.podcast_title) == ("night-harbour/ep-1", "Night Harbour")
    assert [(part.path.name, part.role) for part in source.parts] == [
        ("tides.vtt", "transcript"), ("tides-c.json", "chapters"),
        ("tides.episode.toml", "sheet"), ("bells.mp3", "audio"),
    ]  # fmt: skip
    assert (source.sheet.title, source.sheet.published) == ("Tides", date(2024, 10, 8))
    assert source.sheet.audio_url == "https://cdn.example.org/bells.mp3"
    assert only([folder / "feed.xml"]) == source


def test_files_no_item_of_the_feed_names_are_episodes_of_their_own(tmp_path: Path) -> None:
    folder = put(
        tmp_path / "show",
        podcast__rss=feed(item(1, transcript("one.vtt"))),
        one__vtt=CUES,
        one__md=LABELLED,
        two__md=LABELLED,
    )
    assert ids([folder]) == ["night-harbour/ep-1", "show/two"]


def test_an_episode_whose_transcript_is_elsewhere_says_where(tmp_path: Path) -> None:
    folder = put(
        tmp_path / "show",
        feed__xml=feed(
            item(1, transcript("https://x.example/far.vtt")), item(2), item(3), item(4, transcript("here.vtt"))
        ),
        here__vtt=CUES,
    )
    far, first, second, here = find([folder])
    assert isinstance(far, Unreadable)
    assert isinstance(here, Source)
    assert isinstance(first, Source)
    assert isinstance(second, Source)
    assert f'{folder / "feed.xml"}: "Episode 1": its transcript lies at https://x.example/far.vtt; download it' in str(
        far.error
    )
    assert (first.name, first.files, first.has_words) == (f"{folder / 'feed.xml'}: Episode 2", (), False)
    assert (second.episode_id, here.has_words) == ("night-harbour/ep-3", True)


@pytest.mark.parametrize("broken", ["", "WEBVTT\n\n", '{"segments": [', "<html><body>Not found</body></html>"])
def test_a_transcript_that_cannot_be_read_gives_way_to_the_next(tmp_path: Path, broken: str) -> None:
    folder = put(
        tmp_path / "show", feed__xml=feed(item(1, transcript("a.json", "application/json"), transcript("b.vtt"))),
        a__json=broken, b__vtt=CUES,
    )  # fmt: skip
    source = only([folder])
    reading, _ = read(source)
    assert reading.format == "webvtt"
    (problem,) = reading.problems
    assert problem.path == str(folder / "a.json")
    assert problem.message.endswith("b.vtt is read instead")


def test_when_no_transcript_can_be_read_the_last_one_says_why(tmp_path: Path) -> None:
    folder = put(
        tmp_path / "show", feed__xml=feed(item(1, transcript("a.vtt"), transcript("b.srt"))), a__vtt="", b__srt="x"
    )
    with pytest.raises(UnknownFormatError, match=r"b\.srt: this is in no format"):
        read(only([folder]))


def test_chapters_in_the_feed_are_read_after_those_in_a_file(tmp_path: Path) -> None:
    chapters = '<psc:chapters><psc:chapter start="0" title="In the feed"/></psc:chapters>'
    folder = put(
        tmp_path / "show", feed__xml=feed(item(1, transcript("a.vtt"), chapters)), a__vtt=CUES, a__json=CHAPTERS
    )
    assert [[chapter.title for chapter in reading.chapters] for reading in read(only([folder]))] == [
        [], ["Welcome"], ["In the feed"],
    ]  # fmt: skip


def test_files_of_one_name_lie_in_folders_as_their_addresses_do(tmp_path: Path) -> None:
    folder = put(
        tmp_path / "show",
        feed__xml=feed(*(item(n, transcript(f"https://x.example/files/ep{n}/transcript.vtt")) for n in (1, 2))),
    )
    for name in ("ep1", "ep2"):
        put(folder / name, transcript__vtt=CUES, page__txt=PAGE, sound__mp3=b"\xff")
    assert ids([folder]) == ["night-harbour/ep-1", "night-harbour/ep-2"]
    assert [len(found.files) for found in find([folder]) if isinstance(found, Source)] == [3, 3]


def test_a_file_that_two_items_name_is_given_to_neither(tmp_path: Path) -> None:
    folder = put(
        tmp_path / "show",
        feed__xml=feed(*(item(n, transcript(f"https://x.example/{n}/transcript.vtt")) for n in (1, 2))),
        transcript__vtt=CUES,
    )
    first, second, third = find([folder])
    assert isinstance(first, Unreadable)
    assert isinstance(second, Unreadable)
    assert "transcript.vtt is named by another episode too" in str(first.error)
    assert isinstance(third, Source)
    assert third.episode_id == "show/show"


@pytest.mark.parametrize(
    "address",
    [
        "../secret.vtt", "..%2Fsecret.vtt", "/../secret.vtt", "file:///secret.vtt", "%2e%2e/secret.vtt", ".hidden.vtt",
        "a%00.vtt", "http://[/secret.vtt", "a" * 5000,
    ],
)  # fmt: skip
def test_an_address_never_leads_out_of_the_folder(tmp_path: Path, address: str) -> None:
    put(tmp_path, secret__vtt=CUES)
    folder = put(tmp_path / "show", feed__xml=feed(item(1, transcript(address))), __hidden__vtt=CUES)
    assert ids([folder / "feed.xml"]) == ["! feed.xml"]


def test_a_link_that_leads_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    put(tmp_path, secret__vtt=CUES)
    folder = put(tmp_path / "show", feed__xml=feed(item(1, transcript("a.vtt"))))
    (folder / "a.vtt").symlink_to(tmp_path / "secret.vtt")
    assert ids([folder / "feed.xml"]) == ["! feed.xml"]


def test_a_fingerprint_changes_with_what_the_feed_says_of_its_episode_and_of_no_other(tmp_path: Path) -> None:
    def fingerprint(*items: str) -> str:
        folder = put(tmp_path / "show", feed__xml=feed(*items), a__vtt=CUES)
        return next(found.fingerprint for found in find([folder]) if isinstance(found, Source))

    plain = item(1, transcript("a.vtt"))
    before = fingerprint(plain)
    assert fingerprint(plain, item(2)) == before
    assert fingerprint(plain.replace("Episode 1", "Tides")) != before


def test_a_feed_is_read_in_the_encoding_it_states(tmp_path: Path) -> None:
    (tmp_path / "feed.xml").write_bytes(
        f'<?xml version="1.0" encoding="windows-1251"?>{feed(item(1, transcript("a.vtt")))}'.replace(
            "Night", "Ночь"
        ).encode("cp1251")
    )
    (tmp_path / "a.vtt").write_text(CUES)
    assert only([tmp_path / "feed.xml"]).podcast_title == "Ночь Harbour"


def test_a_feed_that_is_broken_is_reported_and_its_files_are_read_without_it(tmp_path: Path) -> None:
    folder = put(tmp_path / "show", feed__xml=feed(item(1))[:-9], one__md=LABELLED, two__md=LABELLED)
    broken, *others = find([folder])
    assert isinstance(broken, Unreadable)
    assert "feed.xml:1: this is not XML" in str(broken.error)
    assert len(others) == 2


def test_a_carriage_return_alone_ends_a_line(tmp_path: Path) -> None:
    (tmp_path / "old.md").write_bytes(b"**Ann:** Good morning.\r\r**Bob:** Good morning to you.\r")

    assert read_text(tmp_path / "old.md") == "**Ann:** Good morning.\n\n**Bob:** Good morning to you.\n"


def test_an_episode_keeps_its_id_when_a_second_joins_it_in_its_folder(tmp_path: Path) -> None:
    show = tmp_path / "shows" / "my-show"
    show.mkdir(parents=True)
    (show / "ep1.md").write_text("**Ann:** Good morning.", "utf-8")
    alone = {each.episode_id for each in find([tmp_path / "shows"]) if isinstance(each, Source)}
    (show / "ep2.md").write_text("**Ann:** Good evening.", "utf-8")
    together = {each.episode_id for each in find([tmp_path / "shows"]) if isinstance(each, Source)}

    assert alone == {"my-show/ep1"}
    assert together == {"my-show/ep1", "my-show/ep2"}


def test_two_letters_at_the_end_of_a_name_are_a_language_for_captions_only(tmp_path: Path) -> None:
    (tmp_path / "about-node.js.md").write_text("**Ann:** Good morning.", "utf-8")
    (tmp_path / "about-node.md").write_text("**Ann:** Good evening.", "utf-8")
    (tmp_path / "talk.en.vtt").write_text("WEBVTT\n\n00:01.000 --> 00:02.000\nGood night.\n", "utf-8")
    (tmp_path / "walk.en.json3").write_text('{"events": [{"tStartMs": 5, "segs": [{"utf8": "Good day."}]}]}', "utf-8")
    (tmp_path / "swim.de-AT.sbv").write_text("0:00:01.000,0:00:02.000\nGuten Abend.\n", "utf-8")
    found = [each.title for each in find([tmp_path]) if isinstance(each, Source)]

    assert sorted(found) == ["about-node", "about-node.js", "swim", "talk", "walk"]
