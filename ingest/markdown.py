"""Markdown as plain words: the marks go, everything that was said stays."""

from __future__ import annotations

import re

_TAGS = "abbr|a|blockquote|br|b|code|del|div|em|ins|i|kbd|li|mark|ol|pre|p|q|small|span|strike|strong|sub|sup|s|ul|u"
_SPOKEN_TAGS = {"br": " ", "sup": "^"}
_TARGET = r"\((?:[^()\s]|\([^()\s]{0,500}\)){0,2000}(?:\s\"[^\"\n]{0,300}\")?\)"
_INLINE = re.compile(
    r"\\(?P<escaped>[!-/:-@\[-`{-~])"
    r"|(?P<ticks>`{1,3})(?P<code>[^`\n]{1,1000})(?P=ticks)"
    rf"|!?\[(?P<label>(?:[^\[\]\n]|\\[\[\]]|!\[[^\[\]\n]{{0,500}}\]{_TARGET}){{0,1000}})\]{_TARGET}"
    r"|<(?P<address>https?://[^<>\s]{1,2000})>"
    rf"|</?(?P<tag>{_TAGS})(?:\s[^<>\n]{{0,500}})?/?>"
    r"|(?P<run>(?<![*_~])(?:\*{1,3}|_{1,3}|~~)(?![*_~]))"
)
_LEAD = re.compile(r"\s{0,12}(?:>\s{0,4}){0,5}(?:#{1,6}\s+|[*+-]\s+)?")
_FENCE = re.compile(r"\s{0,3}(?:`{3,}|~{3,})[\w+-]{0,30}\s*|\s{0,3}(?:-\s?){3,}|\s{0,3}(?:\*\s?){3,}")


def is_rule(line: str) -> bool:
    """Is ``line`` only a mark: a fence of code or a ruled line?"""
    return len(line) < 200 and _FENCE.fullmatch(line) is not None


def without_lead(line: str) -> str:
    """``line`` without the marks of a quotation, a heading or a bullet before it. Numbers stay: they may be speech."""
    lead = _LEAD.match(line)
    return line[lead.end() :] if lead else line


def plain(line: str, mark: str = "") -> str:
    r"""``line`` without escapes, links, code marks, tags and paired emphasis.

    Every ``mark`` survives, also one that stands in what goes: a link's target, a tag.

    >>> plain(r"\[laughs\] *Never* say [never](https://example.org/a_(b)), __init__ said `x * y`.")
    '[laughs] Never say never, init said x * y.'
    """
    parts: list[str] = []
    opened: dict[str, list[int]] = {}
    end = 0
    for match in _INLINE.finditer(line):
        parts.append(line[end : match.start()])
        end = match.end()
        run = match["run"]
        if run is None:
            words = _words_of(match, mark)
            lost = match.group().count(mark) - words.count(mark) if mark else 0
            parts.append(words + mark * lost)
            continue
        before, after = line[match.start() - 1 : match.start()], line[end : end + 1]
        waiting = opened.setdefault(run, [])
        if waiting and before.strip() and not after.isalnum():
            parts[waiting.pop()] = ""
            parts.append("")
        else:
            if after.strip() and not before.isalnum():
                waiting.append(len(parts))
            parts.append(run)
    parts.append(line[end:])
    return "".join(parts)


def _words_of(match: re.Match[str], mark: str) -> str:
    if match["label"] is not None:
        return plain(match["label"], mark)
    if match["tag"]:
        return _SPOKEN_TAGS.get(match["tag"].casefold(), "") if match.group()[1] != "/" else ""
    return match["escaped"] or match["code"] or match["address"] or ""
