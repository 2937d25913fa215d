r"""What is private about places: public tunnels, hooks that anybody can post to, shares, names of computers.

Tunnels and hooks as their makers document them (gradio `share`, cloudflared, ngrok, localtunnel, localhost.run,
serveo; Discord, Telegram's Bot API, Slack); netrc as curl and git read it; shares by the UNC convention.
"""

from __future__ import annotations

from foxup.redact.words import HOST, SECRET, USER

_SLASH = r"(?:\\{0,4}/|%2F)"
_LABEL = r"[\w-]{1,63}"
_NAME = rf"{_LABEL}(?:\.{_LABEL}){{0,3}}"
_BEGIN = r"(?:(?<![\w.<>%-])|(?<=%2F))"
_TUNNELS = (
    r"gradio\.live|trycloudflare\.com|ngrok-free\.(?:app|dev)|ngrok\.(?:io|app|dev)|loca\.lt|localtunnel\.me|lhr\.(?:life|rocks)|"
    r"localhost\.run|serveo\.net|(?:free|a)\.pinggy\.(?:link|online|io)|bore\.pub|devtunnels\.ms|ts\.net"
)
_SERVICE = r"(?!(?:www|api|docs?|dashboard|status|blog|admin)\.)"
"""What the makers of tunnels run themselves."""
_CODE = r"(?!(?:_?threading|_?thread|self|cls|this|config|settings|env|torch|werkzeug|asgiref|storage|utils|git)\.)"
"""Words of programs before `.local`."""
_LOCAL = r"local|lan|fritz\.box|home\.arpa"
_OWN_HOST = r"(?!(?:localhost|wsl\$|wsl\.localhost|tsclient|UNC)\\)"
_UNC_NAME = r"(?:[^\W_][\w.-]{1,62}\$?)"
_STYLE = r"(?:\x1b\[[\d;]*m)*"
_WHERE = rf"(?:\bmachine\s+(?:{_LABEL}(?:\.{_LABEL}){{1,6}}|localhost)|(?<![^\n\x1e])[ \t]*default)"
"""Whose password netrc gives; a host has a dot, unlike machine learning."""
_ACCOUNT = r"(?:account\s+\S+\s+)?"
_KEY_END = r"-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?-----"

BLOCKS: tuple[tuple[str, str], ...] = (
    (rf"-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:{_KEY_END}|\Z)", SECRET),
    (rf"(?<![\w+/=-])(?:[A-Za-z0-9+/=]{{4,80}}\s+){{1,200}}{_KEY_END}", SECRET),  # a log's end that begins inside a key
    (rf"({_WHERE}\s+(?:login\s+\S+\s+)?{_ACCOUNT}password\s+)(?!<secret>)\S+", rf"\1{SECRET}"),
    (rf"({_WHERE}\s+{_ACCOUNT}login\s+)(?!<user>)\S+(?=\s+{_ACCOUNT}password\s)", rf"\1{USER}"),
    (rf"({_WHERE}\s+password\s+<secret>\s+login\s+)(?!<user>)\S+", rf"\1{USER}"),
)
"""What may stretch over lines."""

RULES: tuple[tuple[str, str], ...] = (
    (
        rf"(\bdiscord(?:app)?\.com{_SLASH}api{_SLASH}(?:v\d+{_SLASH})?webhooks{_SLASH})(?!<secret>)(?:[^\s\"'<>?\\]|\\+/)+",
        rf"\1{SECRET}",
    ),
    (
        rf"(\bapi\.telegram\.org{_SLASH}(?:file{_SLASH})?bot)(?!<secret>)\d+(?::|%3A)[\w-]+",
        rf"\1{SECRET}",
    ),
    (r"(?:(?<![\w-])|(?<=bot))\d{8,10}:AA[\w-]{30,}", SECRET),
    (
        rf"(\bhooks\.slack(?:-gov)?\.com{_SLASH}(?:services|workflows|triggers){_SLASH})(?!<secret>)(?:[^\s\"'<>?\\]|\\+/)+",
        rf"\1{SECRET}",
    ),
    (rf"{_BEGIN}{_SERVICE}{_NAME}\.({_TUNNELS})(?![\w-]|\.\w)", rf"{HOST}.\1"),
    (rf"{_BEGIN}(?<!\\)(?<!named ['\"])(?:(?<!/)|(?<=//)){_CODE}{_NAME}\.(?:{_LOCAL})(?![\w(-]|\.\w|\\)", HOST),
    (rf"(?<![\\\w:.)\]])(\\\\){_OWN_HOST}{_UNC_NAME}(?=\\[\w$])", rf"\1{HOST}"),
    (rf"(?<![\\\w:.)\]])(\\{{4}}){_OWN_HOST}{_UNC_NAME}(?=\\\\[\w$])", rf"\1{HOST}"),
    (rf"(\\\\\?\\+UNC\\+){_UNC_NAME}(?=\\+[\w$])", rf"\1{HOST}"),
    (rf"(\b(?:smb|cifs|nfs)://|\bfile:(?://){{1,2}})(?!localhost/){_LABEL}(?:\.{_LABEL}){{0,5}}(?=[/:])", rf"\1{HOST}"),
    (
        (
            rf"((?:\blogged in as:\s*|\bwandb: [^\n]{{0,40}}?\blogged in as:?\s+){_STYLE})(?!<user>)"
            rf"[^\s\x1b<>,()]+(?:{_STYLE}\s+\([^)\n]+\))?"
        ),
        rf"\1{USER}",
    ),
    (rf"(\blogged in to \S+ (?:as|account) {_STYLE})(?!<user>)[^\s\x1b<>,()]+", rf"\1{USER}"),
)
"""Expression and replacement."""
