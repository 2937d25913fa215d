"""Which single change of a request turns one picture into another: tried on the web UI, likeliest first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from foxup import generation
from foxup.errors import FoxupError
from foxup.finding import Finding
from foxup.i18n import ngettext
from foxup.system import files

if TYPE_CHECKING:
    from pathlib import Path

    from foxup.pictures.verdict import Judgement
    from foxup.profile import Profile, ReferenceModel
    from foxup.verify.flow import Session
    from foxup.verify.published import Published

_RIGHT = {"identical", "same"}
_JUDGED = {"identical", "same", "drifted", "different", "broken"}

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing changed: the row of trials.toml, the value that was sent, and the one to try."""

    row: Row
    sent: Any
    value: Any

    @property
    def body(self) -> dict[str, Any]:
        """Return the change by the names of the request."""
        name = str(self.row["name"])
        return {"width": self.value[0], "height": self.value[1]} if name == "size" else {name: self.value}

    def said(self) -> str:
        """Return the change in a few words."""
        return f"{self.row['label']} {_shown(self.value)}"

    def finding(self, *, made: bool) -> Finding:
        """Return the cause: what was sent is wrong, or (`made`) the picture in question was made with the value."""
        from foxup.pictures.data import finding

        wrong, right = (self.value, self.sent) if made else (self.sent, self.value)
        without = wrong in ("None", False) and self.row.get("code_without")
        code = str(without or self.row["code"])
        variant = "parameters" if code in {"img-other-vae", "img-washed-out-no-vae"} else ""
        return finding(code, variant, key=self.row["label"], actual=_shown(wrong), expected=_shown(right))


@dataclass(frozen=True, slots=True)
class Trial:
    """One generation with changed parameters and what came of it; `verdict` may also be failed or interrupted."""

    changes: tuple[Change, ...]
    verdict: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def turned(self) -> bool:
        """Whether it gave the wanted picture."""
        return self.verdict in _RIGHT

    def said(self) -> str:
        """Return the changes in a few words."""
        return " + ".join(change.said() for change in self.changes)

    def to_document(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "change": {key: value for change in self.changes for key, value in change.body.items()},
            "codes": [str(change.row["code"]) for change in self.changes],
            "verdict": self.verdict,
            "turned": self.turned,
            "psnr": self.metrics.get("psnr"),
            "seconds": round(self.seconds, 1),
        }


def vain(judgement: Judgement) -> tuple[Finding, ...]:
    """Say why nothing is to be tried, where the pixels show what no change of a request makes; else nothing. Pure."""
    from foxup.pictures.data import finding, table

    edited = set(table("trials")["edited"]["codes"])
    return (finding("trials-none"),) if any(cause.code in edited for cause in judgement.causes) else ()


def plan(
    request: Row, right: Row, listed: Mapping[str, Sequence[str]], size: tuple[int, int] | None, *, ensd: bool
) -> list[Trial]:
    """Return what to try on a request, likeliest first. Pure.

    First what differs from the `right` values, each by itself and then all of it together; then the values of the
    table. `size` is the size a request must have to give the wanted picture: where it has another one, nothing else can
    be the single cause. `ensd` says whether the sampler uses it.
    """
    from foxup.pictures.data import table

    data = table("trials")
    rows = [row for row in data["trial"] if ensd or row["name"] != "eta_noise_seed_delta"]
    sent = {**request, **request["override_settings"], "size": (request["width"], request["height"])}
    if size is not None and size != sent["size"]:
        return [Trial((Change(row, sent["size"], size),)) for row in rows if row["name"] == "size"]
    first = {str(row["name"]): row for row in reversed(rows)}
    known = [name for row in rows if (name := str(row["name"])) in sent and name in right]
    off = [
        Change(first[name], sent[name], right[name])
        for name in dict.fromkeys(known)
        if not _equal(name, sent[name], right[name])
    ]
    found = [(change,) for change in off] + ([tuple(off)] if len(off) > 1 else [])
    found += [
        (Change(row, sent[name], value),)
        for row in rows
        if (name := str(row["name"])) in sent
        for value in (*row["values"], *listed.get(str(row.get("from")), ()))
        if not _equal(name, sent[name], value)
    ]
    return _once(Trial(changes) for changes in found)[: data["bounds"]["generations"]]


def right_values(reference: ReferenceModel, profile: Profile) -> dict[str, Any]:
    """Return what the request of a reference should hold: its parameters, the profile's settings, else the defaults."""
    from foxup.pictures.data import table

    acting = table("options")["acting"]
    options = {key: profile.settings.get(key, acting.get(key)) for key in generation.SHAPING}
    own = {
        "CLIP_stop_at_last_layers": reference.clip_skip,
        "eta_noise_seed_delta": reference.ensd,
        "sd_vae": reference.vae,
        "sd_model_checkpoint": reference.checkpoint,
    }
    options |= {key: value for key, value in own.items() if value is not None}
    right = {key: value for key, value in options.items() if value is not None}
    body = generation.request(reference.model_copy(update={"script": None}), {})
    kept = ("prompt", "negative_prompt", "steps", "sampler_name", "scheduler", "cfg_scale", "seed")
    return {**right, **{key: body[key] for key in (*kept, "denoising_strength") if key in body}}


def as_prescribed(reference: ReferenceModel, profile: Profile) -> dict[str, Any]:
    """Return the settings that make a request the reference's own, however this install is set up."""
    return {key: value for key, value in right_values(reference, profile).items() if key in generation.SHAPING}


def run(
    session: Session, reference: ReferenceModel, request: Row, published: Published, seconds: float
) -> tuple[Trial, ...]:
    """Try until one change gives the published (or given) picture; return all that was tried. Raises FoxupError."""
    from foxup.pictures.samplers import uses_ensd
    from foxup.pictures.scripts import factor

    grown, size = factor(reference), published.size
    if size is not None:
        size = (round(size[0] / grown), round(size[1] / grown))
    api = session.server.api
    listed = {
        "vaes": [str(item.get("model_name")) for item in api.vaes()],
        "checkpoints": [str(item.get("title")) for item in api.checkpoints()],
    }
    ensd = uses_ensd(str(request["sampler_name"]))
    # what img2img starts from gives the size; a tiled upscale's size follows it
    wanted = size if "init_images" not in request else None
    trials = plan(request, right_values(reference, session.profile), listed, wanted, ensd=ensd)
    told = ngettext(
        "trying {count} single change at most, about {seconds} s in all",
        "trying {count} single changes at most, about {seconds} s in all",
        len(trials),
    )
    session.tell(told.format(count=len(trials), seconds=max(1, round(seconds * len(trials)))))
    return _tried(session, reference, request, published, trials)


def _tried(
    session: Session, reference: ReferenceModel, request: Row, published: Published, trials: list[Trial]
) -> tuple[Trial, ...]:
    done: list[Trial] = []
    for trial in trials:
        session.tell(f"{len(done) + 1}/{len(trials)} {trial.said()}")
        place = session.folder(reference) / "trials" / f"{len(done) + 1:02}.png"
        done.append(_one(session, reference, request, published, trial, place))
        if done[-1].turned or (done[-1].verdict == "failed" and not session.server.api.ping()):
            break
    return tuple(done)


def _one(
    session: Session, reference: ReferenceModel, request: Row, published: Published, trial: Trial, place: Path
) -> Trial:
    from foxup.verify import drawing
    from foxup.verify.flow import judged

    changes = {key: value for change in trial.changes for key, value in change.body.items()}
    body = generation.changed(dict(request), changes)
    try:
        drawn = drawing.draw(session.layout, session.server, reference.mode, body, session.tell)
    except FoxupError:  # a sampler or a file the web UI cannot take: this change is not judged
        return Trial(trial.changes, "failed")
    if drawn.partial:
        return Trial(trial.changes, "interrupted", seconds=drawn.seconds)
    files.write_atomic(place, drawn.made.pictures[0])
    judgement = judged(reference, place, published)
    return Trial(trial.changes, str(judgement.verdict), judgement.metrics, drawn.seconds)


def explained(trials: Sequence[Trial], others: Sequence[Finding], *, made: bool) -> tuple[Finding, ...]:
    """Return an explanation with what the trials showed: the proven cause first, what they ruled out last. Pure."""
    from foxup.pictures.data import finding

    if not trials:
        return tuple(others)
    turned = next((trial for trial in trials if trial.turned), None)
    against = [trial.said() for trial in trials if trial.verdict in _JUDGED and not trial.turned]
    ruled = (finding("trials-ruled-out", list=", ".join(against)),) if against else ()
    if turned is None:
        return (*others, *ruled)
    causes = tuple(change.finding(made=made) for change in turned.changes)
    codes = {cause.code for cause in causes} | {"cause-unknown"}
    proof = finding("trial-turned", "made" if made else "", change=turned.said())
    return (*causes, proof, *(item for item in others if item.code not in codes), *ruled)


def _once(trials: Iterable[Trial]) -> list[Trial]:
    seen: dict[str, Trial] = {}
    for trial in trials:
        seen.setdefault(repr([change.body for change in trial.changes]), trial)
    return list(seen.values())


def _equal(name: str, one: object, other: object) -> bool:
    if name == "sd_model_checkpoint":  # path, file name or title with `[hash]`
        one, other = (PurePosixPath(str(value).partition(" [")[0].replace("\\", "/")).stem for value in (one, other))
    return one == other


def _shown(value: object) -> str:
    return f"{value[0]}x{value[1]}" if isinstance(value, tuple) else str(value)
