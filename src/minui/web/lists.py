"""Routes that list what there is."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

from minui import sdupscale
from minui.loose import convert
from minui.samplerlist import SAMPLERS
from minui.schedules import SCHEDULERS
from minui.upscalers import LATENT_MODES, REAL_ESRGAN
from minui.web.answers import Call


def sd_models(call: Call) -> Any:
    """Checkpoints."""
    return [
        {
            "title": one.title,
            "model_name": one.model_name,
            "hash": one.shorthash,
            "sha256": one.sha256,
            "filename": one.filename,
            "config": one.config,
        }
        for one in call.web.checkpoints.found
    ]


def sd_vaes(call: Call) -> Any:
    """Separate VAEs."""
    return [{"model_name": name, "filename": file} for name, file in call.web.vaes.files.items()]


def samplers(_call: Call) -> Any:
    """Samplers; option values are text."""
    return [
        {
            "name": one.name,
            "aliases": list(one.aliases),
            "options": {k: convert("str", v) for k, v in one.options.items()},
        }
        for one in SAMPLERS
    ]


def schedulers(_call: Call) -> Any:
    """Schedule types."""
    return [
        {
            "name": one.name,
            "label": one.label,
            "aliases": list(one.aliases) if one.aliases else None,
            "default_rho": float(one.default_rho),
            "need_inner_model": one.need_inner_model,
        }
        for one in SCHEDULERS
    ]


def upscalers(call: Call) -> Any:
    """Upscalers."""
    return [one.listed() for one in call.web.upscalers.all]


def latent_modes(_call: Call) -> Any:
    """Latent upscalers of hires fix."""
    return [{"name": name} for name in LATENT_MODES]


def realesrgan_models(_call: Call) -> Any:
    """Real-ESRGAN names and addresses."""
    return [{"name": name, "path": address, "scale": 4} for name, address in REAL_ESRGAN.items()]


def embeddings(call: Call) -> Any:
    """Embeddings in use and those that do not fit."""
    known = call.web.engine.embeddings
    if known is None:
        return {"loaded": {}, "skipped": {}}
    loaded = {name: one.listed() for name, one in known.loaded.items()}
    return {"loaded": loaded, "skipped": {name: one.listed() for name, one in known.skipped.items()}}


def scripts(_call: Call) -> Any:
    """Titles of scripts by tab."""
    return {"txt2img": [], "img2img": [sdupscale.TITLE.lower()]}


def script_info(call: Call) -> Any:
    """Arguments of scripts."""
    return [sdupscale.info(call.web)]


def nothing(_call: Call) -> Any:
    """Lists that are always empty here."""
    return []


def _git(folder: Path, *words: str) -> str | None:
    command = [os.environ.get("GIT") or "git", "-C", str(folder), *words]
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip()


def _extension(folder: Path, disabled: list[str]) -> dict[str, Any] | None:
    """Facts of one extension; None without a remote or on a detached HEAD (upstream leaves those out)."""
    remote = _git(folder, "config", "--get", "remote.origin.url")
    branch = _git(folder, "symbolic-ref", "--short", "HEAD")
    commit = _git(folder, "log", "-1", "--format=%H %ct")
    if not (remote and branch and commit):
        return None
    digest, moment = commit.split(" ")
    return {
        "name": folder.name,
        "remote": remote,
        "branch": branch,
        "commit_hash": digest,
        "commit_date": moment,
        "version": digest[:8],
        "enabled": folder.name not in disabled,
    }


def extensions(call: Call) -> Any:
    """Extensions that are git checkouts of a branch."""
    top, options = call.web.paths.extensions, call.web.options
    folders = sorted(one for one in top.iterdir() if (one / ".git").exists()) if top.is_dir() else []
    found = [_extension(folder, options.disabled_extensions) for folder in folders]
    return [one for one in found if one is not None]


def refresh_checkpoints(call: Call) -> Any:
    """List checkpoints again."""
    with call.web.queue:
        call.web.checkpoints.refresh()


def refresh_vaes(call: Call) -> Any:
    """List VAEs again."""
    with call.web.queue:
        call.web.vaes.refresh()


def refresh_embeddings(call: Call) -> Any:
    """Read embeddings again."""
    with call.web.queue:
        if call.web.engine.model is not None:
            call.web.engine.model.refresh_embeddings(force=True)
