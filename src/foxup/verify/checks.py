"""What the web UI would pass over in silence: upscalers it does not list, embeddings it has not loaded."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from foxup.finding import Finding

if TYPE_CHECKING:
    from foxup.launch import Server
    from foxup.profile import Profile, ReferenceModel


def unlisted(profile: Profile, reference: ReferenceModel, server: Server) -> tuple[Finding, ...]:
    """Return what the reference names and the running web UI does not know. Raises FoxupError.

    Values of a script are checked against the script's own choices when the request is made.
    """
    from foxup.pictures.data import finding
    from foxup.pictures.scripts import same_name

    found = []
    if reference.hires:
        api = server.api
        names = [str(item.get("name")) for item in (*api.upscalers(), *api.latent_modes())]
        if same_name(reference.hires.upscaler, names) is None:
            found.append(finding("upscaler-unknown", name=reference.hires.upscaler))
    wanted = [file for file in profile.files if file.kind == "embedding" and file.id in reference.needs]
    loaded = server.api.embeddings().get("loaded", {}) if wanted else {}
    names = [PurePosixPath(file.destination).stem for file in wanted]
    return (*found, *(finding("embedding-not-loaded", name=name) for name in names if name not in loaded))
