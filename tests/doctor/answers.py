"""What answers each entry of the page on the guide's questions: an input, the rule that answers it, the code it gives.

Every answer can be asked for a second time with its rule taken out; then it must be gone.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache
from unittest import mock

from foxup import profile as profiles
from foxup import survey
from foxup.doctor.case import Case
from foxup.doctor.checks import JUDGES
from foxup.doctor.run import examine
from foxup.doctor.state import Config, Environment, LastVerdict, LogLine, LogState, ModelFile, Running, State
from foxup.facts import Facts, GpuFacts, PythonFacts
from foxup.finding import Finding
from foxup.installed import FileState
from foxup.pictures import advice, explain, judge, load
from foxup.pictures.evidence import Evidence, FileEvidence
from foxup.pictures.infotext import parse
from foxup.pictures.metadata import Metadata
from foxup.pictures.verdict import Judgement, Verdict
from foxup.signatures import explain_log
from foxup.signatures.engine import matcher
from tests.doctor.conftest import GTX_960, RTX_3060, RTX_5070, a1111, machine
from tests.pictures import scenes
from tests.signatures.logs import CASES, cases

GALLERY = CASES.parent / "gallery"
SMOKE = profiles.load("smoke").reference("fox")


@dataclass(frozen=True)
class Answer:
    """The codes that come back, with the rule or without it; `check` names the doctor's check that is the rule."""

    code: str
    ask: Callable[[bool], list[str]]
    rule: str
    check: str | None = None

    def __str__(self) -> str:
        return f"{self.code}-{self.rule}"


def _codes(found: tuple[Finding, ...] | list[Finding]) -> list[str]:
    return [item.code for item in found]


# -- console logs


@cache
def _logs() -> dict[str, str]:
    """A log of the cases on disk for each signature."""
    return {str(case.expect or case.harmless): case.text for case in cases("cases-*.toml")}


def log(code: str) -> Answer:
    """The signature of a console log."""

    def ask(without: bool) -> list[str]:
        whole = matcher()
        rules = whole.rules
        kept = lambda line, found: [rule for rule in rules(line, found) if getattr(rule.owner, "id", "") != code]  # noqa: E731
        with mock.patch.object(whole, "rules", kept) if without else nullcontext():
            told = explain_log(_logs()[code].encode())
        return _codes((*told.findings, *told.harmless))

    return Answer(code, ask, "signature")


# -- the doctor


def check(name: str, code: str, state: State | None = None, facts: Facts | None = None, profile: str = "nai") -> Answer:
    """A check of the doctor: all checks are made, and all but this one."""

    def ask(without: bool) -> list[str]:
        chosen = profiles.load(profile)
        judges = {**JUDGES, name: lambda _case: []} if without else JUDGES
        case = Case(facts or machine(), state or a1111(), chosen, survey.embedded(chosen))
        return [item.code for result in examine(case, judges=judges) for item in result.findings]

    return Answer(code, ask, name, name)


def told_by_log(code: str) -> Answer:
    """The newest log of an install, as the doctor reads it."""
    return check("logs.newest", code, a1111(logs=(LogState("webui.log", healthy=False, codes=(code,)),)))


def gpu(card: GpuFacts = RTX_3060, **changes: object) -> Facts:
    return machine(dataclasses.replace(card, **changes))


def env(**versions: str | None) -> State:
    """An environment with other packages; None takes one away."""
    base = a1111().environment
    have = {**base.packages, **versions}
    kept = {name: version for name, version in have.items() if version is not None}
    return a1111(environment=dataclasses.replace(base, packages=kept))


def settings(**values: object) -> State:
    models = (ModelFile("models/VAE/clear.safetensors", "vae", 9, content="vae"),)
    return a1111(models=models, config=Config("ok", values))


def script(arguments: str) -> State:
    return a1111(launch_script=f"@echo off\r\nset COMMANDLINE_ARGS={arguments}\r\ncall webui.bat\r\n")


def models(*files: ModelFile, **more: object) -> State:
    return a1111(models=files, **more)


def model(content: str) -> ModelFile:
    return ModelFile("models/Stable-diffusion/x.safetensors", "checkpoint", 9, content=content)


def installed(**changes: object) -> State:
    """An install of foxup's own, with the digest of the packages that the plan wants."""
    chosen = profiles.load("nai")
    wanted = Case(machine(), a1111(made=True), chosen).plan.environment_digest
    whole = a1111(made=True)
    return dataclasses.replace(
        whole, **{"environment": dataclasses.replace(whole.environment, digest=wanted), **changes}
    )


def other_checkpoint() -> State:
    destination = next(item.destination for item in profiles.load("nai").files if item.kind == "checkpoint")
    return installed(files={destination: FileState(1 << 40, "f" * 64)})


# -- pictures

GOOD = (
    "1girl, fox ears, best quality, (epic lighting:1.2)\nNegative prompt: (worst quality, low quality:1.4)\n"
    "Steps: 24, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7.0, Seed: 1, Size: 512x512, "
    "Model hash: 7f96a1a9ca, Model: anything-v5, VAE: clearvae.safetensors, Clip skip: 2, Version: v1.10.1"
)
TILED = GOOD.replace("Clip skip: 2", "Denoising strength: 0.4, SD upscale overlap: 64, Clip skip: 2")
NEGATIVE = "\nNegative prompt: (worst quality, low quality:1.4)"


def advised(code: str, rule: str, before: str, after: str, text: str = GOOD) -> Answer:
    """A rule of the guide's advice on a picture's parameters; taken out by its function."""
    assert before in text

    def ask(without: bool) -> list[str]:
        with mock.patch.object(advice, rule, return_value=[]) if without else nullcontext():
            return _codes(advice.advise_picture(Metadata(text.replace(before, after), "png")))

    return Answer(code, ask, f"advice.{rule}")


def unread(code: str) -> Answer:
    """A picture whose parameters are gone: what says so is the look at its metadata."""

    def ask(without: bool) -> list[str]:
        return _codes(advice.advise(parse("")) if without else advice.advise_picture(Metadata()))

    return Answer(code, ask, "advice.advise_picture")


def pixels(code: str, name: str, rule: str, nothing: object = ()) -> Answer:
    """What the judge sees in a picture of the gallery; taken out by the function that sees it."""

    def ask(without: bool) -> list[str]:
        with mock.patch.object(judge, rule, return_value=nothing) if without else nullcontext():
            return _codes(judge.judge(*_pair(name)).causes)

    return Answer(code, ask, f"judge.{rule}")


def _pair(name: str) -> tuple[load.Picture, load.Picture]:
    """A picture and its reference: of the gallery, or drawn where the gallery has none with that fault alone."""
    if (GALLERY / f"{name}.png").exists():
        return load.load(GALLERY / f"{name}.png"), load.load(GALLERY / "fox.png")
    whole = scenes.scene(5)
    wrong = {"grid": lambda: scenes.latent_grid(whole, 3), "moved": lambda: scenes.scene(5, moved=1.5)}[name]()
    return load.from_bytes(scenes.encoded(wrong)), load.from_bytes(scenes.encoded(whole))


def compared(
    code: str,
    rule: str,
    name: str = "fox",
    change: tuple[str, str] = ("", ""),
    verdict: Verdict = Verdict.DIFFERENT,
    **evidence: object,
) -> Answer:
    """A picture beside its reference, by what it says of itself; taken out by the function that compares."""
    text = load.load(GALLERY / f"{name}.png").metadata.parameters or ""
    assert change[0] in text

    def ask(without: bool) -> list[str]:
        given = Evidence(judgement=Judgement(verdict), infotext=text.replace(*change, 1), **evidence)
        with mock.patch.object(explain, rule, return_value=[]) if without else nullcontext():
            return _codes(explain.explain(SMOKE, given))

    return Answer(code, ask, f"explain.{rule}")


# -- the entries of the page, by the English headings

PROOF = check("verdict.last", "last-proof-failed", a1111(verdict=LastVerdict("fox", "different", False)))
GONE = State(root="D:\\x", windows=True)
STORE = PythonFacts("3.11.9", path="C:\\x\\WindowsApps\\python.exe", store_stub=True)
HIRES = "Denoising strength: 0.4, Clip skip: 2, Hires upscale: 2.0, Hires upscaler: Latent"
ULTIMATE = "Denoising strength: 0.4, Clip skip: 2, Ultimate SD upscale"
TOO_LOW = advised("img-latent-blur-squares", "_latent", "Clip skip: 2", HIRES)
ANSWERS: dict[str, list[Answer]] = {
    "“python not found” when the web UI starts": [
        *map(log, ("python-not-found", "python-store-stub", "venv-python-gone")),
        told_by_log("python-not-found"),
        check("environment.python", "environment-missing", a1111(environment=Environment())),
        check(
            "environment.python",
            "venv-python-gone",
            a1111(environment=dataclasses.replace(a1111().environment, home_exists=False, python=None)),
        ),
        check("python.interpreter", "provision-python", GONE),
    ],
    "The install stops and complains about incompatible versions": [
        *map(log, ("python-incompatible-version", "python-too-new-no-torch-wheel", "python-32bit-no-wheel")),
        log("numpy2-abi"),
        check(
            "environment.python",
            "python-incompatible-version",
            a1111(environment=dataclasses.replace(a1111().environment, python="3.12.4")),
        ),
        check("packages.set", "numpy2-abi", env(numpy="2.1.0")),
        check("packages.set", "packages-differ", installed()),
    ],
    "Nothing works: I press Generate and get no picture": [
        check(
            "server.running",
            "nothing-happens-on-generate",
            a1111(
                running=Running("http://127.0.0.1:7860", True),
                logs=(LogState("x", healthy=False, codes=("cuda-oom",)),),
            ),
        ),
        log("model-not-loaded-nonetype"),
        log("no-checkpoint"),
        check("models.files", "no-checkpoint"),
        check(
            "logs.newest",
            "log-unexplained",
            a1111(logs=(LogState("x", healthy=False, known=False, evidence=(LogLine(3, "FlurbError: no flurb"),)),)),
        ),
    ],
    "Noise instead of a picture": [
        check("models.content", "vae-among-checkpoints", models(model("vae"))),
        check("models.content", "not-a-checkpoint", models(model("lora"))),
        check("models.names", "yaml-beside-checkpoint", a1111(yamls=("models/Stable-diffusion/x.yaml",))),
        pixels("img-noise", "noise", "_is_noise", nothing=False),
    ],
    "Black squares, or NaN errors in the console": [
        log("nan-vae"),
        log("nan-unet"),
        told_by_log("nan-vae"),
        check("launch.script", "launch-arguments-missing", script("--xformers")),
        pixels("img-black", "black", "flat_cause", nothing=None),
    ],
    "Pale colours with violet spots": [
        check("settings.values", "settings-vae-missing", settings(sd_vae="clearvae.safetensor")),
        check("settings.values", "settings-differ", settings(sd_vae="None")),
        pixels("img-washed-out-no-vae", "no-vae", "faults"),
        compared("img-washed-out-no-vae", "parameter_findings", "no-vae"),
        advised("advice-no-vae", "_vae", "VAE: clearvae.safetensors, ", ""),
        PROOF,
    ],
    "“CUDA out of memory” at the hires fix": [
        log("cuda-oom"),
        log("xformers-torch-mismatch"),
        told_by_log("cuda-oom"),
        check("gpu.card", "vram-low", facts=gpu(vram_mib=4096)),
        check("gpu.driver", "gpu-sysmem-fallback-slow", facts=gpu(vram_mib=4096)),
        check(
            "pytorch.version",
            "xformers-torch-mismatch",
            env(torch="2.7.0+cu128", xformers="0.0.23.post1"),
            machine(RTX_5070),
        ),
    ],
    "After the hires fix everything is blurred, in squares or a grid": [
        TOO_LOW,
        pixels("img-latent-blur-squares", "grid", "faults"),
    ],
    "My pictures are ugly and not like the examples": [
        advised("img-ugly-missing-settings", "_negative", NEGATIVE, ""),
        check("settings.values", "settings-differ", settings(CLIP_stop_at_last_layers=1)),
        advised("img-clip-skip", "_clip_skip", "Clip skip: 2, ", ""),
        compared("img-clip-skip", "parameter_findings", "clip-skip-1"),
        pixels("img-different-composition", "moved", "how_different"),
        compared("param-prompt", "parameter_findings", change=("fox", "cat")),
        compared("param-negative-prompt", "parameter_findings", change=("Negative prompt: ", "Negative prompt: x, ")),
        PROOF,
    ],
    "What are masterpiece, best quality, 8k?": [advised("advice-no-quality-tags", "_quality", "best quality, ", "")],
    "What does (fluffy fox tail:1.2) mean?": [
        advised("img-overweighted-tags", "_weights", "lighting:1.2", "lighting:1.8"),
        advised("advice-weight-object", "_weights", "lighting:1.2", "lighting:1.4"),
        advised("advice-brackets", "_weights", "1girl", "(((1girl)))"),
    ],
    "The guide is for present hardware; below the minimum it is slow or does not work": [
        check("gpu.card", "hardware-below-minimum", facts=machine(GTX_960)),
        check("gpu.card", "vram-below-minimum", facts=gpu(vram_mib=1024)),
        check("gpu.card", "no-supported-gpu", facts=machine(gpus=())),
        check(
            "gpu.card",
            "gpu-slow-pascal",
            facts=gpu(name="NVIDIA GeForce GTX 1080", cc="6.1", pci="10de:1b80", vram_mib=8192),
        ),
        check(
            "gpu.card",
            "gtx16-fp16",
            facts=gpu(name="NVIDIA GeForce GTX 1660", cc="7.5", pci="10de:2184", vram_mib=6144),
        ),
        check("gpu.driver", "driver-too-old", facts=machine(nvml=dataclasses.replace(machine().nvml, driver="399.24"))),
        check("machine.memory", "ram-low", facts=machine(ram_mib=6000)),
        check(
            "machine.system",
            "os-unsupported",
            facts=machine(os=dataclasses.replace(machine().os, name="Windows 7", version="6.1.7601")),
        ),
    ],
    "With medvram, lowvram or another card pictures may differ": [
        compared("img-medvram-different", "environment_findings", verdict=Verdict.DRIFTED, flags=("--medvram",)),
    ],
    "Tick “Add Python to PATH” in Python's installer": [
        log("python-not-found"),
        check(
            "environment.python",
            "bat-closes-at-once",
            a1111(environment=Environment()),
            machine(python=(STORE,)),
        ),
    ],
    "No Cyrillic letters and no blanks in the path": [
        check("machine.folder", "path-non-ascii", facts=machine(target="C:\\Вася\\webui")),
        check("machine.folder", "path-has-spaces", facts=machine(target="C:\\my webui")),
        check("machine.temp", "temp-path-non-ascii", facts=machine(temp="C:\\Users\\Вася\\Temp")),
        log("path-nonascii"),
    ],
    "The first start takes long": [log("torch-download-looks-hung"), log("torch-download-timeout")],
    "Restart the console program, also after each update of extensions": [
        check(
            "server.running",
            "restart-needed-after-extension",
            a1111(running=Running("http://127.0.0.1:7860", True, ("controlnet",))),
        ),
    ],
    "The versions at the foot of the page: N/A nowhere": [
        check("pytorch.version", "versions-na-on-page", env(xformers=None)),
        check("pytorch.version", "torch-missing", env(torch=None)),
        check(
            "pytorch.version",
            "torch-cpu-build",
            a1111(environment=dataclasses.replace(env(torch="2.1.2+cpu").environment, torch_cuda=None)),
        ),
        check(
            "pytorch.version",
            "xformers-torch-mismatch",
            env(torch="2.7.0+cu128", xformers="0.0.23.post1"),
            machine(RTX_5070),
        ),
    ],
    "The result differs slightly": [compared("img-slightly-different", "_closing", verdict=Verdict.DRIFTED)],
    "I get another picture": [
        pixels("img-different-composition", "moved", "how_different"),
        compared("param-seed", "parameter_findings", "other-seed"),
        compared("param-steps", "parameter_findings", "other-steps"),
        compared("param-sampler", "parameter_findings", "other-sampler"),
        compared("param-size", "parameter_findings", change=("Size: ", "Size: 1")),
        compared("img-wrong-model", "parameter_findings", change=("Model: ", "Model: other-")),
        check("models.files", "model-other-content", other_checkpoint()),
        check("settings.values", "settings-differ", settings(eta_noise_seed_delta=0)),
        PROOF,
    ],
    "With Latent upscalers do not go below a denoising strength of 0.6": [TOO_LOW],
    "Choose a VAE that suits the model": [
        advised(
            "img-vae-incompatible",
            "_vae",
            "anything-v5, VAE: clearvae.safetensors",
            "AOM3A2, VAE: vae-ft-mse-840000-ema-pruned.ckpt",
        ),
    ],
    "Clip skip 1: do not, unless you know what you do": [
        advised("img-clip-skip", "_clip_skip", "Clip skip: 2", "Clip skip: 1"),
        check("settings.values", "settings-differ", settings(CLIP_stop_at_last_layers=1)),
    ],
    "Samplers and their steps, CFG 6-14, the same tag on both sides": [
        advised("advice-steps-few", "_steps", "Steps: 24", "Steps: 8"),
        advised("advice-steps-many", "_steps", "Steps: 24", "Steps: 60"),
        advised("img-cfg-out-of-range", "_cfg", "scale: 7.0", "scale: 20"),
        advised("advice-tag-in-both", "_both", "low quality:1.4", "fox ears:1.4"),
    ],
    "No large picture at once: 0.25-0.3 megapixels, then the hires fix": [
        advised("img-duplicate-bodies", "_size", "512x512", "1024x1024"),
        advised("advice-size-small", "_size", "512x512", "256x256"),
    ],
    "Additional GAN models have to be fetched first": [
        log("upscaler-missing"),
        told_by_log("upscaler-missing"),
        compared("upscaler-missing", "file_findings", files=(FileEvidence("upscaler", "4x-UltraSharp.pth", None),)),
    ],
    "Denoising in an upscale: ghosts, seams, tile sizes": [
        advised("img-tile-ghosts", "_ghosts", "strength: 0.4", "strength: 0.55", TILED),
        advised("img-tile-seams", "_seams", "Clip skip: 2", f"{ULTIMATE} mask_blur: 2"),
        advised("img-tile-size-off", "_tiles", "Clip skip: 2", f"{ULTIMATE} tile_width: 512"),
    ],
    "The sampler matters in an upscale: Euler from 0.4 on makes ghosts": [
        advised("img-tile-ghosts", "_ghosts", "DPM++ 2M, Schedule type: Karras", "Euler a", TILED),
    ],
    "Tags that improve, and a negative prompt, matter in an upscale": [
        advised("advice-no-quality-tags", "_quality", "best quality, ", "", TILED),
        advised("img-ugly-missing-settings", "_negative", NEGATIVE, "", TILED),
    ],
    "Imageboards remove the parameters from pictures": [unread("img-no-metadata")],
}
