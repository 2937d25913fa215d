"""Who can reach the web UI, and what could run code on this machine.

Sources: modules/initialize_util.py and api.py of A1111 v1.10.1, tested live: `--gradio-auth` does not protect /sdapi,
`--api-auth` does not protect /internal, and /internal/sysinfo prints COMMANDLINE_ARGS to anybody.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from urllib.parse import urlsplit

from foxup.components.launch_script import Options
from foxup.components.models import matches
from foxup.doctor.case import Case, NotApplicable
from foxup.doctor.checks.webui import need_webui
from foxup.doctor.texts import knowledge, say
from foxup.finding import Finding
from foxup.i18n import _

_OWN = {"127.0.0.1", "localhost", "::1"}
_PAGE_PASSWORDS = {"--gradio-auth", "--gradio-auth-path"}
_PASSWORDS = ("--api-auth", "--gradio-auth")
_CODE = ("--disable-safe-unpickle", "--allow-code")
_SHOWN = 5


def access(case: Case) -> list[Finding]:
    """Judge by the launch arguments who can reach the web UI."""
    need_webui(case)
    flags, found = case.flags, []
    near, far = _near(case), next((flag for flag in ("--share", "--ngrok") if flag in flags), None)
    page, api = bool(flags & _PAGE_PASSWORDS), "--api-auth" in flags
    headless = "--nowebui" in flags
    if far and not page:
        found.append(say("security-share", flag=far))
    if headless and near == "--nowebui" and not api:
        found.append(say("security-nowebui-everywhere"))
    elif near and not page and not headless:
        found.append(say("security-open", flag=near))
    if (near or far) and ("--api" in flags or headless) and not api and near != "--nowebui":
        found.append(say("security-api-open", flag=near or far))
    if "--enable-insecure-extension-access" in flags:
        open_to = far or near
        code = "security-extension-access/open" if open_to else "security-extension-access"
        found.append(say(code, flag=open_to))
    return [*found, *(say("security-code", flag=flag) for flag in _CODE if flag in flags)]


def password(case: Case) -> list[Finding]:
    """Name passwords in the line that the web UI shows to everybody."""
    need_webui(case)
    return [say("security-password-public", flag=flag) for flag in _PASSWORDS if flag in case.flags]


def pickles(case: Case) -> list[Finding]:
    """Name model files that run code, but for those the profile pins by their hash."""
    need_webui(case)
    risky = [model for model in case.state.models if model.pickle and model.problem is None]
    pinned = {item.destination for item in case.profile.files if matches(item, case.state.files.get(item.destination))}
    found = [say("pickle-dangerous", path=model.path, danger=model.danger) for model in risky if model.danger]
    quiet = [PurePosixPath(model.path).name for model in risky if not model.danger and model.path not in pinned]
    if quiet:
        more = ", …" if len(quiet) > _SHOWN else ""
        found.append(say("pickles-among-models", names=", ".join(quiet[:_SHOWN]) + more))
    return found


def extensions(case: Case) -> list[Finding]:
    """Name extensions from unusual places."""
    need_webui(case)
    if not case.state.extensions:
        raise NotApplicable(_("There are no extensions."))
    found = [
        say("extension-unknown-remote", name=item.name, remote=item.remote)
        for item in case.state.extensions
        if item.remote and _host(item.remote) not in knowledge().trusted_hosts
    ]
    unknown = [item.name for item in case.state.extensions if not item.remote]
    if unknown:
        found.append(say("extension-without-origin", names=", ".join(unknown)))
    return found


def _near(case: Case) -> str | None:
    """Return the argument by which other machines on the network can reach it."""
    named = [group[1] for group in Options.of(case.arguments).groups if group[0] == "--server-name" and group[1:]]
    if named:
        return None if named[-1] in _OWN else "--server-name"
    if "--listen" in case.flags:
        return "--listen"
    return "--nowebui" if "--nowebui" in case.flags else None


def _host(remote: str) -> str:
    if "://" not in remote and ":" in remote:  # git@host:path
        return remote.partition(":")[0].rpartition("@")[2].lower()
    return (urlsplit(remote).hostname or "").lower()
