"""Loose conversion of JSON values, and its error texts, as A1111's pydantic 1 does for requests and answers.

Only the types that its API uses: int, float, str, bool, list, list of str, dict and anything.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class BadValue(Exception):  # noqa: N818 - not an error of the program
    """A value that does not fit; ``message`` and ``kind`` go into the 422 answer."""

    def __init__(self, message: str, kind: str) -> None:
        super().__init__(message)
        self.message = message
        self.kind = kind


def _int(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise BadValue("value is not a valid integer", "type_error.integer") from error


def _float(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise BadValue("value is not a valid float", "type_error.float") from error


def _str(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return str(value)
    raise BadValue("str type expected", "type_error.str")


_TRUE = {1, "1", "on", "t", "true", "y", "yes"}
_FALSE = {0, "0", "off", "f", "false", "n", "no"}


def _bool(value: Any) -> bool:
    plain = value.lower() if isinstance(value, str) else value
    if isinstance(plain, str | int | float):
        if plain in _TRUE:
            return True
        if plain in _FALSE:
            return False
    raise BadValue("value could not be parsed to a boolean", "type_error.bool")


def _list(value: Any) -> list[Any]:
    if isinstance(value, list | tuple):
        return list(value)
    raise BadValue("value is not a valid list", "type_error.list")


def _texts(value: Any) -> list[str]:
    return [_str(item) for item in _list(value)]


def _dict(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise BadValue("value is not a valid dict", "type_error.dict")


_CONVERT: dict[str, Callable[[Any], Any]] = {
    "int": _int,
    "float": _float,
    "str": _str,
    "bool": _bool,
    "list": _list,
    "texts": _texts,
    "dict": _dict,
}


def convert(kind: str, value: Any) -> Any:
    """``value`` as ``kind``; None and the kind ``any`` pass unchanged. Raises BadValue."""
    if value is None or kind == "any":
        return value
    return _CONVERT[kind](value)


def answer_kind(default: Any, *, numbers_as_float: bool) -> str:
    """Kind in which a setting or flag with this default is answered.

    Settings: a falsy default leaves the value untyped, an integer default becomes a float (``Options`` model).
    Flags: no default means text (``Flags`` model).
    """
    if isinstance(default, bool):
        return "bool"
    if isinstance(default, int):
        return "float" if numbers_as_float else "int"
    names = {float: "float", str: "str", list: "list", dict: "dict"}
    return names.get(type(default), "any" if numbers_as_float else "str")
