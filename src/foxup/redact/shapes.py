"""What is private by its shape: tokens, passwords behind their names, signed addresses, mail, addresses, devices.

Shapes of tokens as their makers publish them; signed addresses as Amazon (X-Amz-*), CloudFront (Policy, Key-Pair-Id),
Google, Backblaze and Azure (sig, se, sp ...) write them. Options of the web UI may be shortened, as argparse allows.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

from foxup.redact.words import ADDRESS, DEVICE, EMAIL, HOST, SECRET, USER

_KEY = (
    r"(?:password|passwd|passphrase|secret|api[_-]?key|access[_-]?key|secret[_-]?key|private[_-]?key|token|api[_-]?auth|"
    r"gradio[_-]?auth|credentials?|ngrok|парол[ья]|токен)"
)
_OPTION = rf"(?:[\w-]{{0,40}}{_KEY}|(?:api|gradio)[_-]a(?:u(?:th?)?)?|auth|proxy-auth|user)"
SECRET_KEY = re.compile(rf"[\w-]{{0,80}}{_KEY}", re.IGNORECASE)
"""A name in a document whose value is a secret."""
SECRET_OPTION = re.compile(rf"--?{_OPTION}", re.IGNORECASE)
"""An argument whose value, the next one, is a secret."""

_QUOTED = r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|[“«„][^”»“\n]*[”»“]|`[^`\n]*`"
_DONE = r"(?!\\{0,8}[\"'^(\[]*<secret>)"
_VALUE = (
    rf"{_DONE}(?:\\{{1,8}}\"[^\"\n]*?\\{{1,8}}\"|\\{{1,8}}'[^'\n]*?\\{{1,8}}'|\^?\"{{2}}[^\"\n]+\"{{2}}|\^[\"'][^\"'\n]*[\"']"
    rf"|(?:[^\s\"']*[:=,])?(?:{_QUOTED})|\[[^\]\n]*\]|\([^)\n]*\)|[^\s\"']+|\\{{0,8}}[\"'][^\"'\n]+(?=\n|$))"
)
_NOTHING = r"(?!\\{0,8}[\"']{2}(?![\"'\w])|\\{0,8}[\"']?(?:None|null|true|false)\b)"
_IS = r"\\{0,8}[\"']?\s*+(?:[=:]|%3D)\s*+"

_SIGNED = (
    r"[\w-]{0,40}token|auth|authorization|[\w-]{0,40}key|password|pass|pwd|secret|sig|signature|policy|x-amz-[\w-]+|"
    r"x-goog-[\w-]+|x-oss-[\w-]+|key-pair-id|(?:aws|oss)accesskeyid|googleaccessid|credential|verify|hmac|"
    r"se|sp|sv|st|sr|skoid|sktid|expires|hdnea|md5|hash"
)
"""Parameters of signed addresses."""
_AND = r"(?:[?&;#](?:amp;)?|\\{1,8}u0026|%3F|%26)"
_NOT_AND = r"(?:(?!%26|\\+u0026)[^&\s\"'<>#;])+"

_PAIR = (
    r"(?:\"[^\s\"':,-][^\"':,\n]{0,100}:(?![\\/])[^\"\n]+\"|'[^\s\"':,-][^\"':,\n]{0,100}:(?![\\/])[^'\n]+'|"
    r"[^\s\"':,-][^\s\"':,]{0,100}:(?![\\/])[^\s\"',]+)"
)
_BARE_PAIR = r"[^\W\d][\w.@-]{1,100}:(?![\\/])[^\s\"',]+"
_SEPARATED = r"(?:\\{0,8}[\"']\s*+,\s*+|\s*+=\s*+|\s++|\\{0,8}[\"']\s++)"
ACCOUNTS: tuple[tuple[str, str], ...] = (
    (
        (
            rf"((?:--(?:api|gradio)[_-]a(?:u(?:th?)?)?{_SEPARATED}|(?:api|gradio)[_-]auth{_IS}))(?!-)(?!\\{{0,8}}[\"']--){_NOTHING}"
            rf"(?:(?:{_QUOTED}){{2,}}|{_VALUE})(?:(?:(?<=,)[ \t]+|[ \t]*,[ \t]*){_PAIR}|[ \t]+{_BARE_PAIR})*"
        ),
        rf"\1{SECRET}",
    ),
    # a list that was taken apart at its blanks
    (rf"(\bunrecognized arguments:[^\n]*?[ \t])(?<!=){_BARE_PAIR}[^\n]*", rf"\1{SECRET}"),
)
"""Names and passwords of the web UI, separated by commas. They go before single words that are known to be secret:
with one of them taken out the list would not look like one any more."""

RULES: tuple[tuple[str, str], ...] = (
    (r"(\bdigest\s++)(?!<secret>)(?:username|realm|nonce|response)=[^\r\n]+", rf"\1{SECRET}"),
    (
        r"((?:proxy-)?authorization\\{0,8}[\"']?\s*+[:=]\s*+\\{0,8}[\"']?(?:[a-z]+(?:\s|%20)++)?+)(?!<secret>)[^\s\"'<>,;\\]{4,}",
        rf"\1{SECRET}",
    ),
    (r"(\b(?:bearer|basic)(?:\s|%20|:)++)(?!<secret>)[A-Za-z0-9._~+/=-]{12,}", rf"\1{SECRET}"),
    (r"(\bcookies?\\{0,8}[\"']?\s*+[:=]\s*+\\{0,8}[\"']?)(?!<secret>)[^\r\n\"'\\]+", rf"\1{SECRET}"),
    (r"(?-i:hf_)[A-Za-z0-9]{8,}|api_org_[A-Za-z0-9]{8,}", SECRET),
    (r"gh[pousr]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{16,}|glpat-[\w-]{16,}", SECRET),
    (r"sk-[A-Za-z0-9_-]{16,}|xox[abprs]-[\w-]{10,}|AKIA[0-9A-Z]{16}|AIza[\w-]{30,}", SECRET),
    (r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?", SECRET),
    (r"civitai[_-](?:api[_-]?)?(?:key|token)?[_-]?[0-9a-f]{32}", SECRET),
    # https://user:password@host, also without a password; a password may hold anything but white space and quotes
    (r"(?<=://)(?!<secret>@)[^\s/\"'<>@:]{1,100}:(?!\d+/)(?:<secret>|[^\s\"'<>]){0,200}@(?=[\w\[.-])", f"{SECRET}@"),
    (r"(?<=://)(?!<secret>@|git@)[^\s/\"'<>]{1,300}@(?=[\w\[.-])", f"{SECRET}@"),
    # without a scheme, as --proxy and HTTP_PROXY allow it: user:password@host:port
    (r"(?<![\w/.%+-])[\w.%+-]{1,100}:[^\s@/\"'<>:]{1,200}@(?=[\w.-]+:\d)", f"{SECRET}@"),
    (
        r"(proxy\\{0,8}[\"']?\s*+[=:]?\s*+\\{0,8}[\"']?)(?!<secret>)[^\s\"'<>@/:]{1,100}:[^\s\"'<>@/]{1,200}@(?=\w)",
        rf"\1{SECRET}@",
    ),
    (rf"({_AND}(?:{_SIGNED})(?:=|%3D))(?!<secret>){_NOT_AND}", rf"\1{SECRET}"),
    (r"([?&;][\w.-]+=)(?!<secret>)[\w+/=%~-]{40,}", rf"\1{SECRET}"),
    (
        rf"(--{_OPTION}{_SEPARATED})(?!-)(?!\\{{0,8}}[\"']--){_VALUE}",
        rf"\1{SECRET}",
    ),
    (rf"((?<![\w-])-u\s++)(?=\S+:\S){_VALUE}", rf"\1{SECRET}"),
    (rf"(\bauth\s*+=\s*+)(?=[(\[]){_VALUE}", rf"\1{SECRET}"),
    (rf"({_KEY}\b{_IS}){_NOTHING}{_VALUE}", rf"\1{SECRET}"),
    (rf"((?<![\w-])(?:pass|pwd){_IS}){_NOTHING}(?!/|[a-z]:|\d+\b){_VALUE}", rf"\1{SECRET}"),
    # said in words: "password is X", "пароль — X", "token X"; a word of letters alone is no secret then
    (rf"(\b{_KEY}\s+(?:is|was|это|[—–-])\s+)(?!<secret>)\S{{4,}}", rf"\1{SECRET}"),
    (rf"((?:{_KEY}|authtoken)\s++)(?!<secret>)(?=[^\s\d]*\d)[\w.~+/=-]{{12,}}", rf"\1{SECRET}"),
    (r"(?<![\w.+-])(?!git@)[\w.+-]+(?:@|%40|\s?[\[(](?:at|собака)[\])]\s?)[\w-]+(?:\.[\w-]+)+", EMAIL),
    (r"(?<![\w.+-])(?!git@)[\w.-]+@[\w-]+(?=:[~/][^\n]{0,200}?[$#] )", f"{USER}@{HOST}"),  # a shell's prompt
    (r"(\b(?:USERNAME|LOGNAME)=)(?!<)[^\r\n;&\"'%]+", rf"\1{USER}"),
    (r"(\b(?:COMPUTERNAME|HOSTNAME|USERDOMAIN)=)(?!<)[^\r\n;&\"'%]+", rf"\1{HOST}"),
    (r"(\bRunning on (?:\x1b\[[\d;]*m)*)(?!root\b|user\b|<)[^\s\x1b:]+((?:\x1b\[[\d;]*m)* user\b)", rf"\1{USER}\2"),
    (r"\bip(?:-\d{1,3}){4}\b", HOST),
    (
        r"(?:\b(?:GPU|MIG)-|(?<![0-9a-f-]))[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9a-f-])",
        DEVICE,
    ),
    (
        (
            r"((?:\bS/N|(?:\b|_)serial(?:[ _-]?(?:number|no))?)\\{0,8}[\"']?\s*+[:=]\s*+\\{0,8}[\"']?)"
            r"(?!<device>|None|null)[\w-]{4,}"
        ),
        rf"\1{DEVICE}",
    ),
    (r"(?<![\w:-])(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}(?![\w:-])", DEVICE),
    (r"(?<![\w.])(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}(?![\w.])", DEVICE),
)
"""Expression and replacement, most telling first."""


def _address(match: re.Match[str]) -> str:
    """Replace an internet address; the computer's own and the empty one say nothing."""
    try:
        address = ipaddress.ip_address(match.group().partition("%")[0])
    except ValueError:
        return match.group()
    broadcast = address == ipaddress.ip_address("255.255.255.255")
    return match.group() if address.is_loopback or address.is_unspecified or broadcast else ADDRESS


ADDRESSES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"(?:(?<![\w.])(?<!==)|(?<=%2F)|(?<=%2f)|(?<=%3D))\d{1,3}(?:\.\d{1,3}){3}(?![\w]|\.\d)"), _address),
    (re.compile(r"(?<![\d.])(?:192\.168|10\.\d{1,3})\.\d{1,3}\.\d{1,3}(?![\w]|\.\d)"), _address),
    (
        re.compile(r"(?<![\w:.])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?:%\w+)?(?![\w:])", re.IGNORECASE),
        _address,
    ),
)
