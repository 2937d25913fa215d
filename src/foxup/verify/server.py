"""The web UI that generates: foxup's own on a private port, or the one the person left running."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from foxup import launch
from foxup.components import settings as settings_rules
from foxup.installed import Installed
from foxup.launch import Server, Start
from foxup.paths import Layout
from foxup.profile import Profile
from foxup.system import files

_ALONE = ("--no-prompt-history",)
"""Leaves params.txt, the web UI's memory of the person's last generation, as it is."""


_SAVED = [f"outdir_{mode}_{kind}" for mode in ("txt2img", "img2img") for kind in ("samples", "grids")]
"""Where requests to the API save; they ignore `outdir_samples` (modules/api/api.py of v1.10.1)."""


@contextmanager
def ready(layout: Layout, profile: Profile, installed: Installed, tell: Callable[[str], None]) -> Iterator[Server]:
    """Give a ready server: the one that runs, unless the settings file would not be read the next time.

    One that runs is others' too, and nothing is generated on it out of turn: whether its model loads, the proof shows.
    """
    running = launch.running_server(layout)
    if running and settings_rules.read(installed.config) is not None:
        launch.wait_answering(running, timeout_s=profile.launch.ready_timeout_s, tell=tell)
        yield running
        return
    copy, outputs = layout.scratch / "settings-of-the-proof.json", layout.scratch / "outputs-of-the-proof"
    files.remove(copy)
    content = settings_copy(installed.config, outputs)
    if content is not None:
        files.write_atomic(copy, content)
    thrown_away = layout.root / "tmp" / "config.json"
    was_there = thrown_away.exists()
    server = launch.start(layout, Start(private=True, settings=copy, extra=_ALONE))
    try:
        launch.wait_ready(server, timeout_s=profile.launch.ready_timeout_s, tell=tell)
        yield server
    finally:
        launch.stop(layout, server)
        files.remove(copy)
        files.remove(outputs)
        if not was_there:
            files.remove(thrown_away)


def settings_copy(config: bytes | None, outputs: Path) -> bytes | None:
    """Return the settings for the private server: the person's, no live preview, what scripts save put elsewhere.

    The script SD upscale saves its result although the request says not to. A file that the web UI could not read is
    given as it is: what it does then is what shall be seen.
    """
    values = settings_rules.read(config)
    if values is None or config is None:
        return config
    own = {
        "live_previews_enable": False,
        "save_init_img": False,
        **dict.fromkeys(_SAVED, str(outputs)),
    }
    return json.dumps({**values, **own}, indent=4).encode()
