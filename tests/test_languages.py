"""Other languages: what is said is found by its words, marked at the right characters, and cut to a sane size."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.segmenting import split
from playhead.engine import open_engine
from playhead.engines.terms import Analyzer
from playhead.library import Library
from playhead.model import Episode, Segment, Transcript, Turn
from playhead.query import EVERYTHING, Query
from playhead.text import STOP_WORDS, clean, plain, said, says, stem_spans, subject, unit_starts, word_spans, words
from tests.archive import fill
from tests.doubles import HashingEmbedder


@dataclass(frozen=True)
class Spoken:
    """A language: what is said over and over around what is asked for, how it is asked, and what is to be marked."""

    around: str
    sought: str
    asked: str
    marked: tuple[str, ...]


SPOKEN = {
    "ja": Spoken(
        "港の朝は早く、船は静かに出ていきます。",
        "灯台の油は冬になると固まるので、番人は毎晩ランプを温めました。",
        "灯台の油",
        ("灯台の油",),
    ),
    "ja-one": Spoken("港の朝は早いです。", "番人は黒い猫を飼っていました。", "猫", ("猫",)),
    "zh": Spoken("港口的早晨很早，船慢慢地开走。", "守塔人每天晚上都要给灯塔的油加热。", "灯塔的油", ("灯塔的油",)),
    "ko": Spoken(
        "항구의 아침은 이르고 배는 조용히 떠납니다.", "등대지기는 밤마다 기름을 데웠습니다.", "등대지기", ("등대지기",)
    ),
    "th": Spoken("เช้าที่ท่าเรือเงียบมากและเรือออกไปช้า ๆ ", "คนเฝ้าประภาคารต้องอุ่นน้ำมันทุกคืน ", "ประภาคาร", ("ประภาคาร",)),
    "ar": Spoken(
        "الصباح في الميناء هادئ والسفن تخرج ببطء. ",
        "كان حارسُ المَنارةِ يُسخِّن الزيتَ كل ليلة. ",
        "حارس المنارة",
        ("حارسُ المَنارةِ",),
    ),
    "he": Spoken(
        "הבוקר בנמל שקט והסירות יוצאות לאט. ", "שׁוֹמֵר המגדלור חימם את השמן בכל לילה. ", "שומר המגדלור", ("שׁוֹמֵר המגדלור",)
    ),
    "ru": Spoken(
        "Утро в порту начинается рано, и лодки уходят тихо. ",
        "Смотритель грел масло для лампы на старых маяках. ",
        "масла МАЯКА",
        ("масло", "маяках"),
    ),
    "hi": Spoken("बंदरगाह की सुबह जल्दी होती है। ", "रखवाला हर रात दीपस्तंभ का तेल गरम करता था। ", "दीपस्तंभ", ("दीपस्तंभ",)),
    "el": Spoken(
        "Το πρωί στο λιμάνι είναι ήσυχο. ", "Ο φύλακας ζέσταινε το λάδι του φάρου κάθε βράδυ. ", "ΦΎΛΑΚΑΣ", ("φύλακας",)
    ),
    "de": Spoken(
        "Der Morgen im Hafen ist früh und still. ",
        "Die Wärter der Leuchttürme wärmten das Öl. ",
        "LEUCHTTURME",
        ("Leuchttürme",),
    ),
    "fr": Spoken(
        "Le matin au port est calme. ", "On chauffait l’huile du phare dès l’été. ", "huile été", ("l’huile", "l’été")
    ),
    "tr": Spoken(
        "Limanda sabah erken olur. ",
        "İstanbul fenerinin ışığı yağla yanardı. ",
        "ISTANBUL ışığı",
        ("İstanbul", "ışığı"),
    ),
    "pl": Spoken("Rano w porcie jest cicho. ", "Latarnik grzał olej w Łebie każdej nocy. ", "lebie", ("Łebie",)),
}


def talk(around: str, seed: int, times: int) -> str:
    """Sentences of these words, never twice in the same order."""
    random = Random(seed)
    spaced = " " in around.strip()
    parts = around.rstrip(" .。").split() if spaced else [text for text, _, _ in word_spans(around)]
    stop = ". " if spaced else "。"
    return "".join((" " if spaced else "").join(random.sample(parts, len(parts))) + stop for _ in range(times))


def episode(name: str, text: str) -> tuple[Episode, Transcript, list[Segment]]:
    text = clean(text)
    made = Episode(f"languages/{name}", "languages", "Languages", name, language=name[:2], fingerprint=name)
    transcript = Transcript(text, (Turn(None, (0, len(text))),))
    return made, transcript, split(made, transcript)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    recorded = [
        episode(name, f"{talk(each.around, 1, 30)}\n{each.sought}\n{talk(each.around, 2, 30)}")
        for name, each in SPOKEN.items()
    ]
    return fill(tmp_path_factory.mktemp("languages"), recorded)


@pytest.mark.parametrize("name", SPOKEN)
def test_a_passage_is_found_by_its_words_in_its_own_language_and_marked_there(library: Library, name: str):
    spoken = SPOKEN[name]

    view, sought = library.view(), clean(spoken.sought)
    [first, *_] = view.segments(view.matching(spoken.asked, EVERYTHING, 5).alone.numbers.tolist()).values()
    found = library.search(Query(spoken.asked, mode="words")).excerpts
    best = next(each for each in found if sought in each.segment.text)
    begin = best.segment.text.index(sought)
    marked = [span for span in best.highlights if begin <= span[0] < span[1] <= begin + len(sought)]

    assert first.id == best.segment.id
    assert [best.segment.text[slice(*span)] for span in marked] == [clean(each) for each in spoken.marked]
    assert best.scores["coverage"] == pytest.approx(1.0)


@pytest.mark.parametrize("name", SPOKEN)
def test_segments_have_sane_sizes_and_lose_nothing(name: str):
    spoken = SPOKEN[name]
    _, transcript, segments = episode(name, talk(spoken.around, 3, 60) + spoken.sought)

    sizes = [len(unit_starts(segment.text)) for segment in segments]
    assert len(segments) > 1
    assert max(sizes) <= 200
    assert min(sizes) >= 40
    assert "".join("".join(s.text.split()) for s in segments) == "".join(transcript.text.split())
    for segment in segments:
        assert transcript.said(segment.span) == segment.text


@pytest.mark.parametrize("script", ["灯", "ก็", "ア", "한"])
def test_an_hour_without_a_space_or_a_full_stop_is_cut_between_characters(script: str):
    _, transcript, segments = episode("run", script * 5000)

    assert max(len(unit_starts(segment.text)) for segment in segments) <= 200
    assert "".join(segment.text for segment in segments) == transcript.text
    assert all(segment.text.startswith(script) for segment in segments)


def test_a_character_keeps_its_marks():
    assert words("ที่ หนึ่ง") == ["ที่", "ห", "นึ่", "ง"]
    assert words("हिन्दी में") == ["हिन्दी", "में"]
    assert [text for text, _, _ in word_spans("Python3を使う")] == ["python3", "を", "使", "う"]


@pytest.mark.parametrize(
    ("text", "phrase", "holds"),
    [
        ("昨日、灯台の油を買った", "灯台の油", True),
        ("昨日、灯台と油を買った", "灯台の油", False),
        ("등대지기는 밤마다", "등대지기", True),
        ("dès l’été", "DÈS L'ETE", True),
        ("Большой маяк", "большой маяк", True),
        ("IRMAK kıyısı", "ırmak kiyisi", True),
    ],
)
def test_a_phrase_is_found_in_any_script(text: str, phrase: str, holds: bool):
    assert says(text, phrase) is holds


LETTERS = st.text(st.characters(codec="utf-8"), max_size=60).map(clean)
ENGLISH = st.text(st.characters(max_codepoint=127), max_size=200)


@given(ENGLISH)
def test_english_is_cut_as_it_always_was(text: str):
    assert plain(text) == plain(text, asked=True) == (text, [])
    assert Analyzer().terms(text) == Analyzer()._analyzer.analyze(text)
    assert [start for _, start, _ in word_spans(text)] == unit_starts(text)


@given(LETTERS, LETTERS)
def test_what_a_question_asks_is_what_the_same_text_is_indexed_by_and_marked_for(before: str, text: str):
    analyzer = Analyzer()
    if any(word not in STOP_WORDS for word in words(text)):
        # Terms are cut alike, but for a character that stands alone in the question and not in the passage.
        assert set(analyzer.question(text)) <= set(analyzer.terms(f"{before} {text}"))
        assert set(subject(text)) <= {stem for stem, _, _ in stem_spans(f"{before} {text}")}


@given(LETTERS)
def test_what_is_said_is_what_is_marked(text: str):
    assert said(text) == tuple(stem for stem, _, _ in stem_spans(text))


@given(LETTERS)
def test_spans_are_in_order_and_of_words(text: str):
    spans = [(start, end) for _, start, end in word_spans(text)]
    assert all(one[1] <= two[0] for one, two in pairwise(spans))
    assert all(text[start:end].strip() for start, end in spans)
    assert says(text, text) or not spans


def test_an_index_cut_in_another_way_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with monkeypatch.context() as older:
        older.setattr("playhead.engines.embedded.generations.ANALYSIS", 1)
        fill(tmp_path, [episode("ja", SPOKEN["ja"].sought)]).close()

    engine = open_engine(f"embedded:{tmp_path}")
    assert "made generation" in str(engine.describe().details["notes"])
    assert Library(engine, HashingEmbedder()).search(Query("灯台", mode="words")).excerpts
    engine.close()
