"""Where things are: platform folders of foxup, and the layout of one install."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

STATE_FOLDER = ".foxup"
MIRRORS_VARIABLE = "FOXUP_MIRRORS"


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths of one install folder. Nothing here touches the disk."""

    root: Path
    windows: bool = False

    @property
    def state(self) -> Path:
        """The corner of the install that belongs to foxup."""
        return self.root / STATE_FOLDER

    @property
    def receipt(self) -> Path:
        """What was applied and proved; written last."""
        return self.state / "receipt.json"

    @property
    def journal(self) -> Path:
        """One line for each begun and ended step."""
        return self.state / "journal.jsonl"

    @property
    def lock(self) -> Path:
        """Held while something changes the install."""
        return self.state / "lock"

    @property
    def logs(self) -> Path:
        """Logs of foxup and of the web UI."""
        return self.state / "logs"

    @property
    def reports(self) -> Path:
        """HTML and JSON reports, generated pictures."""
        return self.state / "reports"

    @property
    def references(self) -> Path:
        """Published pictures that were fetched."""
        return self.state / "references"

    @property
    def pins(self) -> Path:
        """Hashes of what was fetched on first trust, beside those the profile holds."""
        return self.state / "pins.json"

    @property
    def scratch(self) -> Path:
        """Half-made things; emptied before an apply."""
        return self.state / "tmp"

    @property
    def bundle(self) -> Path:
        """What a bundle brought, until it is in its place."""
        return self.state / "bundle"

    @property
    def downloads(self) -> Path:
        """Partial downloads with their sidecars; kept over a kill."""
        return self.state / "downloads"

    @property
    def originals(self) -> Path:
        """First content of files foxup edited, for undo."""
        return self.state / "originals"

    @property
    def process(self) -> Path:
        """What is running: process id, port."""
        return self.state / "process.json"

    @property
    def environment(self) -> Path:
        """The web UI's virtual environment, where the web UI itself expects it."""
        return self.root / "venv"

    @property
    def environment_python(self) -> Path:
        """The interpreter inside the environment."""
        inside = ("Scripts", "python.exe") if self.windows else ("bin", "python")
        return self.environment.joinpath(*inside)

    @property
    def launch_script(self) -> Path:
        """The script the user edits and starts."""
        return self.root / ("webui-user.bat" if self.windows else "webui-user.sh")

    @property
    def config(self) -> Path:
        """The web UI's settings."""
        return self.root / "config.json"


def log_folder() -> Path:
    """Return the folder of foxup's own logs, outside any install."""
    from platformdirs import user_log_path

    return user_log_path("foxup", appauthor=False)


def config_folder() -> Path:
    """Return the folder of the user's own foxup configuration."""
    from platformdirs import user_config_path

    return user_config_path("foxup", appauthor=False)


def cache_folder() -> Path:
    """Return the folder of what can be fetched again."""
    from platformdirs import user_cache_path

    return user_cache_path("foxup", appauthor=False)
