"""What tools write around a transcript or beside it, and nobody says: ``Transcribed by https://otter.ai``, chats."""

from __future__ import annotations

import re

_NOTICE = re.compile(
    r"[ \t]{0,3}(?:Transcribed by (?:https?://)?otter\.ai|\w.{0,80} (?:started|stopped) transcription)[ \t.]{0,8}",
    re.IGNORECASE,
)
_CHAT = re.compile(
    r"(?:\d{4}-\d{2}-\d{2} )?\d{1,2}:\d{2}:\d{2}"
    r"(?:[ \t]{1,4}From[ \t]{1,4}\S[^\n]{0,200}?[ \t]?:(?:\s|\Z)|\t[^\t\n]{1,100}:\t)"
)


def is_chat(head: str) -> bool:
    """Is this what Zoom saves of a chat, which people typed while others spoke?

    >>> is_chat("10:01:22 From Mara Quill to Everyone : link?"), is_chat("10:01:22 From here on it is easy.")
    (True, False)
    """
    return _CHAT.match(head.lstrip("\ufeff \t\r\n")) is not None


def is_notice(line: str) -> bool:
    """Is the line a tool's own, at the end of Otter's texts or around those of Teams?

    >>> is_notice("Mara Quill stopped transcription"), is_notice("I stopped transcription of tides.")
    (True, False)
    """
    return len(line) < 200 and _NOTICE.fullmatch(line) is not None
