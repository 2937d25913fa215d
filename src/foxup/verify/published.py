"""The published picture of a reference: shipped, kept, fetched or given; trusted the first time, watched afterwards."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from foxup import configuration, pins
from foxup.errors import FoxupError
from foxup.finding import Finding
from foxup.i18n import _, pick
from foxup.paths import Layout
from foxup.profile import Profile, ReferenceModel
from foxup.step import FileSpec, Source
from foxup.system import files
from foxup.system.journal import now

if TYPE_CHECKING:
    from collections.abc import Callable

    from foxup.pictures.load import Picture
    from foxup.verify.model import Asked

PACKAGED = "package:"
_LEAST_SHARE = 0.2  # of the expected pixels: below it is a host's "image removed", not a copy of the picture
_ENDINGS = {"JPEG": "jpg"}


@dataclass(frozen=True, slots=True)
class Published:
    """What a generated picture is compared with: a file, else a fingerprint as text, else nothing; and why."""

    path: Path | None = None
    fingerprint: str | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height in pixels, None when neither picture nor fingerprint is known."""
        from foxup.pictures import fingerprint, load

        if self.path is not None:
            return load.load(self.path).size
        return fingerprint.read(self.fingerprint).size if self.fingerprint else None


def published_picture(profile: Profile, reference: ReferenceModel, layout: Layout | None = None) -> Path | None:
    """Return the published picture if it ships with foxup or was fetched before, or None. Nothing is fetched."""
    if reference.picture and reference.picture.startswith(PACKAGED):
        path = profile.folder / PurePosixPath(reference.picture.removeprefix(PACKAGED))
        return path if path.is_file() else None
    pin = pins.read(layout).get(reference.id) if layout else None
    path_kept = pins.kept(layout, reference.id) if layout and pin else None
    return path_kept if path_kept and pin and files.sha256_file(path_kept) == pin.sha256 else None


def obtain(
    layout: Layout, profile: Profile, reference: ReferenceModel, asked: Asked, tell: Callable[[str], None]
) -> Published:
    """Return what to compare with. Raises FoxupError only for a given file that is no picture."""
    from foxup.pictures.data import finding

    if asked.like is not None:  # a picture to explain: never kept as the reference's
        return Published(asked.like)
    if asked.published is not None:
        return _given(layout, reference, asked.published)
    if reference.incomparable:
        reason = pick(reference.incomparable.model_dump())
        return Published(findings=(replace(finding("reference-incomparable"), cause=reason),))
    present = None if asked.repin else published_picture(profile, reference, layout)
    if present is not None or not (reference.picture or "").startswith(("http://", "https://")):
        return Published(present, reference.fingerprint)
    tell(_("fetching the published picture"))
    try:
        found, picture = fetched(layout, profile, reference, offline=asked.offline)
    except FoxupError as error:
        return _without(layout, reference, f"{error.message} {error.cause}".strip())
    return _trusted(layout, reference, found, picture, repin=asked.repin)


def _given(layout: Layout, reference: ReferenceModel, path: Path) -> Published:
    """Use a file of the person's; it is kept as the first trusted one where there is none yet and one was published."""
    from foxup.pictures import load

    picture = load.load(path)
    wanted = _prescribed(reference) or _pinned(layout, reference)
    if (reference.picture or "").startswith("http") and not reference.incomparable and not wanted:
        _keep(layout, reference, path.read_bytes(), picture, address=path.name)
    changed = () if wanted in (None, picture.sha256) else (_changed(reference, picture.sha256, wanted),)
    return Published(path, reference.fingerprint, changed)


def fetched(layout: Layout, profile: Profile, reference: ReferenceModel, *, offline: bool) -> tuple[bytes, Picture]:
    """Fetch and decode. Raises FoxupError: the engine's, `picture-*`, `reference-placeholder`."""
    from foxup.pictures import load
    from foxup.system import download
    from foxup.system.download import Limits

    address = reference.picture or ""
    place = layout.scratch / "published" / reference.id
    files.remove(place)
    made = download.make_context(
        layout.downloads, os.environ, mirrors=configuration.load().mirrors.files, package_folder=profile.folder
    )
    limits = Limits(connect_timeout=8.0, stall=15.0, first_retries=1, retries=2, longest_retry_after=10.0)
    source = Source(address, urlsplit(address).hostname or "")
    spec = FileSpec(f"reference-{reference.id}", PurePosixPath(address).name, "image", (source,))
    download.fetch(spec, place, context=replace(made, offline=offline, limits=limits))
    content = place.read_bytes()
    files.remove(place)
    picture = load.from_bytes(content, PurePosixPath(address).name)
    _refuse_placeholder(reference, picture)
    return content, picture


def adopt(layout: Layout, reference: ReferenceModel, path: Path) -> None:
    """Keep a picture that was fetched elsewhere, as if it had been fetched here; a wrong one is left alone."""
    from foxup.pictures import load

    picture = load.load(path)
    if (_prescribed(reference) or _pinned(layout, reference)) in {None, picture.sha256}:
        _keep(layout, reference, path.read_bytes(), picture, address=reference.picture or "")


def _refuse_placeholder(reference: ReferenceModel, picture: Picture) -> None:
    """A host answers for a removed picture with a small one that says so. Raises FoxupError."""
    from foxup.pictures.scripts import factor

    expected = reference.width * reference.height * factor(reference) ** 2
    if picture.size[0] * picture.size[1] < _LEAST_SHARE * expected:
        raise FoxupError(
            "reference-placeholder",
            _("The host answered with a picture of {width}x{height} pixels.").format(
                width=picture.size[0], height=picture.size[1]
            ),
            cause=_("It is far too small: most likely a note that the picture was removed."),
        )


def _trusted(layout: Layout, reference: ReferenceModel, content: bytes, picture: Picture, *, repin: bool) -> Published:
    """Keep what is right or seen first; of another one say so and leave it."""
    prescribed = _prescribed(reference)
    wanted = prescribed or (None if repin else _pinned(layout, reference))
    if wanted in (None, picture.sha256):
        return Published(
            _keep(layout, reference, content, picture, address=reference.picture or ""), reference.fingerprint
        )
    ending = _ENDINGS.get(picture.format, picture.format.lower())
    aside = layout.references / "changed" / f"{reference.id}.{ending}"
    files.write_atomic(aside, content)
    found = replace(
        _changed(reference, picture.sha256, wanted or ""),
        commands=() if prescribed else (f"foxup verify {reference.id} --repin --dir {layout.root}",),
        remedy=_("The new one lies in {path}.").format(path=aside),
    )
    return Published(None, _known(layout, reference), (found,))


def _without(layout: Layout, reference: ReferenceModel, reason: str) -> Published:
    from foxup.pictures.data import finding

    said = finding("reference-picture-unavailable", address=reference.picture)
    command = f"foxup verify {reference.id} --reference FILE --dir {layout.root}"
    return Published(None, _known(layout, reference), (replace(said, cause=reason, commands=(command,)),))


def _changed(reference: ReferenceModel, actual: str, expected: str) -> Finding:
    from foxup.pictures.data import finding

    return finding("reference-picture-changed", name=reference.id, actual=actual[:10], expected=expected[:10])


def _keep(layout: Layout, reference: ReferenceModel, content: bytes, picture: Picture, *, address: str) -> Path:
    from foxup.pictures import fingerprint

    old = pins.kept(layout, reference.id)
    path = layout.references / f"{reference.id}.{_ENDINGS.get(picture.format, picture.format.lower())}"
    files.write_atomic(path, content)
    if old is not None and old != path:
        files.remove(old)
    pinned = fingerprint.write(fingerprint.make(picture))
    pin = pins.Pin(picture.sha256, len(content), *picture.size, address, now(), pinned)
    pins.add(layout, reference.id, pin)
    return path


def _prescribed(reference: ReferenceModel) -> str | None:
    """Return the hash of the picture's file that the profile itself knows."""
    from foxup.pictures import fingerprint

    known = fingerprint.read(reference.fingerprint).file if reference.fingerprint else None
    return reference.picture_sha256 or known


def _pinned(layout: Layout, reference: ReferenceModel) -> str | None:
    pin = pins.read(layout).get(reference.id)
    return pin.sha256 if pin else None


def _known(layout: Layout, reference: ReferenceModel) -> str | None:
    """Return the fingerprint of the profile, else the one pinned here."""
    pin = pins.read(layout).get(reference.id)
    return reference.fingerprint or (pin.fingerprint if pin else None)
