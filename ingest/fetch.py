"""The web: the only code that connects, and what it refuses.

An address comes from a stranger's feed, so it may try to make us ask our own network for things. What stands in the
way: only http and https; a name is resolved once, every address it has must be one of the public internet, however it
is wrapped, and the connection goes to that very address; the peer is looked at before a byte is sent; each redirect
begins anew; no proxy is taken from the environment; bytes are counted after inflation; time is counted as a whole.
"""

from __future__ import annotations

import re
import socket
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from io import BytesIO
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from threading import Timer
from typing import Any, BinaryIO

import httpx

from ingest.manners import BACK_OFFS, LONGEST_WAIT, Manners, retry_after
from playhead import __version__
from playhead.errors import FetchError, SettingsError

MOST_FEED_BYTES = 25 * 1024 * 1024
MOST_TRANSCRIPT_BYTES = 50 * 1024 * 1024
MOST_REDIRECTS = 5
MOST_SECONDS = 30.0
PIECE_BYTES = 1024 * 1024
PAUSE_SECONDS = 0.25
"""Between the beginnings of two requests to one host."""

PORTS = (80, 443)
USER_AGENT = f"Playhead/{__version__} (a search engine for podcast transcripts)"

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Iterable[str]]
"""A host's name and port -> the addresses it has."""

_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052
_REDIRECTS = (301, 302, 303, 307, 308)
_FOR_GOOD = (301, 308)
_BUSY = (429, 503)
_GZIP = b"\x1f"
_EITHER_HEADER = zlib.MAX_WBITS | 32  # of gzip or of zlib: https://docs.python.org/3/library/zlib.html
_VALIDATOR = re.compile(r"[\x20-\x7e]{1,500}")
_MANNERS = Manners()


@dataclass(frozen=True, slots=True)
class Fetched:
    """What lay at ``url``, which is where the redirects ended. ``body`` is empty where nothing changed: status 304.

    ``moved_to`` is where it is to be asked for from now on, if it has moved for good (301, 308).
    """

    url: str
    status: int
    media_type: str
    body: bytes
    etag: str | None
    last_modified: str | None
    moved_to: str | None = None


class _BusyError(FetchError):
    """A host that wants to be asked later: in ``wait`` seconds, if it says so."""

    def __init__(self, said: str, host: str, wait: float | None) -> None:
        later = "try again later" if wait is None else f"it asks to be left alone for {wait:.0f} s; try again then"
        super().__init__(f"{said}; {later}.")
        self.said = said
        self.host = host
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Allowed:
    """A place that may be asked though it is not public: a host's name or a network, one port of it or every port."""

    place: str | IPv4Network | IPv6Network
    port: int | None

    def covers(self, host: str, port: int, address: Address | None = None) -> bool:
        """Is this that place? Without an ``address``: may it be?"""
        if self.port not in (None, port):
            return False
        if isinstance(self.place, str):
            return self.place == host.casefold()
        return address is None or (address.version == self.place.version and address in self.place)


class _SilentError(FetchError):
    """A host that does not answer, or not to the end."""


def places(written: str) -> tuple[Allowed, ...]:
    """The places of ``PLAYHEAD_ALLOW_HOSTS``: ``localhost:8000, 10.0.0.0/8, [::1]:9000``. Raises SettingsError."""
    return tuple(_allowed(each) for each in written.replace(",", " ").split())


def _allowed(written: str) -> Allowed:
    try:
        return Allowed(ip_network(written.strip("[]"), strict=False), None)
    except ValueError:
        place, _, port = written.rpartition(":") if ":" in written else (written, "", "")
    if port and not (port.isascii() and port.isdecimal() and 0 < int(port[:6]) < 2**16):
        raise SettingsError(f"PLAYHEAD_ALLOW_HOSTS: {written} ends in no port; write HOST, HOST:PORT or NETWORK/BITS.")
    number = int(port) if port else None
    try:
        return Allowed(ip_network(place.strip("[]"), strict=False), number)
    except ValueError:
        if not place or "/" in place:
            raise SettingsError(
                f"PLAYHEAD_ALLOW_HOSTS: {written} is no place; write HOST, HOST:PORT or NETWORK/BITS."
            ) from None
        return Allowed(place.casefold(), number)


def resolve(host: str, port: int) -> Iterable[str]:
    """The addresses of a host as the system knows them."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def is_public(address: Address) -> bool:
    """Is it one of the public internet, and so is every address wrapped in it?

    >>> [is_public(ip_address(each)) for each in ("93.184.216.34", "::ffff:127.0.0.1", "64:ff9b::a00:1", "224.0.0.1")]
    [True, False, False, False]
    """
    inside = list(_inside(address))
    if inside:
        return all(map(is_public, inside))
    # Python calls multicast and unassigned space global: https://docs.python.org/3/library/ipaddress.html
    if isinstance(address, IPv6Address) and address.is_site_local:
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _inside(address: Address) -> Iterator[Address]:
    """The IPv4 addresses that an IPv6 address leads to."""
    if isinstance(address, IPv4Address):
        return
    for each in (address.ipv4_mapped, address.sixtofour, *(address.teredo or ())):
        if each is not None:
            yield each
    if address in _NAT64:
        yield IPv4Address(int(address) & 0xFFFF_FFFF)


def fetch(
    url: str,
    *,
    allow: Iterable[Allowed] = (),
    most: int = MOST_TRANSCRIPT_BYTES,
    etag: str | None = None,
    last_modified: str | None = None,
    seconds: float = MOST_SECONDS,
    resolve: Resolve = resolve,
    manners: Manners = _MANNERS,
    into: BinaryIO | None = None,
) -> Fetched:
    """What lies at ``url``, at most ``most`` bytes of it once inflated, within ``seconds`` of each request.

    With the ``etag`` or ``last_modified`` of an earlier answer it may be a 304: nothing changed. ``allow`` opens places
    that are not public. ``into`` takes the body piece by piece, for what is too large to hold. A host that is busy
    (429, 503) is asked up to three times, when it says or after a while. Raises FetchError, which names the address and
    what to do.
    """
    asked = {
        "User-Agent": USER_AGENT,
        "Accept": "*/*",
        "Accept-Encoding": "gzip, deflate",
        "Connection": "close",
        **({"If-None-Match": etag} if etag else {}),
        **({"If-Modified-Since": last_modified} if last_modified else {}),
    }
    back_offs, allowed = iter(BACK_OFFS), tuple(allow)
    while True:
        try:
            return _follow(url, allowed, most, asked, seconds, resolve, manners, into)
        except _BusyError as busy:
            pause = next(back_offs, None)
            wait = max(busy.wait or 0.0, pause or 0.0)
            manners.leave_alone(busy.host, wait)
            if pause is None or wait > LONGEST_WAIT:
                raise
            manners.tell(f"{busy.said}; asking again in {wait:g} s.")


def _follow(
    url: str,
    allowed: tuple[Allowed, ...],
    most: int,
    asked: dict[str, str],
    seconds: float,
    resolve: Resolve,
    manners: Manners,
    into: BinaryIO | None,
) -> Fetched:
    """The answer at the end of the redirects from ``url``. Raises _BusyError where it is to be asked for later."""
    ends = time.monotonic() + seconds
    here = _parsed(url, url)
    moved_to, is_for_good = None, True
    for _ in range(MOST_REDIRECTS + 1):
        addresses = _checked(here, url, allowed, resolve)
        begun, host = time.monotonic(), f"{here.host}:{_port(here)}"
        try:
            manners.wait_for_turn(host, PAUSE_SECONDS)
        except FetchError as error:
            raise FetchError(f"{url}: {error}") from None
        ends += time.monotonic() - begun  # waiting is ours, the time is theirs
        try:
            with _answer(here, url, addresses, asked, ends, seconds) as answer:
                status, location = answer.status_code, answer.headers.get("Location", "")
                fetched = None if status in _REDIRECTS else _fetched(here, url, answer, most, into)
        except FetchError as error:
            manners.note(host, answered=not isinstance(error, _SilentError))
            raise
        manners.note(host, answered=True)
        if fetched:
            return replace(fetched, moved_to=moved_to)
        is_for_good = is_for_good and status in _FOR_GOOD
        here = _parsed(location, url, here)
        moved_to = str(here) if is_for_good else moved_to
    raise FetchError(f"{url}: leads on and on, through more than {MOST_REDIRECTS} redirects; give its last address.")


def _parsed(written: str, url: str, base: httpx.URL | None = None) -> httpx.URL:
    """The address ``written`` at ``base``, if it is one of the web's that a person would write."""
    try:
        here = base.join(written) if base else httpx.URL(written)
    except (httpx.InvalidURL, ValueError, TypeError) as error:
        raise FetchError(f"{url}: this is no web address: {error}; check it.") from None
    where = url if base is None else f"{url}: leads to {here}, which"
    if base and not written:
        raise FetchError(f"{url}: is said to have moved, but not where to; look at it in a browser.")
    if here.scheme not in ("http", "https") or not here.host:
        raise FetchError(f"{where} is no address of the web; give one that begins with https://.")
    if here.userinfo:
        raise FetchError(f"{where} has a name or a password before its host; give it without.")
    if here.host.endswith(".") or "%" in here.host:
        raise FetchError(f"{where} has no plain host; give it without a dot at the end or a % in it.")
    return here


def _port(here: httpx.URL) -> int:
    return here.port or (443 if here.scheme == "https" else 80)


def _checked(here: httpx.URL, url: str, allowed: tuple[Allowed, ...], resolve: Resolve) -> list[Address]:
    """The addresses that may be connected to: all that the host has, or it is refused as a whole."""
    host, port = here.host, _port(here)
    remedy = f"if you trust it, set PLAYHEAD_ALLOW_HOSTS={f'[{host}]' if ':' in host else host}:{port}"
    if port not in PORTS and not any(each.covers(host, port) for each in allowed):
        raise FetchError(f"{url}: asks for port {port} of {host}, and only 80 and 443 are open; {remedy}.")
    try:
        found = [ip_address(each) for each in resolve(host, port)]
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise FetchError(f"{url}: {host} has no address ({why}); check its name and your connection.") from None
    for address in found:
        if any(each.covers(host, port, address) for each in allowed):
            continue
        if not is_public(address) or port not in PORTS:
            raise FetchError(f"{url}: {host} is at {address}, which is not of the public internet; {remedy}.")
    if not found:
        raise FetchError(f"{url}: {host} has no address; check its name.")
    return list(dict.fromkeys(found))


class _Line:
    """One connection: to this address and no other, and cut when time is up."""

    def __init__(self, address: Address, port: int, ends: float) -> None:
        self._peer = (address, port)
        self._stream: Any = None
        self.is_cut = False
        self.timer = Timer(max(0.0, ends - time.monotonic()), self._cut)
        self.timer.daemon = True

    def trace(self, event: str, told: dict[str, Any]) -> None:
        """Watch the connection being made: https://www.encode.io/httpcore/extensions/#trace"""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._stream = told["return_value"]
            host, port = self._stream.get_extra_info("server_addr")[:2]
            if (ip_address(host), port) != self._peer:
                self._stream.close()
                raise httpx.ConnectError(f"{host} answers in the place of {self._peer[0]}")

    def _cut(self) -> None:
        self.is_cut = True
        with suppress(OSError):  # it may have ended by itself
            if self._stream:
                # Not the method of a TLS socket: that takes its state away from under the reader.
                socket.socket.shutdown(self._stream.get_extra_info("socket"), socket.SHUT_RDWR)


@contextmanager
def _answer(
    here: httpx.URL, url: str, addresses: list[Address], asked: dict[str, str], ends: float, seconds: float
) -> Iterator[httpx.Response]:
    """The answer of the first of ``addresses`` that takes the connection, its body not yet read."""
    host, *others = addresses
    line = _Line(host, _port(here), ends)
    line.timer.start()
    request = httpx.Request(
        "GET",
        here.copy_with(host=str(host)),
        headers={"Host": here.netloc.decode("ascii"), **asked},
        extensions={
            "sni_hostname": here.raw_host.decode("ascii"),
            "trace": line.trace,
            "timeout": httpx.Timeout(max(0.001, ends - time.monotonic())).as_dict(),
        },
    )
    try:
        with httpx.HTTPTransport(trust_env=False) as transport:
            answer = transport.handle_request(request)
            with closing(answer):
                yield answer
            if line.is_cut:
                raise httpx.ReadTimeout("time is up")
    except httpx.ConnectError as error:
        if not others or line.is_cut:
            raise _failed(url, here, error) from None
    except httpx.HTTPError as error:
        if line.is_cut or isinstance(error, httpx.TimeoutException):
            raise _SilentError(f"{url}: is not here after {seconds:g} seconds; try again later.") from None
        raise _failed(url, here, error) from None
    else:
        return
    finally:
        line.timer.cancel()
    with _answer(here, url, others, asked, ends, seconds) as answer:
        yield answer


def _failed(url: str, here: httpx.URL, error: Exception) -> FetchError:
    return _SilentError(f"{url}: {here.host} does not answer ({str(error) or type(error).__name__}); try again later.")


def _fetched(here: httpx.URL, url: str, answer: httpx.Response, most: int, into: BinaryIO | None) -> Fetched:
    status = answer.status_code
    is_unchanged = status == 304
    said = f"{url}: answers {f'{status} {answer.reason_phrase}'.strip()}"
    if status in _BUSY:
        wait = retry_after(answer.headers.get("Retry-After"), answer.headers.get("Date"))
        raise _BusyError(said, f"{here.host}:{_port(here)}", wait)
    if status == 410:
        raise FetchError(f"{said}: it is gone for good; a feed is followed no more by playhead refresh --forget {url}.")
    if status != 200 and not is_unchanged:
        raise FetchError(f"{said} in place of a file; look at it in a browser, or try again later.")
    return Fetched(
        url=str(here),
        status=status,
        media_type=answer.headers.get("Content-Type", ""),
        body=b"" if is_unchanged else _body(url, answer, most, into),
        etag=_validator(answer.headers.get("ETag")),
        last_modified=_validator(answer.headers.get("Last-Modified")),
    )


def _validator(stated: str | None) -> str | None:
    """What a later request may give back: nothing that is no header, and nothing that is a book."""
    return stated if stated and _VALIDATOR.fullmatch(stated) else None


def _body(url: str, answer: httpx.Response, most: int, into: BinaryIO | None) -> bytes:
    body = BytesIO()
    taken = 0
    for piece in _inflated(url, answer):
        taken += len(piece)
        if taken > most:
            raise FetchError(f"{url}: is larger than {most // 2**20} MB, and nothing of its kind is; check it.")
        (into or body).write(piece)
    return body.getvalue()


def _inflated(url: str, answer: httpx.Response) -> Iterator[bytes]:
    """The body in pieces of bounded size: a megabyte of zeros travels as one kilobyte."""
    coding = answer.headers.get("Content-Encoding", "identity").strip().casefold()
    if coding in ("", "identity"):
        yield from answer.iter_raw()
        return
    if coding not in ("gzip", "x-gzip", "deflate"):
        raise FetchError(f"{url}: comes packed as {coding}, which was not asked for; download it by hand.")
    inflater = zlib.decompressobj(_EITHER_HEADER)
    try:
        for packed in answer.iter_raw():
            rest = packed
            while rest:
                if inflater.eof:
                    if not rest.startswith(_GZIP):
                        break  # padding
                    inflater = zlib.decompressobj(_EITHER_HEADER)  # another member: RFC 1952, 2.2
                yield inflater.decompress(rest, PIECE_BYTES)
                rest = inflater.unused_data or inflater.unconsumed_tail
        yield inflater.flush()
    except zlib.error as error:
        raise FetchError(f"{url}: comes damaged ({error}); try again later.") from None
    if not inflater.eof:
        raise FetchError(f"{url}: comes cut short; try again later.")
