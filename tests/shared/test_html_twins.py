"""Real transcripts written as HTML are read back as they were: nobody's words move, no second is lost."""

from __future__ import annotations

from html import escape
from pathlib import Path

import pytest

from ingest.formats import changelog, page, read
from ingest.reading import Reading
from playhead.model import Transcript
from playhead.timestamps import write_precise

pytestmark = pytest.mark.shared

HEAD = "<!DOCTYPE html><html><head><title>Free-threaded</title></head><body><nav>Home</nav><main>"
FOOT = "</main><footer>All rights reserved.</footer></body></html>"


def _said(reading: Reading) -> Transcript:
    assert reading.transcript is not None
    return reading.transcript


def _as_html(text: str) -> str:
    """The page as text in the elements of a page: headings, a table, paragraphs."""
    parts, section = [HEAD], ""
    for line in filter(str.strip, text.split("\n")):
        cells = [cell.strip() for cell in line.rstrip("| ").split("|")]
        if section != "Transcript" and line.strip() in page.HEADINGS:
            parts.append("</table>" if section == "Chapters" else "")
            section = line.strip()
            parts.append(f"<h2>{escape(section)}</h2>{'<table>' if section == 'Chapters' else ''}")
        elif section == "Chapters":
            tag = "td" if cells[0].isdecimal() else "th"
            parts.append(f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>")
        else:
            parts.append(f"<p>{escape(line)}</p>")
    return "\n".join([*parts, FOOT])


def test_the_page_saved_as_html_says_what_the_page_saved_as_text_says(shared: Path) -> None:
    text = (shared / "seed-episode" / "page.txt").read_text("utf-8")
    ours, twin = page.FORMAT.parse(text), read(_as_html(text), "page.html")
    assert twin.format == "page"
    assert twin.problems == ()
    assert twin.chapters == ours.chapters
    assert twin.facts.description == ours.facts.description
    assert [turn.span for turn in _said(twin).turns] == [turn.span for turn in _said(ours).turns]
    assert _said(twin).text == _said(ours).text
    assert [(stamp.at, stamp.seconds) for stamp in _said(twin).stamps] == [
        (stamp.at, stamp.seconds) for stamp in _said(ours).stamps
    ]
    assert [(each.at, each.kind, each.start, each.end) for each in _said(twin).breaks] == [
        (each.at, each.kind, each.start, each.end) for each in _said(ours).breaks
    ]


DRESSES = {
    "cite": "<cite>{name}:</cite><p>{words}</p>",
    "bold": "<p><strong>{name}:</strong> {words}</p>",
    "plain": "<p>{name}: {words}",
    "terms": "<dt>{name}<dd>{words}",
    "headings": "<h3>{name}</h3><p>{words}</p>",
}


@pytest.mark.parametrize("dress", DRESSES)
@pytest.mark.parametrize(
    "name", ["podcast/the-changelog-451.md", "jsparty/js-party-192.md", "afk/away-from-keyboard-3.md"]
)
def test_a_labelled_transcript_keeps_its_speakers_words_and_seconds_in_every_dress(
    shared: Path, name: str, dress: str
) -> None:
    ours = _said(changelog.FORMAT.parse((shared / "changelog" / name).read_text("utf-8")))
    parts = []
    for turn in ours.turns:
        first, last = turn.span
        places = [(stamp.at, f"[{write_precise(stamp.seconds)}] ") for stamp in ours.stamps if first <= stamp.at < last]
        cuts = [first, *(at for at, _ in places), last]
        marks = ["", *(mark for _, mark in places)]
        said = "".join(mark + escape(ours.text[at:end]) for mark, at, end in zip(marks, cuts, cuts[1:], strict=False))
        parts.append(DRESSES[dress].format(name=escape(turn.speaker or ""), words=said.replace("\n", "<br>")))
    twin = _said(read(f"{HEAD}<div class='transcript'>{''.join(parts)}</div>{FOOT}", "talk.html"))
    assert _flat(twin) == _flat(ours)
    assert [round(stamp.seconds, 3) for stamp in twin.stamps] == [
        round(stamp.seconds, 3) for stamp in ours.stamps if any(t.span[0] <= stamp.at < t.span[1] for t in ours.turns)
    ]


def _flat(transcript: Transcript) -> list[tuple[str | None, str]]:
    return [(turn.speaker, word) for turn in transcript.turns for word in transcript.said(turn.span).split()]
