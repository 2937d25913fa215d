"""docs/reference/signatures.md: every known trouble, written from the catalogue so that it cannot fall behind."""

from __future__ import annotations

from itertools import groupby

from foxup.signatures.catalogue import Catalogue
from foxup.signatures.models import Signature

_HEAD = """# Known troubles

Written from `profiles/signatures/*.toml`; do not edit. To renew it:
`python -m foxup.signatures.page > docs/reference/signatures.md`

`foxup explain`, `foxup doctor` and the verifier use these codes. Rank 1 is a specific cause, 2 works with limits, 3
is a line that only passes a failure on, 4 is harmless. The cause comes first; what follows from it is folded under it.
"""


def page(catalogue: Catalogue) -> str:
    """Return the page as Markdown: one section a phase, one table row a trouble, English and Russian."""
    parts = [_HEAD]
    ordered = sorted(catalogue.signatures.values(), key=lambda item: item.phase)
    for phase, items in groupby(ordered, key=lambda item: item.phase):
        parts.append(f"\n## {phase}\n\n| code | rank | what | что это | repaired by |\n|---|---|---|---|---|\n")
        parts.extend(_row(item) for item in items)
    return "".join(parts)


def _row(item: Signature) -> str:
    cells = (
        f"`{item.id}`",
        str(item.rank),
        item.title.en,
        item.title.ru,
        f"`{item.fixed_by}`" if item.fixed_by else "",
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


if __name__ == "__main__":
    import sys

    from foxup.signatures.catalogue import load

    sys.stdout.write(page(load()))
