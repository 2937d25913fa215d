"""The process edge: streams, language, errors to exit codes."""

from __future__ import annotations

import os
import sys

from foxup import i18n, letters
from foxup.errors import ExitCode, FoxupError


def main() -> None:
    """Run the command line and leave with one of the documented exit codes."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=letters.ERRORS)  # a code page without a sign shows another, never fails
    if sys.argv[1:] == ["--version"]:
        from foxup import __version__

        print(f"foxup {__version__}")  # noqa: T201 - the fast way, before anything is imported
        return
    language = i18n.choose(sys.argv[1:], os.environ)
    i18n.use(language if "--json" in sys.argv else i18n.printable(language, sys.stderr.encoding))
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command line in this process and return its exit code."""
    from foxup import console
    from foxup.cli.app import build

    failure: FoxupError | None = None
    console.out.command = next((word for word in arguments if not word.startswith("-")), "")  # until it says it itself
    try:
        code = build()(arguments)
    except FoxupError as error:
        failure, code = error, int(error.exit_code)
        console.error(error)
    except KeyboardInterrupt:
        code = int(ExitCode.INTERRUPTED)
        console.say(i18n._("Interrupted. Run the same command again to go on."))
    except BrokenPipeError:
        return int(ExitCode.PROBLEM)
    except Exception as error:  # noqa: BLE001 - the last line of defence: our own mistakes become a log to post
        failure, code = _bug(error), int(ExitCode.BUG)
        console.error(failure)
    console.document(code, failure)
    return code


def _bug(error: Exception) -> FoxupError:
    """Write a log ready to paste and say where it is."""
    from foxup.crash import write_log

    path = write_log(error, sys.argv)
    return FoxupError(
        "internal-error",
        i18n._("This is a mistake in foxup: {error}").format(error=f"{type(error).__name__}: {error}"),
        hint=i18n._("Please post the file {path}; it holds no tokens.").format(path=path),
        exit_code=ExitCode.BUG,
    )


if __name__ == "__main__":
    main()
