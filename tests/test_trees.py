"""XML that would hurt is refused, and XML that is merely careless is read."""

from __future__ import annotations

import pytest

from ingest.trees import name_of, read_xml, root_tag
from playhead.errors import TranscriptError
from tests.pace import within

BOMB = '<!DOCTYPE a [<!ENTITY b "lol"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>'
THIEF = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a>&b;</a>'


@pytest.mark.parametrize("text", [BOMB, THIEF, "<!DOCTYPE a><a/>"])
def test_a_document_type_is_refused(text: str):
    with pytest.raises(TranscriptError, match="declares a document type"):
        read_xml(text)


def test_xml_nested_without_end_is_refused():
    with pytest.raises(TranscriptError, match="nested more than 64 deep"):
        read_xml("<a>" * 65 + "</a>" * 65)
    assert read_xml("<a>" * 64 + "</a>" * 64).tag == "a"


def test_malformed_xml_is_refused_with_its_line():
    with pytest.raises(TranscriptError) as raised:
        read_xml("<a>\n<b>\n</a>")
    assert "this is not XML: mismatched tag" in raised.value.message
    assert raised.value.line == 3


def test_a_prefix_nobody_declared_means_what_feeds_mean_by_it():
    root = read_xml("<rss><podcast:season x:y='1'>2</podcast:season><itunes:author/><x:z/></rss>")
    assert [name_of(each) for each in root] == [
        ("podcast", "season"),
        ("itunes", "author"),
        ("urn:undeclared:x", "z"),
    ]


def test_a_prefix_means_what_its_own_element_says_and_elsewhere_what_feeds_mean_by_it():
    root = read_xml('<rss><a:b xmlns:a="urn:a"/><a:b/><podcast:x xmlns:podcast="urn:p"/><podcast:x/></rss>')
    assert [name_of(each)[0] for each in root] == ["urn:a", "urn:undeclared:a", "urn:p", "podcast"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("a&nbsp;b &eacute;&mdash;&hellip;", "a\xa0b é—…"),
        ("Q&A & more", "Q&A & more"),
        ("?a=1&b=2&amp;c=3", "?a=1&b=2&c=3"),
        ("&nosuch; &AMP; &LT;i&GT; & amp;", "&nosuch; &AMP; &LT;i&GT; & amp;"),
        ("&#233; &#xe9; & &quot;", 'é é & "'),
        ("a\x0bb\x00", "ab"),
        ("& <![CDATA[&nbsp; & <b>]]> &nbsp;", "& &nbsp; & <b> \xa0"),
    ],
)
def test_what_feeds_are_careless_about_is_read_as_it_was_meant(written: str, meant: str):
    assert read_xml(f"<a>{written}</a>").text == meant


def test_what_is_mended_keeps_its_lines():
    with pytest.raises(TranscriptError) as raised:
        read_xml("<a>&nbsp;\n& \x0b\n<b>\n</a>")
    assert raised.value.line == 4


@pytest.mark.parametrize("piece", ["&", "&a", "<![CDATA[", "]]>", "&#", "<a:b>", "\x00", "&amp", "& <![CDATA["])
def test_careless_text_is_mended_in_a_moment(piece: str):
    with within(2), pytest.raises(TranscriptError):
        read_xml("<a>" + piece * (500_000 // len(piece)))


@pytest.mark.parametrize(
    "address",
    [
        "https://podcastindex.org/namespace/1.0",
        "http://PodcastIndex.org/namespace/1.0/",
        "https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/1.0.md",
        "https://github.com/podcastindex-org/podcast-namespace/blob/main/docs/1.0.md/",
    ],
)
def test_both_addresses_of_podcasting_2_are_one_namespace_however_they_are_written(address: str):
    assert name_of(read_xml(f'<p:chapters xmlns:p="{address}"/>')) == ("podcast", "chapters")


def test_another_prefix_for_a_known_namespace_changes_nothing():
    assert name_of(read_xml('<chapters xmlns="http://podlove.org/simple-chapters"/>')) == ("psc", "chapters")
    assert name_of(read_xml('<itunes:a xmlns:itunes="urn:else"/>')) == ("urn:else", "a")


def test_the_declared_encoding_is_of_bytes_and_says_nothing_about_text():
    assert read_xml('<?xml version="1.0" encoding="ISO-8859-1"?><a>é\ud800</a>').text == "é\ufffd"


def test_the_root_is_seen_behind_what_stands_before_it():
    assert root_tag('\ufeff<?xml version="1.0"?>\n<!-- a > b -- c -->\n<rss version="2.0"><a>')[0] == "rss"
    assert root_tag("no markup here") == ("", "")
