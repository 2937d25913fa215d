"""What is private never survives, wherever it stands; what is not stays readable."""

from __future__ import annotations

import json
import os
import time
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foxup.redact import ADDRESS, DEVICE, EMAIL, HOST, SECRET, USER, Redactor

WINDOWS = {"home": r"C:\Users\Ivan Petrov", "user": "Ivan Petrov", "host": "IVAN-PC"}
LINUX = {"home": "/home/masha", "user": "masha", "host": "masha-desktop"}


def redact(text, **machine):
    return Redactor(**machine).redact(text)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("set COMMANDLINE_ARGS=--xformers --api-auth me:hunter2 --listen", "set COMMANDLINE_ARGS=--xformers --api-auth <secret> --listen"),
        ("--api-auth=me:hunter2 --port 7860", "--api-auth=<secret> --port 7860"),
        ('--gradio-auth "me:hunter2,you:hunter2" --share', "--gradio-auth <secret> --share"),
        ("--gradio-auth 'me:hunter2' x", "--gradio-auth <secret> x"),
        ('["--api-auth", "me:hunter2", "--listen"]', '["--api-auth", <secret>, "--listen"]'),
        ("Namespace(api_auth='me:hunter2', gradio_auth=None)", "Namespace(api_auth=<secret>, gradio_auth=None)"),
        ("curl -u me:hunter2 http://127.0.0.1:7860", "curl -u <secret> http://127.0.0.1:7860"),
        ("HF_TOKEN=hunter2hunter2", "HF_TOKEN=<secret>"),
        ("Authorization: Bearer hunter2.hunter2", "Authorization: Bearer <secret>"),
        ('{"Authorization": "Basic aHVudGVyMg=="}', '{"Authorization": "Basic <secret>"}'),
        ("https://me:hunter2@example.org/x", "https://<secret>@example.org/x"),
        ("https://me:hun@ter2@example.org/x", "https://<secret>@example.org/x"),
        ("HTTPS_PROXY=http://me:hunter2@proxy.example:3128", "HTTPS_PROXY=http://<secret>@proxy.example:3128"),
        ("--proxy me:hunter2@proxy.example:3128", "--proxy <secret>@proxy.example:3128"),
        ("https://civitai.com/api/download/models/1?type=Model&token=hunter2", "https://civitai.com/api/download/models/1?type=Model&token=<secret>"),
        ("https://b.example/f?X-Amz-Credential=hunter2&X-Amz-Signature=hunter2", "https://b.example/f?X-Amz-Credential=<secret>&X-Amz-Signature=<secret>"),
        ("https://b.example/f?Policy=hunter2&Key-Pair-Id=hunter2&Signature=hunter2~", "https://b.example/f?Policy=<secret>&Key-Pair-Id=<secret>&Signature=<secret>"),
        ('--gradio-auth ""me:hunter2""', "--gradio-auth <secret>"),
        ('--gradio-auth ^"me:hunter2^" --listen', "--gradio-auth <secret> --listen"),
        ('--gradio-auth me:"hunter2 hunter2" --listen', "--gradio-auth <secret> --listen"),
        ("--gradio-au me:hunter2 --api-a=me:hunter2", "--gradio-au <secret> --api-a=<secret>"),
        ('--api-auth "me:hunter2 never closed', "--api-auth <secret>"),
        ("gradio_auth=[('me', 'hunter2'), ('b', 'hunter2')]", "gradio_auth=<secret>"),
        ("auth=('me', 'hunter2')", "auth=<secret>"),
        ("ngrok config add-authtoken hunter2hunter2", "ngrok config add-authtoken <secret>"),
        ("http://me:hun/ter2@proxy.example:8080", "http://<secret>@proxy.example:8080"),
        ("http_proxy = me:hunter2@proxy", "http_proxy = <secret>@proxy"),
        ("https%3A%2F%2Fx.example%2Ff%3Ftoken%3Dhunter2%26b%3D1", "https%3A%2F%2Fx.example%2Ff%3Ftoken%3D<secret>%26b%3D1"),
        ("https://x.example/f?a=1\\u0026Signature=hunter2\\u0026b=2", "https://x.example/f?a=1\\u0026Signature=<secret>\\u0026b=2"),
        ("https://x.example/f?Verifying=" + "hunter2" * 8, "https://x.example/f?Verifying=<secret>"),
        ('authorization: Digest username="me", response="hunter2"', "authorization: Digest <secret>"),
        ("cookie='hunter2'", "cookie='<secret>'"),
        ("пароль: hunter2, Пароль — hunter2", "пароль: <secret> Пароль — <secret>"),
        ("password is hunter2", "password is <secret>"),
        ("pass: hunter2 pwd=hunter2 PWD=/mnt/sd", "pass: <secret> pwd=<secret> PWD=/mnt/sd"),
        ("https://b.example/f?sv=2020&se=hunter2&sig=hunter2%3D", "https://b.example/f?sv=<secret>&se=<secret>&sig=<secret>"),
        ('--gradio-auth "vasya:hunter2,bob:hunter3" --listen', "--gradio-auth <secret> --listen"),
        ("--gradio-auth vasya:hunter2, bob:hunter3 --listen", "--gradio-auth <secret> --listen"),
        ("--gradio-auth=vasya:hunter2 , bob:hunter3, c:hunter4", "--gradio-auth=<secret>"),
        ("--api-auth a:hunter2,c:hunter3", "--api-auth <secret>"),
        ("""--gradio-auth 'a:hunter2'"'"'hunter3' --listen""", "--gradio-auth <secret> --listen"),
        ("['--gradio-auth', 'a:hunter2,', 'c:hunter3', '--api']", "['--gradio-auth', <secret>, '--api']"),
        ('set COMMANDLINE_ARGS="--gradio-auth a:hunter2, b:hunter3"; X="c"', 'set COMMANDLINE_ARGS="--gradio-auth <secret>"; X="c"'),
        ("--gradio-auth a:hunter2 bob:hunter3 --listen", "--gradio-auth <secret> --listen"),
        ("launch.py: error: unrecognized arguments: --x bob:hunter3", "launch.py: error: unrecognized arguments: --x <secret>"),
        ("http://bob:<secret>@proxy.example/", "http://<secret>@proxy.example/"),
        ("https://vasya@github.com/x.git", "https://<secret>@github.com/x.git"),
        ("machine github.com login vasya password hunter2", "machine github.com login <user> password <secret>"),
        ("machine github.com\n  login vasya\n  password hunter2\n", "machine github.com\n  login <user>\n  password <secret>\n"),
        ("default login vasya password hunter2", "default login <user> password <secret>"),
        ("https://discord.com/api/webhooks/1234/hunter2_x-y", "https://discord.com/api/webhooks/<secret>"),
        ("https://ptb.discordapp.com/api/v10/webhooks/1234/hunter2?wait=1", "https://ptb.discordapp.com/api/v10/webhooks/<secret>?wait=1"),
        ("https://api.telegram.org/bot12345678:hunter2/sendPhoto?x=1", "https://api.telegram.org/bot<secret>/sendPhoto?x=1"),
        ("token 12345678:AAhunter2hunter2hunter2hunter2hunt", "token <secret>"),
        ("https:\\/\\/hooks.slack.com\\/services\\/T0\\/B0\\/hunter2", "https:\\/\\/hooks.slack.com\\/services\\/<secret>"),
        ("https://hooks.slack.com/services/T0/B0/hunter2", "https://hooks.slack.com/services/<secret>"),
        ("x -----BEGIN OPENSSH PRIVATE KEY-----\nhunter2\n-----END OPENSSH PRIVATE KEY----- y", "x <secret> y"),
        ("-----BEGIN PGP PRIVATE KEY BLOCK-----\nhunter2", "<secret>"),
    ],
)  # fmt: skip
def test_secrets_in_their_places(text, kept):
    assert redact(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        r'File "C:\Users\Ivan Petrov\sd\launch.py"',
        r'"C:\\Users\\Ivan Petrov\\sd"',
        r'"C:\\\\Users\\\\Ivan Petrov\\\\sd"',
        "c:/users/ivan petrov/sd",
        "file:///C:/Users/Ivan%20Petrov/sd",
        "/mnt/c/Users/Ivan Petrov/sd",
        "/c/Users/Ivan Petrov/sd",
        "C%3A%5CUsers%5CIvan%20Petrov%5Csd",
    ],
)
def test_the_home_folder_in_every_spelling(text):
    result = redact(text, **WINDOWS)
    assert "~" in result
    assert "petrov" not in result.lower()
    assert "sd" in result


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("/home/masha/sd /home/mashaX/sd", "~/sd ~/sd"),
        ("file:///home/masha/sd", "~/sd"),
        ("drwx masha masha-desktop:~$", f"drwx {USER} {HOST}:~$"),
        ("MASHA-DESKTOP.local", HOST),
        ("C_masha_x", f"C_{USER}_x"),
        ("samashall", "samashall"),
        ("bob@bob-pc:~/sd$ ./webui.sh", f"{USER}@{HOST}:~/sd$ ./webui.sh"),
        ("Running on \x1b[1m\x1b[32mbo\x1b[0m user", f"Running on \x1b[1m\x1b[32m{USER}\x1b[0m user"),
        ("USERNAME=Боб Ш\nCOMPUTERNAME=ПК-7", f"USERNAME={USER}\nCOMPUTERNAME={HOST}"),
    ],
)
def test_names_of_people_and_computers(text, kept):
    assert redact(text, **LINUX) == kept


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Running on public URL: https://1a2b3c4d5e.gradio.live", "Running on public URL: https://<host>.gradio.live"),
        ("https://four-words-of-mine.trycloudflare.com:443/x", "https://<host>.trycloudflare.com:443/x"),
        ("https://1a-2-3-4-5.ngrok-free.app", "https://<host>.ngrok-free.app"),
        ("tcp://0.eu.ngrok.io:12345", "tcp://<host>.ngrok.io:12345"),
        ("your url is: https://shy-fox.loca.lt", "your url is: https://<host>.loca.lt"),
        ("abc.lhr.life, https://abc.serveo.net/", "<host>.lhr.life, https://<host>.serveo.net/"),
        (r"--ckpt-dir \\NAS-VASYA\sd\models", r"--ckpt-dir \\<host>\sd\models"),
        (r'{"p": "\\\\NAS-VASYA\\sd"}', r'{"p": "\\\\<host>\\sd"}'),
        (r"\\?\UNC\nas\sd", r"\\?\UNC\<host>\sd"),
        ("file://nas-vasya/sd file:////nas-vasya/sd", "file://<host>/sd file:////<host>/sd"),
        ("https%3A%2F%2Fabc.gradio.live", "https%3A%2F%2F<host>.gradio.live"),
        ("smb://nas-vasya/sd", "smb://<host>/sd"),
        ("Host: HOSTNAME1.local", "Host: <host>"),
        ("http://vasya-pc.local:7860/ and vasya.local", "http://<host>:7860/ and <host>"),
        ("wandb: Currently logged in as: vpupkin (pupkins). Use `wandb login`", "wandb: Currently logged in as: <user>. Use `wandb login`"),
        ("Logged in to github.com as vpupkin (keyring)", "Logged in to github.com as <user> (keyring)"),
        ("/media/masha/Disk /run/media/masha/x /Volumes/MashaDisk /Volumes/masha", f"/media/{USER}/Disk /run/media/{USER}/x /Volumes/{USER}Disk /Volumes/{USER}"),
    ],
)  # fmt: skip
def test_names_of_places(text, kept):
    assert redact(text, **LINUX) == kept


def test_a_short_name_goes_where_disks_are_mounted():
    assert redact("/media/bo/Disk of bo /Volumes/book", user="bo") == f"/media/{USER}/Disk of bo /Volumes/book"


def test_passwords_go_whatever_else_is_known_to_be_secret():
    """One of the words known, taken out first, must not hide the others."""
    known = ["vasya:QWERTY77", "QWERTY77"]
    text = '--gradio-auth "vasya:QWERTY77,bob:QWERTY88" and --api-auth vasya:QWERTY77, bob:QWERTY99'
    assert redact(text, secrets=known) == "--gradio-auth <secret> and --api-auth <secret>"


def test_a_key_in_the_lines_of_a_log():
    body = ["b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ", "AAAAB3NzaC1yc2EAAAADAQABAAABAQ=="]
    begin, end = "-----BEGIN OPENSSH PRIVATE KEY-----", "-----END OPENSSH PRIVATE KEY-----"
    clean = Redactor().redact_document
    assert clean(["before", begin, *body, end, "after"]) == ["before", *[SECRET] * 4, "after"]
    assert clean(["begins inside:", *body, end, "after"]) == ["begins inside:", *[SECRET] * 3, "after"]
    assert clean(["before", begin, *body]) == ["before", *[SECRET] * 3]
    assert clean(["machine github.com", " login vasya", " password hunter2", "x"]) == [
        "machine github.com", " login <user>", " password <secret>", "x",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "home",
    [
        r"D:\Users\Вася Пупкин\sd",
        r"D:\Пользователи\Вася\sd",
        "C:\\\\Users\\\\\\u0412\\u0430\\u0441\\u044f\\\\sd",
        "/Users/%D0%92%D0%B0/sd",
        "/home/somebody/sd",
        "/Users/anna/sd",
        r"C:\Documents and Settings\Anna\sd",
    ],
)
def test_the_home_of_somebody_else_goes_too(home):
    assert redact(home)[0] == "~"
    assert redact(home).endswith("sd")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("mail a.b+c@example.org now", f"mail {EMAIL} now"),
        ("UUID: GPU-12345678-9abc-def0-1234-56789abcdef0)", f"UUID: {DEVICE})"),
        ("Serial Number: 0321718012345", f"Serial Number: {DEVICE}"),
        ("link/ether 00:1a:2B:3c:4d:5e brd", f"link/ether {DEVICE} brd"),
        ("listening on 192.168.1.5:7860", f"listening on {ADDRESS}:7860"),
        ("inet6 fe80::1%eth0, 2001:db8::5", f"inet6 {ADDRESS}, {ADDRESS}"),
        ("http%3A%2F%2F192.168.1.5%3A7860", f"http%3A%2F%2F{ADDRESS}%3A7860"),
        ("mailto:a.b%40example.org, a.b [at] example.org", f"mailto:{EMAIL}, {EMAIL}"),
        ('"uuid": "12345678-9abc-def0-1234-56789abcdef0"', f'"uuid": "{DEVICE}"'),
        ("gpu_serial=0321718012345, S/N: 0321718012345", f"gpu_serial={DEVICE}, S/N: {DEVICE}"),
        ("001a.2b3c.4d5e, ip-10-0-0-7", f"{DEVICE}, {HOST}"),
    ],
)
def test_addresses_and_devices(text, kept):
    assert redact(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "Running on local URL:  http://127.0.0.1:7860",
        "http://0.0.0.0:7860 and [::1]:7860",
        "Microsoft Windows [Version 10.0.19045.3803]",
        "git@github.com:AUTOMATIC1111/stable-diffusion-webui.git",
        "OSError: Can't load tokenizer for 'openai/clip-vit-large-patch14'.",
        "Token merging ratio: 0.5, tokens: 77, ETA 00:01:02",
        "RuntimeError: expected scalar type c10::Half but found float",
        "gradio_auth=None, api_auth=None, --api --listen",
        "set HF_ENDPOINT=https://hf-mirror.example and HF_HUB_OFFLINE=1",
        "machine learning login page, the password of the machine is wrong",
        "remote: Support for password authentication was removed. Please login with another password.",
        "requests.exceptions.HTTPError: 401: you must be logged in as a user to download",
        "The web UI wants a password; use --gradio-auth-path FILE, not --gradio-auth",
        "Incorrect username or password. ValueError: password cannot be empty",
        "--gradio-auth-path C:\\sd\\auth.txt, listen: true",
        r"C:\Users\Public\sd and C:\\Users\\Public\\sd",
        "//server/share in code, path = 'models//Stable-diffusion//x', a // b",
        r"models\Stable-diffusion\x.safetensors, D:\\sd\\models\\x, '\\n\\tat line', \\alpha\\beta",
        r"\\?\C:\sd\models, \\.\pipe\docker_engine, \\wsl.localhost\Ubuntu\sd, \\wsl$\Ubuntu\sd, \\localhost\c$\sd",
        "https://github.com/AUTOMATIC1111/stable-diffusion-webui.git and ssh://git@github.com/x/y.git",
        "threading.local() self.local, /usr/local/bin, ~/.local/share, settings.local.json, from werkzeug.local import Local",
        "https://api.trycloudflare.com/tunnel, https://ngrok.com/docs, gradio.live, https://www.gradio.app/docs",
        "https://discord.com/invite/x, https://api.telegram.org, https://api.slack.com/messaging/webhooks",
        "/media/disk/sd, /run/media/, /Volumes/Macintosh HD",
        "-----BEGIN CERTIFICATE-----",
        r"error: unrecognized arguments: --oops C:\sd http://127.0.0.1:7860",
        r'No module named \'x.local\', "\\d\w+\s", file:///usr/share/x, file://localhost/x',
        "Host: 127.0.0.1:7860, Host: huggingface.co",
    ],
)
def test_ordinary_lines_stay(text):
    assert redact(text, **LINUX) == text


CYRILLIC = {"home": r"C:\Users\Вася Пупкин", "user": "Вася Пупкин", "host": "ВАСЯ-ПК"}


@pytest.mark.parametrize(
    "spell",
    [
        str,
        str.upper,
        json.dumps,
        lambda text: json.dumps(json.dumps(text)),
        quote,
        lambda text: quote(text, safe=""),
        lambda text: text.replace("\\", "/"),
        lambda text: text.replace(" ", "\u00a0"),
        lambda text: text.encode().decode("cp1251", "replace"),
        lambda text: text.encode("cp866").decode("cp1251"),
        lambda text: text.encode("cp1251").decode("cp866"),
    ],
    ids=["plain", "upper", "json", "json-in-json", "quoted", "all-quoted", "slashes", "nbsp", "utf-as-1251", "866-as-1251", "1251-as-866"],
)  # fmt: skip
@pytest.mark.parametrize("text", [r"C:\Users\Вася Пупкин\sd", "(Вася Пупкин)", "ВАСЯ-ПК"])
def test_a_cyrillic_name_in_every_spelling(text, spell):
    left = redact(f"x {spell(text)} y", **CYRILLIC)
    assert any(word in left for word in ("~", USER, HOST))
    for name in ("Вася", "Пупкин", "ВАСЯ"):
        for form in (spell(name).strip('"\\'), name):
            assert form.lower() not in left.lower()


@pytest.mark.parametrize("text", ["Вася_Пупкин", "вася.пупкин", "ВасяПупкин", "Вася+Пупкин"])
def test_a_name_of_two_words_however_joined(text):
    assert redact(f"D:/{text}/sd", **CYRILLIC) == f"D:/{USER}/sd"


def test_time_grows_with_the_text_only():
    """No expression may run wild on what a log can hold."""
    worker = Redactor(**CYRILLIC)
    for piece in (
        "a-",
        '"',
        "--api-auth ",
        "http://",
        "://a:",
        "\\",
        "/home/a b ",
        "1.",
        "proxy",
        "%26",
        "token ",
        "[(",
        "AAAA ",
        "a-b.",
        "machine a.b login c ",
        "--gradio-auth a:b, ",
        "unrecognized arguments: a ",
        "wandb: a ",
        "\\\\ab\\",
    ):
        begun = time.process_time()
        worker.redact(piece * (8000 // len(piece)))
        assert time.process_time() - begun < 2, piece


def test_an_ordinary_word_is_no_name():
    assert redact("user root on localhost", user="user", host="localhost") == "user root on localhost"


def test_what_was_replaced_is_counted():
    redactor = Redactor(**LINUX, secrets=["open sesame"])
    redactor.redact("open sesame, masha, /home/masha/x, 10.0.0.1 and 10.0.0.2")
    assert redactor.counts == {SECRET: 1, USER: 1, "~": 1, ADDRESS: 2}


def test_documents_keep_their_shape():
    document = {
        "args": ["--api-auth", "me:hunter2", "--listen"],
        "token": "hunter2",
        "n": 1,
        "home": {"/home/masha": None},
    }
    assert Redactor(**LINUX).redact_document(document) == {
        "args": ["--api-auth", SECRET, "--listen"], "token": SECRET, "n": 1, "home": {"~": None},
    }  # fmt: skip


# --- nothing survives, wherever it stands

WORD = st.text("abcdefghkmnpqrstuvwxyzABCDEFGHKMNPQRSTUVWXYZ23456789", min_size=20, max_size=32).map(
    lambda text: "Qz7" + text
)
FORMS = [
    "{0}", "hf_{1}", "sk-{1}", "ghp_{1}", "https://me:{1}@example.org/x", "http://{1}@10.1.2.3:3128",
    "https://x.example/f?a=1&token={1}", "https://x.example/f?Signature={1}&b=2", "https://x.example/f?X-Amz-Security-Token={1}",
    "https://x.example/f?sig={1}", "--api-auth me:{1}", "--api-auth=me:{1}", '--gradio-auth "me:{1}"', "--gradio-auth 'a:b,me:{1}'",
    "Authorization: Bearer {1}", "Authorization: Basic {1}", "CIVITAI_TOKEN={1}", '"api_key": "{1}"', "password: {1}",
    '--gradio-auth ""me:{1}""', "--gradio-auth ^'me:{1}^'", "gradio_auth=[('me', '{1}')]", "auth=('me', '{1}')", "--api-au me:{1}",
    "http://me:a/{1}@p.example:3128", "https%3A%2F%2Fx%2Ff%3Ftoken%3D{1}", "https://x.example/f?b=1%26sig%3D{1}", "пароль: {1}", "mailto:{1}%40mail.ru",
    "D:\\Пользователи\\{1}\\sd", "USERNAME={1}", "COMPUTERNAME={1}", "socks5://me:{1}@127.0.0.1:1080", "ngrok authtoken {1}",
    "{1}@example.org", "/home/{1}/sd", "C:\\Users\\{1}\\sd", "C:\\\\Users\\\\{1}\\\\sd", "file:///C:/Users/{1}/sd", "Cookie: session={1}",
    "--gradio-auth a:b, me:{1}", '--gradio-auth "a:b,me:{1}"', "--api-auth me:{1}, a:b", "http://me:<secret>{1}@p.example/", "https://{1}@github.com",
    "machine github.com login {1} password {1}", "https://discord.com/api/webhooks/1234/{1}", "https://api.telegram.org/bot12345678:{1}/x",
    "https://hooks.slack.com/services/T0/B0/{1}", "https://{1}.gradio.live", "{1}.trycloudflare.com", "https://{1}.eu.ngrok.io", "{1}.ngrok-free.app",
    "https://{1}.loca.lt", "{1}.lhr.life", "{1}.serveo.net", "wandb: Currently logged in as: {1}", "\\\\{1}\\sd", "\\\\\\\\{1}\\\\sd", "Host: {1}.local",
    "-----BEGIN RSA PRIVATE KEY-----\n{1}\n-----END RSA PRIVATE KEY-----",
]  # fmt: skip
LOG_LINES = st.sampled_from(
    [
        'Traceback (most recent call last):\n  File "launch.py", line 38, in main\n',
        "Launching Web UI with arguments: --xformers --no-half-vae\n",
        '{"sd_model_checkpoint": "model.safetensors", "args": ["--listen"]}',
        "Loading weights [a4a219eaa3] from model.safetensors\n",
        "100%|██████████| 20/20 [00:03<00:00,  6.1it/s]\r",
        "INFO: 127.0.0.1:5000 - GET / 200 ",
        "",
    ]
)
EDGE = st.sampled_from([" ", "\n", "\t", "\r\n", ", ", " | ", " (", " -> ", "; "])


@given(word=WORD, form=st.sampled_from(FORMS), before=LOG_LINES, after=LOG_LINES, edge=EDGE)
@settings(max_examples=int(os.environ.get("FOXUP_TEST_EXAMPLES", "400")), deadline=None)
def test_no_secret_survives_anywhere(word, form, before, after, edge):
    text = before + edge + form.format(word, word) + edge + after
    redactor = Redactor(**LINUX, secrets=[word] if form == "{0}" else [])
    result = redactor.redact(text)
    assert word not in result
    assert redactor.redact(result) == result


@given(st.text(max_size=200), st.sampled_from(FORMS), WORD)
@settings(max_examples=300, deadline=None)
def test_twice_is_as_good_as_once(noise, form, word):
    redactor = Redactor(**WINDOWS, secrets=[word])
    once = redactor.redact(noise + form.format(word, word) + noise)
    assert redactor.redact(once) == once


@given(
    name=st.text("abcdefghijklmnopqrstuvwxyzабвгдежз", min_size=4, max_size=12),
    joint=st.sampled_from(["\\", "\\\\", "/"]),
    upper=st.booleans(),
)
@settings(max_examples=200, deadline=None)
def test_no_home_folder_survives(name, joint, upper):
    name = "q" + name
    path = joint.join(["C:", "Users", name.upper() if upper else name, "sd", "x.py"])
    result = Redactor(home=f"C:\\Users\\{name}", user=name).redact(json.dumps({"p": path}, ensure_ascii=False))
    assert name not in result.lower()
