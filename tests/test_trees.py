"""XML that would hurt is refused, and XML that is merely careless is read."""

from __future__ import annotations

import pytest

from ingest.trees import name_of, read_xml, root_tag
from playhead.errors import TranscriptError

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
