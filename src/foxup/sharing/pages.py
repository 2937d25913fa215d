"""The report as Markdown for a thread and as one HTML file that asks the network for nothing."""

from __future__ import annotations

import shlex
from functools import cache
from typing import TYPE_CHECKING, Any

from foxup import i18n

if TYPE_CHECKING:
    from jinja2 import Environment

    from foxup.sharing import Posted

_TAIL = 40
_SIGNS = {"blocker": "✗", "error": "✗", "warning": "!", "action": "→", "info": "·"}


def render(posted: Posted, form: str) -> str:
    """Return the page. `form` is md or html; in HTML all text is escaped."""
    page = _environment(escape=form == "html").get_template(f"posted.{form}.j2")
    return page.render(
        report=posted.document, pictures=posted.pictures, language=i18n.language(), rows=_machine(posted.document)
    )


@cache
def _environment(*, escape: bool) -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("foxup.sharing"),
        autoescape=escape,  # noqa: S701 - Markdown is no HTML; the HTML page is escaped
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals.update(_=i18n._, tail=_TAIL, signs=_SIGNS)
    environment.filters["plain"] = _plain
    environment.filters["command"] = shlex.join
    return environment


def _plain(value: object) -> str:
    """Return text that cannot end a block of code in Markdown."""
    return str(value).replace("```", "'''")


def _machine(document: Any) -> list[tuple[str, str]]:
    """Return the machine in lines, with what is not known left out."""
    facts = document["facts"]
    system, disk = facts.get("os", {}), facts.get("disk", {})
    cards = [_card(gpu) for gpu in facts.get("gpus", ())]
    rows = [
        (i18n._("System"), " ".join(str(system.get(key) or "") for key in ("name", "version", "arch")).strip()),
        (i18n._("Graphics"), "; ".join(cards) or i18n._("no card found")),
        (i18n._("Driver"), facts.get("nvml", {}).get("driver") or ""),
        (i18n._("Memory"), f"{facts['ram_mib'] / 1024:.1f} GiB" if facts.get("ram_mib") else ""),
        (i18n._("Disk"), f"{disk['target_free_gib']:.1f} GiB" if disk.get("target_free_gib") is not None else ""),
        ("git", facts.get("git") or ""),
        (i18n._("Folder"), facts.get("target") or ""),
    ]
    return [(name, value) for name, value in rows if value]


def _card(gpu: Any) -> str:
    details = [f"{gpu['vram_mib']} MiB"] if gpu.get("vram_mib") else []
    details += [f"CC {gpu['cc']}"] if gpu.get("cc") else []
    return f"{gpu.get('name', '?')} ({', '.join(details)})" if details else str(gpu.get("name", "?"))
