"""Findings and reasons in the person's language, from the sentences in profiles/hardware.toml."""

from __future__ import annotations

from foxup.facts import OsFacts
from foxup.finding import Finding
from foxup.hardware.kinds import System
from foxup.hardware.models import Hardware
from foxup.hardware.systems import is_wsl
from foxup.i18n import pick
from foxup.profile import Text


def say(text: Text, values: dict[str, object]) -> str:
    """Fill a sentence in the language in force."""
    return pick({"en": text.en, "ru": text.ru}).format(**values)


def finding(hardware: Hardware, code: str, /, *, on: System | None = None, **values: object) -> Finding:
    """Make the finding `CODE` or `CODE/variant`; `on` is the system that chooses its commands."""
    text = hardware.texts[code]
    key = on if on in text.commands else "any"
    return Finding(
        code=code.partition("/")[0],
        severity=text.severity,
        message=say(text.message, values),
        cause=say(text.cause, values),
        remedy=say(text.remedy, values),
        commands=tuple(command.format(**values) for command in text.commands.get(key, ())),
    )


def update_driver(hardware: Hardware, os: OsFacts, cc: tuple[int, int] | None, needed: str) -> Finding:
    """Return the action that brings a driver: in Windows for WSL2, not past the last branch that drives the card."""
    branch = hardware.last_branch(cc)
    variant = "/wsl" if is_wsl(os) else "/capped" if branch else ""
    return finding(hardware, "update-driver" + variant, needed=needed, branch=branch)


def reason(hardware: Hardware, key: str, **values: object) -> str:
    """Return why something was chosen; empty when the rules say nothing of it."""
    text = hardware.reasons.get(key)
    return say(text, values) if text else ""
