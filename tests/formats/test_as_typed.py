"""What people and programs do to times and names that no format foresees: read all the same, or reported by line."""

from __future__ import annotations

import pytest

from ingest.formats import read
from playhead.errors import TranscriptError


def said(text: str, path: str) -> tuple[list[tuple[str | None, str]], list[float], list[tuple[int | None, str]]]:
    """Who says what, the seconds there are, and the problems by line."""
    reading = read(text, path)
    assert reading.transcript
    return (
        [(turn.speaker, reading.transcript.said(turn.span)) for turn in reading.transcript.turns],
        [stamp.seconds for stamp in reading.transcript.stamps],
        [(problem.line, problem.message) for problem in reading.problems],
    )


def test_the_number_of_a_cue_is_not_said_though_a_blank_line_parts_it_from_the_times() -> None:
    text = (
        "1\n\n00:00:01,000 --> 00:00:02,000\nThe year was\n\n1984\n\n2\n\n00:00:03,000 --> 00:00:04,000\nAnd after.\n"
    )
    assert said(text, "a.srt") == ([(None, "The year was 1984 And after.")], [1.0, 3.0], [])


def test_an_arrow_with_one_dash_is_an_arrow() -> None:
    text = "WEBVTT\n\n00:01.000 -> 00:02.000\nOne.\n\n00:02.000 --> 00:03.000\nTwo.\n"
    assert said(text, "a.vtt") == ([(None, "One. Two.")], [1.0, 2.0], [])


def test_a_time_in_round_brackets_behind_a_label_is_a_time_and_elsewhere_speech() -> None:
    text = "**Ada:** (00:12) So (at 10:30) we go.\n\n**Bea:** (1:02:03) Yes.\n"
    assert said(text, "a.md") == ([("Ada", "So (at 10:30) we go."), ("Bea", "Yes.")], [12.0, 3723.0], [])


def test_what_nobody_could_hear_has_its_second_also_in_a_service_s_text() -> None:
    text = (
        "Speaker 1 (00:00):\nHi. [inaudible 00:00:07] you?\n\nSpeaker 2 (00:09):\nAt [0:99].\n\nSpeaker 1 (00:12):\nGo."
    )
    assert said(text, "a.txt") == (
        [("Speaker 1", "Hi. [inaudible] you?"), ("Speaker 2", "At [0:99]."), ("Speaker 1", "Go.")],
        [0.0, 7.0, 9.0, 12.0],
        [(5, "this time is not understood: [0:99]")],
    )


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('{"segments": [\n{"start": 0, "end": 1, "text": "A."},\n{"start": NaN, "end": 2, "text": "B."}]}', 3),
        ('{"segments": [\n{"startTime": 0, "body": "A."},\n{"startTime": 1, "endTime": NaN, "body": "B."}]}', 3),
        ('{"transcription": [\n{"offsets":\n{"from": NaN, "to": 2}, "text": "B."}]}', 2),
        (
            '{"results": {"transcripts": [], "items": [\n{"type": "pronunciation", "start_time": NaN,'
            ' "alternatives": [{"content": "B."}]}]}}',
            2,
        ),
        ('{"monologues": [\n{"elements": [{"type": "text", "value": "B.", "ts": NaN, "end_ts": 2}]}]}', 2),
        ('{"results": [\n{"type": "word", "start_time": NaN, "alternatives": [{"content": "B."}]}]}', 2),
        (
            '{"results": {"channels": [{"alternatives": [{"words": [\n{"word": "B.", "start": NaN}]}]}]}}',
            2,
        ),
        ('{"acoustic_model": "x", "words": [\n{"text": "B.", "start": NaN, "end": 2}]}', 2),
        ('{"result_index": 0, "results": [{"final": true, "alternatives": [{"timestamps": [\n["B.", NaN, 2]]}]}]}', 2),
    ],
)
def test_a_number_that_is_none_is_reported_where_it_stands_and_its_words_are_kept(text: str, line: int) -> None:
    turns, _, problems = said(text, "a.json")
    assert turns[-1][1].endswith("B.")
    assert (line, "this time is not understood: NaN") in problems


def test_a_transcript_of_no_segments_is_known_for_what_it_is_and_empty() -> None:
    with pytest.raises(TranscriptError, match="there is not one spoken word in this podcast_json transcript"):
        read('{"version": "1.0.0", "segments": []}', "a.json")


def paced(step: float) -> str:
    segments = ",".join(
        f'{{"startTime": {place * step}, "body": "The tide number {place} is in."}}' for place in range(60)
    )
    return f'{{"version": "1.0.0", "segments": [\n{segments}]}}'


def test_times_in_another_unit_than_they_are_read_in_are_doubted() -> None:
    assert said(paced(3), "a.json")[2] == []
    (slow,), (fast,) = said(paced(3000), "a.json")[2], said(paced(0.003), "a.json")[2]
    assert slow == (2, "by these times 0.52 characters are said in a minute; are they in another unit?")
    assert fast[1].endswith("are they in another unit?")


def test_numbers_above_times_without_a_fraction_are_those_of_captions_and_nobody_s_names() -> None:
    cues = "\n\n".join(f"{place}\n00:00:0{place} --> 00:00:0{place + 1}\nTide {place}." for place in range(1, 4))
    assert said(cues, "a.srt") == ([(None, "Tide 1. Tide 2. Tide 3.")], [1.0, 2.0, 3.0], [])
    assert said(f"WEBVTT\n\n{cues}", "a.vtt") == ([(None, "Tide 1. Tide 2. Tide 3.")], [1.0, 2.0, 3.0], [])


def test_lines_that_are_wrapped_where_they_are_full_are_sentences_all_the_same() -> None:
    text = "Ada: The tide is in and it\ncame at noon and nobody saw\nit.\nGrace: Already? I was\nasleep.\n"
    turns, _, problems = said(text + text, "a.txt")
    assert turns[:2] == [
        ("Ada", "The tide is in and it came at noon and nobody saw it."),
        ("Grace", "Already? I was asleep."),
    ]
    assert problems == []


def test_a_time_between_a_bold_name_and_its_colon_leaves_no_doubt() -> None:
    text = "**Ada** [00:00:00]: The tide is in.\n\n**Grace** [00:00:08]: Already?\n\n**Ada** [00:00:12]: Yes.\n"
    turns, stamps, _ = said(text, "a")
    assert [name for name, _ in turns] == ["Ada", "Grace", "Ada"]
    assert stamps == [0.0, 8.0, 12.0]


def test_cells_that_a_spreadsheet_put_in_quotes_are_said_without_them_and_spoken_quotes_stay() -> None:
    text = 'start\tend\ttext\n0\t2500\t"The ""tide"" is in."\n2500\t4200\t"In," he said, "or out."\n'
    assert said(text, "a.tsv")[0] == [(None, 'The "tide" is in. "In," he said, "or out."')]
