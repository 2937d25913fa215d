"""The doctor: every check of a machine and an install, on what was seen here or on what a report says was seen.

Looking (`look`) reads the disk and gives a `State`; judging (`checks`) is pure, so that a report gives the same
findings on the helper's machine as on the owner's.
"""

from __future__ import annotations

from foxup.doctor.case import Case
from foxup.doctor.look import look
from foxup.doctor.run import Result, examine
from foxup.doctor.state import State
from foxup.doctor.texts import CheckModel, checks

__all__ = ["Case", "CheckModel", "Result", "State", "checks", "examine", "look"]
