"""What tools write around a transcript, and nobody says: ``Transcribed by https://otter.ai``."""

from __future__ import annotations

import re

_NOTICE = re.compile(
    r"[ \t]{0,3}(?:Transcribed by (?:https?://)?otter\.ai|\w.{0,80} (?:started|stopped) transcription)[ \t.]{0,8}",
    re.IGNORECASE,
)


def is_notice(line: str) -> bool:
    """Is the line a tool's own, at the end of Otter's texts or around those of Teams?

    >>> is_notice("Mara Quill stopped transcription"), is_notice("I stopped transcription of tides.")
    (True, False)
    """
    return len(line) < 200 and _NOTICE.fullmatch(line) is not None
