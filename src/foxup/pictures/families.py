"""Which family a picture's model belongs to, as far as the guide's advice depends on it: it is written for SD 1.x."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from foxup.pictures.data import table

if TYPE_CHECKING:
    from foxup.pictures.infotext import Infotext


@dataclass(frozen=True, slots=True)
class Family:
    """A family by its name (empty: SD 1.x, or not known), and the advice that does not hold for it."""

    name: str = ""
    leave_out: frozenset[str] = frozenset()


def family(text: Infotext, model: str = "") -> Family:
    """Return the family of the model that the text names, or that `model`, what the program calls it, does."""
    known, name = table("families"), text.fields.get("Model") or model
    for entry in known["family"]:
        if any(key in text.fields for key in entry["keys"]) or any(re.search(part, name) for part in entry["names"]):
            return Family(entry["id"], frozenset([*known["advice"]["leave_out"], *entry["leave_out"]]))
    return Family()
