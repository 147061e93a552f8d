"""What is wrong with what was given: one sentence that names the parameter, and says what would be right."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, get_origin

from app.schemas import Parameters

Context = dict[str, Any]

# By pydantic's kinds of error (https://docs.pydantic.dev/latest/errors/validation_errors/): what it says of them itself
# is for whoever wrote the model, not for whoever asks.
_RIGHT: dict[str, Callable[[Context], str]] = {
    "missing": lambda _: "is missing",
    "int_parsing": lambda _: "must be a whole number",
    "int_type": lambda _: "must be a whole number",
    "int_from_float": lambda _: "must be a whole number",
    "int_parsing_size": lambda _: "must be a smaller number",
    "float_parsing": lambda _: "must be a number",
    "float_type": lambda _: "must be a number",
    "finite_number": lambda _: "must be a finite number",
    "bool_parsing": lambda _: "must be true or false",
    "bool_type": lambda _: "must be true or false",
    "string_type": lambda _: "must be text",
    "string_unicode": lambda _: "must be Unicode; a part of a character is missing",
    "list_type": lambda _: "must be a list",
    "dict_type": lambda _: "must be an object",
    "model_type": lambda _: "must be an object",
    "model_attributes_type": lambda _: "must be a JSON object, sent as application/json",
    "literal_error": lambda context: f"must be {context['expected']}".replace("'", ""),
    "greater_than_equal": lambda context: f"must be {context['ge']:,} or more",
    "less_than_equal": lambda context: f"must be {context['le']:,} or less",
    "string_too_short": lambda _: "must not be empty",
    "string_too_long": lambda context: f"must have {context['max_length']:,} characters or fewer",
    "string_pattern_mismatch": lambda context: f"must be written as {context['pattern']}",
    "too_long": lambda context: f"may be given {context['max_length']:,} times at most",
    "date_from_datetime_parsing": lambda _: "must be a day there is, as in 2024-10-02",
    "date_parsing": lambda _: "must be a day there is, as in 2024-10-02",
    "date_type": lambda _: "must be a day, as in 2024-10-02",
}

MOST_SHOWN = 40


def name(location: tuple[str | int, ...]) -> str:
    """The parameter's name: ``("query", "podcast", 0)`` is podcast; of JSON that is none, a number says where."""
    return str(location[1] if len(location) > 1 and isinstance(location[1], str) else location[0])


def sentence(error: dict[str, Any]) -> str:
    """What is wrong, as pydantic found it, and where it helps what was given."""
    named, kind = name(error["loc"]), error["type"]
    if kind == "extra_forbidden":
        return f"{named} is not a parameter here; /docs lists those that are."
    if kind == "value_error":
        return f"{named}: {error['ctx']['error']}."
    if kind == "json_invalid":
        place = f", at character {error['loc'][-1]}" if isinstance(error["loc"][-1], int) else ""
        return f"{named} is no JSON: {error['ctx']['error'].rstrip('.')}{place}."
    if kind not in _RIGHT:
        return f"{named} cannot be used: {error['msg']}."
    given = error["input"]
    shown = f" (given: {given[:MOST_SHOWN]!r})" if isinstance(given, str) and kind != "missing" else ""
    return f"{named} {_RIGHT[kind](error.get('ctx', {}))}{shown}."


@cache
def lists() -> frozenset[str]:
    """The parameters that may be repeated, each a value more. Any other is given once."""
    return frozenset(
        field
        for model in _kinds(Parameters)
        for field, stated in model.model_fields.items()
        if get_origin(stated.annotation) is list
    )


def _kinds(model: type[Parameters]) -> set[type[Parameters]]:
    return {model}.union(*map(_kinds, model.__subclasses__()))
