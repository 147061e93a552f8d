"""Our reading of WebVTT held against webvtt-py's, where both know what to do."""

from __future__ import annotations

from itertools import accumulate

import webvtt
from hypothesis import given
from hypothesis import strategies as st

from ingest.formats import read
from playhead.timestamps import parse, write_precise

WORDS = st.lists(st.from_regex(r"[a-z]{1,8}", fullmatch=True), min_size=1, max_size=8).map(" ".join)
CUES = st.lists(
    st.tuples(
        st.integers(1, 20_000), st.lists(WORDS, min_size=1, max_size=2), st.sampled_from(["", "7\n", "cue name\n"])
    ),
    min_size=1,
    max_size=30,
)


@given(cues=CUES, line_end=st.sampled_from(["\n", "\r\n"]))
def test_well_formed_cues_are_read_as_webvtt_py_reads_them(
    cues: list[tuple[int, list[str], str]], line_end: str
) -> None:
    ends = list(accumulate(length / 1000 for length, _, _ in cues))
    blocks = ["WEBVTT\n\nNOTE a note\nover two lines\n"]
    for start, end, (_, lines, name) in zip([0.0, *ends], ends, cues, strict=False):
        said = [f"{index} {line}" for index, line in enumerate(lines, len(blocks) * 10)]
        blocks.append(f"{name}{write_precise(start)} --> {write_precise(end)}\n" + "\n".join(said) + "\n")
    text = "\n".join(blocks).replace("\n", line_end)
    theirs = webvtt.WebVTT.from_string(text)
    transcript = read(text, "talk.vtt").transcript
    assert transcript is not None
    assert [stamp.seconds for stamp in transcript.stamps] == [parse(cue.start) for cue in theirs]
    assert [stamp.until for stamp in transcript.stamps] == [parse(cue.end) for cue in theirs]
    assert transcript.text.split() == [word for cue in theirs for word in cue.text.split()]
    (turn,) = transcript.turns
    assert turn.raw is not None
    assert transcript.text.split()[-1] in text[slice(*turn.raw)]
