"""The labelled set of real pairs: made with the tiny checkpoint on both web UIs, then judged and explained.

    python tests/pictures/real_pairs.py make FOLDER --minui INSTALL --a1111 INSTALL
    python tests/pictures/real_pairs.py table FOLDER [--half tuning|held|fresh|last] [--same-psnr 60] [--wrong]

INSTALL is made by `foxup install --profile smoke` and `--profile nai-cpu`. FOLDER lies outside the repository: the
pictures are made again where they are wanted. Expect about 2 s for each of some 300 on minui and 4 s on A1111.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import numpy as np
import scenes
from pairs_plan import FINE, MADE, PAIRS, PARTS, SUBJECTS, UIS, Pair, half_of, reference, right
from PIL import Image

from foxup import profile
from foxup.pictures import judge, load
from foxup.pictures.evidence import Evidence, FileEvidence
from foxup.pictures.explain import explain
from foxup.pictures.verdict import Judgement

VERDICTS = ("identical", "same", "drifted", "different", "broken")
PROFILES = {"minui": "smoke", "a1111": "nai-cpu"}


@dataclass(frozen=True)
class Outcome:
    name: str
    pair: Pair
    where: str
    judgement: Judgement
    causes: tuple[str, ...]
    equal: bool
    right: frozenset[str]

    @property
    def verdict_right(self) -> bool:
        if self.equal and self.right == FINE:  # not one pixel changed, so that is the only right word
            return self.judgement.verdict == "identical"
        return str(self.judgement.verdict) in self.right

    @property
    def mismatch(self) -> bool:
        return not self.right & FINE

    @property
    def cause_right(self) -> bool:
        return (self.causes[0] if self.causes else "") in (self.pair.causes or {""})

    @property
    def shown(self) -> str:
        return self.judgement.causes[0].code if self.judgement.causes else ""

    @property
    def shown_right(self) -> bool:
        return self.shown in (self.pair.shown or {""})


def outcomes(folder: Path, halves: tuple[str, ...], same_psnr: float | None) -> Iterator[Outcome]:
    for ui in UIS:
        for subject in (number for number in range(len(SUBJECTS)) if half_of(number) in halves):
            for name, pair in PAIRS.items():
                found = _outcome(folder, ui, subject, name, pair, same_psnr)
                if found:
                    yield found


def _outcome(folder: Path, ui: str, subject: int, name: str, pair: Pair, same_psnr: float | None) -> Outcome | None:
    other = UIS[1 - UIS.index(ui)] if pair.across else ui
    against = pair.against or MADE[pair.made].of
    published, generated = folder / ui / f"{subject}-{against}.png", folder / other / f"{subject}-{pair.made}.png"
    if not (published.exists() and generated.exists()):
        return None
    one, two = _edited(generated, pair.edit), _encoded(published, pair.encoding)
    judgement = judge.judge(one, two, same_psnr=same_psnr)
    kind = {"base": "base", "hires": "hires", "ancestral": "euler"}[against]
    found = explain(reference(subject, kind), _evidence(generated.with_suffix(".json"), judgement, ui))
    codes = tuple(item.code for item in found if item.severity != "info" or item.code.startswith("img-"))
    equal = one.rgb.shape == two.rgb.shape and bool((one.rgb == two.rgb).all())
    return Outcome(name, pair, f"{ui} {subject}", judgement, codes, equal, right(name, subject))


def _edited(path: Path, edit: str) -> load.Picture:
    if not edit:
        return load.load(path)
    rgb = load.load(path).rgb
    changed = {
        "mirror": lambda: rgb[:, ::-1],
        "blur": lambda: scenes.blurred(rgb),
        "brighten": lambda: scenes.to_bytes(rgb.astype(np.float32) + 9),
        "blacken": lambda: scenes.half_black(rgb),
    }[edit]()
    return load.from_bytes(scenes.encoded(np.ascontiguousarray(changed)))


def _encoded(path: Path, encoding: str) -> load.Picture:
    if not encoding:
        return load.load(path)
    kind, _, quality = encoding.partition(" ")
    with Image.open(path) as image:
        return load.from_bytes(scenes.encoded(np.asarray(image.convert("RGB")), kind.upper(), quality=int(quality)))


def _evidence(record: Path, judgement: Judgement, ui: str) -> Evidence:
    """Return what `foxup verify` knows when it has generated."""
    made, chosen = json.loads(record.read_text(encoding="utf-8")), _profile(ui)
    files = tuple(
        FileEvidence(file.kind, Path(file.destination).name, file.size, file.sha256, file.size, file.sha256, True)
        for file in chosen.files if file.kind in {"checkpoint", "vae"}
    )  # fmt: skip
    return Evidence(
        judgement=judgement, infotext=made["infotext"], request=made["request"], files=files,
        settings={**chosen.settings, "use_downcasted_alpha_bar": True}, options={**made["options"], **made["request"]["override_settings"]}, vae_names=tuple(made["vaes"]), flags=(),
    )  # fmt: skip


@cache
def _profile(ui: str) -> profile.Profile:
    return profile.load(PROFILES[ui])


def table(found: list[Outcome]) -> str:
    lines = ["| pair | right | pairs | " + " | ".join(VERDICTS) + " | verdict right | cause first | by pixels alone |"]
    lines.append("|---|---|" + "---|" * (len(VERDICTS) + 4))
    for name, pair in PAIRS.items():
        rows = [item for item in found if item.name == name]
        if not rows:
            continue
        counts = Counter(str(item.judgement.verdict) for item in rows)
        cells = " | ".join(str(counts[verdict] or "") for verdict in VERDICTS)
        meant = Counter(" or ".join(verdict for verdict in VERDICTS if verdict in item.right) for item in rows)
        named = ", ".join(f"{verdicts} {count}" if len(meant) > 1 else verdicts for verdicts, count in meant.items())
        shown = "" if pair.shown is None else str(sum(item.shown_right for item in rows))
        sums = f"{sum(item.verdict_right for item in rows)} | {sum(item.cause_right for item in rows)} | {shown}"
        lines.append(f"| {name} | {named} | {len(rows)} | {cells} | {sums} |")
    return "\n".join(lines)


def summary(found: list[Outcome]) -> str:
    mismatches = [item for item in found if item.mismatch]
    fine = [item for item in found if not item.mismatch and not item.pair.causes]
    told = [item for item in found if item.pair.shown]
    untold = Counter(item.shown or "nothing" for item in mismatches if item.pair.shown is None)
    unclear = sum(len(item.right) > 1 for item in mismatches)
    different = [item for item in found if item.right == {"different"}]
    passed = sum(str(item.judgement.verdict) in FINE for item in different)
    return "\n".join(
        [
            _share("Verdict right", sum(item.verdict_right for item in found), len(found)),
            f"Pairs of another picture called identical or same: {passed} of {len(different)}.",
            _share("Cause first, of mismatches", sum(item.cause_right for item in mismatches), len(mismatches)),
            _share("Nothing blamed where nothing is wrong", sum(not item.causes for item in fine), len(fine)),
            _share("By pixels alone, where pixels can tell", sum(item.shown_right for item in told), len(told)),
            "What pixels alone say of the rest: " + ", ".join(f"{code} {n}" for code, n in untold.most_common()) + ".",
            f"Mismatches on whose composition people would disagree: {unclear}; either verdict counts as right.",
        ]
    )  # fmt: skip


def _share(what: str, right: int, of: int) -> str:
    return f"{what}: {right} of {of} ({100 * right / max(1, of):.1f} %)."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["make", "table"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minui", type=Path)
    parser.add_argument("--a1111", type=Path)
    parser.add_argument(
        "--subjects", type=int, nargs="*", default=range(len(SUBJECTS)), help="which to make; all unless named"
    )
    parser.add_argument("--half", choices=PARTS)
    parser.add_argument(
        "--same-psnr", type=float, default=60.0, help="dB; as in the references of both profiles; 0 for a GPU's"
    )
    parser.add_argument("--wrong", action="store_true", help="name the pairs that are judged or explained wrongly")
    asked = parser.parse_args()
    if asked.command == "make":
        import pairs_make

        for ui, install in (("minui", asked.minui), ("a1111", asked.a1111)):
            if install:
                pairs_make.make(install, asked.folder / ui, list(asked.subjects), list(MADE))
        return
    warnings.simplefilter("ignore")
    halves = (asked.half,) if asked.half else PARTS
    found = list(outcomes(asked.folder, halves, asked.same_psnr))
    print(table(found), "", summary(found), sep="\n")
    for item in found if asked.wrong else ():
        if (
            not item.verdict_right
            or (item.mismatch and not item.cause_right)
            or (item.pair.shown and not item.shown_right)
        ):
            numbers = {key: round(item.judgement.metrics.get(key, 0.0), 3) for key in SHOWN}
            print(f"{item.where} {item.name}: {item.judgement.verdict} {item.causes} [{item.shown}] {numbers}")


SHOWN = ("layout", "psnr_tc", "ssim_tc", "chroma_left", "psnr", "psnr_replay", "chroma", "contrast", "grid", "detail")

if __name__ == "__main__":
    main()
