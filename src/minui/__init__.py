"""minui: a small web UI for latent diffusion on the CPU that answers as A1111 v1.10.1 does.

It is installed as files into a folder of its own and started by that folder's ``launch.py``; foxup never imports it.
"""

from __future__ import annotations

__version__ = "1.0.0"
VERSION_TEXT = f"minui-{__version__}"
"""What start-up lines and pictures call this program (A1111 prints its git tag there)."""
