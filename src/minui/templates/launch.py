"""Starts the web UI of this folder: ``python launch.py [options]``; COMMANDLINE_ARGS is added to the options."""

from __future__ import annotations

import os
import sys
from pathlib import Path

HERE = Path(os.path.realpath(__file__)).parent

if __name__ == "__main__":
    sys.path.insert(0, str(HERE))
    from minui.main import main

    main(HERE)
