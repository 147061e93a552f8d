"""What sound files say of themselves: their length, their chapters, and what is wrong with them."""

from __future__ import annotations

import struct
import sys
import zlib
from itertools import pairwise
from pathlib import Path

import pytest

from ingest.sound import MOST_BYTES, Sound, read_sound
from tests.conftest import ROOT
from tests.pace import within

# A second of silence as MPEG-1 layer III: 128 kbit/s at 44.1 kHz makes 417 bytes a frame, 1152 samples each.
FRAME = b"\xff\xfb\x90\x00" + bytes(413)
FRAMES_A_SECOND = 44100 / 1152


def silence(seconds: int) -> bytes:
    return FRAME * round(seconds * FRAMES_A_SECOND)


def synchsafe(size: int) -> bytes:
    return bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))


def frame(name: bytes, content: bytes, version: int = 4, flags: int = 0) -> bytes:
    size = synchsafe(len(content)) if version == 4 else struct.pack(">I", len(content))
    return name + size + bytes([0, flags]) + content


def chap(name: str, start: float, end: float, title: str, url: str = "", version: int = 4) -> bytes:
    encoded = b"\x03" + title.encode() if version == 4 else b"\x01" + title.encode("utf-16")
    inside = frame(b"TIT2", encoded, version)
    if url:
        inside += frame(b"WXXX", b"\x00link\x00" + url.encode(), version)
    times = struct.pack(">IIII", round(start * 1000), round(end * 1000), 0xFFFFFFFF, 0xFFFFFFFF)
    return frame(b"CHAP", name.encode() + b"\0" + times + inside, version)


def toc(*names: str, version: int = 4) -> bytes:
    return frame(
        b"CTOC", b"toc\0\x03" + bytes([len(names)]) + b"".join(name.encode() + b"\0" for name in names), version
    )


def tag(*frames: bytes, version: int = 4, flags: int = 0) -> bytes:
    content = b"".join(frames)
    return b"ID3" + bytes([version, 0, flags]) + synchsafe(len(content)) + content


def box(name: bytes, *content: bytes) -> bytes:
    inside = b"".join(content)
    return struct.pack(">I4s", 8 + len(inside), name) + inside


def table(name: bytes, form: str, *rows: tuple[int, ...]) -> bytes:
    return box(name, bytes(4), struct.pack(">I", len(rows)), *(struct.pack(form, *row) for row in rows))


FTYP = box(b"ftyp", b"M4A \0\0\0\0")


def movie_header(seconds: float) -> bytes:
    return box(b"mvhd", bytes(12), struct.pack(">II", 1000, round(seconds * 1000)), bytes(80))


def nero(*chapters: tuple[float, str]) -> bytes:
    rows = [
        struct.pack(">QB", round(start * 10_000_000), len(title.encode())) + title.encode() for start, title in chapters
    ]
    return box(b"chpl", b"\1\0\0\0\0\0\0\0", bytes([len(rows)]), *rows)


def quicktime(seconds: float, *chapters: tuple[float, str]) -> bytes:
    """A file whose second track holds the titles, each in a chunk of its own but the last two, which share one."""
    samples = [struct.pack(">H", len(title.encode())) + title.encode() for _, title in chapters]
    first = len(FTYP) + 8
    places = [first + sum(map(len, samples[:number])) for number in range(len(samples) - 1)]
    starts = [start for start, _ in chapters] + [seconds]
    lasts = [(1, round((after - start) * 600)) for start, after in pairwise(starts)]
    runs = [(1, 1, 1), (len(places), 2, 1)]
    sizes = box(b"stsz", bytes(8), struct.pack(">I", len(samples)), *(struct.pack(">I", len(each)) for each in samples))
    boxes = (
        table(b"stts", ">II", *lasts),
        table(b"stsc", ">III", *runs),
        sizes,
        table(b"stco", ">I", *((at,) for at in places)),
    )

    def track(number: int, kind: bytes, *more: bytes) -> bytes:
        header = box(b"tkhd", bytes(12), struct.pack(">I", number), bytes(64))
        media = box(b"mdhd", bytes(12), struct.pack(">II", 600, round(seconds * 600)), bytes(4))
        handler = box(b"hdlr", bytes(8), kind, bytes(12))
        return box(b"trak", header, *more, box(b"mdia", media, handler, box(b"minf", box(b"stbl", *boxes))))

    chapters_are = box(b"tref", box(b"chap", struct.pack(">I", 2)))
    movie = box(b"moov", movie_header(seconds), track(1, b"soun", chapters_are), track(2, b"text"))
    return FTYP + box(b"mdat", *samples) + movie


def read(folder: Path, content: bytes, name: str = "tide.mp3") -> Sound:
    path = folder / name
    path.write_bytes(content)
    found = read_sound(path)
    assert found
    return found


def told(sound: Sound) -> list[tuple[float | None, float | None, str]]:
    return [(chapter.start, chapter.end, chapter.title) for chapter in sound.chapters]


@pytest.mark.parametrize("version", [3, 4])
def test_the_chapters_of_an_mp3_stand_in_its_tag(tmp_path: Path, version: int) -> None:
    chapters = (
        chap("b", 20, 60, "Ebb & flow ☂", "https://tide.example.org/", version),
        chap("a", 0, 20, "Intro", version=version),
    )
    title = frame(b"TIT2", b"\x00The tide", version)

    sound = read(tmp_path, tag(title, *chapters, toc("a", "b", version=version), version=version) + silence(60))

    assert told(sound) == [(0.0, 20.0, "Intro"), (20.0, 60.0, "Ebb & flow ☂")]
    assert [chapter.url for chapter in sound.chapters] == [None, "https://tide.example.org/"]
    assert [chapter.source for chapter in sound.chapters] == ["id3", "id3"]
    assert sound.chapters[0].kind == "intro"
    assert sound.title == "The tide"
    assert sound.duration == pytest.approx(60, abs=0.2)
    assert sound.problems == ()


def test_a_length_is_told_only_where_the_bits_a_second_stay_the_same(tmp_path: Path) -> None:
    louder = (b"\xff\xfb\xb0\x00" + bytes(622)) * 400

    assert read(tmp_path, silence(30)).duration == pytest.approx(30, abs=0.2)
    assert read(tmp_path, silence(3) + louder).duration is None


def test_a_chapter_that_no_table_of_contents_lists_is_hidden(tmp_path: Path) -> None:
    frames = (chap("a", 0, 20, "Intro"), chap("x", 10, 12, "A new cover"), chap("b", 20, 60, "Tide"), toc("a", "b"))

    assert told(read(tmp_path, tag(*frames) + silence(2))) == [(0.0, 20.0, "Intro"), (20.0, 60.0, "Tide")]
    assert len(read(tmp_path, tag(*frames[:3]) + silence(2)).chapters) == 3, "without a table all of them count"
    assert len(read(tmp_path, tag(*frames[:3], toc("z")) + silence(2)).chapters) == 3, "a table of others says nothing"


def test_sizes_are_read_as_the_standard_counts_and_as_itunes_wrote_them(tmp_path: Path) -> None:
    title = b"\x00" + b"t" * 299
    as_itunes = b"TIT2" + struct.pack(">I", len(title)) + b"\0\0" + title

    sound = read(tmp_path, tag(as_itunes, chap("a", 5, 9, "Tide")) + silence(10))

    assert (sound.title, told(sound)) == ("t" * 299, [(5.0, 9.0, "Tide")])


def test_unsynchronised_tags_are_read_as_they_were_meant(tmp_path: Path) -> None:
    plain = chap("a", 5, 9, "Tide", version=3)
    content = plain.replace(b"\xff", b"\xff\x00")
    written = b"ID3\x03\x00\x80" + synchsafe(len(content)) + content

    assert told(read(tmp_path, written + silence(10))) == [(5.0, 9.0, "Tide")]


def test_a_frame_that_is_packed_is_never_inflated(tmp_path: Path) -> None:
    bomb = zlib.compress(bytes(50_000_000))
    frames = (frame(b"TIT2", struct.pack(">I", 50_000_000) + bomb, flags=0x09), chap("a", 5, 9, "Tide"))

    sound = read(tmp_path, tag(*frames) + silence(10))

    assert (sound.title, told(sound)) == (None, [(5.0, 9.0, "Tide")])


def test_the_chapters_of_an_mp4_are_read_as_quicktime_keeps_them(tmp_path: Path) -> None:
    chapters = ((0.0, "Intro"), (12.5, "Ebbe und Flut"), (40.0, ""), (61.25, "Outro ☂"))

    sound = read(tmp_path, quicktime(100.5, *chapters), "tide.m4a")

    assert told(sound) == [(0.0, 12.5, "Intro"), (12.5, 61.25, "Ebbe und Flut"), (61.25, None, "Outro ☂")]
    assert {chapter.source for chapter in sound.chapters} == {"quicktime"}
    assert (sound.duration, sound.problems) == (100.5, ())


def test_the_chapters_of_an_mp4_are_read_as_nero_keeps_them(tmp_path: Path) -> None:
    about = box(b"meta", bytes(4), box(b"ilst", box(b"\xa9nam", box(b"data", bytes(8), b"The tide"))))
    movie = box(b"moov", movie_header(90), box(b"udta", nero((0, "Intro"), (12.5, "Ebb")), about))

    sound = read(tmp_path, FTYP + movie, "tide.m4b")

    assert told(sound) == [(0.0, 12.5, "Intro"), (12.5, None, "Ebb")]
    assert {chapter.source for chapter in sound.chapters} == {"nero"}
    assert (sound.duration, sound.title) == (90.0, "The tide")


@pytest.fixture
def opus(tmp_path: Path) -> Path:
    """A copy of a spoken episode, with chapters in its comments."""
    from mutagen.oggopus import OggOpus

    path = tmp_path / "thread.opus"
    spoken = ROOT / "data/transcripts/bytecode-at-breakfast/one-thread-in-the-slow-lane"
    path.write_bytes((spoken / "one-thread-in-the-slow-lane.opus").read_bytes())
    tags = OggOpus(path)
    tags["CHAPTER002"] = "00:02:01.500"
    tags["CHAPTER002NAME"] = "The lock"
    tags["CHAPTER002URL"] = "https://bytecode.example.org/lock"
    tags["CHAPTER001"] = "00:00:00.000"
    tags["CHAPTER001NAME"] = "Toast first"
    tags["CHAPTER003"] = "00:09:00.000"
    tags.save()
    return path


def test_the_comments_of_opus_hold_chapters(opus: Path) -> None:
    sound = read_sound(opus)

    assert sound
    assert told(sound) == [(0.0, 121.5, "Toast first"), (121.5, None, "The lock")]
    assert [chapter.url for chapter in sound.chapters] == [None, "https://bytecode.example.org/lock"]
    assert [problem.message for problem in sound.problems] == ["chapter 3 has no start or no title that can be used"]
    assert (sound.duration, sound.title) == (1061.0, "One thread in the slow lane")


def test_without_the_extra_nothing_is_known_of_sound(opus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mutagen", None)

    assert read_sound(opus) is None


WHOLE = tag(chap("a", 0, 20, "Intro"), toc("a")) + silence(1)


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"sound",
        b"\0" * 5000,
        b"\xff" * 5000,
        b"ID3\x04\0\0\x7f\x7f\x7f\x7f",
        b"OggS" * 1000,
        b"fLaC\x84\xff\xff\xff",
        b"RIFF\xff\xff\xff\xffWAVEfmt ",
        b"FORM\xff\xff\xff\xffAIFF",
        FTYP,
        FTYP + b"\0\0\0\0" * 100,
        FTYP + b"\0\0\0\1mdat" + b"\xff" * 8,
        FTYP + box(b"moov", b"\0\0\0\x08free" * 3) + b"\1",
        FTYP + box(b"moov", box(b"udta", nero((0, "Intro"))[:-3])),
        FTYP + box(b"moov", movie_header(0), b"\0\0\0\1udta"),
        quicktime(10, (0, "Intro"), (5, "Tide"))[:-40],
        quicktime(10, (0, "Intro"), (5, "Tide")).replace(b"stsz" + bytes(8), b"stsz" + b"\xff" * 8),
        quicktime(10, (0, "Intro"), (5, "Tide")).replace(b"stts" + bytes(7), b"stts" + b"\xff" * 7),
        *(WHOLE[:cut] for cut in range(0, len(WHOLE) // 8, 17)),
    ],
    ids=lambda damaged: f"{damaged[:12]!r} {len(damaged)}",
)
def test_damage_is_a_problem_and_never_an_error(tmp_path: Path, damaged: bytes) -> None:
    with within(2):
        sound = read(tmp_path, damaged)

    assert all(problem.path == str(tmp_path / "tide.mp3") for problem in sound.problems)
    assert sound.duration is None or sound.duration < 11
    assert all(chapter.start is not None and chapter.title for chapter in sound.chapters)


def test_a_file_that_is_gone_is_a_problem_that_says_so(tmp_path: Path) -> None:
    sound = read_sound(tmp_path / "gone.mp3")

    assert sound
    assert [problem.message for problem in sound.problems] == ["this sound cannot be read: No such file or directory"]


@pytest.mark.parametrize(
    "pieces",
    [
        b"fLaC" + b"\x01\0\0\0" * 3_000_000,
        b"RIFF\xff\xff\xff\x7fWAVE" + b"abcd\0\0\0\0" * 2_000_000,
        b"FORM\x7f\xff\xff\xffAIFF" + b"abcd\0\0\0\0" * 2_000_000,
        b"OggS\0\2" + bytes(20) + b"\1\1x" + (b"OggS\0\0" + bytes(20) + b"\1\1x") * 500_000,
        tag(frame(b"TXXX", b"") * 1_000_000),
        tag(chap("a", 1, 2, "x") * 100_000),
        FTYP + box(b"free") * 1_000_000,
    ],
    ids=lambda pieces: repr(pieces[:4]),
)
def test_a_file_of_millions_of_pieces_is_given_up_within_seconds(tmp_path: Path, pieces: bytes) -> None:
    with within(5):
        sound = read(tmp_path, pieces)

        assert sound.duration is None


@pytest.mark.parametrize(
    "opening", [b"", FTYP, b"OggS" + bytes(23), tag(frame(b"APIC", b"\0" * 100)), b"ID3\x04\0\0\x30\0\0\0"]
)
def test_a_large_file_is_not_read_whole(tmp_path: Path, opening: bytes) -> None:
    path = tmp_path / "large.mp3"
    path.write_bytes(opening)
    with path.open("ab") as file:
        file.truncate(4 * MOST_BYTES)

    with within(5):
        sound = read_sound(path)

        assert sound
        assert (sound.chapters, sound.duration) == ((), None)
        assert sound.problems
