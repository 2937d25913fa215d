"""The catalogue of known troubles and the engine that finds them in a console log."""

from __future__ import annotations

from foxup.signatures.catalogue import Catalogue, finding, load
from foxup.signatures.engine import Evidence, LogDiagnosis, explain_log

__all__ = ["Catalogue", "Evidence", "LogDiagnosis", "explain_log", "finding", "load"]
