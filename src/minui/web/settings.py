"""Settings and command line over HTTP, with upstream's loose answers and strict habits."""

from __future__ import annotations

from typing import Any

from minui import flags
from minui.loose import BadValue, answer_kind, convert
from minui.requests import Unprocessable
from minui.web.answers import Call


class ValidationError(Exception):
    """A stored value that does not fit the answer; the class name is part of the 500 answer."""


def get_options(call: Call) -> Any:
    """All known settings; stored numbers become floats where the default is a non-zero integer.

    Raises ValidationError for a stored value that cannot be shown.
    """
    options = call.web.options
    found = {}
    for key, item in options.known.items():
        default = item.default or None
        try:
            kind = answer_kind(default, numbers_as_float=True)
            found[key] = convert(kind, options.data[key]) if key in options.data else item.default
        except BadValue as error:
            where = f"1 validation error for Options\nresponse -> {key}"
            raise ValidationError(f"{where}\n  {error.message} (type={error.kind})") from error
    return found


def set_options(call: Call) -> Any:
    """Change settings one by one and save.

    Raises RuntimeError for an unknown checkpoint, KeyError for an unknown key.
    """
    web, body = call.web, call.body
    if not isinstance(body, dict):
        raise Unprocessable([{"loc": ["body"], "msg": "value is not a valid dict", "type": "type_error.dict"}])
    checkpoint = body.get("sd_model_checkpoint")
    if checkpoint is not None and checkpoint not in web.checkpoints.aliases:
        raise RuntimeError(f"model {checkpoint!r} not found")
    for key, value in body.items():
        web.options.set(key, value, from_api=True)
    web.save_options()


def get_flags(call: Call) -> Any:
    """The command line as parsed; options without default are answered as text."""
    plain = flags.defaults(call.web.paths.code)
    found = {}
    for name, default in plain.items():
        value = getattr(call.web.flags, name)
        try:
            found[name] = convert(answer_kind(default, numbers_as_float=False), value)
        except BadValue:
            found[name] = value
    return found
