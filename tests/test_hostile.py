"""Files that nobody means well with: each is answered, soon, and one of them never stops the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.hostile import WITHIN, Attack, attacks, measure
from ingest import formats
from ingest.files import read_file, read_text
from ingest.folders import find
from ingest.pipeline import Added, Skipped, rehearse
from playhead.errors import TranscriptError

SMALL = 0.02
"""Of the size that `python -m bench.hostile` tries."""
MOST_HELD = 300.0
BARE = 4.0
"""Seconds of the processor that starting may take: libraries are loaded for each file anew."""


LARGE = [attack for attack in attacks(SMALL) if len(attack.make()) > 50_000]


@pytest.mark.parametrize("attack", LARGE, ids=lambda attack: attack.name)
def test_a_hostile_file_is_answered_soon_and_in_bounded_memory(attack: Attack, tmp_path: Path) -> None:
    _, seconds, held, said = measure(attack, tmp_path)
    assert said
    assert not said.startswith("!!"), said
    assert seconds < WITHIN + BARE
    assert held < MOST_HELD


def test_one_bad_file_never_stops_a_run(tmp_path: Path) -> None:
    for number, attack in enumerate(attacks(0.0001)):
        (tmp_path / f"{number:02}-{attack.name}").write_bytes(attack.make())
    good = tmp_path / "zz-tides.vtt"
    good.write_text("WEBVTT\n\n00:00.000 --> 00:02.000\nThe tide is in.\n", encoding="utf-8")
    outcomes = list(rehearse(find([tmp_path])))
    assert [each for each in outcomes if isinstance(each, Added) and each.source.name == str(good)]
    skipped = [each for each in outcomes if isinstance(each, Skipped)]
    assert skipped
    assert all("\n" not in str(each.error) and each.error.exit_code == 4 for each in skipped)


SAID = "Mara: 吉田, Ahoy. [0:01]\nOjo: café\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_text_is_the_same_in_every_width_of_unicode_with_or_without_a_mark(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(SAID.encode(encoding))
    assert read_text(path) == SAID


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("shift_jis", "吉田: おはようございます。潮が満ちています。\n田中: そうですね。港は静かです。\n"),
        ("gb18030", "李明: 大家早上好，潮水已经涨起来了。\n王芳: 是的，港口很安静。\n"),
        ("cp1252", "Ada: C'est déjà l'été.\n\nBea: Oui, ça va très bien.\n"),
        ("cp1252", "Ana: Não sei, então é a informação às três.\n\nRui: Até amanhã.\n"),
        ("cp1250", "Jan: Dzień dobry, proszę pani, to jest bardzo długi odcinek o życiu.\n"),
        ("koi8-r", "Мара: Доброе утро, прилив начался.\nОхо: Да, гавань тиха сегодня.\n"),
        ("cp1251", "Мара: Доброе утро, прилив начался.\nОхо: Да, гавань тиха сегодня.\n"),
        ("euc_kr", "민수: 안녕하세요. 조수가 들어왔습니다.\n"),
        ("euc_jp", "吉田: おはようございます。潮が満ちています。\n田中: そうですね。港は静かです。\n"),
        ("iso2022_jp", "吉田: おはようございます。潮が満ちています。\n田中: そうですね。港は静かです。\n"),
        ("big5", "李明: 大家早安，潮水已經漲起來了。\n王芳: 是的，港口很安靜。\n"),
        ("cp1250", "Ági: Jó estét, ez a dagály műsora, és a révész őrzi a kulcsot.\nJenő: Köszönöm.\n"),
        ("iso8859-2", "Jana: Dobrý den všem, loď ještě neodplula.\nOta: Děkuji, že jste přišli.\n"),
        ("cp1257", "Rūta: Laba diena visiems, sveiki atvykę į mūsų laidą.\nJonas: Ačiū, džiaugiuosi.\n"),
        ("cp1255", "מרים: שלום לכולם, ברוכים הבאים לתוכנית שלנו.\nדוד: תודה רבה.\n"),
        ("cp1256", "ليلى: مرحبا بالجميع، أهلا بكم في برنامجنا.\nسامي: شكرا جزيلا.\n"),
        ("cp1253", "Ελένη: Καλημέρα σε όλους, καλώς ήρθατε στην εκπομπή μας.\nΝίκος: Ευχαριστώ πολύ.\n"),
        ("cp1254", "Ayşe: Herkese iyi günler, programımıza hoş geldiniz.\nOğuz: Teşekkür ederim.\n"),
    ],
)
def test_encodings_of_before_unicode_are_told_apart(tmp_path: Path, encoding: str, said: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes((said * 20).encode(encoding))
    assert read_text(path) == said * 20


@pytest.mark.parametrize("encoding", ["cp1250", "cp1251", "cp1255", "cp1257", "shift_jis"])
def test_an_encoding_is_told_from_one_sentence(tmp_path: Path, encoding: str) -> None:
    said = {
        "cp1250": "Dzień dobry, łódź jeszcze nie odpłynęła.",
        "cp1251": "Доброе утро, прилив уже начался.",
        "cp1255": "שלום לכולם, ברוכים הבאים.",
        "cp1257": "Labdien visiem, laipni lūdzam mūsu raidījumā.",
        "shift_jis": "おはようございます。潮が満ちています。",
    }[encoding]
    path = tmp_path / "a.txt"
    path.write_bytes(said.encode(encoding))
    assert read_text(path) == said


def test_what_breaks_off_inside_a_character_is_read_and_reported(tmp_path: Path) -> None:
    path = tmp_path / "a.vtt"
    cues = "".join(f"00:{minute:02}.000 --> 00:{minute:02}.900\n潮が満ちています\n\n" for minute in range(10, 30))
    path.write_bytes(f"WEBVTT\n\n{cues}".strip().encode()[:-1])
    reading = read_file(path, "a.vtt")
    assert reading.transcript
    assert reading.transcript.text.endswith("潮が満ちていま\ufffd")
    assert [(each.line, each.message) for each in reading.problems] == [
        (61, "this is damaged (1 characters in all); save it as UTF-8 again")
    ]


def test_a_zero_gone_astray_makes_no_text_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(SAID.encode() * 20 + b"\x00" + SAID.encode())
    assert read_text(path) == SAID * 20 + "\x00" + SAID


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"\x1f\x8b\x08\x00\x00", "this is packed by gzip; save or export"),
        (b"BZh91AY&SY", "this is packed by bzip2"),
        (b"ID3\x03\x00", "this is sound"),
        (b"caf\xc3\xa9, caf\xe9, \x81\x8d. " * 40, "this is not text in any encoding that is known"),
    ],
)
def test_what_is_no_text_is_named(tmp_path: Path, data: bytes, says: str) -> None:
    path = tmp_path / "a.vtt"
    path.write_bytes(data)
    with pytest.raises(TranscriptError, match=says):
        read_text(path)


def test_a_piece_of_more_than_a_week_is_refused_before_it_is_cleaned() -> None:
    text = '{"segments": [{"start": 0, "text": "' + "tide " * 2_500_000 + '"}]}'
    with pytest.raises(TranscriptError, match="one piece of what is said has 12 million characters"):
        formats.read(text, "a.json")


def test_more_than_a_week_of_talk_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "LONGEST_TALK", 20)
    with pytest.raises(
        TranscriptError, match=r"a\.md: this has 0 million characters, more than anybody says in a week"
    ):
        formats.read("**Mara:** The tide is in and out again.\n", "a.md")
