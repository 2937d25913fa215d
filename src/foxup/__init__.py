"""foxup: from a bare machine to a working, proven Stable Diffusion web UI."""

__version__ = "0.1.0"
