"""Every parameter and every answer in the OpenAPI document has an example, and each is one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import TypeAdapter

from app.main import create_app
from app.schemas import Job, Problem
from playhead.keys import add
from playhead.settings import Settings


@pytest.fixture
def keyed(tmp_path: Path) -> Any:
    """The service with every route it can have."""
    add(tmp_path / "keys.toml", "one", ["admin"], date(2026, 1, 1))
    return create_app(Settings(engine=f"embedded:{tmp_path}", keys=str(tmp_path / "keys.toml")))


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for operations in document["paths"].values():
        yield from operations.values()


def test_every_parameter_has_an_example(keyed: Any) -> None:
    bare = [
        (operation["operationId"], parameter["name"])
        for operation in _operations(keyed.openapi())
        for parameter in operation.get("parameters", [])
        if parameter["name"] != "cursor"  # which belongs to an answer: one that is made up is refused
        and not (parameter["schema"].get("examples") or parameter.get("examples"))
    ]
    assert bare == []


def test_every_answer_in_json_has_an_example_that_is_one(keyed: Any) -> None:
    models = {
        context.operation_id: context.response_model
        for context in iter_route_contexts(keyed.routes)
        if isinstance(context.original_route, APIRoute)
    }
    checked = 0
    for operation in _operations(keyed.openapi()):
        for status, response in operation["responses"].items():
            content = response.get("content", {})
            if "application/json" in content:
                example = content["application/json"]["example"]
                TypeAdapter(models[operation["operationId"]] or Job).validate_python(example)
                checked += 1
            if "application/problem+json" in content:
                problem = Problem.model_validate(content["application/problem+json"]["example"])
                assert status in ("default", str(problem.status))
                checked += 1
    assert checked > 40


def test_the_operations_keep_their_names(keyed: Any) -> None:
    """Clients are generated from them."""
    assert sorted(operation["operationId"] for operation in _operations(keyed.openapi())) == [
        "ask",
        "get_audio",
        "get_chapters",
        "get_episode",
        "get_job",
        "get_segment",
        "get_transcript",
        "ingest",
        "is_alive",
        "is_ready",
        "link_notes",
        "list_episodes",
        "list_podcasts",
        "list_speakers",
        "remove_episode",
        "search",
        "verify_quote",
    ]
