"""Removing an install: what foxup brought, never what the person made."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from foxup import launch
from foxup.apply import end_orphan, held
from foxup.errors import FoxupError
from foxup.i18n import _
from foxup.paths import Layout
from foxup.receipt import from_document
from foxup.system import files


def ours(layout: Layout) -> list[Path]:
    """Return what foxup wrote and nobody changed since, the environment, and foxup's own records.

    Raises FoxupError (`not-installed`) when there is no receipt to go by.
    """
    receipt = from_document(files.read_json(layout.receipt))
    if receipt is None:
        raise launch.not_installed(layout)
    written = [
        layout.root / PurePosixPath(name)
        for name, digest in receipt.files.items()
        if _is(layout.root / PurePosixPath(name), digest)
    ]
    environment = [layout.environment] if layout.environment.exists() else []
    return [*written, *environment, layout.state]


def everything(layout: Layout) -> list[Path]:
    """Return the whole folder, if it is a web UI. Raises FoxupError (`not-installed`)."""
    if not (layout.root / "launch.py").is_file():
        raise launch.not_installed(layout)
    return [layout.root]


def remove(layout: Layout, paths: list[Path]) -> None:
    """Stop the web UI and remove `paths`, then folders left empty. Raises FoxupError (`web-ui-running`)."""
    server = launch.running_server(layout)
    if server:
        launch.stop(layout, server)
    with held(layout):
        end_orphan(layout)
        for path in paths:
            if path not in (layout.state, layout.root):
                files.remove(path)
        for folder in {path.parent for path in paths}:
            _forget_compiled(folder)
    for path in paths:
        if path in (layout.state, layout.root):
            files.remove(path)
    _remove_empty(layout.root)


def _remove_empty(root: Path) -> None:
    for folder in sorted(root.glob("**/"), key=lambda path: len(path.parts), reverse=True):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def _forget_compiled(folder: Path) -> None:
    """Remove what Python compiled of modules that are gone."""
    for compiled in (folder / "__pycache__").glob("*.pyc"):
        if not (folder / f"{compiled.name.partition('.')[0]}.py").exists():
            files.remove(compiled)


def _is(path: Path, digest: str) -> bool:
    try:
        return files.sha256_file(path) == digest
    except FileNotFoundError:
        return False
    except OSError as error:
        raise FoxupError("file-unreadable", _("{path} cannot be read.").format(path=path), cause=str(error)) from None
