"""Bundles: everything an install needs in one file, made where there is a network, installed where there is none.

A bundle is the plan for an empty folder with each action's source brought along instead of applied; an install from
it is an ordinary install whose sources lie in a folder. Nothing else knows about bundles.
"""

from foxup.bundling.gather import make, plan, refuse_if_blocked
from foxup.bundling.manifest import Bundle, Manifest, open_bundle
from foxup.bundling.take import check, finish, offered, unpacking

__all__ = [
    "Bundle",
    "Manifest",
    "check",
    "finish",
    "make",
    "offered",
    "open_bundle",
    "plan",
    "refuse_if_blocked",
    "unpacking",
]
