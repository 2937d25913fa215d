"""Print how the judge decides on drawn pairs: python tests/pictures/confusion.py [FIRST] [LAST] [--fingerprint]

One row for each class, one column for each verdict, then how often the right cause came first. The seeds 0 to 11 were
looked at while the marks were set; everything from 200 on was not.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import scenes
from test_judge import CLASSES

from foxup.pictures import fingerprint, judge, load

VERDICTS = ("identical", "same", "drifted", "different", "broken")
MORE = {
    "png": (lambda base, seed: base, "identical", ""),
    "noise-3": (lambda base, seed: scenes.noise(base, 3, seed), "same", ""),
    "drift-2": (lambda base, seed: scenes.scene(seed, moved=1.0, drift_seed=seed), "drifted", ""),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("first", type=int, nargs="?", default=200)
    parser.add_argument("last", type=int, nargs="?", default=220)
    parser.add_argument("--fingerprint", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    print("| class | expected | " + " | ".join(VERDICTS) + " | cause first |")
    print("|---|---|" + "---|" * (len(VERDICTS) + 1))
    right = total = named = nameable = 0
    for name, (make, verdict, cause) in {**MORE, **CLASSES}.items():
        counts: Counter[str] = Counter()
        hits = 0
        for seed in range(options.first, options.last):
            found = decide(make(scenes.scene(seed), seed), scenes.scene(seed), by_fingerprint=options.fingerprint)
            counts[str(found.verdict)] += 1
            hits += cause is not None and (found.causes[0].code if found.causes else "") == cause
        pairs = options.last - options.first
        total, right = total + pairs, right + counts[verdict]
        if cause is not None:
            nameable, named = nameable + pairs, named + hits
        cells = " | ".join(str(counts[item]) if counts[item] else "" for item in VERDICTS)
        print(f"| {name} | {verdict} | {cells} | {'' if cause is None else hits} |")
    print(f"\nVerdict right: {right} of {total} ({100 * right / total:.1f} %).", end=" ")
    print(f"Cause right, or rightly none: {named} of {nameable} ({100 * named / nameable:.1f} %).")


def decide(generated, base, *, by_fingerprint):
    one, other = (load.from_bytes(scenes.encoded(rgb)) for rgb in (generated, base))
    if by_fingerprint:
        return judge.judge_fingerprint(one, fingerprint.read(fingerprint.write(fingerprint.make(other))))
    return judge.judge(one, other)


if __name__ == "__main__":
    main()
