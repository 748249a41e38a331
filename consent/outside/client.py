"""One HTTP request to another system: bounded in time and size, never redirected, only to where it may go."""

from __future__ import annotations

import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NameResolutionError

from consent.outside.trouble import Busy, Refused

METHOD = re.compile(r"GET|POST|PUT|PATCH|DELETE")
HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
HEADER_VALUE = re.compile(r"[\x20-\x7e]{0,8000}")
ADDRESS = re.compile(r"[\x21-\x7e]{1,4000}")
PIECE = 65_536  # bytes
# How a network without IPv4 writes addresses of IPv4: those of everybody (RFC 6052), and a network's own (RFC 8215).
TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
TRANSLATED_HERE = ipaddress.IPv6Network("64:ff9b:1::/48")
EMBEDDED = ipaddress.IPv6Network("::/96")  # how they were written once (RFC 4291, 2.5.5.1)


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    @property
    def text(self) -> str:
        """Fit for every database: no zeros in it."""
        return self.body.decode("utf-8", errors="replace").replace("\x00", "")


def call(request: Request) -> Answer:
    """Send a request and take its answer, whatever its status. Raises Refused for a request that may not leave or
    an answer that cannot be taken, Busy when no whole answer came in time."""
    where = _checked(request)
    host, port = where.hostname or "", where.port or (443 if where.scheme == "https" else 80)
    ends = time.monotonic() + settings.OUTSIDE["total_seconds"]
    connection = _connected(where.scheme, host, port)
    with _closing_at(connection, ends):
        try:
            return _exchange(connection, request, where, ends)
        except (
            HTTPError,
            OSError,
            ValueError,
        ) as problem:  # ValueError: a socket that was closed on it at the end
            if time.monotonic() >= ends:
                words = f"It took longer than {settings.OUTSIDE['total_seconds']:g} seconds to answer."
            else:
                words = f"The connection was lost before the whole answer came ({type(problem).__name__})."
            raise Busy(words) from None  # the library's own words may hold addresses and headers


def _exchange(connection: HTTPConnection, request: Request, where: SplitResult, ends: float) -> Answer:
    target = (where.path or "/") + (f"?{where.query}" if where.query else "")
    headers = {
        "User-Agent": "consent-backoffice",
        "Accept": "application/json",
        "Accept-Encoding": "identity",  # no answer may unfold to more than its size
        **request.headers,
        "Host": where.netloc,
        "Connection": "close",
    }
    connection.request(
        request.method,
        target,
        body=request.body.encode() if request.body else None,
        headers=headers,
        preload_content=False,
        decode_content=False,
    )
    answer = connection.getresponse()
    body, limit = bytearray(), settings.OUTSIDE["max_bytes"]
    while piece := answer.read1(PIECE):
        body += piece
        if len(body) > limit:
            raise Busy(f"The answer is larger than {limit:,} bytes; it was not read to its end.")
        if time.monotonic() >= ends:
            raise TimeoutError
    return Answer(answer.status, {name.lower(): value for name, value in answer.headers.items()}, bytes(body))


def _checked(request: Request) -> SplitResult:
    """Raises Refused for what may not leave the house."""
    if not METHOD.fullmatch(request.method):
        raise Refused(f"“{request.method}” is no method that is used here.")
    if not ADDRESS.fullmatch(request.url):
        raise Refused("The address holds blanks or characters that an address cannot have.")
    for name, value in request.headers.items():
        if not HEADER_NAME.fullmatch(name) or not HEADER_VALUE.fullmatch(value):
            raise Refused(f"The header “{name[:40]}” holds characters that a header cannot have.")
    try:
        where = urlsplit(request.url)
        _ = where.port
    except ValueError:
        raise Refused("The address cannot be read.") from None
    if where.scheme != "https" and not (where.scheme == "http" and settings.OUTSIDE["allow_plain_http"]):
        raise Refused("Only https addresses are called.")
    if not where.hostname or where.username is not None or where.password is not None:
        raise Refused("The address needs a host, and no name or password before it.")
    return where


def _connected(scheme: str, host: str, port: int) -> HTTPConnection:
    """A connection to an address that was looked up and checked once: a name cannot point elsewhere meanwhile."""
    problem = Busy(f"{host} has no address.", may_have_arrived=False)
    for address in _addresses(host, port):
        connection = _connection(scheme, host, address, port)
        try:
            connection.connect()
        except ssl.SSLCertVerificationError:
            raise Busy(
                f"{host} could not prove who it is (its certificate).", may_have_arrived=False
            ) from None
        except (ConnectTimeoutError, NameResolutionError, HTTPError, OSError) as error:
            problem = Busy(f"{host} cannot be reached ({type(error).__name__}).", may_have_arrived=False)
        else:
            connection.timeout = settings.OUTSIDE["read_seconds"]
            assert connection.sock is not None
            connection.sock.settimeout(settings.OUTSIDE["read_seconds"])
            return connection
        connection.close()
    raise problem from None


def _connection(scheme: str, host: str, address: str, port: int) -> HTTPConnection:
    timeout = settings.OUTSIDE["connect_seconds"]
    if scheme == "https":
        return HTTPSConnection(
            address, port, timeout=timeout, ssl_context=_tls(), server_hostname=host, assert_hostname=host
        )
    return HTTPConnection(address, port, timeout=timeout)


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _addresses(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Busy(f"The name {host} is not known.", may_have_arrived=False) from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not settings.OUTSIDE["allow_private_addresses"] and not all(map(is_public, addresses)):
        raise Refused(f"{host} is an address inside our own network; such are not called.")
    return addresses


def is_public(address: str) -> bool:
    """Whether an address belongs to the public internet, the one it stands for included."""
    found = ipaddress.ip_address(address.partition("%")[0])
    inner = None
    if isinstance(found, ipaddress.IPv6Address):
        if found in TRANSLATED_HERE:
            return False
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if found in TRANSLATED or found in EMBEDDED:
            inner = ipaddress.IPv4Address(found.packed[-4:])
    return found.is_global and not found.is_multicast and (inner is None or inner.is_global)


@contextmanager
def _closing_at(connection: HTTPConnection, ends: float) -> Iterator[None]:
    """Close the connection in the end, and cut it off when its time is over: each byte that drips in would start a
    plain time limit anew."""
    taken = connection.sock  # the answer takes it over

    def cut() -> None:
        if taken is not None:
            try:
                socket.socket.shutdown(taken, socket.SHUT_RDWR)
            except OSError:
                return  # closed already

    timer = threading.Timer(max(0.0, ends - time.monotonic()), cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        connection.close()
        if taken is not None:
            taken.close()
