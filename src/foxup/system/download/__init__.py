"""Every file foxup fetches: fast, gone on with after any interruption, proved before it gets its name."""

from foxup.system.download.archives import check_archive
from foxup.system.download.batch import Outcome, fetch_all, make_context
from foxup.system.download.engine import fetch
from foxup.system.download.failures import DownloadError
from foxup.system.download.model import (
    Budget,
    DownloadContext,
    DownloadEvent,
    Fetched,
    Limits,
    Secret,
    State,
    Token,
    Wanted,
)
from foxup.system.download.tokens import read_tokens

__all__ = [
    "Budget",
    "DownloadContext",
    "DownloadError",
    "DownloadEvent",
    "Fetched",
    "Limits",
    "Outcome",
    "Secret",
    "State",
    "Token",
    "Wanted",
    "check_archive",
    "fetch",
    "fetch_all",
    "make_context",
    "read_tokens",
]
