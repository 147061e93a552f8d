"""Files that nobody means well with: how long each takes, and how much memory. `python -m bench.hostile`.

Each is read in a process of its own, as `playhead doctor` would, and then prepared as an ingest would; time is the
processor's, so that a busy machine does not count, and memory is the most that was resident.
"""

from __future__ import annotations

import re
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WITHIN = 2.0
WITHIN_LARGE = 30.0
LARGE = 1_000_000
"""Bytes from which a file is large."""


@dataclass(frozen=True)
class Attack:
    """A file to be read: its name, and what is in it."""

    name: str
    make: Callable[[], bytes]


def attacks(scale: float = 1.0) -> Iterator[Attack]:
    """All there are; the large ones at ``scale`` of their size."""

    def many(count: int) -> range:
        return range(max(2, int(count * scale)))

    def clock(seconds: float, point: str = ".") -> str:
        whole = f"{int(seconds) // 3600:02}:{int(seconds) // 60 % 60:02}:{int(seconds) % 60:02}"
        return f"{whole}{point}{int(seconds * 1000) % 1000:03}"

    def captions(count: int, point: str) -> str:
        return "\n\n".join(
            f"{clock(number / 2, point)} --> {clock(number / 2 + 0.4, point)}\nThe tide {number} is in."
            for number in many(count)
        )

    def text(name: str, make: Callable[[], str]) -> Attack:
        return Attack(name, lambda: make().encode())

    yield text(
        "turns-200k.md", lambda: "\n\n".join(f"**{'Mara Ojo'.split()[i % 2]}:** Yes {i}." for i in many(200_000))
    )
    yield text("cues-100k.vtt", lambda: "WEBVTT\n\n" + captions(100_000, "."))
    yield text("cues-100k.srt", lambda: captions(100_000, ","))
    yield text(
        "stamps-1M.md", lambda: "**Mara:** " + "".join(f"[{i // 60 % 600}:{i % 60:02}] yes " for i in many(1_000_000))
    )
    yield text(
        "stamps-wrong.md",
        lambda: "\n\n".join(
            f"**Mara:** [{(i * 15 + i % 2 * 7) // 60 % 600:02}:{(i * 15 + i % 2 * 7) % 60:02}] {'tide ' * 40}"
            for i in many(20_000)
        ),
    )
    yield text(
        "chapters-10k.json",
        lambda: '{"chapters": [' + ",".join(f'{{"startTime": {i}, "title": "T{i}"}}' for i in many(10_000)) + "]}",
    )
    yield text("segments-100k.json", lambda: '{"segments": [' + ",".join(
        f'{{"start": {i}, "end": {i + 1}, "text": "Tide."}}' for i in many(100_000)) + "]}")  # fmt: skip
    yield text("line-50MB.md", lambda: "**Mara:** " + "and the tide is in, " * int(2_500_000 * scale))
    yield text("line-50MB.vtt", lambda: "WEBVTT\n\n00:00.000 --> 00:01.000\n" + "tide " * int(10_000_000 * scale))
    yield text(
        "line-50MB.json", lambda: '{"segments": [{"start": 0, "text": "' + "tide " * int(10_000_000 * scale) + '"}]}'
    )
    yield text("depth.json", lambda: '{"segments": ' + "[" * int(1_000_000 * scale))
    yield text("number.json", lambda: '{"segments": [{"start": ' + "9" * int(1_000_000 * scale) + ', "text": "a"}]}')
    entities = "".join(
        f"<!ENTITY b{i} '{'&b' + str(i - 1) + ';' if i else 'ha'}{'&b0;' * 9 if i else ''}'>" for i in range(30)
    )
    yield text("laughs.xml", lambda: f"<?xml version='1.0'?><!DOCTYPE a [{entities}]><rss>&b29;</rss>")
    letters = "abcdefghijklmnopqrstuvwxyz"
    aliases = "".join(f"{one}: &{one} [{', '.join(['*' + before] * 9)}]\n" for before, one in pairwise(letters))
    yield text("aliases.md", lambda: f"---\na: &a [x]\n{aliases}---\n**Mara:** Ahoy.\n")
    for name, time in (("nan", "NaN"), ("huge", "1e999"), ("below", "-5"), ("null", "null"), ("list", "[1]")):
        yield text(
            f"time-{name}.json", lambda time=time: f'{{"segments": [{{"start": {time}, "end": 2, "text": "Ahoy."}}]}}'
        )  # type: ignore[misc]
    yield text(
        "time-99.vtt", lambda: "WEBVTT\n\n99:99:99.999 --> 99:99:99.999\nAhoy.\n\n00:01.000 --> 00:02.000\nAye.\n"
    )
    for encoding in ("utf-16-le", "utf-16-be", "utf-16", "utf-32", "shift_jis", "gb18030", "koi8-r", "utf-7"):
        said = (
            "Мара: Доброе утро.\nОхо: Прилив.\nМара: Да.\n"
            if "koi" in encoding
            else "Mara: 吉田.\nOjo: Ahoy.\nMara: Yes.\n"
        )
        yield Attack(f"{encoding}.txt", lambda said=said, encoding=encoding: (said * 40).encode(encoding))  # type: ignore[misc]
    yield Attack("mixed.txt", lambda: b"Mara: caf\xc3\xa9.\nOjo: caf\xe9.\nMara: \x81\x8d.\nOjo: Ahoy.\n" * 50)
    yield Attack("gzip.vtt", lambda: b"\x1f\x8b\x08" + bytes(1000))
    yield Attack("zip.vtt", lambda: b"PK\x03\x04" + bytes(1000))
    yield Attack("zeros.vtt", lambda: bytes(int(50_000_000 * scale)))
    yield Attack("noise.md", lambda: bytes(i * i % 251 for i in range(int(1_000_000 * scale))))


def suffer(path: Path) -> str:
    """What comes of a file: read as `doctor` reads it, prepared as an ingest does. An error is an answer."""
    from ingest.diagnosis import as_dict, diagnose
    from ingest.folders import find
    from ingest.pipeline import Added, rehearse
    from playhead.errors import InputError

    try:
        about = as_dict(diagnose(path))
    except InputError as error:
        return str(error).removeprefix(f"{path}: ").replace(str(path.parent), "")[:60]
    outcomes = list(rehearse(find([path])))
    segments = sum(each.segments for each in outcomes if isinstance(each, Added))
    return f"{about['format']}, {about['turns']} turns, {len(about['problems'])} problems, {segments} segments"


def measure(attack: Attack, folder: Path) -> tuple[int, float, float, str]:
    """Bytes of the file, seconds of processor, megabytes resident, and what was said."""
    path = folder / attack.name
    data = attack.make()
    path.write_bytes(data)
    size = len(data)
    del data
    child = subprocess.run(
        [sys.executable, "-c", "from bench.hostile import report; report()", str(path)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    path.unlink()
    if child.returncode:
        return size, 0.0, 0.0, f"!! {child.stderr.strip().splitlines()[-1:] or child.returncode}"
    seconds, held, said = child.stdout.rstrip("\n").split("\t", 2)
    return size, float(seconds), float(held), said


def report() -> None:
    """What `measure` asks a process of its own for, with the most memory that its own pages took (proc(5), VmHWM)."""
    resource.setrlimit(resource.RLIMIT_CPU, (120, 120))
    said = suffer(Path(sys.argv[1]))
    used = resource.getrusage(resource.RUSAGE_SELF)
    held = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    print(used.ru_utime + used.ru_stime, int(held[1]) / 1024 if held else 0.0, said, sep="\t")


def main() -> None:
    """Print the table; end with 1 where something took too long."""
    scale = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    late = 0
    print(f"{'file':<20} {'MB':>7} {'seconds':>8} {'MB held':>8}  what came of it")
    with tempfile.TemporaryDirectory() as folder:
        for attack in attacks(scale):
            size, seconds, held, said = measure(attack, Path(folder))
            late += seconds > (WITHIN_LARGE if size >= LARGE else WITHIN)
            print(f"{attack.name:<20} {size / 1e6:>7.2f} {seconds:>8.2f} {held:>8.0f}  {said}", flush=True)
    sys.exit(1 if late else 0)


if __name__ == "__main__":
    main()
