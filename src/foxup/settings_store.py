"""Changing the web UI's settings: in its file while it is stopped, through its API while it runs."""

from __future__ import annotations

from foxup import launch
from foxup.apply import held
from foxup.components import settings
from foxup.errors import FoxupError
from foxup.i18n import _
from foxup.paths import Layout
from foxup.profile import Profile
from foxup.system import files


def apply(layout: Layout, profile: Profile) -> set[str]:
    """Set what the profile prescribes; return the keys that changed. Raises FoxupError.

    A running web UI would overwrite the file with what it has in memory, so then it is asked to change them itself;
    one that somebody else started has to be closed first (`webui-running`).
    """
    content = files.read_bytes(layout.config)
    current = settings.salvage(content)
    changes = settings.differing(current, profile.settings)
    broken = content is not None and settings.read(content) is None
    if not changes and not broken:
        return set()
    with held(layout):
        _keep_original(layout, content)
        server = launch.running_server(layout)
        if server:
            server.api.set_options({key: wanted for key, (_have, wanted) in changes.items()})
        else:
            launch.refuse_while_open(layout)
            new = settings.dump(settings.merged(current, profile.settings))
            files.write_atomic(layout.config, new, scratch=layout.scratch)
    return set(changes)


def undo(layout: Layout) -> None:
    """Bring back config.json from before foxup. Raises FoxupError (`nothing-to-undo`, `webui-running`)."""
    original = files.read_bytes(layout.originals / layout.config.name)
    if original is None:
        raise FoxupError("nothing-to-undo", _("foxup has not replaced a settings file here."))
    with held(layout):
        launch.refuse_while_open(layout)
        files.write_atomic(layout.config, original, scratch=layout.scratch)


def _keep_original(layout: Layout, content: bytes | None) -> None:
    original = layout.originals / layout.config.name
    if content is not None and not original.exists():
        files.write_atomic(original, content, scratch=layout.scratch)
