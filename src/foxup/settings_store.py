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
        if content is not None:
            lost = broken and not current
            files.keep(content, layout.originals, layout.config.name, again=lost, scratch=layout.scratch)
        server = launch.running_server(layout)
        if server:
            server.api.set_options({key: wanted for key, (_have, wanted) in changes.items()})
        else:
            launch.refuse_while_open(layout)
            new = settings.dump(settings.merged(current, profile.settings))
            files.write_atomic(layout.config, new, scratch=layout.scratch)
    return set(changes)


def undo(layout: Layout, profile: Profile) -> set[str]:
    """Take the profile's values back to those from before foxup; return the keys that changed. Raises FoxupError.

    What the person has set since then stays. A file that cannot be read becomes the one from before foxup, and is kept.
    Codes: `nothing-to-undo`, `webui-running`.
    """
    original = files.read_bytes(layout.originals / layout.config.name)
    if original is None:
        raise FoxupError("nothing-to-undo", _("foxup has not replaced a settings file here."))
    with held(layout):
        launch.refuse_while_open(layout)
        content = files.read_bytes(layout.config)
        current, before = settings.read(content), settings.salvage(original)
        if content is None or current is None:
            new, back = original, set(before)
            files.keep(content or b"", layout.originals, layout.config.name, again=True, scratch=layout.scratch)
        else:
            values = settings.without(current, before, profile.settings)
            back = {key for key in profile.settings if values.get(key) != current.get(key)}
            new = original if values == before else settings.dump(values)
        if back:
            files.write_atomic(layout.config, new, scratch=layout.scratch)
    return back
