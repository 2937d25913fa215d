"""The reference page and the JSON Schema of profiles, made from the models themselves."""

from __future__ import annotations

import json
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from foxup.profile.models import Profile

_HEAD = """# The format of profiles

A profile is a TOML file that says what a guide prescribes. Unknown keys are refused. This page is made from the models
by `foxup profile schema --markdown`; the JSON Schema beside it is `profile.schema.json`.
"""


def schema() -> str:
    """Return the JSON Schema as text."""
    return json.dumps(Profile.model_json_schema(by_alias=True), indent=2) + "\n"


def markdown() -> str:
    """Return the reference page: one table for each model, in the order of first use."""
    parts = [_HEAD]
    todo: list[type[BaseModel]] = [Profile]
    done: set[str] = set()
    while todo:
        model = todo.pop(0)
        if model.__name__ not in done:
            done.add(model.__name__)
            parts.append(_table(model))
            todo += [found for field in model.model_fields.values() for found in _models(field.annotation)]
    return "\n".join(parts)


def _table(model: type[BaseModel]) -> str:
    rows = [f"## {model.__name__}\n", (model.__doc__ or "").strip() + "\n", "| key | type | default | meaning |"]
    rows.append("|---|---|---|---|")
    for name, field in model.model_fields.items():
        default = "required" if field.is_required() else f"`{_default(field)}`"
        kind = _type(field.annotation).replace("|", "\\|")
        rows.append(f"| `{field.alias or name}` | {kind} | {default} | {field.description or ''} |")
    return "\n".join(rows) + "\n"


def _default(field: Any) -> str:
    if field.default is not PydanticUndefined:
        value = field.default
        return json.dumps(value.model_dump() if isinstance(value, BaseModel) else value)
    return json.dumps(field.default_factory())


def _type(annotation: Any) -> str:
    origin = get_origin(annotation)
    if origin in (Union, UnionType):
        return " | ".join(_type(part) for part in get_args(annotation) if part is not type(None))
    if origin is tuple:
        return f"list of {_type(get_args(annotation)[0])}"
    if origin is dict:
        return f"table of {_type(get_args(annotation)[1])}"
    if origin is not None and get_args(annotation):  # Literal, Annotated
        parts = get_args(annotation)
        return " | ".join(f'"{part}"' if isinstance(part, str) else _type(part) for part in parts)
    return getattr(annotation, "__name__", str(annotation))


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for part in get_args(annotation) for found in _models(part)]
