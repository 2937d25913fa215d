"""What the labelled set of real pairs consists of: subjects, the pictures made of each, and what is true of each pair.

The split into halves was written down before anything was tuned: subjects with an even number tune, the others are
looked at once, at the end; two fresh subjects were made after what that showed was mended, and judged once; the last four
were chosen, drawn, labelled by eye and judged once after everything else. A subject's pictures of both web UIs are in the
same half, since the two draw alike.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from foxup.profile import HiresModel, ReferenceModel

UIS = ("minui", "a1111")
HALVES = ("tuning", "held")
FRESH = "fresh"
LAST = "last"
PARTS = (*HALVES, FRESH, LAST)
STEPS = 16
NEGATIVE = "worst quality, blurry"

SUBJECTS = (
    ("red fox, sitting, forest, masterpiece, best quality", 3287962209, 192, 256),
    ("arctic fox, standing, snow, night, stars, best quality", 841659311, 256, 192),
    ("orange fox, sleeping, meadow, flowers, masterpiece", 1001, 192, 256),
    ("black fox, front view, desert, cactus, sunset, best quality", 77123, 192, 256),
    ("grey fox, sitting, autumn, trees, leaves, masterpiece, best quality", 2758835439, 256, 320),
    ("red fox, side view, beach, sea, cloud, summer", 5150, 256, 192),
    ("golden fox, sitting, big ears, mushrooms, forest, spring", 735012152, 320, 256),
    ("brown fox, looking at viewer, house, hills, evening, best quality", 424242, 192, 256),
    ("orange fox, standing, mountains, winter, pines, best quality", 31415926, 256, 192),
    ("cream fox, sitting, meadow, mushroom, moon, night, masterpiece", 271828, 192, 256),
    ("grey fox, standing, desert, stars, evening, masterpiece", 60221407, 256, 192),
    ("red fox, looking at viewer, autumn, leaves, trees, best quality", 299792458, 192, 256),
    ("arctic fox, side view, mountains, snow, cloud, winter, best quality", 662607015, 320, 256),
    ("brown fox, sleeping, beach, sea, summer, masterpiece", 1380649, 192, 256),
)


HALVED = 8
FRESH_ENDS = 10


def half_of(subject: int) -> str:
    """Return the part of the set that a subject belongs to."""
    if subject < HALVED:
        return HALVES[subject % 2]
    return FRESH if subject < FRESH_ENDS else LAST


def reference(subject: int, kind: str = "base") -> ReferenceModel:
    """Return the reference that a subject's pictures are judged against: `base`, `hires`, or `euler` (ancestral)."""
    prompt, seed, width, height = SUBJECTS[subject]
    sampler, scheduler = ("Euler a", "Automatic") if kind == "euler" else ("DPM++ 2M", "Karras")
    return ReferenceModel(
        id=f"{subject}-{kind}", title={"en": "pair", "ru": "пара"}, prompt=prompt, negative_prompt=NEGATIVE, steps=STEPS,
        sampler=sampler, scheduler=scheduler, cfg_scale=7.0, seed=seed, width=width, height=height, clip_skip=2,
        ensd=31337, checkpoint="tinyfox.safetensors", vae="clearfox.safetensors",
        hires=HiresModel(upscaler="Latent", scale=2.0, denoising_strength=0.6) if kind == "hires" else None,
    )  # fmt: skip


@dataclass(frozen=True)
class Made:
    """A picture of each subject: the reference it starts from, and what is asked for instead.

    `changes` go by the names of `foxup verify --set`, `body` straight into the request, `options` into the running web
    UI before it; `first` names the picture an img2img starts from; `alone`: the web UI it can be made with.
    """

    of: str = "base"
    changes: dict[str, Any] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)
    overrides: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    first: str = ""
    alone: str = ""
    threads: int = 0


def attention(title: str) -> Made:
    return Made(options={"cross_attention_optimization": title}, alone="a1111")


MADE: dict[str, Made] = {
    "base": Made(),
    "again": Made(),
    "batch": Made(body={"batch_size": 2}),  # the second of two, its seed one above the first one's
    "threads": Made(threads=1),
    "bf16": Made(changes={"checkpoint": "bf16fox.safetensors"}),
    "sub-quad": attention("sub-quadratic"),
    "split": attention("Doggettx"),
    "split-v1": attention("V1 - original v1"),
    "invoke": attention("InvokeAI"),
    "sdp": attention("sdp - scaled dot product"),
    "alphas": Made(overrides={"use_downcasted_alpha_bar": False}),
    "variation-02": Made(body={"subseed": 12345, "subseed_strength": 0.02}),
    "variation-15": Made(body={"subseed": 12345, "subseed_strength": 0.15}),
    "resumed": Made(body={"denoising_strength": 0.3}, first="base"),
    "old-karras": Made(overrides={"use_old_karras_scheduler_sigmas": True}),
    "steps-24": Made(changes={"steps": 24}),
    "steps-6": Made(changes={"steps": 6}),
    "cfg-10": Made(changes={"cfg_scale": 10.0}),
    "cfg-2": Made(changes={"cfg_scale": 2.0}),
    "euler": Made(changes={"sampler": "Euler", "scheduler": "Automatic"}),
    "exponential": Made(changes={"scheduler": "Exponential"}),
    "seed": Made(changes={"seed": 99}),
    "prompt": Made(changes={"prompt": "cat, standing, mountains, moon, purple sky, flowers, masterpiece"}),
    "negative": Made(changes={"negative_prompt": ""}),
    "size": Made(changes={"width": 256, "height": 256}),
    "swapped": Made(changes={"width": -1, "height": -1}),
    "clip-1": Made(changes={"clip_skip": 1}),
    "rng": Made(overrides={"randn_source": "NV"}),
    "no-vae": Made(changes={"vae": "None"}),
    "vae-typo": Made(changes={"vae": "clearfox.safetensor"}),  # as the guide misspells its own
    "other-vae": Made(changes={"vae": "vividfox.safetensors"}),
    "black-vae": Made(changes={"vae": "nanfox.safetensors"}),
    "flat-vae": Made(changes={"vae": "flatfox.safetensors"}),
    "model": Made(changes={"checkpoint": "otherfox.safetensors"}),
    "leftover": Made(changes={"checkpoint": "leftover.safetensors"}),
    "ancestral": Made("euler"),
    "ancestral-no-ensd": Made("euler", changes={"ensd": 0}),
    "hires": Made("hires"),
    "hires-low": Made("hires", changes={"denoising_strength": 0.3}),
    "hires-high": Made("hires", changes={"denoising_strength": 0.75}),
    "hires-lanczos": Made("hires", body={"hr_upscaler": "Lanczos"}),
}

FINE = frozenset({"identical", "same"})
ONE = {name: frozenset({name}) for name in ("identical", "same", "drifted", "different", "broken")}
OTHER = ONE["drifted"] | ONE["different"]  # how much of the composition stays depends on the subject


SEEN = {
    # subject: pictures with another composition than their reference's; those where people would disagree
    0: ("cfg-2 clip-1 ancestral-no-ensd", "variation-15 cfg-10 negative prompt hires-low"),
    1: ("hires-low", "variation-15 negative clip-1 prompt ancestral-no-ensd hires-lanczos"),
    2: ("prompt ancestral-no-ensd", "variation-15 hires-low hires-high hires-lanczos"),
    3: ("hires-low", "negative model hires-high ancestral-no-ensd"),
    4: ("hires-low", "hires-high hires-lanczos"),
    5: (
        "cfg-2 hires-low",
        "old-karras variation-15 cfg-10 negative model clip-1 rng prompt hires-high hires-lanczos ancestral-no-ensd",
    ),
    6: ("hires-low", "steps-6 seed prompt ancestral-no-ensd hires-high hires-lanczos"),
    7: ("negative", "seed prompt cfg-2 hires-low hires-high"),
    8: ("hires-lanczos", "variation-15 cfg-2 negative clip-1 ancestral-no-ensd hires-low hires-high"),
    9: ("negative clip-1 ancestral-no-ensd", "steps-6 cfg-10 rng seed prompt hires-low hires-high hires-lanczos"),
    10: ("ancestral-no-ensd hires-low", "steps-6 rng model hires-high"),
    11: ("ancestral-no-ensd hires-low", "steps-6 cfg-2 negative clip-1 model prompt rng hires-high"),
    12: ("steps-6 cfg-10 ancestral-no-ensd hires-low", "negative hires-high"),
    13: ("ancestral-no-ensd hires-low", "model hires-high"),
}
"""How much of the composition a setting keeps depends on the subject. Looked at by eye, on all but the tuning subjects
before the judge was asked; what is named in neither text kept its composition. Both web UIs draw a subject alike."""


def right(name: str, subject: int) -> frozenset[str]:
    """Return the right verdicts on a pair of one subject."""
    pair = PAIRS[name]
    different, unclear = (words.split() for words in SEEN[subject])
    if pair.made in unclear and pair.verdicts <= OTHER:
        return OTHER
    if pair.verdicts != OTHER:
        return pair.verdicts
    return ONE["different"] if pair.made in different else ONE["drifted"]


@dataclass(frozen=True)
class Pair:
    """What is true of a pair.

    `verdicts` are right ones; `causes` may be named first with all the evidence of a verification, `shown` by pixels
    alone: empty where nothing is to be named, None where pixels cannot tell. `edit` is done to the generated picture,
    `encoding` to the reference picture; `across`: the generated picture is the other web UI's.
    """

    made: str
    verdicts: frozenset[str]
    causes: frozenset[str] = frozenset()
    shown: frozenset[str] | None = None
    against: str = ""
    edit: str = ""
    encoding: str = ""
    across: bool = False


def _pair(made: str, verdicts: frozenset[str], cause: str = "", shown: str | None = None, **more: Any) -> Pair:
    causes, pixels = frozenset(cause.split()), None if shown is None else frozenset(shown.split())
    return Pair(made, verdicts, causes, pixels, **more)


def _fine(made: str, verdicts: frozenset[str] = FINE, **more: Any) -> Pair:
    return _pair(made, verdicts, "", "", **more)


PAIRS: dict[str, Pair] = {
    # the same generation: repeated, and published through a host that re-encodes
    "repeated": _fine("again", ONE["identical"]),
    "published as JPEG 95": _fine("again", ONE["identical"], encoding="jpeg 95"),
    "published as JPEG 85": _fine("again", ONE["identical"], encoding="jpeg 85"),
    "published as JPEG 75": _fine("again", ONE["identical"], encoding="jpeg 75"),
    "published as WebP 80": _fine("again", ONE["same"], encoding="webp 80"),
    # numerical noise; where not one pixel changes, identical is the right word
    "in a batch": _fine("batch"),
    "one thread": _fine("threads"),
    "sub-quadratic attention": _fine("sub-quad"),
    "split attention": _fine("split"),
    "split attention v1": _fine("split-v1"),
    "InvokeAI attention": _fine("invoke"),
    "sdp attention": _fine("sdp"),
    "sub-quadratic, JPEG 85": _fine("sub-quad", encoding="jpeg 85"),
    "the other web UI": _fine("base", across=True),
    "the other web UI, JPEG 85": _fine("base", across=True, encoding="jpeg 85"),
    "the other web UI, hires": _fine("hires", across=True, against="hires"),
    # the composition stays, more than noise changes
    "weights in bfloat16": _pair("bf16", FINE | ONE["drifted"], "img-wrong-model"),
    "fp32 noise table": _pair("alphas", FINE | ONE["drifted"], "option-compat"),
    "variation 0.02": _pair("variation-02", OTHER, "param-other"),
    "variation 0.15": _pair("variation-15", OTHER, "param-other"),
    "resumed by img2img 0.3": _pair("resumed", OTHER, "param-denoising"),
    "old Karras sigmas": _pair("old-karras", OTHER, "option-compat"),
    "24 steps for 16": _pair("steps-24", OTHER, "param-steps"),
    "Euler": _pair("euler", OTHER, "param-sampler"),
    "Exponential": _pair("exponential", OTHER, "param-sampler"),
    # parameters
    "6 steps for 16": _pair("steps-6", OTHER, "param-steps"),
    "CFG 10 for 7": _pair("cfg-10", OTHER, "param-cfg"),
    "CFG 2 for 7": _pair("cfg-2", OTHER, "param-cfg"),
    "no negative prompt": _pair("negative", OTHER, "param-negative-prompt"),
    "other model": _pair("model", OTHER, "img-wrong-model"),
    "other seed": _pair("seed", ONE["different"], "param-seed"),
    "other prompt": _pair("prompt", OTHER, "param-prompt"),
    "other size": _pair("size", ONE["different"], "param-size", "img-size"),
    "sides swapped": _pair("swapped", ONE["different"], "param-size", "img-size-swapped"),
    "clip skip 1": _pair("clip-1", OTHER, "img-clip-skip"),
    "RNG of another card": _pair("rng", ONE["different"], "param-rng"),
    "ENSD 0": _pair("ancestral-no-ensd", OTHER, "param-ensd", against="ancestral"),
    # VAE and files
    "no VAE": _pair("no-vae", ONE["drifted"], "img-washed-out-no-vae", "img-washed-out-no-vae"),
    "VAE misspelt": _pair("vae-typo", ONE["drifted"], "vae-unknown-name", "img-washed-out-no-vae"),
    "other VAE": _pair("other-vae", ONE["drifted"], "img-other-vae", "img-other-vae"),
    "VAE of NaN": _pair("black-vae", ONE["broken"], "img-black", "img-black"),
    "VAE of one colour": _pair("flat-vae", ONE["broken"], "img-solid-green", "img-solid-green"),
    "no model in the file": _pair("leftover", ONE["broken"], "img-wrong-model", "img-noise"),
    # the second pass
    "hires missing": _pair("base", ONE["different"], "img-hires-missing", "img-hires-missing img-size", against="hires"),
    "hires too much": _pair("hires", ONE["different"], "img-hires-extra", "img-hires-extra img-size", against="base"),
    "Latent with 0.3": _pair("hires-low", OTHER, "img-latent-blur-squares", against="hires"),
    "Latent with 0.75": _pair("hires-high", OTHER, "param-denoising", against="hires"),
    "Lanczos for Latent": _pair("hires-lanczos", OTHER, "param-hires", against="hires"),
    # edited, cut off, sent through something: the parameters inside are right
    "mirrored": _pair("again", ONE["different"], "img-mirrored", "img-mirrored", edit="mirror"),
    "blurred": _pair("again", ONE["drifted"], "img-blurry", "img-blurry", edit="blur"),
    "brighter": _pair("again", ONE["drifted"], "img-colour-cast", "img-colour-cast", edit="brighten"),
    "half black": _pair("again", ONE["broken"], "img-partly-black", "img-partly-black", edit="blacken"),
}  # fmt: skip
