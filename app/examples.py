"""An example of every answer, for the OpenAPI document: `examples.json`, taken from the demo archive and shortened."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

PROBLEM = "application/problem+json"


@cache
def examples() -> dict[str, Any]:
    """By operation what it answers, and by status the problems."""
    read: dict[str, Any] = json.loads((Path(__file__).parent / "examples.json").read_text("utf-8"))
    return read


def illustrate(document: dict[str, Any]) -> dict[str, Any]:
    """The OpenAPI ``document`` with an example beside the schema of every answer in JSON."""
    for path, operations in document["paths"].items():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                content = response.get("content", {})
                problem = examples()["problems"].get(status)
                answer = examples()["answers"].get(operation["operationId"])
                if PROBLEM in content and problem:
                    content[PROBLEM]["example"] = problem | {"instance": path}
                elif "application/json" in content and answer:
                    content["application/json"]["example"] = answer
    return document
