"""What foxup brought goes, with what Python made of it; what the person made stays."""

from __future__ import annotations

import json

from foxup import removal
from foxup.paths import Layout
from foxup.receipt import Receipt
from foxup.system import files


def test_compiled_modules_go_with_their_source(tmp_path):
    layout = Layout(tmp_path / "webui")
    names = ["launch.py", "ui/engine.py", "ui/mine.py"]
    for name in (*names, "ui/__pycache__/engine.cpython-311.pyc", "ui/__pycache__/mine.cpython-311.pyc"):
        path = layout.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    hashes = {name: files.sha256_file(layout.root / name) for name in names[:2]}
    layout.receipt.parent.mkdir(parents=True)
    layout.receipt.write_text(json.dumps(Receipt("0.1.0", "smoke", hashes).to_document()))
    removal.remove(layout, removal.ours(layout))
    left = sorted(path.relative_to(layout.root).as_posix() for path in layout.root.rglob("*") if path.is_file())
    assert left == ["ui/__pycache__/mine.cpython-311.pyc", "ui/mine.py"]
