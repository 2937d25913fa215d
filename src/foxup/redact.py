"""What must not leave the machine: tokens, signed addresses, passwords, names of people and computers.

Everything here works on text alone and by type, so that it also holds for logs of other machines. What is replaced
leaves a word in angle brackets in its place (`~` for home folders), so that the text stays readable.
"""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePath
from urllib.parse import quote

SECRET, USER, HOST, EMAIL, ADDRESS, DEVICE = "<secret>", "<user>", "<host>", "<email>", "<address>", "<device>"
HOME = "~"

_NOT_PRIVATE = frozenset(
    (
        "root",
        "user",
        "admin",
        "administrator",
        "ubuntu",
        "debian",
        "localhost",
        "local",
        "default",
        "public",
        "guest",
        "runner",
        "docker",
        "python",
        "secret",
        "host",
        "email",
        "address",
        "device",
        "home",
        "users",
    )
)
"""Names that say nothing about a person, or that are words of ordinary logs."""
_SHORTEST = 3
"""Shorter names are ordinary syllables; they are only replaced inside a home folder's path."""
_SEPARATOR = r"(?:[\\/]+|%5C|%2F)"
_END = r"(?![\w-])"

_KEY = (
    r"(?:password|passwd|passphrase|secret|api[_-]?key|access[_-]?key|secret[_-]?key|private[_-]?key|token|api[_-]?auth|"
    r"gradio[_-]?auth|credentials?|ngrok)"
)
_QUOTED = r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'"
_VALUE = rf"(?!\\?[\"']?<secret>)(?:\\\"[^\"\n]*?\\\"|{_QUOTED}|[^\s\"']+)"
_NOTHING = r"(?!\\?[\"']{2}|\\?[\"']?(?:None|null|true|false)\b)"

_SIGNED = (
    r"[\w-]*token|auth|authorization|[\w-]*key|password|pass|pwd|secret|sig|signature|policy|x-amz-[\w-]+|"
    r"x-goog-[\w-]+|key-pair-id|credential|se|sp|sv|st|sr|skoid|sktid|expires|hdnea|md5|hash"
)
"""Parameters of signed addresses."""

_RULES: tuple[tuple[str, str], ...] = (
    (r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", SECRET),
    (
        r"((?:proxy-)?authorization\\?[\"']?\s*+[:=]\s*+\\?[\"']?(?:[a-z]+\s++)?+)(?!<secret>)[^\s\"'<>,;\\]{4,}",
        rf"\1{SECRET}",
    ),
    (r"(\b(?:bearer|basic)\s++)(?!<secret>)[A-Za-z0-9._~+/=-]{12,}", rf"\1{SECRET}"),
    (r"(\bcookie\\?[\"']?\s*+:\s*+)(?!<secret>)[^\r\n\"']+", rf"\1{SECRET}"),
    (r"hf_[A-Za-z0-9]{8,}|api_org_[A-Za-z0-9]{8,}", SECRET),
    (r"gh[pousr]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{16,}|glpat-[\w-]{16,}", SECRET),
    (r"sk-[A-Za-z0-9_-]{16,}|xox[abprs]-[\w-]{10,}|AKIA[0-9A-Z]{16}|AIza[\w-]{30,}", SECRET),
    (r"eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?", SECRET),
    (r"civitai[_-](?:api[_-]?)?(?:key|token)?[_-]?[0-9a-f]{32}", SECRET),
    # https://user:password@host, also without a password; a password may hold anything but white space and quotes
    (r"(?<=://)(?!<secret>@)[^\s/\"'<>]+@(?=[\w\[.-])", f"{SECRET}@"),
    # without a scheme, as --proxy and HTTP_PROXY allow it: user:password@host:port
    (r"(?<![\w/])[\w.%+-]+:[^\s@/\"'<>:]+@(?=[\w.-]+:\d)", f"{SECRET}@"),
    (
        rf"([?&;](?:amp;)?(?:{_SIGNED})=)[^&\s\"'<>#;]+",
        rf"\1{SECRET}",
    ),
    (
        (
            rf"(--(?:[\w-]*{_KEY}|auth|proxy-auth|user)(?:\\?[\"']\s*+,\s*+|\s*+=\s*+|\s++|\\?[\"']\s++))"
            rf"(?!-)(?!\\?[\"']--){_VALUE}"
        ),
        rf"\1{SECRET}",
    ),
    (rf"((?<![\w-])-u\s++)(?=\S+:\S){_VALUE}", rf"\1{SECRET}"),
    (rf"(\b[\w-]*{_KEY}\b\\?[\"']?\s*+[=:]\s*+){_NOTHING}{_VALUE}", rf"\1{SECRET}"),
    (r"(?<![\w.+-])(?!git@)[\w.+-]+@[\w-]+(?:\.[\w-]+)+", EMAIL),
    (r"(?<![\w.+-])(?!git@)[\w.-]+@[\w-]+(?=:[~/][^\n]{0,200}?[$#] )", f"{USER}@{HOST}"),  # a shell's prompt
    (r"\b(?:GPU|MIG)-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", DEVICE),
    (r"(\bserial(?:[ _-]?(?:number|no))?\\?[\"']?\s*+[:=]\s*+\\?[\"']?)(?!<device>)[\w-]{4,}", rf"\1{DEVICE}"),
    (r"(?<![\w:-])(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}(?![\w:-])", DEVICE),
)
"""Expression and replacement, most telling first. Shapes of tokens as their makers publish them; signed addresses as
Amazon (X-Amz-*), CloudFront (Policy, Key-Pair-Id), Google and Azure (sig, se, sp ...) write them."""

_ANY_HOME = (
    rf"(?:file:/+)?(?:[a-z](?::|%3A)|/mnt/[a-z]|/cygdrive/[a-z]|/[a-z])?{_SEPARATOR}"
    rf"(?:home|Users|Documents and Settings){_SEPARATOR}(?!(?:Public|Default|All Users|Shared){_END})"
    r"(?:[^\\/:*?\"'<>|\s%~]+(?:[ ][^\\/:*?\"'<>|\s%]+)*(?=[\\/])|[^\\/:*?\"'<>|\s,;)\]]+)"
)
"""The home folder of anybody, on any system. A name with a blank needs a separator after it to be seen as one."""
_IPV4 = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w]|\.\d)")
_IPV6 = re.compile(r"(?<![\w:.])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?:%\w+)?(?![\w:])", re.IGNORECASE)


@dataclass(slots=True)
class Redactor:
    """Replaces private things in texts and counts them by placeholder.

    `home`, `user` and `host` are those of the machine the text comes from, `secrets` further literal texts; each may be
    empty. What is recognised by its shape (tokens, addresses, other people's home folders) goes in any case.
    """

    home: str | PurePath = ""
    user: str = ""
    host: str = ""
    secrets: Iterable[str] = ()
    counts: Counter[str] = field(default_factory=Counter)
    _steps: list[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        literal = sorted({form for text in self.secrets for form in _forms(text)}, key=len, reverse=True)
        sources = [("|".join(map(re.escape, literal)), SECRET)] if literal else []
        sources += _RULES
        if str(self.home).strip("/\\"):
            sources.append((_home(str(self.home)), HOME))
        sources.append((_ANY_HOME, HOME))
        sources += [(_name(name), word) for name, word in ((self.host, HOST), (self.user, USER)) if _private(name)]
        self._steps = [(re.compile(source, re.IGNORECASE), replacement) for source, replacement in sources]
        self._steps += [(_IPV4, _address), (_IPV6, _address)]

    def redact(self, text: str) -> str:
        """Return the text without private things. Doing it twice changes nothing more."""
        for pattern, replacement in self._steps:
            text = pattern.sub(partial(self._replace, replacement), text)
        return text

    def redact_document(self, value: object) -> object:
        """Return a JSON document with every text in it redacted, keys of objects too."""
        if isinstance(value, str):
            return self.redact(value)
        if isinstance(value, dict):
            return {self.redact(str(key)): self._field(str(key), item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return self._listed(list(value))
        return value

    def _field(self, key: str, value: object) -> object:
        """Redact a value that its key may give away."""
        if isinstance(value, str) and value and re.fullmatch(rf"[\w-]*{_KEY}", key, re.IGNORECASE):
            self.counts[SECRET] += value != SECRET
            return SECRET
        return self.redact_document(value)

    def _listed(self, values: list[object]) -> list[object]:
        """Redact a list, in which an argument's value may stand apart from its name."""
        result: list[object] = []
        for previous, value in zip([None, *values], values, strict=False):
            named = isinstance(previous, str) and re.fullmatch(rf"--?[\w-]*{_KEY}", previous, re.IGNORECASE)
            if named and isinstance(value, str) and not value.startswith("-"):
                self.counts[SECRET] += value != SECRET
                result.append(SECRET)
            else:
                result.append(self.redact_document(value))
        return result

    def _replace(self, replacement: str | Callable[[re.Match[str]], str], match: re.Match[str]) -> str:
        new = match.expand(replacement) if isinstance(replacement, str) else replacement(match)
        if new != match.group():
            word = HOME if new == HOME else new[new.rfind("<") :].rstrip("@")
            self.counts[word] += 1
        return new


def _forms(text: str) -> set[str]:
    """Return the spellings of a secret: as it is, percent-encoded, and as JSON escapes it."""
    text = text.strip()
    return {text, quote(text, safe=""), text.replace("\\", "\\\\")} if len(text) >= _SHORTEST else set()


def _private(name: str) -> bool:
    return len(name.strip()) >= _SHORTEST and name.strip().lower() not in _NOT_PRIVATE


def _name(name: str) -> str:
    """A whole word; an underscore is a border, and a computer's name may carry a domain."""
    forms = "|".join(re.escape(form) for form in sorted({name.strip(), quote(name.strip())}, key=len, reverse=True))
    return rf"(?<![^\W_])(?:{forms})(?:\.(?:local|lan|home|localdomain))?(?![^\W_])"


def _home(home: str) -> str:
    r"""The home folder however it is written: `C:\Users\Me`, `C:\\Users\\Me`, `/c/Users/me`, `file:///C:/Users/Me`."""
    drive, _, rest = home.partition(":") if re.match(r"[A-Za-z]:", home) else ("", "", home)
    parts = [part for part in re.split(r"[\\/]+", rest) if part]
    body = _SEPARATOR.join(f"(?:{re.escape(part)}|{re.escape(quote(part))})" for part in parts)
    start = rf"(?:file:/+)?(?:{drive}(?::|%3A)|/(?:mnt/|cygdrive/)?{drive})" if drive else r"(?:file:/+(?=/))?"
    return rf"{start}{_SEPARATOR}{body}{_END}"


def _address(match: re.Match[str]) -> str:
    """Replace an internet address; the computer's own and the empty one say nothing."""
    try:
        address = ipaddress.ip_address(match.group().partition("%")[0])
    except ValueError:
        return match.group()
    broadcast = address == ipaddress.ip_address("255.255.255.255")
    return match.group() if address.is_loopback or address.is_unspecified or broadcast else ADDRESS
