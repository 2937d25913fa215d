"""Start-up in upstream's order: arguments, preparation, strict arguments, server."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from minui import flags as flags_module
from minui import startup
from minui.timer import Timer


def main(code: Path) -> None:
    """Run the web UI whose launch.py lies in ``code``; returns when it was told to stop."""
    timer = Timer()
    sys.argv[1:] = flags_module.arguments(sys.argv[1:], os.environ)
    argv = sys.argv[1:]
    loose = flags_module.parse(code, argv, os.environ, strict=False)
    timer.record("initial startup")
    if not loose.skip_prepare_environment:
        startup.prepare(code, loose, argv)
    timer.record("prepare environment")
    startup.list_extensions(code, loose)
    startup.announce(argv)
    import torch  # noqa: F401 - timed apart, everything below needs it

    timer.record("import torch")
    flags = flags_module.parse(code, argv, os.environ)
    from minui import context
    from minui.web import server

    timer.record("other imports")
    web = context.make(code, flags)
    timer.record("initialize shared")
    server.serve(web, timer)
