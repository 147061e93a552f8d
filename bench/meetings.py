"""Labelled meetings as an archive: one labelled Markdown transcript each, a turn a paragraph.

    python3 ../shared/tools/retrieval/build_qmsum.py ../shared/data/qmsum OUT
    python -m bench.meetings OUT/corpus.jsonl OUT/meetings
    playhead ingest OUT/meetings --podcast meetings --index OUT/index
    playhead eval OUT/queries.jsonl --run OUT/run.jsonl --index OUT/index
    python3 ../shared/tools/retrieval/score.py --corpus OUT/corpus.jsonl --queries OUT/queries.jsonl \
        --run OUT/run.jsonl --split test
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path


def write_meetings(corpus: Path, folder: Path) -> int:
    """One transcript a meeting into ``folder``; how many. Turns keep their numbers: an empty one says "(silence)"."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for line in corpus.read_text("utf-8").splitlines():
        meeting = json.loads(line)
        turns = (f"**{_name(turn['speaker'])}:** {_escape(turn['text']) or '(silence)'}" for turn in meeting["turns"])
        (folder / f"{meeting['meeting']}.md").write_text("\n\n".join(turns) + "\n", "utf-8")
        count += 1
    return count


def _name(speaker: str) -> str:
    """A name without the office that minutes put behind it in parentheses."""
    return speaker.partition(" (")[0]


def _escape(text: str) -> str:
    """Markdown that says ``text``: nothing in it is taken for a label, a stamp or emphasis."""
    return re.sub(r"([\\*_\[\]`#])", r"\\\1", text)


if __name__ == "__main__":
    print(write_meetings(Path(sys.argv[1]), Path(sys.argv[2])), "meetings")
