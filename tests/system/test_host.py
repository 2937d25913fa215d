from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from foxup.system import host

DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian\n'
UBUNTU = 'PRETTY_NAME="Ubuntu 24.04.1 LTS"\nNAME="Ubuntu"\nVERSION_ID="24.04"\nID=ubuntu\nID_LIKE=debian\n'
ARCH = 'NAME="Arch Linux"\nID=arch\nBUILD_ID=rolling\n'
FEDORA = "NAME='Fedora Linux'\nVERSION_ID=41\nID=fedora\n"


def _raw(**changes: object) -> dict[str, object]:
    return {
        "os_release": DEBIAN,
        "debian_version": "12.9\n",
        "kernel": "6.1.0-28-amd64",
        "arch": "x86_64",
        "libc": "glibc 2.36",
        "locale": "C",
        **changes,
    }


@pytest.mark.parametrize(
    ("release", "debian", "name", "version"),
    [
        (DEBIAN, "12.9\n", "Debian GNU/Linux 12", "12.9"),
        (DEBIAN, "trixie/sid\n", "Debian GNU/Linux 12", "12"),
        (UBUNTU, "trixie/sid\n", "Ubuntu 24.04", "24.04"),
        (FEDORA, "", "Fedora Linux 41", "41"),
        (ARCH, "", "Arch Linux", ""),
        ("", "", "Linux", ""),
    ],
)
def test_linux_names_itself(release: str, debian: str, name: str, version: str) -> None:
    facts = host.parse_linux(_raw(os_release=release, debian_version=debian))
    assert (facts.family, facts.name, facts.version, facts.glibc, facts.wsl) == ("linux", name, version, "2.36", 0)


def test_musl_has_no_glibc() -> None:
    assert host.parse_linux(_raw(libc=None)).glibc is None


@pytest.mark.parametrize(
    ("kernel", "generation"),
    [
        ("6.1.0-28-amd64", 0),
        ("4.4.0-19041-Microsoft", 1),
        ("5.15.167.4-microsoft-standard-WSL2", 2),
        ("6.6.87.2-microsoft-standard-WSL2+", 2),
    ],
)
def test_wsl_shows_in_the_kernel(kernel: str, generation: int) -> None:
    assert host.wsl_generation(kernel) == generation


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("processor\t: 0\nmodel name\t: Intel(R) Core(TM) i5-12400F\nprocessor\t: 1\n", "Intel(R) Core(TM) i5-12400F"),
        ("processor\t: 0\nBogoMIPS\t: 50.00\n", None),
        ("Hardware\t: BCM2835\n", "BCM2835"),
    ],
)
def test_the_processor_has_a_name(text: str, name: str | None) -> None:
    assert host.parse_cpu(text) == name


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"LANG": "ru_RU.UTF-8"}, "ru_RU.UTF-8"),
        ({"LC_ALL": "C.UTF-8", "LANG": "ru_RU.UTF-8"}, "C.UTF-8"),
        ({"LC_ALL": ""}, "C"),
        ({}, "C"),
    ],
)
def test_the_locale_is_what_the_variables_choose(environ: dict[str, str], expected: str) -> None:
    assert host.locale_of(environ) == expected


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("memory.max", "1073741824\n", 1024),
        ("memory/memory.limit_in_bytes", "536870912\n", 512),
        ("memory.max", "max\n", None),
        ("memory/memory.limit_in_bytes", "9223372036854771712\n", None),
    ],
)
def test_a_containers_limit_is_the_memory(tmp_path: Path, file: str, text: str, expected: int | None) -> None:
    path = tmp_path / "sys/fs/cgroup" / file
    path.parent.mkdir(parents=True)
    path.write_text(text)
    assert host.ram_mib(tmp_path) == (expected or host.ram_mib(Path(os.devnull)))


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("git version 2.47.0.windows.1\n", "2.47.0"),
        ("git version 2.39.5\n", "2.39.5"),
        ("git version 2.39.3 (Apple Git-146)\n", "2.39.3"),
        ("xcode-select: error\n", None),
        ("git version 2.43\n", "2.43"),
    ],
)
def test_git_says_its_version(text: str, version: str | None) -> None:
    assert host.parse_git(text) == version


def test_no_git_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert host.git_version() is not None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert host.git_version() is None


def test_apples_offer_to_install_tools_is_not_git(tmp_path: Path) -> None:
    git = Path("/usr/bin/git")
    assert host.is_apple_stub(git, (tmp_path,))
    (tmp_path / "usr/bin").mkdir(parents=True)
    (tmp_path / "usr/bin/git").touch()
    assert not host.is_apple_stub(git, (tmp_path,))
    assert not host.is_apple_stub(Path("/opt/homebrew/bin/git"), (tmp_path / "none",))


@pytest.mark.skipif(sys.platform != "linux", reason="asks this Linux")
def test_this_machine_answers() -> None:
    found = host.read()
    assert found.os.family == "linux"
    assert found.os.arch == os.uname().machine
    assert found.os.name
    assert (host.cpu_count() or 0) >= 1
    assert host.elevated() is (os.geteuid() == 0)
    assert host.groups()
    assert host.pagefile_mib() is None


def test_no_compute_device_is_unknown_and_a_locked_one_is_not_writable(tmp_path: Path) -> None:
    assert host.kfd_writable(tmp_path / "kfd") is None
    (tmp_path / "kfd").touch()
    assert host.kfd_writable(tmp_path / "kfd") is True
