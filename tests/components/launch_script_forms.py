"""What people write into their launch scripts, and the real shells to run it with."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

RUN = b"call webui.bat\r\n"

SHELL = [
    b'export COMMANDLINE_ARGS="--use-cpu all --no-half --ckpt-dir \\"/x y\\""; export X=1\n',
    b"export COMMANDLINE_ARGS='--api '\"--medvram\"\n",
    b'export COMMANDLINE_ARGS="--api \\\n  --port 7870"\n',
    b'export COMMANDLINE_ARGS="--api\n --port 7870"\nexport X=1\n',
    b"export COMMANDLINE_ARGS=--api\\ \\\n--medvram\n",
    b'[ -n "$HOME" ] && export COMMANDLINE_ARGS="--lowvram"\n',
    b'[[ -n $HOME && -d / ]] && export COMMANDLINE_ARGS="--lowvram"\n',
    b'declare -x COMMANDLINE_ARGS="--api --medvram"\n',
    b'export FOO=1 COMMANDLINE_ARGS="--api"\n',
    b"case x in x) export COMMANDLINE_ARGS=--api ;; esac\n",
    b"case x in\n  (x)\n    export COMMANDLINE_ARGS=--api\n    ;;\n  *) export COMMANDLINE_ARGS=--listen ;;\nesac\n",
    b'if true; then\n  export COMMANDLINE_ARGS="--api"\nfi\n',
    b'if false; then\n  export X=1\nelse\n  export COMMANDLINE_ARGS="--api"\nfi\n',
    b'set_up() {\n  export COMMANDLINE_ARGS="--api"\n}\nset_up\n',
    b'never() {\n  export COMMANDLINE_ARGS="--listen"\n}\nexport COMMANDLINE_ARGS="--api"\n',
    b'cat > /dev/null <<EOT\nexport COMMANDLINE_ARGS="--listen"\nEOT\nexport X=1\n',
    b'cat > /dev/null <<EOT\n#export COMMANDLINE_ARGS=""\nEOT\n#export COMMANDLINE_ARGS=""\n',
    b'(export COMMANDLINE_ARGS="--listen")\nexport X=1\n',
    b'export COMMANDLINE_ARGS="--api"\nreturn 0\n',
    b'export COMMANDLINE_ARGS="--api" # mine\nexit\n',
    b'if [ -z "$NEVER" ]; then\n  true\nfi\n[ -n "$NEVER" ] && return 1\nexport X=1\nexit 0\necho never\n',
    b'# export COMMANDLINE_ARGS="--medvram"  # my old\n',
    b'#export COMMANDLINE_ARGS="--medvram"\n',
    b'COMMANDLINE_ARGS="--api"\nexport COMMANDLINE_ARGS\n',
    b'export COMMANDLINE_ARGS="--api"\nexport COMMANDLINE_ARGS+=" --medvram"\n',
    b'export COMMANDLINE_ARGS="--api"\nexport COMMANDLINE_ARGS="${COMMANDLINE_ARGS} --medvram"\nexport X=1',
    b'MINE="--ckpt-dir \'/a b\'"\nexport COMMANDLINE_ARGS="--api $MINE"\n',
    b'export COMMANDLINE_ARGS="--api"; export X=1\n',
    b'{ export COMMANDLINE_ARGS="--api"; }\n',
    b'export COMMANDLINE_ARGS="${COMMANDLINE_ARGS:---api}"\n',
    b'export COMMANDLINE_ARGS="--api" && export X=1\n',
    b'export X=$(printf "%s" "a)b") COMMANDLINE_ARGS="--api"\n',
    b'for word in --api --medvram; do\n  export X=$word\ndone\nexport COMMANDLINE_ARGS="--api" 2>/dev/null\n',
    b'export COMMANDLINE_ARGS="--api"\r\nexport X=1\r\n',
    b'export COMMANDLINE_ARGS=""\n',
    b"export COMMANDLINE_ARGS=\n",
    b'COMMANDLINE_ARGS="--api"\n',
    b'COMMANDLINE_ARGS="--xformers --no-half-vae"\n',
    b'set -a\nCOMMANDLINE_ARGS="--api"\n',
    b'export COMMANDLINE_ARGS="--api"\nunset COMMANDLINE_ARGS\n',
    b"unset X\nexport COMMANDLINE_ARGS=$'--api --medvram'\n",
]

BATCH = [
    b'set COMMANDLINE_ARGS=--ckpt-dir "D:\\my models"\r\n' + RUN,
    b'set COMMANDLINE_ARGS=--ckpt-dir "D:\\' + "мои модели".encode("cp1251") + b'"\r\n' + RUN,
    b'set COMMANDLINE_ARGS=--ckpt-dir "D:\\a&b"\r\n' + RUN,
    b"if not defined NOAPI set COMMANDLINE_ARGS=--api --medvram\r\n" + RUN,
    b"\xef\xbb\xbfset COMMANDLINE_ARGS=--api\r\n@echo off\r\n" + RUN,
    b"set COMMANDLINE_ARGS=--api & rem my note\r\n" + RUN,
    b"set COMMANDLINE_ARGS=--api&set FOO=1\r\n" + RUN,
    b'set "COMMANDLINE_ARGS=--api" & rem\r\n' + RUN,
    b'if "a"=="a" (\r\n  set COMMANDLINE_ARGS=--api\r\n)\r\n' + RUN,
    b'if "a"=="b" (\r\n  set X=1\r\n) else (\r\n  set COMMANDLINE_ARGS=--api\r\n)\r\n' + RUN,
    b"set COMMANDLINE_ARGS=--api\r\n" + RUN + b"set COMMANDLINE_ARGS=\r\n",
    b"set COMMANDLINE_ARGS=--api\r\nwebui.bat\r\n",
    b"set COMMANDLINE_ARGS=--api & rem\r\nWEBUI.BAT\r\n",
    b"set COMMANDLINE_ARGS=--api & rem\r\ncmd /c webui.bat\r\n",
    b'set COMMANDLINE_ARGS=--api & rem\r\n@CALL "%~dp0webui.bat" %*\r\npause\r\n',
    b"set COMMANDLINE_ARGS=--api\r\nset COMMANDLINE_ARGS=%COMMANDLINE_ARGS% --medvram\r\n" + RUN,
    b"set COMMANDLINE_ARGS=--api ^\r\n--medvram\r\n" + RUN,
    b'set "COMMANDLINE_ARGS=--api --theme x^y"\r\n' + RUN,
    b"rem set COMMANDLINE_ARGS=--listen\r\n:: set COMMANDLINE_ARGS=--listen\r\n" + RUN,
    b"set MINE=--api\r\nset COMMANDLINE_ARGS=%MINE% --medvram\r\n" + RUN,
    b"if exist webui.bat (\r\n  call webui.bat\r\n)\r\n",
    b"if exist webui.bat (\r\n  set COMMANDLINE_ARGS=--api\r\n  call webui.bat\r\n)\r\n",
    b'set COMMANDLINE_ARGS=--api & rem\r\nstart "SD" /wait webui.bat\r\n',
    b"set COMMANDLINE_ARGS=--api\r\nexit /b\r\n" + RUN,
    b"set COMMANDLINE_ARGS=\r\n\r\n" + RUN,
    b"@echo off\r\n\n\r\nset PYTHON=\r\n\nset COMMANDLINE_ARGS=\r\n" + RUN,
]


def lines(text: bytes) -> list[bytes]:
    return [part + b"\n" for part in text.split(b"\n")[:-1]] + [text.split(b"\n")[-1]]


def kept(before: bytes, after: bytes) -> bool:
    """Whether each line is still there, in order, byte for byte; at most one plain value has grown."""
    there = iter(lines(after))
    gone = [line for line in lines(before) if line and not any(line in (item, item.rstrip(b"\n")) for item in there)]
    return not gone


def bash(folder: Path, text: bytes) -> dict[str, str]:
    """Return the variables that the web UI gets when bash reads the script as its launcher does."""
    path = folder / "webui-user.sh"
    path.write_bytes(text)
    command = ["bash", "-c", 'trap "env -0 > seen" EXIT; . ./webui-user.sh', "-"]
    environment = {"PATH": os.environ["PATH"], "HOME": "/root"}
    subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False, timeout=60)
    pairs = (folder / "seen").read_bytes().decode("utf-8", "replace").split("\0")
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair)


def cmd(folder: Path, texts: list[bytes], environment: dict[str, str]) -> list[dict[str, str]]:
    """Return the variables that the web UI gets from each script; all are run by one cmd.exe."""
    driver = [b"@echo off\r\n"]
    for number, text in enumerate(texts):
        place = folder / f"case{number}"
        place.mkdir()
        (place / "webui-user.bat").write_bytes(text)
        (place / "webui.bat").write_bytes(b"@echo off\r\nset>seen.txt\r\n")
        driver.append(b"cd case%d\r\ncmd /c webui-user.bat\r\ncd ..\r\n" % number)
    (folder / "driver.bat").write_bytes(b"".join(driver))
    clean = {name: value for name, value in environment.items() if name != "COMMANDLINE_ARGS"}
    subprocess.run(["wine", "cmd", "/c", "driver.bat"], cwd=folder, env=clean, check=False, timeout=300,
                   stdin=subprocess.DEVNULL, capture_output=True)  # fmt: skip
    return [_seen(folder / f"case{number}" / "seen.txt") for number in range(len(texts))]


def _seen(path: Path) -> dict[str, str]:
    text = path.read_bytes().decode("cp1251", "replace") if path.exists() else ""
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
