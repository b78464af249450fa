"""
Whether a JSON value is as its schema says: of JSON Schema what `_schema` uses, for a saved report that comes from
anywhere.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from mqdiag.language import tr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Schema = dict[str, Any]

TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value),
    "null": lambda value: value is None,
}
SHOWN = 60  # characters of a value that is not right


def check(value: Any, schema: Schema) -> None:
    """ValueError that names the first place where a value is not as its schema says."""
    if (place := next(wrong(value, schema, "report"), None)) is not None:
        raise ValueError(tr("{place} is not as mqdiag schema says", place=place))


def wrong(value: Any, schema: Schema, place: str) -> Iterator[str]:
    if not fits(value, schema):
        yield f"{place} ({str(value)[:SHOWN]!r})"
    elif isinstance(value, dict) and "properties" in schema:
        known = schema["properties"]
        yield from (f"{place}.{key}" for key in known if key not in value)
        yield from (f"{place}.{key[:SHOWN]}" for key in value if key not in known)
        for key in known:
            yield from wrong(value[key], known[key], f"{place}.{key}")
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from wrong(each, schema["items"], f"{place}[{number}]")
    if choices := schema.get("anyOf"):
        found = [next(wrong(value, each, place), None) for each in choices]
        yield from found[:1] if all(found) else ()  # type: ignore[misc]


def fits(value: Any, schema: Schema) -> bool:
    """Whether a value is right as far as it can be seen without looking into it."""
    kinds = schema.get("type", [])
    return (
        (not kinds or any(TYPES[kind](value) for kind in ([kinds] if isinstance(kinds, str) else kinds)))
        and ("const" not in schema or value == schema["const"])
        and ("enum" not in schema or value in schema["enum"])
        and ("pattern" not in schema or not isinstance(value, str) or bool(re.search(schema["pattern"], value)))
        and ("minimum" not in schema or value is None or value >= schema["minimum"])
        and (not isinstance(value, list) or schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", math.inf))
    )
