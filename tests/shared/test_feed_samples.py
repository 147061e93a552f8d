"""Real feeds, and real lists of them, kept beside a checkout."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.feeds import read_feed
from ingest.outlines import read_outlines
from playhead.errors import TranscriptError


def test_feeds_that_declare_no_prefix_are_read(shared: Path) -> None:
    folder = shared / "samples" / "rss-podcast-ns"
    (chaptered,) = read_feed((folder / "episode_podcast_chapters.rss").read_text()).items
    (peopled,) = read_feed((folder / "episode_podcast_person.rss").read_text()).items

    assert chaptered.chapters_at == "https://example.com/1/chapters.json"
    assert [(person.name, person.role) for person in peopled.facts.people or ()] == [
        ("John Doe", "host"),
        ("Stephanie Smith", "guest"),
    ]


@pytest.mark.parametrize("name", ["podcast_funding.rss", "podcast_locked_feed.rss"])
def test_a_feed_without_an_episode_says_so(shared: Path, name: str) -> None:
    with pytest.raises(TranscriptError, match="there is not one episode in this feed"):
        read_feed((shared / "samples" / "rss-podcast-ns" / name).read_text())


def test_what_a_player_exported_is_a_list_of_its_feeds(shared: Path) -> None:
    found = read_outlines((shared / "samples" / "opml" / "feeds.opml").read_text())

    assert found.title == "podStation OPML export"
    assert found.feeds[0] == "https://feed-with-escaped-chars.podstation.com?a=1&b=1"
    assert (len(found.feeds), found.problems) == (3, ())
