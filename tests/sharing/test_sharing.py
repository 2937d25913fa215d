"""One file to post: whole enough to be judged elsewhere, and without anything private."""

from __future__ import annotations

import dataclasses
import json
import os
import time
from html import unescape
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foxup import i18n, profile, sharing, signatures, survey
from foxup.doctor import examination
from foxup.doctor.case import Case
from foxup.doctor.examination import Examination
from foxup.doctor.look.install import _text
from foxup.doctor.run import examine
from foxup.doctor.state import Config, Environment, Extension, LastVerdict, LogLine, LogState, Repository
from foxup.doctor.texts import checks, say
from foxup.errors import UsageError
from foxup.facts import PythonFacts
from foxup.paths import Layout
from foxup.redact import Redactor
from foxup.sharing import private, sentences
from foxup.sharing.private import mangled, shaped
from foxup.sharing.prompts import strip
from tests.doctor.conftest import GTX_960, RTX_3060, RTX_5070, a1111, machine

EXAMPLES = int(os.environ.get("FOXUP_TEST_EXAMPLES", "60"))
HOME, USER, HOST = "C:\\Users\\Vasiliy Pupkin", "Vasiliy Pupkin", "PUPKIN-PC"


def redactor(home: str = HOME, user: str = USER, host: str = HOST) -> Redactor:
    return Redactor(home, user, host, ("hunter2-very-secret", *mangled(home)))


def examined(state=None, facts=None, name="nai") -> Examination:
    chosen = profile.load(name)
    state = state or a1111()
    case = Case(facts or machine(), state, chosen, survey.embedded(chosen))
    return Examination(case, Layout(Path(state.root), windows=state.windows), examine(case))


def posted(examined: Examination, **more) -> dict[str, str]:
    made = sharing.make(examined, redactor=redactor(), **more)
    return {form: sharing.render(made, form) for form in sharing.FORMATS}


# -- the same findings on the helper's machine


def found(one: Examination) -> list[tuple[str, str, str, str | None]]:
    return [
        (result.check.id, item.code, str(item.severity), item.fixed_by)
        for result in one.results
        for item in result.findings
    ] + [(result.check.id, str(result.outcome), "", None) for result in one.results]


SICK = [
    a1111(),
    a1111(root=HOME + "\\webui", launch_script="@echo off\r\nset COMMANDLINE_ARGS=--listen --api-auth me:pw --oops\r\n"),
    a1111(environment=Environment(present=True, python=None, home=HOME + "\\py", home_exists=False)),
    a1111(
        root=HOME + "\\webui",
        environment=dataclasses.replace(a1111().environment, made_for=HOME + "\\webui\\venv"),
        config=Config("bom", {"sd_vae": "nope.pt", "CLIP_stop_at_last_layers": "2"}),
    ),
    a1111(
        environment=Environment(present=True, python="3.10.6", home="C:\\p", packages={"torch": "2.1.2", "opencv-python": "4.8.0.76"}),
        extensions=(Extension("x", "https://me:pw@evil.example/x.git"),),
        repositories={"repositories/BLIP": Repository(True)},
        logs=(LogState("webui.log", healthy=False, codes=("gpu-blackwell-sm120-old-torch",)),),
        failures={"models": "PermissionError: " + HOME},
    ),
]  # fmt: skip
MACHINES = [
    machine(),
    machine(RTX_5070),
    machine(GTX_960),
    machine(target=HOME + "\\webui"),
    machine(target="C:\\Users\\Вася Пупкин\\webui", temp="C:\\Users\\Вася\\Temp"),
    machine(python=(PythonFacts("3.10.11", path="C:\\Users\\Вася\\py\\python.exe"),)),
    machine(git=None, ram_mib=6000, pagefile_mib=0),
    machine(target="\\\\NAS-VASYA\\sd\\webui"),
]


@pytest.mark.parametrize("facts", MACHINES, ids=range(len(MACHINES)))
@pytest.mark.parametrize("state", SICK, ids=range(len(SICK)))
def test_a_report_is_judged_as_the_machine_was(tmp_path, state, facts):
    owner = examined(state, facts)
    path = tmp_path / "report.json"
    path.write_text(posted(owner)["json"])
    assert found(examination.of_report(path, None, ())) == found(owner)


def test_a_report_serves_as_facts(tmp_path):
    from foxup.facts import from_text

    owner = examined(facts=machine(RTX_5070))
    assert from_text(posted(owner)["json"]).gpus == (RTX_5070,)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"facts": {}}', '{"facts": {"os": {"family": "linux"}}, "state": 1}']
)
def test_what_is_no_report_is_refused(tmp_path, text):
    path = tmp_path / "report.json"
    path.write_text(text)
    with pytest.raises(UsageError):
        examination.of_report(path, None, ())


def test_an_unknown_format_is_refused():
    with pytest.raises(UsageError):
        sharing.check_format("pdf")


# -- nothing private

WORD = "Zq7xK9wLmT4rVb2N"  # what must be gone; where the secret is a name, the name
SECRETS = {
    "hf_AbCdEfGhIjKlMnOpQrStUvWxYz012345": "",
    "ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8": "",
    "sk-proj-aaaabbbbccccddddeeee": "",
    "hunter2-very-secret": "",
    "ivan.petrov@example.org": "",
    "GPU-1a2b3c4d-1a2b-3c4d-5e6f-1a2b3c4d5e6f": "",
    "serial: 1321021026742": "1321021026742",
    "203.0.113.77": "",
    "2001:db8:85a3::8a2e:370:7334": "",
    "00:1a:2b:3c:4d:5e": "",
    "00-1A-2B-3C-4D-5E": "",
    f"Bearer {WORD}": WORD,
    f"Authorization: Basic {WORD}=": WORD,
    f"https://alice:{WORD}@proxy.example:8080/": WORD,
    f"HTTPS_PROXY=http://alice:{WORD}@proxy.example:8080": WORD,
    f"socks5://alice:{WORD}@127.0.0.1:1080": WORD,
    f"https://civitai.com/api/download/1?type=Model&token={WORD}": WORD,
    f"https://x.example/f?X-Amz-Credential={WORD}&X-Amz-Signature={WORD}": WORD,
    f"https://x.example/f?Policy={WORD}&Signature={WORD}&Key-Pair-Id={WORD}": WORD,
    f"https%3A%2F%2Fx.example%2Ff%3Ftoken%3D{WORD}": WORD,
    f"--api-auth me:{WORD}": WORD,
    f"--api-auth=me:{WORD}": WORD,
    f'--gradio-auth "me:{WORD}"': WORD,
    f"--gradio-auth 'me:{WORD},you:{WORD}'": WORD,
    f'--gradio-auth ""me:{WORD}""': WORD,
    f'--gradio-auth \\"me:{WORD}\\"': WORD,
    f"['--gradio-auth', 'me:{WORD}']": WORD,
    f"CIVITAI_API_KEY={WORD}": WORD,
    f"пароль: {WORD}": WORD,
    f'--gradio-auth "a:b,me:{WORD}"': WORD,
    f"--gradio-auth a:b, me:{WORD}": WORD,
    f"--api-auth a:b,me:{WORD}": WORD,
    f"machine github.com login me password {WORD}": WORD,
    f"-----BEGIN OPENSSH PRIVATE KEY-----\n{WORD}\n-----END OPENSSH PRIVATE KEY-----": WORD,
    f"https://discord.com/api/webhooks/1234/{WORD}": WORD,
    f"https://api.telegram.org/bot12345678:{WORD}/sendMessage": WORD,
    f"https://hooks.slack.com/services/T0/B0/{WORD}": WORD,
    **{
        f"https://{WORD}.{tunnel}": WORD
        for tunnel in ("gradio.live", "trycloudflare.com", "ngrok-free.app", "ngrok.io")
    },
    **{f"https://{WORD}.{tunnel}": WORD for tunnel in ("loca.lt", "lhr.life", "serveo.net")},
    f"https://{WORD}@github.com/x.git": WORD,
    f"in \\\\{WORD}\\share\\sd": WORD,
    f"http://{WORD}.local:7860": WORD,
    f"wandb: Currently logged in as: {WORD}": WORD,
    "/home/ivanov/webui": "ivanov",
    "C:\\Users\\ivanov\\webui": "ivanov",
}
PEOPLE = {
    "latin": (HOME, USER, HOST),
    "cyrillic": ("C:\\Users\\Вася Пупкин", "Вася Пупкин", "ВАСЯ-ПК"),
    "linux": ("/home/pupkin", "pupkin", "pupkin-desktop"),
}
SPELLED = [
    str,
    str.upper,
    lambda text: text.replace("\\", "/"),
    lambda text: json.dumps(text)[1:-1],
    lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    quote,
    lambda text: quote(text, safe=""),
]


def secrets(person: str) -> list[tuple[str, tuple[str, ...]]]:
    """Texts with something private in them, and what must be gone."""
    home, user, host = PEOPLE[person]
    found = [(text, (needle or text,)) for text, needle in SECRETS.items()]
    for text in (home, f"{home}\\Desktop\\x.png", user, host, f"{user}@{host}:~/sd$ ls"):
        found += [(spell(text), (user, spell(user), host, spell(host))) for spell in SPELLED]
    return found


CASES = [(person, *case) for person in PEOPLE for case in secrets(person)]


def planted(secret: str, where: str, around: tuple[str, str]) -> Examination:
    """An examination with a secret in one of the places where one may stand."""
    text = f"{around[0]} {secret} {around[1]}"
    state, facts = a1111(), machine()
    line = LogLine(1, text)
    changes = {
        "evidence": {"logs": (LogState("webui.log", healthy=False, known=False, evidence=(line,)),)},
        "tail": {"logs": (LogState("webui.log", tail=(text, text)),)},
        "log name": {"logs": (LogState(text),)},
        "setting": {"config": Config("ok", {"sd_vae": text, "CLIP_stop_at_last_layers": text})},
        "script": {"launch_script": f"set COMMANDLINE_ARGS=--theme {text}\r\nset X={text}\r\n"},
        "root": {"root": f"D:\\{secret}"},
        "environment": {"environment": Environment(present=True, home=text, made_for=text, packages={"torch": text})},
        "extension": {"extensions": (Extension(text, text),)},
        "failure": {"failures": {"models": text}},
        "infotext": {"verdict": LastVerdict("fox", "same", True, infotext=text)},
    }
    if where in changes:
        return examined(dataclasses.replace(state, **changes[where]), facts)
    card = dataclasses.replace(RTX_3060, name=text, uuid=secret)
    return examined(state, dataclasses.replace(facts, gpus=(card,), target=f"D:\\{secret}", temp=text, cpu=text))


WHERE = [
    "evidence",
    "tail",
    "log name",
    "setting",
    "script",
    "root",
    "environment",
    "extension",
    "failure",
    "infotext",
    "facts",
]
AROUND = st.text(st.sampled_from(list("ab .,:;()=[]<>|*\nЖя&%")), max_size=12)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(CASES), st.sampled_from(WHERE), st.tuples(AROUND, AROUND), st.booleans())
def test_no_secret_survives_in_any_format(case, where, around, prompts):
    person, text, needles = case
    made = sharing.make(planted(text, where, around), with_prompts=prompts, redactor=redactor(*PEOPLE[person]))
    for form in sharing.FORMATS:
        page = sharing.render(made, form)
        shown = page if form != "json" else json.dumps(json.loads(page), ensure_ascii=False)
        for needle in needles:
            assert needle.lower() not in shown.lower(), form


def test_secrets_of_the_environment_go_wherever_they_stand(monkeypatch):
    """Nothing but a variable's name tells that these words are secrets."""
    monkeypatch.setenv("MY_SERVICE_TOKEN", "plain-word-of-mine")
    monkeypatch.setenv("HTTPS_PROXY", "http://me:f%C3%A5x-of-mine@proxy.example:8080")
    script = "set COMMANDLINE_ARGS=--gradio-au me:one-of-mine,you:two-of-mine\r\nset CIVITAI_TOKEN=another-of-mine\r\n"
    said = "plain-word-of-mine fåx-of-mine one-of-mine two-of-mine another-of-mine"
    one = examined(a1111(launch_script=script, logs=(LogState("webui.log", tail=(said,)),)))
    made = sharing.make(one, redactor=private.redactor(one.case))
    for form in sharing.FORMATS:
        assert "of-mine" not in sharing.render(made, form), form


def test_passwords_of_the_line_are_taken_out_everywhere():
    state = a1111(
        launch_script="set COMMANDLINE_ARGS=--api-auth admin:qwertyuiop --gradio-auth me:asdfghjkl\r\n",
        logs=(LogState("webui.log", tail=("Launching Web UI with arguments: --api-auth admin:qwertyuiop", "said qwertyuiop again")),),
    )  # fmt: skip

    one = examined(state)
    made = sharing.make(one, redactor=private.redactor(one.case))
    for form in sharing.FORMATS:
        text = sharing.render(made, form)
        assert "qwertyuiop" not in text
        assert "asdfghjkl" not in text
    assert made.counts["<secret>"] >= 3
    assert "<secret>" in made.summary()


def said(examined: Examination, code: str) -> list[str]:
    """The sentences of a finding in all formats."""
    made = sharing.make(examined, redactor=redactor(user="password", host="argument"))
    finding = next(item for item in made.document["findings"] if item["code"] == code)
    assert finding in json.loads(sharing.render(made, "json"))["findings"]
    assert all(finding["message"] in unescape(sharing.render(made, form)) for form in ("md", "html"))
    return [finding["message"], finding["cause"], finding["remedy"]]


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_the_words_of_foxup_stay(language):
    """Whatever a person is called, and however much a sentence looks like an option with its password."""
    i18n.use(language)
    try:
        line = "set COMMANDLINE_ARGS=--listen --api --gradio-auth me:pw77 --oops\r\n"
        one = examined(a1111(launch_script=line))
        assert said(one, "security-password-public") == [
            *dataclasses.astuple(say("security-password-public", flag="--gradio-auth"))[2:5]
        ]
        assert said(one, "security-api-open") == [*dataclasses.astuple(say("security-api-open", flag="--listen"))[2:5]]
        titles = {
            item["id"]: item["title"]
            for item in sharing.make(one, redactor=redactor(user="password")).document["checks"]
        }
        assert titles == {item.id: i18n.pick(item.title.model_dump()) for item in checks()}
    finally:
        i18n.use("en")


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_every_sentence_of_the_catalogue_stays(language):
    i18n.use(language)
    try:
        for code in signatures.load().signatures:
            raw = {**signatures.finding(code).to_document(), "commands": []}
            assert sentences.finding(raw, lambda _text: "changed") == raw
    finally:
        i18n.use("en")


def test_the_reading_with_the_most_words_counts():
    known = (
        "{title}: could not check. {why}",
        "The token is wrong or has ended at {host}: could not check. {why}",
        "{a}",
    )
    text = "The token is wrong or has ended at me@example.org: could not check. --api-auth a:b"
    kept = "The token is wrong or has ended at <email>: could not check. --api-auth <secret>"
    assert sentences.values_only(text, known, redactor().redact) == kept


def test_what_is_filled_into_a_sentence_goes():
    line = LogLine(1, "SomethingError: --api-auth me:hunter2 in C:\\Users\\Vasiliy Pupkin\\x with token=abcdef")
    one = examined(a1111(logs=(LogState("a.log", healthy=False, known=False, evidence=(line,)),)))
    message = said(one, "log-unexplained")[0]
    assert "SomethingError: --api-auth <secret> in ~\\x with token=<secret>" in message


def test_a_sentence_nobody_knows_is_redacted_as_a_whole():
    raw = {
        "code": "x",
        "message": "Use --api-auth me:hunter2",
        "cause": "",
        "remedy": "",
        "commands": ["--api-auth a:b"],
    }
    clean = sentences.finding(raw, redactor().redact)
    assert (clean["message"], clean["commands"]) == ("Use --api-auth <secret>", ["--api-auth <secret>"])


def launch_lines(script: str, *, windows: bool) -> dict[str, str]:
    one = examined(a1111(launch_script=script, windows=windows))
    made = sharing.make(one, redactor=redactor("/home/vpupkin", "vpupkin", "pc"))
    return {form: unescape(sharing.render(made, form)) for form in ("md", "html")}


@pytest.mark.parametrize(
    ("value", "windows", "shown"),
    [
        ("--ckpt-dir '/home/vpupkin/Мои модели' --listen", False, "--ckpt-dir '~/Мои модели' --listen"),
        ("--ckpt-dir 'D:/Мой х' --theme dark", True, "--ckpt-dir 'D:/Мой х' --theme dark"),
        ("--ckpt-dir D:/мехРх", True, "--ckpt-dir 'D:/мехРх'"),
    ],
)
def test_arguments_read_as_they_were_written(value, windows, shown):
    line = f"set COMMANDLINE_ARGS={value}\r\nset X=сам х\r\n" if windows else f'export COMMANDLINE_ARGS="{value}"\n'
    for form, page in launch_lines(line, windows=windows).items():
        assert f"\n{shown}\n" in page.replace("<pre>", "\n"), form
        assert not windows or "X=сам х\n" in page


@pytest.mark.parametrize("page", ["utf-8", "cp866", "cp1251"])
def test_a_script_in_any_code_page_of_windows(page):
    assert _text("set X=Мои модели\r\nset Y=1\r\n".encode(page)) == "set X=Мои модели\r\nset Y=1\r\n"


def test_secrets_of_the_script_that_are_not_english():
    line = "set COMMANDLINE_ARGS=--gradio-auth вася:семьдесят --ckpt-dir '\\\\NAS-VASYA\\models'\r\n"
    said = "Launching Web UI with arguments: --ckpt-dir 'NAS-VASYA\\models' \\NAS-VASYAmodels, семьдесят"
    one = examined(a1111(launch_script=line, logs=(LogState("a.log", tail=(said,)),)))
    made = sharing.make(one, redactor=private.redactor(one.case))
    for form in sharing.FORMATS:
        page = sharing.render(made, form)
        assert "семьдесят" not in (json.dumps(json.loads(page), ensure_ascii=False) if form == "json" else page)
        assert "NAS-VASYAmodels" not in page


PROMPT = "1girl, fox ears, my private wishes"
INFOTEXT = f"{PROMPT}\nNegative prompt: lowres wishes\nSteps: 24, Sampler: DPM++ 2M, Seed: 1"


def test_prompts_stay_only_when_wanted():
    state = a1111(
        logs=(LogState("webui.log", healthy=False, tail=tuple(INFOTEXT.split("\n")), evidence=(LogLine(1, f"prompt: {PROMPT}"),)),),
        verdict=LastVerdict("fox", "same", True, infotext=INFOTEXT),
    )  # fmt: skip
    for form, text in posted(examined(state)).items():
        assert "wishes" not in text, form
    kept = posted(examined(state), with_prompts=True)
    assert all("wishes" in text for text in kept.values())


def test_a_log_keeps_its_other_lines():
    lines = ["Loading weights", *INFOTEXT.split("\n"), "RuntimeError: CUDA out of memory"]
    assert strip(lines) == [
        "Loading weights", "<prompt>", "<prompt>", "Steps: 24, Sampler: DPM++ 2M, Seed: 1", "RuntimeError: CUDA out of memory",
    ]  # fmt: skip


P, N = "SECRETPROMPT", "NEGPRIVATE"
PROMPTS = [
    (f"*** Arguments: ('task(a-1)', '{P} girl', '{N} hands', [], 20, '', 7.0) {{}}",
     "*** Arguments: ('task(a-1)', '<prompt>', '<prompt>', [], 20, '', 7.0) {}"),
    (f"Arguments: ('task(a)', <gradio.routes.Request object at 0x7f>, \"{P}'s girl\", '{N}', ['{P}'], 1) {{}}",
     "Arguments: ('task(a)', <gradio.routes.Request object at 0x7f>, \"<prompt>\", '<prompt>', ['<prompt>'], 1) {}"),
    (f"*** Arguments: ('task(a)', '{P} \\'x\\' (a:1.2), \"b\"', 3, {{'ad_prompt': '{P}', 'n': 1}}) {{'x': '{N}'}}",
     "*** Arguments: ('task(a)', '<prompt>', 3, {'ad_prompt': '<prompt>', 'n': 1}) {'x': '<prompt>'}"),
    (f"*** Arguments: ('task(a)',\n*** '{P} girl',\n*** '{N}', array([[1,\n***   2]]), 20) {{}}\n    Traceback (most recent call last):",
     "*** Arguments: ('task(a)',\n*** '<prompt>',\n*** '<prompt>', array([[1,\n***   2]]), 20) {}\n    Traceback (most recent call last):"),
    (f"Arguments: ('task(a)', '{P},\n girl {P}', 20) {{}}\nModel loaded in 1 s",
     "Arguments: ('task(a)', '<prompt>\n<prompt>', 20) {}\nModel loaded in 1 s"),
    (f"*** Arguments: ('task(a)', 0, '{P} cut off\n    Traceback (most recent call last):\n      File \"x\", line 1",
     "*** Arguments: ('task(a)', 0, '<prompt>\n    Traceback (most recent call last):\n      File \"x\", line 1"),
    (f"{P} girl', '{N} hands', [], 20) {{}}\n    Traceback (most recent call last):", "<prompt>\n    Traceback (most recent call last):"),
    (f"args = ('task(a)', '{P}', 7)", "args = ('task(a)', '<prompt>', 7)"),
    (f"txt2img: {P}, 1girl\n  0%|          | 0/20", "txt2img: <prompt>\n  0%|          | 0/20"),
    (f"img2img: {P}\n{P} BREAK\n{P}\nTotal progress: 1", "img2img: <prompt>\n<prompt>\n<prompt>\nTotal progress: 1"),
    (f"webui-1  | txt2img: {P}", "webui-1  | txt2img: <prompt>"),
    (f"Startup time: 1\n{P}, 1girl,\n{P}\nNegative prompt: {N}\nSteps: 2, Sampler: Euler", "Startup time: 1\n<prompt>\n<prompt>\n<prompt>\nSteps: 2, Sampler: Euler"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kept"), PROMPTS)
def test_prompts_in_a_log(text, kept):
    assert strip(text.split("\n")) == kept.split("\n")


@pytest.mark.parametrize(
    "text",
    [
        "Launching Web UI with arguments: --xformers --ckpt-dir 'D:/a b'",
        "API error: POST: http://127.0.0.1:7860/sdapi/v1/txt2img {'error': 'RuntimeError', 'errors': 'out of memory'}",
        "txt2img: RuntimeError: CUDA out of memory",
        "Error in txt2img: x, y",
        "usage: launch.py [-h]\nlaunch.py: error: unrecognized arguments: --oops",
        "TypeError: txt2img() got an unexpected keyword argument 'x'",
        "subprocess.CalledProcessError: Command '['git', 'clone']' returned non-zero exit status 128.",
        "function () {}\nTraceback (most recent call last):",
    ],
)
def test_lines_without_prompts_stay(text):
    assert strip(text.split("\n")) == text.split("\n")


@pytest.mark.parametrize(
    "piece", ["a b, ", "'a', ", "Arguments: (", ") {", "txt2img: ", "prompt: ", "(", "\\\\", "task('"]
)
def test_time_grows_with_the_log_only(piece):
    begun = time.process_time()
    strip([piece * (60_000 // len(piece))] * 2)
    assert time.process_time() - begun < 2


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from([text for text, _kept in PROMPTS]),
    st.sampled_from(
        ["Loading weights [a] from b", "Startup time: 1 s", "*** Error completing request", "100%|##| 20/20"]
    ),
    st.text(st.sampled_from(list('ab ,:()[]<>|{}"\\Жя')), max_size=12),
    st.sampled_from(["evidence", "tail"]),
)
def test_no_prompt_survives_in_any_format(text, around, more, where):
    lines = [around, *text.replace(f"{P} girl", f"{P} {more} girl").split("\n"), around]
    lines = lines[1:] if text.startswith(P) else lines
    items = tuple(LogLine(number, line) for number, line in enumerate(lines))
    log = LogState("webui.log", healthy=False, known=False, **{where: items if where == "evidence" else tuple(lines)})
    for form, page in posted(examined(a1111(logs=(log,)))).items():
        assert P not in page, form
        assert N not in page, form


@pytest.mark.parametrize(
    ("before", "after", "shape"),
    [
        ("D:\\ai", "D:\\ai", "D:\\ai"),
        ("C:\\Users\\Вася\\w", "~\\w", "C:\\~имя\\w"),
        ("/mnt/c/Users/x y/w", "~/w", "/mnt/c/~ x/w"),
        ("/home/x/w", "~/w", "~/w"),
    ],
)
def test_a_path_keeps_its_shape(before, after, shape):
    assert shaped(before, after) == shape


def test_the_page_cannot_be_broken_out_of():
    state = a1111(logs=(LogState("webui.log", tail=("```", "<script>alert(1)</script>")),))
    pages = posted(examined(state))
    assert "<script>" not in pages["html"]
    assert pages["md"].count("```") % 2 == 0
    assert "'''" in pages["md"]
    assert "://" not in pages["html"].split("</style>")[0]


def test_what_to_type_stands_beside_each_finding():
    one = examined(a1111(environment=Environment()))
    pages = posted(one)
    assert "`foxup doctor --fix`" in pages["md"]
    assert "<code>foxup doctor --fix</code>" in pages["html"]


def test_a_version_is_no_address():
    """Four numbers with dots are an address anywhere but in the profile's own lock."""
    packages = {"opencv-python": "4.8.0.76", "mine": "10.11.12.13"}
    raw = {"facts": {}, "state": {"environment": {"packages": dict(packages)}, "launch_script": None, "windows": False}}
    clean = private.clean(raw, redactor(), with_prompts=True, pins={"opencv-python": {"4.8.0.76"}})
    assert clean["state"]["environment"]["packages"] == {"opencv-python": "4.8.0.76", "mine": "<address>"}
