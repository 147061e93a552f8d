"""Podlove Simple Chapters: ``<psc:chapters>`` in a file of its own, or inside an episode's entry of a feed.

Spec: https://podlove.org/simple-chapters/. Times are Normal Play Time (``0``, ``3:07``, ``01:02:03.400``), readers sort
them themselves, and only the first list of an episode counts.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element

from ingest.chapters import in_order, stated_chapter
from ingest.reading import Problem
from ingest.trees import line_of, name_of
from playhead.model import Chapter


def chapters_in(parent: Element, problems: list[Problem]) -> tuple[Chapter, ...]:
    """The chapters that stand directly in a ``<psc:chapters>``, or in one that says nothing of where it is from."""
    elements = [element for element in parent if name_of(element) in (("psc", "chapter"), ("", "chapter"))]
    lines = {place: line_of(element) for place, element in enumerate(elements, 1)}
    return in_order(enumerate(map(_stated, elements), 1), problems, lines)


def _stated(element: Element) -> Chapter | None:
    return stated_chapter(element.get("start"), element.get("title"), "podlove", element.get("href"))
