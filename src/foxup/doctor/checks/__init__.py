"""Every check by its id: pure judging of one Case."""

from __future__ import annotations

from functools import partial

from foxup.doctor.case import Judge
from foxup.doctor.checks import environment, extensions, launching, logs, machine, models, security, settings, webui
from foxup.doctor.texts import checks

JUDGES: dict[str, Judge] = {
    **{check.id: partial(machine.judge, check) for check in checks() if check.codes},
    "git.present": machine.git,
    "network.reach": machine.network,
    "webui.program": webui.program,
    "webui.files": webui.files,
    "webui.folders": webui.folders,
    "repositories.state": webui.repositories,
    "git.ownership": webui.ownership,
    "extensions.state": extensions.state,
    "environment.python": environment.python,
    "packages.set": environment.packages,
    "pytorch.version": environment.pytorch,
    "models.files": models.files,
    "models.content": models.content,
    "models.names": models.names,
    "tokenizer.cache": models.tokenizer,
    "settings.file": settings.file,
    "settings.values": settings.values,
    "launch.script": launching.script,
    "port.free": launching.port,
    "server.running": launching.running,
    "logs.newest": logs.newest,
    "verdict.last": logs.verdict,
    "security.access": security.access,
    "security.password": security.password,
    "security.pickles": security.pickles,
    "security.extensions": security.extensions,
}
"""A test holds that this and profiles/doctor/checks.toml name the same ids."""
