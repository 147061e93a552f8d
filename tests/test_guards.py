"""What keeps strangers out, and holds wherever in the tree somebody adds a line."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version
from pysqlite3 import dbapi2 as sqlite

from ingest.feeds import read_feed
from playhead.text import clean, slug

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("app", "ingest", "playhead")
MODULES = {
    str(path.relative_to(ROOT)): ast.parse(path.read_text("utf-8"))
    for room in ROOMS
    for path in sorted((ROOT / room).rglob("*.py"))
}

RUNS_WHAT_IT_READS = {"cPickle", "cloudpickle", "dill", "joblib", "jsonpickle", "marshal", "pickle", "shelve"}
RUN_TEXT = {"eval", "exec", "compile", "__import__"}


def calls() -> Iterator[tuple[str, str, ast.Call]]:
    """Every call: the file and line, what is called as it is written, and the call."""
    for name, tree in MODULES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield f"{name}:{node.lineno}", ast.unparse(node.func), node


def keywords(call: ast.Call) -> dict[str | None, str]:
    return {each.arg: ast.unparse(each.value) for each in call.keywords}


def test_nothing_that_runs_what_it_reads_is_imported() -> None:
    imported = {
        (name, module.partition(".")[0])
        for name, tree in MODULES.items()
        for node in ast.walk(tree)
        for module in (
            [each.name for each in node.names] if isinstance(node, ast.Import)
            else [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        )
    }  # fmt: skip
    assert ("app/worker.py", "subprocess") in imported, "imports are seen"
    assert [each for each in sorted(imported) if each[1] in RUNS_WHAT_IT_READS] == []


def test_no_text_is_ever_run() -> None:
    assert [(where, called) for where, called, _ in calls() if called in RUN_TEXT] == []


def test_arrays_are_read_and_written_without_objects() -> None:
    numpy = [
        (where, keywords(call)) for where, called, call in calls() if re.fullmatch(r"np\.(?:load|savez?\w*)", called)
    ]
    assert len(numpy) >= 2
    assert all(given.get("allow_pickle") == "False" for _, given in numpy), numpy
    assert [where for where, called, _ in calls() if called in ("torch.load", "torch.jit.load")] == []


def test_a_model_brings_no_code_and_is_not_looked_for_elsewhere() -> None:
    loaded = [keywords(call) for _, called, call in calls() if called.endswith("SentenceTransformer")]
    assert loaded
    for given_ in loaded:
        assert (given_["trust_remote_code"], given_["local_files_only"]) == ("False", "True")


def test_no_shell_and_no_loader_of_yaml_that_makes_objects() -> None:
    refused = ("os.system", "os.popen", "yaml.load", "yaml.unsafe_load")
    assert [where for where, called, _ in calls() if called in refused] == []
    assert [where for where, _, call in calls() if keywords(call).get("shell", "False") != "False"] == []


def test_xml_is_parsed_by_defusedxml_alone() -> None:
    """ElementTree's own parsers follow entities; its elements may be made and written."""
    parsers = re.compile(r"(?:ElementTree|ET)\.(?:parse|iterparse|fromstring|XML|XMLParser|XMLPullParser)|expat\.\w+")
    assert [where for where, called, _ in calls() if parsers.fullmatch(called)] == []
    names = {
        alias.name
        for tree in MODULES.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("xml.")
        for alias in node.names
    }
    assert names <= {"Element", "SubElement", "ElementTree", "ParseError", "TreeBuilder"}


def test_no_process_is_forked_beside_threads() -> None:
    """A fork of a process with OpenMP or tokenizers' threads hangs; ours are spawned, or begin anew."""
    assert [where for where, called, _ in calls() if called in ("os.fork", "os.forkpty")] == []
    begun = [(where, keywords(call), call) for where, called, call in calls() if called.endswith("ProcessPoolExecutor")]
    assert begun
    assert all(given_.get("mp_context") == "get_context('spawn')" for _, given_, _ in begun), begun
    assert [where for where, called, _ in calls() if called in ("multiprocessing.Process", "Process", "Pool")] == []


def test_no_markup_of_anybody_is_passed_through() -> None:
    """Templates escape everything; what is marked as safe is made by our own code, of parts that were escaped."""
    templates = {path.name: path.read_text("utf-8") for path in (ROOT / "app" / "templates").glob("*.html")}
    assert templates
    assert [name for name, text in templates.items() if re.search(r"\|\s*safe\b|autoescape\s+false", text)] == []
    marked = [(where, call) for where, called, call in calls() if called in ("Markup", "markupsafe.Markup")]
    for where, call in marked:
        assert all(isinstance(each, ast.Constant) for each in call.args), f"{where}: only our own letters are markup"


def test_no_html_of_a_stranger_is_kept_so_there_is_none_to_clean() -> None:
    """What a feed says becomes text when it is read. Tags in a transcript are what somebody said, and shown as words
    (`tests/browser/test_pages.py`, test_hostile_words_stay_words)."""
    attack = '<script>alert(1)</script><img src=x onerror="alert(1)"><a href="javascript:alert(1)">The tide</a>'
    said = f"<title>One</title><description><![CDATA[{attack}]]></description>"
    feed = read_feed(f"<rss><channel><title>Tides</title><item>{said}</item></channel></rss>")
    kept = feed.items[0].facts.description
    assert kept is not None
    assert "The tide" in kept
    assert not re.search(r"<[a-z]|onerror|javascript:", kept), kept


@given(st.text(max_size=300))
def test_an_id_is_a_slug_whatever_it_is_made_of(text: str) -> None:
    made = slug(text)
    assert made
    assert "/" not in made
    assert "\\" not in made
    assert made not in (".", "..")
    assert not made.startswith((".", "-"))
    assert made.isprintable()
    assert slug(made) == made


@given(st.text(max_size=300))
def test_cleaned_text_is_clean_and_can_be_sent(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    once.encode()
    assert not set(map(ord, once)) & {*range(9), 11, 12, *range(14, 32), 127, 0x202E, 0x200B, 0xFEFF}


def test_bandit_finds_nothing_and_each_exception_says_why() -> None:
    scanned = subprocess.run(
        [sys.executable, "-m", "bandit", "--quiet", "--recursive", "--configfile", "pyproject.toml", *ROOMS],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert scanned.returncode == 0, scanned.stdout
    for name in MODULES:
        lines = (ROOT / name).read_text("utf-8").splitlines()
        for number, line in enumerate(lines):
            if "# nosec" in line:
                assert re.search(r"# nosec B\d{3}$", line), f"{name}:{number + 1}: names no rule"
                says = re.search(r"# noqa: \w+ - \w", line) or lines[number - 1].strip().startswith("# ")
                assert says, f"{name}:{number + 1}: does not say why"


FLOORS = {
    "faiss-cpu": "1.15.1",  # older ones crash on damaged files
    "mcp": "1.23.0",  # CVE-2025-66416: no guard against rebinding
    "python-multipart": "0.0.32",  # CVE-2026-40347, CVE-2026-53539
    "starlette": "1.3.1",  # CVE-2025-62727, CVE-2026-48710, CVE-2026-54283
}


@pytest.mark.parametrize(("package", "least"), FLOORS.items())
def test_a_package_is_not_older_than_its_last_hole(package: str, least: str) -> None:
    assert Version(version(package)) >= Version(least)
    stated = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    floor = [each for each in stated if re.match(rf"{package}\b", each)]
    assert floor, f"{package} may be older elsewhere; state the least version"
    found = re.search(r">=([\d.]+)", floor[0])
    assert found
    assert Version(found[1]) >= Version(least)


def test_sqlite_is_not_older_than_the_end_of_its_wal_bug() -> None:
    """https://sqlite.org/wal.html, the WAL-reset bug: 3.7.0 to 3.51.2."""
    assert sqlite.sqlite_version_info >= (3, 51, 3)
