"""A name for everything that shapes a picture: when it is unchanged, an older proof still holds."""

from __future__ import annotations

import json
from hashlib import sha256

from foxup.components import settings
from foxup.context import Context


def of(context: Context, environment_digest: str) -> str:
    """Return the hex digest of model files, settings, launch arguments, packages and reference parameters."""
    installed = context.installed
    names = [file.destination for file in context.profile.files]
    names += [item.destination for item in installed.embedded if not item.user]
    parts = {
        "files": {name: state.sha256 for name in names if (state := installed.files.get(name))},
        "settings": settings.read(installed.config),
        "launch": (installed.launch_script or b"").decode("latin-1"),
        "environment": environment_digest,
        "repositories": {name: state.commit for name, state in installed.repositories.items() if state.present},
        "references": [reference.model_dump(mode="json") for reference in context.profile.references],
    }
    return sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
