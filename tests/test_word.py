"""Word documents: the paragraphs in them are read as text, and nothing else is done with them."""

from __future__ import annotations

import tracemalloc
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from ingest.files import read_file, read_text
from ingest.word import MOST_BYTES, read_word
from playhead.errors import TranscriptError
from tests.pace import within

OPENING = '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
CLOSING = "</w:body></w:document>"


def package(document: str | bytes, name: str = "word/document.xml") -> bytes:
    written = BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("[Content_Types].xml", "<Types/>")
        file.writestr(name, document)
    return written.getvalue()


def word(*paragraphs: str) -> bytes:
    return package(OPENING + "".join(f"<w:p>{inner}</w:p>" for inner in paragraphs) + CLOSING)


def run(text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'


def turn(name: str, clock: str, words: str) -> str:
    return f"{run(name)}{run(f'   {clock}')}<w:r><w:br/></w:r>{run(words)}"


def test_a_transcript_of_teams_is_read_from_its_document(tmp_path: Path) -> None:
    path = tmp_path / "meeting.docx"
    path.write_bytes(
        word(
            run("Harbour meeting"),
            f"{run('Mara Quill')}{run(' started transcription')}",
            turn("Mara Quill", "0:04", "The tide is in."),
            turn("Ojo Tern", "0:09", "Already &amp; early?"),
            turn("Mara Quill", "0:31", "Since noon."),
        )
    )
    reading = read_file(path, "meeting.docx")
    assert reading.format == "named_times"
    assert reading.transcript is not None
    assert [(each.speaker, reading.transcript.said(each.span)) for each in reading.transcript.turns] == [
        ("Mara Quill", "The tide is in."),
        ("Ojo Tern", "Already & early?"),
        ("Mara Quill", "Since noon."),
    ]
    assert [stamp.seconds for stamp in reading.transcript.stamps] == [4.0, 9.0, 31.0]


def test_no_word_of_a_document_is_lost_or_doubled() -> None:
    shape = (
        '<w:r><mc:AlternateContent xmlns:mc="x"><mc:Choice><w:txbxContent><w:p><w:r><w:t>in a box</w:t></w:r></w:p>'
        "</w:txbxContent></mc:Choice><mc:Fallback><w:p><w:r><w:t>in a box</w:t></w:r></w:p></mc:Fallback>"
        "</mc:AlternateContent></w:r>"
    )
    deleted = "<w:del><w:r><w:delText>never</w:delText><w:t>never</w:t></w:r></w:del>"
    table = f"<w:tbl><w:tr><w:tc><w:p>{run('cell')}</w:p></w:tc></w:tr></w:tbl>"
    link = f"<w:hyperlink>{run('link')}</w:hyperlink><w:r><w:tab/></w:r>{run('after')}"
    assert read_word(word(run("One"), "", shape + run("behind"), deleted + run("kept"), link, table)) == (
        "One\n\nin a box\n\nbehind\n\nkept\n\nlink\tafter\n\ncell"
    )


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (package("x", "xl/workbook.xml"), "this is a ZIP, and no Word document"),
        (word(run("Tide"))[:-40], "this Word document is damaged or encrypted"),
        (b"PK\x03\x04" + b"\x00" * 400, "this Word document is damaged or encrypted"),
        (package(OPENING), "this is not XML"),
        (package('<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'), "this XML declares a document type"),
        (package(OPENING + "<w:p>" * 500), "nested more than 64 deep"),
        (package(b"\x00" * 60_000_000), f"holds more than {MOST_BYTES // 2**20} MB"),
        (b"%PDF-1.7\n", "this is a PDF; save or export the transcript as text"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "this is a document of an old Word, or one with a password; save"),
        (b"{\\rtf1\\ansi Tide}", r"this is rich text \(RTF\); save"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else "",
)
def test_what_is_no_document_or_a_bomb_is_refused_by_name_and_at_once(
    tmp_path: Path, data: bytes, message: str
) -> None:
    path = tmp_path / "meeting.docx"
    path.write_bytes(data)
    tracemalloc.start()
    with within(2), pytest.raises(TranscriptError, match=rf"meeting\.docx(:\d+)?: .*{message}"):
        read_text(path)
    assert tracemalloc.get_traced_memory()[1] < 6 * MOST_BYTES
    tracemalloc.stop()
