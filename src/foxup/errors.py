"""What a failure is to the person in front of the terminal: what, cause, and the next command."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The process exit codes other programs rely on (docs/reference/exit-codes.md)."""

    OK = 0
    PROBLEM = 1
    USAGE = 2
    BUG = 3
    INTERRUPTED = 130


class FoxupError(Exception):
    """A failure that foxup understands and can explain.

    `code` is stable, lower-case English with dashes, for programs. `message` says what is, `cause` why,
    `hint` what to do next with the exact command; the last two may be empty but never None.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        cause: str = "",
        hint: str = "",
        exit_code: ExitCode = ExitCode.PROBLEM,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.cause = cause
        self.hint = hint
        self.exit_code = exit_code


class UsageError(FoxupError):
    """The command line or an input file is wrong; nothing was changed."""

    def __init__(self, code: str, message: str, *, cause: str = "", hint: str = "") -> None:
        super().__init__(code, message, cause=cause, hint=hint, exit_code=ExitCode.USAGE)
