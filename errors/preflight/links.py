"""Links in the text: will they open, are they safe, and do carriers trust them?"""

import ipaddress
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from errors.preflight.body import quoted
from errors.preflight.findings import Code, Finding
from errors.preflight.rules import Kind, RuleBook

# Host names without a scheme are read as links if they end like one, so that "us.Reply" is none.
_ENDINGS: Final = (
    "com|net|org|info|biz|edu|gov|mil|int|io|co|ai|app|dev|me|tv|cc|ly|gl|gd|be|to|so|sh|gg|fm|am|ws|shop|store"
    "|online|site|website|link|click|live|life|page|blog|news|cloud|tech|digital|agency|email|club|top|xyz|pro|mobi"
    "|name|health|care|travel|bank|insure|events|tickets|example|us|uk|ca|au|nz|ie|de|fr|es|it|nl|pt|br|mx|ar|cl|pe"
    "|in|cn|jp|kr|sg|hk|my|ph|id|th|vn|za|ng|ke|ae|sa|tr|ru|ua|pl|cz|sk|hu|ro|bg|gr|at|ch|se|no|dk|fi|eu|asia|at"
    "|rs|hr|si|lt|lv|ee|il|eg|ma|st|vc|la|im|id|su|je|gy|pw|ink|lol|fun|space|today|works|deals|sale|gift|help"
)
_LABEL: Final = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_WITH_SCHEME: Final = re.compile(r"(?i)\b(?:https?)://[^\s<>\"”]+")
_BARE: Final = re.compile(
    rf"(?<![\w@./%\\-])(?<!\d:)(?<!(?i:http):)(?<!(?i:https):)(?P<host>(?:{_LABEL}\.)+(?P<end>[^\W\d_]{{2,24}}|xn--[a-z0-9-]+)|\d{{1,3}}(?:\.\d{{1,3}}){{3}}|localhost)"
    rf"(?P<port>:\d{{1,5}})?(?P<path>[/?#][^\s<>\"”]*)?(?![\w@])"
)
_ENDING: Final = re.compile(rf"(?:{_ENDINGS})")
# Shapes that a person meant as a link and no phone opens as one.
_BROKEN: Final = re.compile(
    # A scheme with its letters, colon or slashes wrong: htps://, https//, http:/acme
    r"(?i)(?<![\w/])(?!https?://[^/\\\s])(?=[htps]*t[tp])(?:h[htps]{2,6}|ttps?)[:;.,]{0,2}[/\\]{1,3}\S+"
    r"|\bhttps?:(?![/\\])\S+"
    r"|\bhttps?://https?[:/]\S*"
    r"|\bhttps?://(?=\s|$|[.,;!?)](?:\s|$))"
    r"|\bhttps?://[.\-?#]\S*"
    r"|\bwww(?:[,;:]|\.\.)\S+|\bwww\.(?=\s|$)|\bwwww\.\S+|\bww\.[a-z0-9-]+\.[a-z]{2,}|\bwww\.[a-z0-9-]+(?=[\s/]|$)"
)
_TRAILING: Final = ".,;:!?)]}'\"»"


@dataclass(frozen=True, slots=True)
class Link:
    """A link in a text, with its place. `scheme` is empty when it was written without one."""

    place: tuple[int, int]
    scheme: str
    user: str
    host: str
    port: str


def links_in(text: str) -> list[Link]:
    """Every link, with a scheme or without, in order."""
    found = [_parsed(match.start(), match[0].rstrip(_TRAILING)) for match in _WITH_SCHEME.finditer(text)]
    taken = [link.place for link in found]
    for match in _BARE.finditer(text):
        if _is_link(match) and not any(begin <= match.start() < end for begin, end in taken):
            found.append(_parsed(match.start(), match[0].rstrip(_TRAILING)))
    return sorted(found, key=lambda link: link.place)


def check_links(text: str, rules: RuleBook) -> Iterator[Finding]:
    broken = [match.span() for match in _BROKEN.finditer(text)]
    links = links_in(text)
    broken += [link.place for link in links if _will_not_open(link)]
    if broken:
        yield Finding(
            Code.LINK_MALFORMED,
            f"{quoted(text, broken[0])} looks like a link, but will not open.",
            "Write the whole link, beginning with https://.",
            tuple(broken),
        )
    for code, wrong, words, remedy in _WRONGS:
        places = tuple(link.place for link in links if wrong(link, rules))
        if places:
            yield Finding(code, words.format(quoted(text, places[0])), remedy, places)
    for link in links:
        if rule := next(
            filter(None, (rules.one(Kind.SHORTENER, subject=host) for host in _above(link.host))), None
        ):
            yield Finding(
                Code.LINK_SHORTENER,
                f"{quoted(text, link.place)} uses {rule.subject}, a link shortener that everybody shares; carriers "
                "filter it.",
                "Write the full link, or use a short domain of the brand.",
                (link.place,),
                rule,
            )


def _is_link(match: re.Match[str]) -> bool:
    """A path or a usual ending; a capital after the full stop begins a sentence."""
    if match["end"] is None:
        return match["path"] is not None or match["port"] is not None
    end = match["end"]
    if end != end.lower() and match["host"] != match["host"].upper():
        return False
    # "open 9-5,Mon.Fri/Sat": words in capitals are no host either.
    if match["path"] and len(match["path"]) > 1:
        return True
    if match["host"].lower().startswith("www."):
        return True
    return _ENDING.fullmatch(end.lower()) is not None or end.startswith("xn--")


def _parsed(begin: int, written: str) -> Link:
    scheme, divided, rest = written.partition("://")
    if not divided:
        scheme, rest = "", written
    authority = re.split(r"[/?#\\]", rest, maxsplit=1)[0]
    user, _, host = authority.rpartition("@")
    host, _, port = host.partition(":") if not host.startswith("[") else (host, "", "")
    return Link((begin, begin + len(written)), scheme.lower(), user, host.lower().rstrip("."), port)


def _above(host: str) -> list[str]:
    """The host and the domains above it: a.bit.ly, bit.ly."""
    labels = host.split(".")
    return [".".join(labels[first:]) for first in range(len(labels) - 1)]


def _address(link: Link) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    host = link.host.strip("[]")
    try:
        return ipaddress.ip_address(int(host) if host.isdecimal() and host.isascii() else host)
    except ValueError:
        return None


def _will_not_open(link: Link) -> bool:
    if _address(link) or _is_internal_name(link.host):
        return False
    labels = link.host.split(".")
    return (
        len(labels) < 2
        or any(not label or label.startswith("-") or label.endswith("-") for label in labels)
        or (bool(link.port) and not (link.port.isdecimal() and 0 < int(link.port) < 65536))
        or "_" in labels[-1]
        or labels[-1].isdecimal()
    )


def _is_internal_name(host: str) -> bool:
    return host in ("localhost", "intranet", "staging", "server", "wiki")


def _is_internal(link: Link, rules: RuleBook) -> bool:
    address = _address(link)
    if address:
        return address.is_private and not _is_documentation(address)
    ending = link.host.rpartition(".")[2]
    return _is_internal_name(link.host) or (
        "." in link.host and rules.one(Kind.INTERNAL_HOST, subject=ending) is not None
    )


def _is_documentation(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Ranges kept for examples (RFC 5737, RFC 3849): addresses, but of no office."""
    examples = ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
    return any(address in ipaddress.ip_network(network) for network in examples)


def _is_foreign(link: Link) -> bool:
    return not link.host.isascii() or any(label.startswith("xn--") for label in link.host.split("."))


_WRONGS: Final[list[tuple[Code, Callable[[Link, RuleBook], bool], str, str]]] = [
    (
        Code.LINK_LOCALHOST,
        _is_internal,
        "{} leads into an office network or onto one computer.",
        "Write the public link.",
    ),
    (
        Code.LINK_CREDENTIALS,
        lambda link, _: bool(link.user),
        "{} holds a user name or password.",
        "Write the link without what stands before the @.",
    ),
    (
        Code.LINK_IP,
        lambda link, _: _address(link) is not None,
        "{} is a bare address; filters and readers distrust it.",
        "Use a domain of the brand.",
    ),
    (
        Code.LINK_IDN,
        lambda link, _: _is_foreign(link),
        "{} has a host with letters that can pass for others.",
        "Use a domain in plain letters.",
    ),
    (
        Code.LINK_INSECURE,
        lambda link, _: link.scheme == "http",
        "{} is not encrypted.",
        "Write https:// if the site has it.",
    ),
]
