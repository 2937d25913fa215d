"""The words that stand where something private stood."""

from __future__ import annotations

SECRET, USER, HOST, EMAIL, ADDRESS, DEVICE = "<secret>", "<user>", "<host>", "<email>", "<address>", "<device>"
HOME = "~"
