"""Explain a file: a picture by what it shows and says of itself, anything else as a console log."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from foxup.errors import UsageError
from foxup.finding import Finding, Severity
from foxup.i18n import _, pick
from foxup.profile import Profile, ReferenceModel

if TYPE_CHECKING:
    from foxup.pictures.load import Picture
    from foxup.pictures.metadata import Metadata
    from foxup.pictures.verdict import Judgement
    from foxup.signatures import Evidence, LogDiagnosis
    from foxup.signatures.binary import Kind

_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".gif", ".avif", ".bmp", ".tif", ".tiff"})
_LINES_SHOWN = 3
_SHOWN_CHARACTERS = 4000
_CLOSING = frozenset({"ruled-out", "cause-unknown"})


@dataclass(frozen=True, slots=True)
class Told:
    """What a file told: lines for people, findings, the JSON data, and whether it tells of a problem."""

    lines: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    data: dict[str, Any] = field(default_factory=dict)
    problem: bool = False


def explain(path: Path, profile: Profile | None = None) -> Told:
    """Explain a log or picture; `-` is a log on standard input.

    Raises UsageError: `file-unreadable`, or `file-not-a-log` for what is neither.
    """
    from foxup.pictures import load
    from foxup.signatures import binary

    if str(path) == "-":
        stream = io.BufferedReader(sys.stdin.buffer, binary.HEAD)  # type: ignore[type-var]
        head = stream.peek(binary.HEAD)
        if load.sniff(head):
            raise _not_a_log(path, _("a picture"), _("Name its file: foxup explain FILE"))
        _refuse_binary(path, head)
        return explain_log(stream)
    try:
        with path.open("rb") as file:
            head = file.read(binary.HEAD)
    except OSError as error:
        message = _("{path} cannot be read.").format(path=path)
        raise UsageError("file-unreadable", message, cause=error.strerror or "") from None
    if _is_picture(path, head):
        return explain_picture(path, profile)
    _refuse_binary(path, head)
    return explain_log(path)


def _refuse_binary(path: Path, head: bytes) -> None:
    """Say what a file is that cannot be a log, and what to do with it. Raises UsageError (`file-not-a-log`)."""
    from foxup.signatures import binary

    kind = binary.recognise(head)
    if kind:
        raise _not_a_log(path, *_words(kind))


def _not_a_log(path: Path, what: str, hint: str) -> UsageError:
    name = _("Standard input") if str(path) == "-" else path
    message = _("{path} is no console log: {what}.").format(path=name, what=what)
    return UsageError("file-not-a-log", message, hint=hint)


def _words(kind: Kind) -> tuple[str, str]:
    save = _("Copy the text of the console window into a .txt file, then: foxup explain FILE.txt")
    return {
        "model": (_("a model file"), _("foxup doctor models looks at the model files of a web UI; add --dir FOLDER")),
        "program": (_("a program"), save),
        "archive": (
            _("an archive or a document"),
            _("Unpack it, or save the document as plain text, and name that file."),
        ),
        "zeros": (
            _("zeros alone"),
            _("The machine failed while it was written. Start the web UI again and save the console anew."),
        ),
        "report": (_("a report that foxup wrote"), _("foxup doctor --report FILE gives its findings")),
        "facts": (_("facts that foxup found"), _("foxup doctor --facts FILE judges them")),
        "other": (_("not text at all"), save),
    }[kind]


def _is_picture(path: Path, head: bytes) -> bool:
    """Tell by the first bytes. A name that promises one is believed, so that a broken one is said to be so."""
    from foxup.pictures import load

    return bool(load.sniff(head)) or path.suffix.lower() in _PICTURES


def explain_log(source: Path | BinaryIO) -> Told:
    """Explain a console log. Unknown trouble is said to be unknown: no guessing."""
    from foxup import signatures

    told = signatures.explain_log(source)
    data = {"kind": "log", **told.to_document()}
    return Told(tuple(_log_lines(told)), told.findings, data, problem=not told.healthy)


def _log_lines(told: LogDiagnosis) -> Iterable[str]:
    if told.empty:
        yield _("The log is empty.")
    elif told.healthy:
        yield _("Nothing is wrong in this log.")
    elif not told.known:
        yield _("This trouble is not known to foxup. Post the whole log, from the start to the end, with these lines:")
        yield from _shown(told.unexplained)
    if told.findings:
        yield _("It rests on:")
        yield from _shown(told.evidence.get(told.findings[0].code, ()))
    for heading, found in ((_("Only consequences:"), told.consequences), (_("Harmless:"), told.harmless)):
        if found:
            yield heading
            yield from (f"  {item.message} ({item.code})" for item in found)


def _shown(evidence: Sequence[Evidence]) -> Iterable[str]:
    return (f"  {item.line}: {item.text}" for item in evidence[:_LINES_SHOWN])


def explain_picture(path: Path, profile: Profile | None = None) -> Told:
    """Explain a picture: broken pixels, its own parameters, a reference it should be, the guide's advice.

    Raises UsageError with the codes of `load` where neither pixels nor parameters can be read.
    """
    from foxup import present_verdict
    from foxup.pictures import infotext, judge, load, naming

    try:
        picture = load.given(path)
    except UsageError as error:
        return _without_pixels(path, profile, error)
    parameters = picture.metadata.parameters
    broken = judge.broken_picture(picture)
    doubtful = None if broken else judge.doubtful_parts(picture)
    findings = [broken] if broken else []
    lines = [_cut(parameters)] if parameters else []
    if picture.metadata.stripped:
        lines.append(_("No parameters are stored in it."))
    data: dict[str, Any] = {"kind": "picture", "size": list(picture.size), "parameters": parameters}
    text = infotext.parse(parameters) if parameters else None
    reference = None
    if profile and not broken:
        reference = naming.named(profile, text) if text else _looking_like(profile, picture)
    if profile and text and not reference and not broken:
        lines += naming.borrowed(profile, text)
    if profile and reference:
        judged, why = _against(reference, _judged(profile, reference, picture), parameters)
        data |= {"reference": reference.id, **judged}
        words = _("It should be the reference “{name}”.") if text else _("It looks like the reference “{name}”.")
        lines.append(words.format(name=pick(reference.title.model_dump())))
        lines += [present_verdict.sentence(judged["verdict"])] if judged else []
        findings += why
        doubtful = None if judged else doubtful  # the comparison has seen it, and knows
    findings += [doubtful] if doubtful else []
    if not broken:
        findings += _advice(picture.metadata, reference, findings)
        findings.sort(key=lambda item: item.code in _CLOSING)
    if text and text.fields and not findings:
        lines.append(_("Nothing in them goes against the guide."))
    return Told(tuple(lines), tuple(findings), data, _problem(findings))


def _without_pixels(path: Path, profile: Profile | None, error: UsageError) -> Told:
    """Explain what a file whose pixels cannot be read says of its making. Raises `error` where it says nothing."""
    from foxup.pictures import infotext, naming, unread
    from foxup.pictures.data import finding

    known = unread.read(path)
    if known.stripped:
        raise error
    lines = [_cut(known.parameters)] if known.parameters else []
    data: dict[str, Any] = {"kind": "picture", "parameters": known.parameters}
    reason = f"{error.message} {error.cause}".strip()
    findings = [replace(finding("picture-pixels-unread"), cause=reason, remedy=error.hint)]
    text = infotext.parse(known.parameters) if known.parameters else None
    reference = naming.named(profile, text) if profile and text else None
    if profile and text and not reference:
        lines += naming.borrowed(profile, text)
    if reference:
        data["reference"] = reference.id
        words = _("It should be the reference “{name}”.")
        lines.append(words.format(name=pick(reference.title.model_dump())))
        findings += _against(reference, None, known.parameters)[1]
    findings += _advice(known, reference, findings)
    return Told(tuple(lines), tuple(findings), data, _problem(findings))


def _advice(known: Metadata, reference: ReferenceModel | None, said: Sequence[Finding]) -> list[Finding]:
    """Return the guide's advice: none against what the reference itself was made with, none that was `said` already."""
    from foxup.pictures import advice, infotext

    expected = {item.code for item in advice.advise(infotext.from_reference(reference))} if reference else set()
    expected |= {item.code for item in said}  # the reference says the same with the value it wants
    return [item for item in advice.advise_picture(known) if item.code not in expected]


def _problem(findings: Iterable[Finding]) -> bool:
    troubles = (Severity.BLOCKER, Severity.ERROR, Severity.WARNING)
    return any(item.severity in troubles for item in findings)


def _cut(parameters: str) -> str:
    """Return parameters for people, the middle of very long ones left out."""
    if len(parameters) <= _SHOWN_CHARACTERS:
        return parameters
    half = _SHOWN_CHARACTERS // 2
    return f"{parameters[:half]} [...] {parameters[-half:]}"


def _looking_like(profile: Profile, picture: Picture) -> ReferenceModel | None:
    """Return the reference whose published picture has this one's composition, for pictures that say nothing."""
    near = []
    for reference in profile.references:
        judgement = _judged(profile, reference, picture)
        if judgement and judgement.verdict in {"identical", "same", "drifted"}:
            near.append((judgement.metrics["layout"], reference))
    return max(near, key=lambda pair: pair[0])[1] if near else None


def _judged(profile: Profile, reference: ReferenceModel, picture: Picture) -> Judgement | None:
    """Judge against the published picture, else its fingerprint; None when neither is there."""
    from foxup.pictures import fingerprint, judge, load
    from foxup.verify import published_picture

    published, same_psnr = published_picture(profile, reference), reference.tolerance.same_psnr
    if published:
        return judge.judge(picture, load.load(published), same_psnr=same_psnr)
    return judge.judge_fingerprint(picture, fingerprint.read(reference.fingerprint)) if reference.fingerprint else None


def _against(
    reference: ReferenceModel, judgement: Judgement | None, parameters: str | None
) -> tuple[dict[str, Any], list[Finding]]:
    from foxup.pictures.evidence import Evidence
    from foxup.pictures.explain import explain as why

    found = why(reference, Evidence(judgement=judgement, infotext=parameters))
    data = {"verdict": str(judgement.verdict), "metrics": dict(judgement.metrics)} if judgement else {}
    return data, [item for item in found if item.code != "cause-unknown" or judgement]
