"""Names of samplers and schedulers.

=====================================================  ===================================================================
request                                                observed (all 200)
=====================================================  ===================================================================
unknown sampler_name                                   DPM++ 2M, named so in the infotext
unknown scheduler                                      Automatic, i.e. Karras for DPM++ 2M
sampler_name "DPM++ 2M Karras" (joint, <= 1.8)         DPM++ 2M + Karras, byte-equal
sampler_index instead of sampler_name                  the same, used only if sampler_name is absent
scheduler "karras" (lower case)                        Karras
Euler without scheduler                                Schedule type: Automatic
alias ("k_dpmpp_2m")                                   NOT known to the API: falls back to DPM++ 2M like any unknown name
=====================================================  ===================================================================
"""

from __future__ import annotations

import pytest

from .client import Client
from .conftest import SMALL

BARE = {key: value for key, value in SMALL.items() if key not in ("sampler_name", "scheduler")}
KARRAS = "Sampler: DPM++ 2M, Schedule type: Karras, "


@pytest.mark.parametrize(
    "names",
    [
        {"sampler_name": "DPM++ 2M"},
        {"sampler_name": "DPM++ 2M", "scheduler": "Automatic"},
        {"sampler_name": "DPM++ 2M", "scheduler": "karras"},
        {"sampler_name": "DPM++ 2M", "scheduler": "Nope"},
        {"sampler_name": "DPM++ 2M Karras"},
        {"sampler_index": "DPM++ 2M Karras"},
        {"sampler_name": "Nope"},
        {"sampler_name": "Nope", "scheduler": "Karras"},
        {"sampler_name": "DPM++ 2M", "scheduler": "Karras", "sampler_index": "Euler a"},
    ],
)
def test_all_these_are_dpmpp_2m_karras(api: Client, names: dict[str, str]) -> None:
    made = api.txt2img(**BARE, **names)
    assert KARRAS in made.parameter_line
    assert made.png == api.txt2img(**SMALL).png


@pytest.mark.parametrize(
    ("names", "printed"),
    [
        ({"sampler_name": "Euler"}, "Sampler: Euler, Schedule type: Automatic, "),
        ({"sampler_name": "Euler a"}, "Sampler: Euler a, Schedule type: Automatic, "),
        ({"sampler_name": "Euler", "scheduler": "karras"}, "Sampler: Euler, Schedule type: Karras, "),
        ({"sampler_name": "Euler a Karras"}, "Sampler: Euler a, Schedule type: Karras, "),
        ({"sampler_name": "DPM++ 2M", "scheduler": "Uniform"}, "Sampler: DPM++ 2M, Schedule type: Uniform, "),
    ],
)
def test_others_are_printed_as_asked_and_differ(api: Client, names: dict[str, str], printed: str) -> None:
    made = api.txt2img(**BARE, **names)
    assert printed in made.parameter_line
    assert made.png[-2000:] != api.txt2img(**SMALL).png[-2000:]


def test_the_schedule_acts_on_euler(api: Client) -> None:
    uniform, karras = (
        api.txt2img(**BARE, sampler_name="Euler", scheduler=scheduler) for scheduler in ["Automatic", "Karras"]
    )
    assert (uniform.pixels != karras.pixels).any()
