"""The service keeps to what its OpenAPI document says, whatever is sent (https://schemathesis.readthedocs.io).

Each route is sent what its schema allows and what it does not. Every run sends the same;
``make fuzz-api`` sends much more to a service that runs, and other things each time.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as some
from schemathesis import GenerationMode

from app.main import create_app
from playhead.library import Library
from playhead.settings import Settings
from tests.conftest import ROOT

ADDRESS = "http://testserver"
OPERATIONS = [
    (method.upper(), path)
    for path, operations in create_app(Settings()).openapi()["paths"].items()
    for method in operations
]
KNOWN = "the-long-run/12"

# Of what takes nothing, nothing can be wrong.
SENT = [
    pytest.param(*operation, mode, id=f"{operation[0]} {operation[1]} {mode.value}")
    for operation in OPERATIONS
    for mode in GenerationMode
    if operation[1] not in ("/healthz", "/readyz") or mode is GenerationMode.POSITIVE
]


@pytest.fixture(scope="module")
def document(library: Library) -> Iterator[schemathesis.BaseSchema]:
    app = create_app(Settings(public_url=ADDRESS), library)
    rules = schemathesis.Config.from_path(ROOT / "schemathesis.toml")
    with TestClient(app, base_url=ADDRESS):
        yield schemathesis.openapi.from_asgi("/openapi.json", app, config=rules)


@pytest.mark.parametrize(("method", "path", "mode"), SENT)
def test_what_is_answered_is_what_is_documented(
    document: schemathesis.BaseSchema, method: str, path: str, mode: GenerationMode
) -> None:
    operation = document[path][method]

    @seed(0)
    @settings(
        max_examples=25,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), known=some.booleans())
    def send(case: schemathesis.Case, known: bool) -> None:
        if known and mode is GenerationMode.POSITIVE and "id" in case.path_parameters and "segments" not in path:
            case.path_parameters["id"] = KNOWN  # or nothing but 404 would ever be seen
        case.call_and_validate()

    send()
