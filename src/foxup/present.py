"""Texts for people about facts and plans. Pure: builds lines, writes none."""

from __future__ import annotations

from pathlib import Path

from foxup import console
from foxup.console import size
from foxup.facts import Facts, GpuFacts
from foxup.i18n import _, ngettext
from foxup.plan import Plan
from foxup.step import Step

_SOURCES_SHOWN = 2


def facts(found: Facts) -> str:
    """Return the machine as a few aligned lines."""
    rows = [
        (_("System"), " ".join(part for part in (found.os.name, found.os.version, found.os.arch) if part)),
        (_("Processor"), _processor(found)),
        (_("Memory"), _mib(found.ram_mib)),
        (_("Graphics"), "; ".join(_gpu(gpu) for gpu in found.gpus) or _("no card found")),
        (_("Driver"), found.nvml.driver or _("no NVIDIA driver answers")),
        (_("Python"), ", ".join(f"{python.version} ({python.path})" for python in found.python) or _("none found")),
        ("git", found.git or _("missing")),
        (_("Disk"), _disk(found)),
        (_("Folder"), found.target or ""),
    ]
    width = max(len(name) for name, _value in rows)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in rows)


def machine_line(found: Facts) -> str:
    """Return the machine in one line."""
    gpu = "; ".join(_gpu(gpu) for gpu in found.gpus) or _("no graphics card")
    return f"{found.os.name} · {gpu} · {_mib(found.ram_mib)}".replace("·", console.glyph("dot"))


def plan_lines(plan: Plan, root: Path | str) -> list[tuple[str, str | None]]:
    """Return the plan as lines, each with its style or None."""
    lines: list[tuple[str, str | None]] = []
    lines += [(f"  {console.glyph('ok')} {step.title}: " + _("already so"), "dim") for step in plan.satisfied]
    if plan.steps:
        count = ngettext("{count} step", "{count} steps", len(plan.steps)).format(count=len(plan.steps))
        head = _("Plan for {path}: {count}, {download} to fetch, {disk} on the disk").format(
            path=root, count=count, download=size(plan.download_bytes), disk=size(plan.disk_bytes)
        )
        lines.append((head, "bold"))
    for number, step in enumerate(plan.steps, start=1):
        lines.append((f"{number:>3}. {step.title}", None))
        lines += [(f"      {text}", "dim") for text in _step_details(step)]
    return lines


def _step_details(step: Step) -> list[str]:
    details = [step.why, *step.details]
    parts = []
    if step.download_bytes:
        parts.append(_("{size} to fetch").format(size=size(step.download_bytes)))
    if step.sources:
        shown = ", ".join(step.sources[:_SOURCES_SHOWN])
        more = len(step.sources) - _SOURCES_SHOWN
        rest = ngettext("and {count} more", "and {count} more", more).format(count=more) if more > 0 else ""
        parts.append(_("from {sources}").format(sources=f"{shown} {rest}".strip()))
    if step.sha256:
        parts.append(f"sha256 {step.sha256[:10]}")
    return [*details, ", ".join(parts)] if parts else details


def _processor(found: Facts) -> str:
    if not found.cpu_count:
        return found.cpu or ""
    count = ngettext("{count} thread", "{count} threads", found.cpu_count).format(count=found.cpu_count)
    return f"{found.cpu or ''} ({count})".strip()


def _gpu(gpu: GpuFacts) -> str:
    details = [_("{count:.0f} GiB").format(count=gpu.vram_mib / 1024)] if gpu.vram_mib else []
    details += [f"CC {gpu.cc}"] if gpu.cc else []
    return f"{gpu.name} ({', '.join(details)})" if details else gpu.name


def _mib(count: int | None) -> str:
    return _("unknown") if count is None else _("{count:.1f} GiB").format(count=count / 1024)


def _disk(found: Facts) -> str:
    free = found.disk.target_free_gib
    if free is None:
        return _("unknown")
    kinds = {"ssd": "SSD", "hdd": "HDD", "network": _("network")}
    kind = kinds.get(found.disk.target_kind or "", _("kind unknown"))
    return _("{free:.1f} GiB free ({kind})").format(free=free, kind=kind)
