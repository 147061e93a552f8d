"""What docs/scaling.md computes is what the script computes, and it is measured on a server like the one it shows."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import yaml

from bench import capacity, engines

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "scaling.md").read_text("utf-8")


def test_the_table_of_capacity_is_the_one_that_is_computed() -> None:
    assert capacity.table() in PAGE


def test_what_a_library_needs_grows_with_it() -> None:
    small, large = (capacity.needs(size, capacity.MEASURED) for size in (10**6, 10**9))

    assert large.disk == 1000 * small.disk
    assert large.embedding == 1000 * small.embedding
    assert small.servers == 1
    assert large.servers * 0.75 * capacity.MEASURED.node >= large.memory


def test_the_measured_server_is_set_as_the_composed_one() -> None:
    composed = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"]["database"]["command"]
    shared = {setting.partition("=")[0] for setting in engines.SERVER} & set(
        re.findall(r"-c(\w+)=", " ".join(composed))
    )

    assert {"shared_buffers", "maintenance_work_mem", "max_wal_size"} <= shared
    assert {f"-c{each}" for each in engines.SERVER if each.partition("=")[0] in shared} <= set(composed)


def test_made_up_passages_are_clustered_and_filters_leave_what_they_should() -> None:
    rows = engines.read(list(engines.made_up(6_400)))
    shares = {name: engines.allowed(rows, filters).mean() for name, filters in engines.choose(rows).items()}
    asked = rows.vectors[:50]
    near = np.sort(asked @ rows.vectors.T, axis=1)[:, -2]
    strangers = np.median(asked @ rows.vectors.T)

    assert shares["everything"] == 1
    assert 0.1 < shares["a podcast"] < 0.3
    assert 0.005 < shares["a speaker since a day"] < 0.02
    assert 0 < shares["sponsors"] < 0.03
    assert np.median(near) > 0.5 > strangers + 0.2
