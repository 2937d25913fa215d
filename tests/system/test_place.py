from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foxup.system import place
from foxup.system.place import Mount

MOUNTS = r"""22 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw
23 22 8:17 / /srv/ai rw,relatime shared:2 - xfs /dev/sdb1 rw
24 22 0:45 / /home rw,relatime - btrfs /dev/nvme0n1p3 rw,subvol=/@home
25 22 0:51 / /mnt/nas rw,relatime - nfs4 nas:/export rw,vers=4.2
26 22 0:52 / /mnt/with\040space rw - cifs //nas/share rw
27 22 0:60 / /mnt/c rw,noatime - 9p C:\134 rw,aname=drvfs;path=C:\;uid=1000
28 22 0:61 / /mnt/host rw - 9p hostshare rw,trans=virtio
29 23 8:33 / /srv/ai rw - ext4 /dev/sdc1 rw
broken line
"""


@pytest.mark.parametrize(
    ("path", "point", "filesystem"),
    [
        ("/usr/lib", "/", "ext4"),
        ("/srv/aim", "/", "ext4"),
        ("/srv/ai", "/srv/ai", "ext4"),
        ("/srv/ai/x", "/srv/ai", "ext4"),
        ("/home/user", "/home", "btrfs"),
        ("/mnt/with space/x", "/mnt/with space", "cifs"),
        ("/mnt/c/Users", "/mnt/c", "drvfs"),
        ("/mnt/host/a", "/mnt/host", "9p"),
    ],
)
def test_the_mount_of_a_path_is_the_deepest_and_the_last(path: str, point: str, filesystem: str) -> None:
    mount = place.mount_of(path, MOUNTS)
    assert mount
    assert (mount.point, mount.filesystem) == (point, filesystem)


@given(st.text(), st.text())
def test_no_mount_table_breaks_the_reader(path: str, text: str) -> None:
    place.mount_of(path, text)


def _disk(root: Path, number: str, name: str, rotational: str, *, partition: str = "", vendor: str = "") -> None:
    disk = root / "sys/devices/pci0/block" / name
    (disk / "queue").mkdir(parents=True, exist_ok=True)
    (disk / "queue/rotational").write_text(f"{rotational}\n")
    (disk / "device").mkdir(exist_ok=True)
    (disk / "device/vendor").write_text(f"{vendor}\n")
    whole = disk / partition if partition else disk
    whole.mkdir(exist_ok=True)
    for folder, link in (("sys/dev/block", number), ("sys/class/block", partition or name)):
        (root / folder).mkdir(parents=True, exist_ok=True)
        (root / folder / link).symlink_to(whole)


@pytest.mark.skipif(os.name == "nt", reason="sysfs needs links")
@pytest.mark.parametrize(
    ("name", "rotational", "vendor", "kind"),
    [
        ("nvme0n1", "0", "", "ssd"),
        ("sda", "0", "ATA", "ssd"),
        ("sda", "1", "ATA     ", "hdd"),
        ("sda", "1", "Msft    ", "unknown"),
        ("sda", "1", "QEMU", "unknown"),
        ("vda", "1", "", "unknown"),
        ("vda", "0", "", "ssd"),
        ("sda", "?", "ATA", "unknown"),
    ],
)
def test_the_kernel_knows_what_spins(tmp_path: Path, name: str, rotational: str, vendor: str, kind: str) -> None:
    _disk(tmp_path, "259:2", name, rotational, partition=f"{name}p2", vendor=vendor)
    assert place.linux_kind(Mount("/", "ext4", f"/dev/{name}p2", "259:2"), tmp_path) == (kind, "ext4")


@pytest.mark.skipif(os.name == "nt", reason="sysfs needs links")
def test_a_file_system_without_a_number_is_found_by_its_source(tmp_path: Path) -> None:
    _disk(tmp_path, "259:3", "nvme0n1", "0", partition="nvme0n1p3")
    assert place.linux_kind(Mount("/home", "btrfs", "/dev/nvme0n1p3", "0:45"), tmp_path) == ("ssd", "btrfs")


@pytest.mark.parametrize("filesystem", ["nfs4", "cifs", "fuse.sshfs", "9p"])
def test_the_network_is_no_disk(tmp_path: Path, filesystem: str) -> None:
    assert place.linux_kind(Mount("/mnt", filesystem, "nas:/x", "0:51"), tmp_path) == ("network", filesystem)


def test_a_windows_drive_in_wsl_is_not_the_network(tmp_path: Path) -> None:
    assert place.linux_kind(Mount("/mnt/c", "drvfs", "C:\\", "0:60"), tmp_path) == ("unknown", "drvfs")


DRIVES = [Mount("C:\\", "NTFS", "rw,fixed"), Mount("D:\\", "exFAT", "rw,removable"), Mount("Z:\\", "NTFS", "rw,remote")]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (r"C:\ai", ("unknown", "NTFS")),
        (r"d:\ai", ("unknown", "exFAT")),
        (r"Z:\ai", ("network", "NTFS")),
        (r"\\nas\share\ai", ("network", None)),
        (r"\\?\C:\ai", ("unknown", "NTFS")),
        (r"Q:\ai", ("unknown", None)),
    ],
)
def test_windows_paths_are_judged_by_their_drive(path: str, expected: tuple[str, str | None]) -> None:
    assert place.windows_kind(path, DRIVES) == expected


def test_a_target_that_is_not_there_yet_is_its_nearest_folder(tmp_path: Path) -> None:
    assert place.nearest(tmp_path / "a" / "b") == tmp_path
    (tmp_path / "file").touch()
    assert place.nearest(tmp_path / "file" / "b") == tmp_path


def test_the_disk_of_this_machine_is_measured(tmp_path: Path) -> None:
    disk = place.read(tmp_path / "absent", str(tmp_path))
    assert disk.target_free_gib == pytest.approx(disk.temp_free_gib, abs=1)
    assert disk.target_kind in {"ssd", "hdd", "network", "unknown"}
    assert disk.filesystem


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="rights do not bind root")
def test_a_locked_folder_is_not_writable(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert not place.writable(tmp_path / "x")


def test_the_own_folder_is_writable(tmp_path: Path) -> None:
    assert place.writable(tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


def test_no_folder_for_temporary_files_is_a_fact(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> str:
        raise FileNotFoundError

    monkeypatch.setattr("tempfile.gettempdir", fail)
    assert place.temp_folder() is None
