"""Who speaks: what labels stand for, what the file of speakers says, and how it is changed."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.likeness import alike
from ingest.renaming import EVERYWHERE, Scope, give_role, rename
from ingest.speakers import BY_HAND, Speakers, as_written, name, names_given, people_of
from ingest.speakers_file import parse, read, write_text
from playhead.errors import SettingsError
from playhead.model import Person, Spoken, Transcript, Turn
from playhead.voices import voice
from tests.pace import within

FILE = """\
# Ours, by hand.
[[speaker]]
name = "Gerhard Lazu"   # the one with the r
aliases = ["Gehard Lazu"]
role = "host"
podcasts = ["ship-it"]

[[speaker]]
name = "Ada Moss"
aliases = ["SPEAKER_00"]
episodes = ["notes/engines", "notes/looms"]
"""


def spoken(label: str, episode: str = "notes/engines", speaker: str | None = None) -> Spoken:
    called = speaker or label
    return Spoken(episode, called, label if called != label else None, 3, 30)


def conversation(*labels: str | None) -> Transcript:
    text = "\n\n".join("So it goes." for _ in labels)
    return Transcript(text, tuple(Turn(label, (13 * at, 13 * at + 11)) for at, label in enumerate(labels)))


def called(transcript: Transcript) -> list[str | None]:
    return [turn.speaker for turn in transcript.turns]


@pytest.mark.parametrize(
    "label",
    ["Ada Moss", "Mireille Reece, PsyD", "Divya", "chg", "$STDOUT", "Dawn Song", "Char Sample", "Shaundai Person",
     "Sarah Guest", "Bo", "王", "ממי", "The insulting Frenchmen", "Bill and Ted", "Al", "Manny", "Usera"],
)  # fmt: skip
def test_a_name_is_a_person_however_odd(label: str) -> None:
    assert voice(label) == "person"


@pytest.mark.parametrize(
    "label",
    ["SPEAKER_00", "SPEAKER_117", "Speaker 1", "speaker_1", "spk_0", "S1", "UU", "A", "q", "Speaker A", "Speaker S2",
     "Unknown Speaker", "unknown speaker 2", "Unknown", "Unidentified Male", "Guest-1", "Speaker 1 (Female)", "7",
     "Audience Member", "Audience  member", "Interviewer 2", "Both", "All Speakers", "?", "Speaker #2", "Caller"],
)  # fmt: skip
def test_what_services_write_for_want_of_a_name_is_anonymous(label: str) -> None:
    assert voice(label) == "anonymous"


@pytest.mark.parametrize(
    "label",
    ["Break", "The Jingle", "Song extract", "Clip from JS Party", "Clip from JS Party #256", "JS Party #269",
     "Tech Debt Clip", "Guinness ad", "Sunny D Commercial", "Recording begins", "Recording of the launch"],
)  # fmt: skip
def test_what_is_played_is_a_recording(label: str) -> None:
    assert voice(label) == "recording"


def test_a_file_gives_names_where_it_says_so_and_nowhere_else() -> None:
    speakers = parse(FILE, "speakers.toml")

    assert speakers.names("ship-it/1")["Gehard Lazu"] == "Gerhard Lazu"
    assert speakers.roles("ship-it/1") == {"Gerhard Lazu": "host"}
    assert speakers.names("notes/looms")["SPEAKER_00"] == "Ada Moss"
    assert "SPEAKER_00" not in speakers.names("notes/tides")
    assert "Gehard Lazu" not in speakers.names("notes/looms")


def test_the_entry_for_the_fewest_episodes_is_right() -> None:
    everywhere, show, episode = (
        f'[[speaker]]\nname = "{name}"\naliases = ["Ada"]\n{where}\n'
        for name, where in (
            ("Ada Moss", ""),
            ("Ada Quill", 'podcasts = ["notes"]'),
            ("Ada Byrne", 'episodes = ["notes/looms"]'),
        )
    )
    speakers = parse(episode + everywhere + show, "speakers.toml")

    episodes = ("other/one", "notes/engines", "notes/looms")
    assert [speakers.names(each)["Ada"] for each in episodes] == ["Ada Moss", "Ada Quill", "Ada Byrne"]


def test_a_label_is_never_split_on_a_comma() -> None:
    transcript = conversation("Mireille Reece, PsyD", "Adam Moss")
    names = parse('[[speaker]]\nname = "PsyD"\n[[speaker]]\nname = "Mireille Reece"', "speakers.toml").names("a/b")

    assert called(name(transcript, names)) == ["Mireille Reece, PsyD", "Adam Moss"]


def test_only_the_label_itself_is_named_and_none_that_is_like_it() -> None:
    names = {"Gehard Lazu": "Gerhard Lazu"}

    assert called(name(conversation("gehard lazu", "Gehard", "Gehard Lazu", None), names)) == [
        "gehard lazu", "Gehard", "Gerhard Lazu", None,
    ]  # fmt: skip


LABELS = st.sampled_from(["Ada", "Bo", "SPEAKER_00", "SPEAKER_01", "Mireille Reece, PsyD", None])
NAMES = st.dictionaries(LABELS.filter(bool), st.sampled_from(["Ada", "Bo", "Cy", "Mireille Reece"]))


@given(st.lists(LABELS), NAMES, NAMES)
def test_names_are_taken_back_whatever_was_given_before(labels: list[str | None], first, second) -> None:
    written = conversation(*labels)

    assert as_written(name(name(written, first), second)) == written
    assert name(name(written, first), second) == name(written, second)
    assert called(name(written, first)) == [first.get(label, label) if label else None for label in labels]
    assert name(written, names_given(name(written, first))) == name(written, first)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[[speaker]]\nname = "Ada\n', r":2: this is not TOML: .*\[\[speaker\]\]"),
        ("[[speaker]]\nname =", r":2: this is not TOML"),
        ("[[speakers]]\nname = 'Ada'", r":1: unknown key speakers; .*\[\[speaker\]\]"),
        ("speaker = 'Ada'", r":1: speaker is no list of tables; write \[\[speaker\]\]"),
        ("\n[[speaker]]\nname = 'Ada'\nrolle = 'host'", r":4: unknown key rolle; known are name, aliases, role"),
        ("[[speaker]]\nrole = 'host'", r":1: a speaker has no name; write name ="),
        ("[[speaker]]\nname = ' \u200b '", r":2: name is empty"),
        ("[[speaker]]\nname = 7", r":2: name is not a text"),
        ("[[speaker]]\nname = 'A. Moss'\naliases = 'Ada'", r':3: aliases is no list; write aliases = \["..."\]'),
        ("[[speaker]]\nname = 'A. Moss'\naliases = ['Ada', 7]", r":3: aliases holds 7, which is no text"),
        ("[[speaker]]\nname = 'A. Moss'\nepisodes = []", r":3: episodes is empty; name one, or take the line out"),
        ("[[speaker]]\nname = 'A. Moss'\nepisodes = ['looms']", r':3: "looms" is no episode\'s id; write podcast/ep'),
        ("[[speaker]]\nname = 'A. Moss'\nepisodes = ['a/b']\npodcasts = ['a']", r":4: podcasts and episodes exclude"),
        (
            "[[speaker]]\nname = 'A. Moss'\naliases = [\n  'Ada',\n  'SPEAKER_00',\n]",
            r':5: "SPEAKER_00" is somebody else in every episode; .*episodes = \["..."\]',
        ),
        (
            "[[speaker]]\nname = 'A. Moss'\naliases = ['Ada']\n[[speaker]]\nname = 'A. Quill'\naliases = ['Ada']",
            r':6: "Ada" is A. Moss \(line 1\) and A. Quill; keep one of them',
        ),
        (
            "[[speaker]]\nname = 'Ada'\nrole = 'host'\npodcasts = ['notes', 'tides']\n"
            "[[speaker]]\nname = 'Ada'\nrole = 'guest'\npodcasts = ['tides']",
            r':7: Ada is "host" \(line 1\) and "guest" in tides; keep one role',
        ),
    ],
)
def test_a_mistake_is_named_with_its_line_and_its_remedy(text: str, says: str) -> None:
    with pytest.raises(SettingsError, match=f"^speakers.toml{says}"):
        parse(text, "speakers.toml")


def test_the_same_label_may_be_two_people_in_two_podcasts() -> None:
    text = "".join(
        f'[[speaker]]\nname = "Jo of {show}"\naliases = ["Jo"]\npodcasts = ["{show}"]\n' for show in ("a", "b")
    )

    assert [parse(text, "x").names(f"{show}/1")["Jo"] for show in ("a", "b")] == ["Jo of a", "Jo of b"]


def test_a_file_that_is_not_there_says_nothing_unless_it_was_asked_for(tmp_path: Path) -> None:
    assert read(tmp_path / "speakers.toml") is None
    with pytest.raises(SettingsError, match=r"speakers\.toml: there is no such file"):
        read(tmp_path / "speakers.toml", asked=True)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: path.mkdir(), "this is no file"),
        (lambda path: path.write_bytes(b'[[speaker]]\nname = "Zo\xeb"'), "this is not UTF-8"),
        (lambda path: path.write_text(f"# {'x' * 8 * 1024 * 1024}"), "this is larger than 8 MB"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, make, says: str) -> None:
    make(tmp_path / "speakers.toml")

    with pytest.raises(SettingsError, match=rf"speakers\.toml: {says}"):
        read(tmp_path / "speakers.toml")


def test_a_mark_at_the_beginning_and_foreign_line_ends_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "speakers.toml").write_bytes(b"\xef\xbb\xbf" + FILE.replace("\n", "\r\n").encode())

    assert read(tmp_path / "speakers.toml").entries == parse(FILE, "x").entries


def test_a_file_is_written_whole_and_keeps_who_may_read_it(tmp_path: Path) -> None:
    file = tmp_path / "speakers.toml"
    file.write_text(FILE, "utf-8")
    file.chmod(0o640)
    (tmp_path / "link.toml").symlink_to(file)

    write_text(tmp_path / "link.toml", "# new\n")

    assert (file.read_text("utf-8"), file.stat().st_mode & 0o777) == ("# new\n", 0o640)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["link.toml", "speakers.toml"]


# Changing the file.


def named(text: str, episode: str = "notes/engines") -> dict[str, str]:
    return {label: name for label, name in parse(text, "x").names(episode).items() if label != name}


def test_a_first_name_begins_a_file_that_explains_itself() -> None:
    text = rename("", "x", "SPEAKER_00", "Ada Moss", Scope(episodes=("notes/engines",)), [spoken("SPEAKER_00")])

    assert text.startswith("# Who speaks")
    assert tomllib.loads(text) == {
        "speaker": [{"name": "Ada Moss", "episodes": ["notes/engines"], "aliases": ["SPEAKER_00"]}]
    }


def test_comments_and_order_survive_a_change() -> None:
    heard = [spoken("Gerhard Lazu", "ship-it/1"), spoken("Gehard Lazu", "ship-it/1", "Gerhard Lazu")]
    text = rename(FILE, "x", "Gerhard Lazu", "Gerhard L.", EVERYWHERE, heard)

    assert text.startswith('# Ours, by hand.\n[[speaker]]\nname = "Gerhard L."   # the one with the r\n')
    assert text.index("Gerhard L.") < text.index("Ada Moss")
    assert named(text, "ship-it/1") == {"Gehard Lazu": "Gerhard L.", "Gerhard Lazu": "Gerhard L."}
    assert re.search(r"\n\n\[\[speaker\]\]\nname = \"Gerhard L\.\"\naliases", text), text


def test_a_rename_is_taken_back_by_the_opposite_one() -> None:
    there = rename("", "x", "Gehard", "Gerhard", EVERYWHERE, [spoken("Gehard")])
    back = rename(there, "x", "Gerhard", "Gehard", EVERYWHERE, [spoken("Gehard", speaker="Gerhard")])

    assert named(there) == {"Gehard": "Gerhard"}
    assert named(back) == {}
    assert "[[speaker]]" not in back


def test_a_rename_within_one_episode_leaves_the_others_as_they_are() -> None:
    heard = [spoken("SPEAKER_00", "notes/looms", "Ada Moss")]
    text = rename(FILE, "x", "Ada Moss", "Ada Byrne", Scope(episodes=("notes/looms",)), heard)

    assert [named(text, each) for each in ("notes/engines", "notes/looms")] == [
        {"SPEAKER_00": "Ada Moss"},
        {"SPEAKER_00": "Ada Byrne"},
    ]


def test_a_rename_within_one_podcast_takes_its_episodes_along() -> None:
    heard = [spoken("SPEAKER_00", "notes/looms", "Ada Moss"), spoken("Ada Moss", "notes/tides")]
    text = rename(FILE, "x", "Ada Moss", "Ada Byrne", Scope(podcasts=("notes",)), heard)

    assert named(text, "notes/looms")["SPEAKER_00"] == "Ada Byrne"
    assert named(text, "notes/tides") == {"Ada Moss": "Ada Byrne"}
    assert named(text, "other/one") == {}


HEARD = [(episode, label) for episode in ("a/1", "a/2", "b/1") for label in ("Ada", "Bo", "Cy", "SPEAKER_00")]
SCOPES = st.sampled_from(
    [EVERYWHERE, *(Scope(podcasts=(each,)) for each in "ab"), Scope(episodes=("a/1",)), Scope(episodes=("a/2", "b/1"))]
)
RENAMES = st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["Ada", "Bo", "Dee", "Eve"]), SCOPES), max_size=6)


@given(RENAMES)
def test_a_rename_changes_those_that_were_called_so_within_its_scope_and_nobody_else(renames) -> None:
    text, now = "", dict(zip(HEARD, (label for _, label in HEARD), strict=True))
    for which, new, scope in renames:
        within = sorted({name for (episode, _), name in now.items() if scope.holds(episode)})
        old = within[which % len(within)]
        if old == "SPEAKER_00" and not scope.episodes:
            continue  # the command refuses it
        heard = [spoken(label, episode, name) for (episode, label), name in now.items() if scope.holds(episode)]
        text = rename(text, "x", old, new, scope, heard)
        for episode, label in HEARD:
            if scope.holds(episode) and now[episode, label] == old:
                now[episode, label] = new
        speakers = parse(text, "x")
        assert {(episode, label): speakers.names(episode).get(label, label) for episode, label in HEARD} == now


def test_merging_two_entries_keeps_the_role_of_the_name_that_stays() -> None:
    text = (
        '[[speaker]]\nname = "Bo"\naliases = ["B."]\nrole = "guest"\n\n'
        '[[speaker]]\nname = "Bo Lindqvist"\nrole = "host"\n'
    )
    merged = rename(text, "x", "Bo", "Bo Lindqvist", EVERYWHERE, [spoken("Bo"), spoken("B.", speaker="Bo")])

    assert named(merged) == {"B.": "Bo Lindqvist", "Bo": "Bo Lindqvist"}
    [entry] = tomllib.loads(merged)["speaker"]
    assert entry["role"] == "host"


def test_a_change_that_would_contradict_the_file_is_refused() -> None:
    text = '[[speaker]]\nname = "Ada Quill"\naliases = ["Ada"]\n'
    with pytest.raises(SettingsError, match='"Ada" is Ada Quill'):
        rename(text, "x", "Ada", "Ada Moss", EVERYWHERE, [spoken("Ada")])


def test_a_role_is_given_where_it_holds() -> None:
    text = give_role(FILE, "x", "Ada Moss", "guest", Scope(podcasts=("notes",)))
    again = give_role(text, "x", "Ada Moss", "host", Scope(podcasts=("notes",)))

    assert parse(text, "x").roles("notes/looms") == {"Ada Moss": "guest"}
    assert parse(again, "x").roles("notes/looms") == {"Ada Moss": "host"}
    assert parse(again, "x").roles("ship-it/1") == {"Gerhard Lazu": "host"}


def test_a_file_of_fifty_thousand_speakers_is_read_within_seconds() -> None:
    text = "".join(f'[[speaker]]\nname = "Name {n}"\naliases = ["Label {n}"]\n' for n in range(50_000))
    with within(10):
        assert parse(text, "x").names("a/b")["Label 49999"] == "Name 49999"


# Roles.


def test_a_role_given_by_hand_goes_before_one_that_was_stated() -> None:
    stated = (Person("Ada Moss", "guest", "https://example.org/ada", "feed"), Person("Bo", "host", None, "feed"))
    people = people_of(["Ada Moss", "Cy", None, "Ada Moss"], {}, {"Ada Moss": "host", "Dee": "host"}, stated)

    assert people == (Person("Ada Moss", "host", "https://example.org/ada", BY_HAND), *stated)


def test_what_is_stated_of_a_label_is_so_of_its_name() -> None:
    stated = (Person("Gehard Lazu", "host", "https://example.org/g", "feed"),)
    people = people_of(["Gerhard Lazu"], {"Gehard Lazu": "Gerhard Lazu"}, {}, stated)

    assert people == (Person("Gerhard Lazu", "host", "https://example.org/g", BY_HAND), *stated)
    assert people_of(["Gehard Lazu"], {}, {}, people) == stated


# Names that look like one person's.


def test_names_that_may_be_one_person_s_are_offered_with_the_reason() -> None:
    names = ["Gerhard Lazu", "Mireille Reece, PsyD", "Gehard Lazu", "Mireille B. Reece, Psy.D", "HorseJS", "Horse JS"]

    assert {(one, other): why for one, other, why in alike(names)} == {
        ("Gerhard Lazu", "Gehard Lazu"): "a letter or two apart",
        ("Mireille Reece, PsyD", "Mireille B. Reece, Psy.D"): "the same but for titles, initials, case and signs",
        ("HorseJS", "Horse JS"): "the same but for titles, initials, case and signs",
    }


def test_names_that_are_only_short_or_share_a_part_are_not_offered() -> None:
    assert list(alike(["Ryan", "Bryan", "Ada Moss", "Ada Mills", "Bo", "Jo", "Adam Stacoviak", "Jerod Santo"])) == []


def test_a_thousand_names_are_compared_within_a_second_or_two() -> None:
    names = [f"{chr(97 + i % 26)}{i:05d} {'xyz'[i % 3]}{(i * 7919) % 100000:06d}" for i in range(3000)]

    assert len(list(alike([*names, "Gerhard Lazu", "Gehard Lazu"]))) >= 1


def test_speakers_that_say_nothing_name_nobody() -> None:
    assert (Speakers().names("a/b"), Speakers().roles("a/b")) == ({}, {})
