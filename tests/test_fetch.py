"""What is fetched from the web, and what is refused, however it is spelled."""

from __future__ import annotations

import gzip
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import fetch as fetching
from ingest.fetch import MOST_REDIRECTS, fetch, is_public, places
from ingest.manners import Manners
from playhead import __version__
from playhead.errors import FetchError, InputError, SettingsError
from tests.conftest import ROOT
from tests.pace import within
from tests.web import Page, Web, door, web

LOOPBACK = places("127.0.0.1")
CERTIFICATE = ROOT / "tests" / "nobody.pem"
"""A key and a certificate for 127.0.0.1 that nobody vouches for."""

# Spellings of this machine, of the networks around it, and of tricks that lead there.
HOSTILE = [
    "http://127.0.0.1:{port}/",
    "http://127.1:{port}/",
    "http://0x7f000001:{port}/",
    "http://0x7f.1:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://2130706433:{port}/",
    "http://0:{port}/",
    "http://0.0.0.0:{port}/",
    "http://localhost:{port}/",
    "http://LOCALHOST:{port}/",
    "http://localhost.:{port}/",
    "http://127.0.0.1.:{port}/",
    "http://127.1",
    "http://0x7f000001",
    "http://2130706433",
    "http://localhost",
    "http://localhost.",
    "http://127.0.0.1.",
    "http://example.org.",
    "http://127.0.0.2",
    "http://[::]",
    "http://[::1]",
    "http://[0:0:0:0:0:0:0:1]",
    "http://[::ffff:127.0.0.1]",
    "http://[::ffff:7f00:1]",
    "http://[::127.0.0.1]",
    "http://[64:ff9b::127.0.0.1]",
    "http://[64:ff9b:1::a00:1]",
    "http://[2002:7f00:1::]",
    "http://[2001:0:4136:e378:8000:63bf:80ff:fffe]",
    "http://[fe80::1]",
    "http://[fe80::1%25lo]",
    "http://[fe80::1%lo]",
    "http://[::1%25lo]",
    "http://[fc00::1]",
    "http://[fec0::1]",
    "http://[ff02::1]",
    "http://169.254.169.254/latest/meta-data/",
    "http://100.64.0.1",
    "http://10.0.0.1",
    "http://172.16.0.1",
    "http://192.168.0.1",
    "http://192.0.2.1",
    "http://198.18.0.1",
    "http://224.0.0.1",
    "http://240.0.0.1",
    "http://255.255.255.255",
    "http://１２７.０.０.１:{port}/",
    "http://①②⑦.⓪.⓪.①",
    "http://127。0。0。1",
    "http://example.org@127.0.0.1",
    "http://example.org:80@127.0.0.1:{port}/",
    "http://example.org%40127.0.0.1",
    "http://example.org\\@127.0.0.1",
    "http://127.0.0.1#@example.org",
    "http://127.0.0.1?@example.org",
    "http://127.0.0.1\\.example.org",
    "http:127.0.0.1",
    "//127.0.0.1:{port}/",
    "http://",
    "http:///etc/passwd",
    "https://127.0.0.1:{port}/",
    "file:///etc/passwd",
    "ftp://127.0.0.1/",
    "gopher://127.0.0.1:{port}/_",
    "javascript:alert(1)",
    "http://127.0.0.1:99999/",
    "http://exa\nmple.org/",
    "",
]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    monkeypatch.setattr(fetching, "PAUSE_SECONDS", 0.0)
    with web() as found:
        yield found


@pytest.mark.parametrize("spelling", HOSTILE)
def test_this_machine_and_its_network_are_refused_however_they_are_spelled(
    spelling: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(fetching, "PORTS", (80, 443, *range(1024, 2**16)))  # the port is not what refuses
    with door() as listener:
        url = spelling.format(port=listener.port)
        with pytest.raises(FetchError) as refused:
            fetch(url)
        assert listener.knocks == 0

    assert isinstance(refused.value, InputError)
    assert str(refused.value).startswith(url)


@pytest.mark.parametrize("spelling", [each for each in HOSTILE if "{port}" not in each][:40])
def test_a_redirect_is_checked_as_a_first_address_is(spelling: str, served: Web):
    with pytest.raises(FetchError):
        fetch(served.send_on("/feed", spelling), allow=places(served.place))

    assert served.paths == ["/feed"]


def test_a_redirect_to_another_port_of_an_allowed_host_is_refused(served: Web):
    with door() as other:
        url = served.send_on("/feed", f"http://127.0.0.1:{other.port}/")
        with pytest.raises(FetchError, match=f"leads|port {other.port}"):
            fetch(url, allow=places(served.place))
        assert other.knocks == 0


@pytest.mark.parametrize("port", [21, 22, 25, 6379, 8080])
def test_only_the_ports_of_the_web_are_open(port: int):
    with pytest.raises(FetchError, match=f"PLAYHEAD_ALLOW_HOSTS=93.184.216.34:{port}"):
        fetch(f"http://93.184.216.34:{port}/", resolve=lambda host, _: [host])


def test_a_host_with_one_private_address_among_others_is_refused_as_a_whole():
    with door() as listener, pytest.raises(FetchError, match=r"10\.0\.0\.1, which is not of the public internet"):
        fetch("http://harbour.example.org/", resolve=lambda *_: ["93.184.216.34", "10.0.0.1"])
    assert listener.knocks == 0


def test_a_name_that_changes_its_answer_is_asked_once_and_that_answer_is_used(monkeypatch: pytest.MonkeyPatch):
    """Rebinding: the first answer is public, the next is ours. The way out of the machine is closed and watched."""
    knocked = []

    def closed(address: tuple[str, int], *_: object, **__: object) -> None:
        knocked.append(address)
        raise ConnectionRefusedError

    answers = [["93.184.216.34"], ["127.0.0.1"], ["127.0.0.1"]]
    monkeypatch.setattr("socket.create_connection", closed)
    with pytest.raises(FetchError, match="does not answer"):
        fetch("http://harbour.example.org/", resolve=lambda *_: answers.pop(0))

    assert knocked == [("93.184.216.34", 80)]
    assert len(answers) == 2


PUBLIC = st.sampled_from(["93.184.216.34", "1.1.1.1", "2606:4700::1111"])
PRIVATE = st.sampled_from(["127.0.0.1", "10.1.2.3", "::1", "fd00::1", "169.254.169.254", "224.0.0.251"])


@given(st.lists(PUBLIC), PRIVATE, st.lists(PUBLIC | PRIVATE))
def test_one_private_address_is_enough_wherever_it_stands(before: list[str], private: str, after: list[str]):
    with pytest.raises(FetchError, match="not of the public internet"):
        fetch("http://harbour.example.org/", resolve=lambda *_: [*before, private, *after])


@given(st.ip_addresses(v=4))
def test_an_address_is_as_public_as_what_is_wrapped_in_it(inside: IPv4Address):
    number = int(inside)
    wrapped = [
        IPv6Address(0xFFFF_0000_0000 | number),
        IPv6Address(int(IPv6Address("64:ff9b::")) | number),
        IPv6Address(int(IPv6Address("2002::")) | number << 80),
    ]
    assert {is_public(each) for each in wrapped} == {is_public(inside)}
    # Teredo hides two: its server's, and the client's turned over.
    server = int(IPv4Address("93.184.216.34"))
    teredo = IPv6Address(int(IPv6Address("2001::")) | server << 64 | (number ^ 0xFFFF_FFFF))
    assert is_public(teredo) == is_public(inside)


@pytest.mark.parametrize("address", ["93.184.216.34", "1.1.1.1", "2606:4700::1111", "2a00:1450:4001::1"])
def test_the_public_internet_is_public(address: str):
    assert is_public(ip_address(address))


def test_what_the_machine_connected_to_must_be_what_was_asked_for():
    """0.0.0.0 is a spelling of 127.0.0.1 to the system; the peer is not what was allowed. In a process of its own,
    for tests connect to nothing but loopback by its name."""
    script = (
        "import sys; from ingest.fetch import fetch, places\n"
        "try: fetch(sys.argv[1], allow=places(sys.argv[2]))\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    with door() as listener:
        place = f"0.0.0.0:{listener.port}"
        ran = subprocess.run(
            [sys.executable, "-W", "error", "-c", script, f"http://{place}/", place],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    assert "127.0.0.1 answers in the place of 0.0.0.0" in ran.stdout
    assert ran.stderr == ""


def test_what_is_allowed_is_fetched_and_its_name_is_kept(served: Web):
    served.put("/feed.xml", "words", Content_Type="application/rss+xml", ETag='"1"', Last_Modified="Tue")
    place = f"harbour.test:{served.port}"

    got = fetch(f"http://{place}/feed.xml", allow=places(place), resolve=lambda *_: ["127.0.0.1"])

    assert (got.url, got.status, got.body) == (f"http://{place}/feed.xml", 200, b"words")
    assert (got.media_type, got.etag, got.last_modified) == ("application/rss+xml", '"1"', "Tue")
    [(path, headers)] = served.asked
    assert (path, headers["Host"]) == ("/feed.xml", place)
    assert headers["User-Agent"].startswith(f"Playhead/{__version__}")


def test_the_next_address_is_tried_where_one_does_not_answer(served: Web):
    served.put("/a", "words")
    place = f"harbour.test:{served.port}"

    got = fetch(f"http://{place}/a", allow=places(place), resolve=lambda *_: ["::1", "127.0.0.1"])

    assert got.body == b"words"


def test_no_proxy_is_taken_from_the_environment(served: Web, monkeypatch: pytest.MonkeyPatch):
    with door() as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert fetch(served.put("/a", "words"), allow=LOOPBACK).body == b"words"
        assert proxy.knocks == 0


def test_what_did_not_change_is_not_sent_again(served: Web):
    url = served.put("/a", "words", ETag='"7"')
    first = fetch(url, allow=LOOPBACK)

    again = fetch(url, allow=LOOPBACK, etag=first.etag, last_modified="Tue, 08 Oct 2024 10:00:00 GMT")

    assert (again.status, again.body, again.etag) == (304, b"", '"7"')
    assert served.asked[1][1]["If-Modified-Since"] == "Tue, 08 Oct 2024 10:00:00 GMT"


def test_redirects_are_followed_and_not_for_ever(served: Web):
    served.put("/5", "words")
    for number in range(5):
        served.send_on(f"/{number}", f"/{number + 1}", status=(301, 302, 303, 307, 308)[number])
    assert fetch(served.url("/0"), allow=LOOPBACK).url == served.url("/5")

    served.send_on("/round", "/round")
    with pytest.raises(FetchError, match=f"more than {MOST_REDIRECTS} redirects"):
        fetch(served.url("/round"), allow=LOOPBACK)
    assert served.paths.count("/round") == MOST_REDIRECTS + 1


@pytest.mark.parametrize("headers", [{}, {"Location": ""}])
def test_a_redirect_to_nowhere_is_an_error(served: Web, headers: dict[str, str]):
    served.pages["/a"] = Page(status=302, headers=headers)
    with pytest.raises(FetchError, match="not where to"):
        fetch(served.url("/a"), allow=LOOPBACK)


@pytest.mark.parametrize(
    ("statuses", "moved_to"),
    [((), None), ((301,), "/1"), ((308, 301), "/2"), ((302,), None), ((302, 301), None), ((301, 307, 301), "/1")],
)
def test_what_has_moved_for_good_says_where_to_it_is_asked_for_next(
    served: Web, statuses: tuple[int, ...], moved_to: str | None
):
    for number, status in enumerate(statuses):
        served.send_on(f"/{number}", f"/{number + 1}", status=status)
    served.put(f"/{len(statuses)}", "words")

    assert fetch(served.url("/0"), allow=LOOPBACK).moved_to == (served.url(moved_to) if moved_to else None)


@pytest.mark.parametrize("stated", ['"\u00e9"', "x" * 5000, ""])
def test_a_mark_that_cannot_be_given_back_is_not_kept(served: Web, stated: str):
    url = served.put("/a", "words", ETag=stated, Last_Modified=stated)
    got = fetch(url, allow=LOOPBACK)
    assert (got.body, got.etag, got.last_modified) == (b"words", None, None)


def test_all_that_was_packed_in_pieces_is_inflated(served: Web):
    pieces = b"".join(gzip.compress(b"And that is the tide. " * each) for each in (1, 9000, 2))
    url = served.put("/a", pieces + bytes(512), Content_Encoding="gzip")
    assert fetch(url, allow=LOOPBACK).body == b"And that is the tide. " * 9003


def test_a_bomb_in_many_pieces_is_counted_as_one(served: Web):
    url = served.put("/a", gzip.compress(bytes(2**20)) * 20, Content_Encoding="gzip")
    with pytest.raises(FetchError, match="larger than 3 MB"):
        fetch(url, allow=LOOPBACK, most=3 * 2**20)


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress], ids=["gzip", "deflate"])
def test_what_comes_packed_is_inflated(served: Web, pack):
    words = b"And that is the tide. " * 9000
    url = served.put("/a", pack(words), Content_Encoding="gzip" if pack is gzip.compress else "deflate")
    assert fetch(url, allow=LOOPBACK).body == words


def test_bytes_are_counted_after_inflation(served: Web):
    """A bomb: 200 MB of nothing in 200 kB."""
    packer = zlib.compressobj(9)
    bomb = b"".join(packer.compress(bytes(2**20)) for _ in range(200)) + packer.flush()
    url = served.put("/a", bomb, Content_Encoding="deflate")
    with within(2), pytest.raises(FetchError, match="larger than 3 MB"):
        fetch(url, allow=LOOPBACK, most=3 * 2**20)


def test_what_is_as_large_as_allowed_is_taken_and_a_byte_more_is_not(served: Web):
    assert len(fetch(served.put("/a", bytes(2**20)), allow=LOOPBACK, most=2**20).body) == 2**20
    with pytest.raises(FetchError, match="larger than 1 MB"):
        fetch(served.put("/a", bytes(2**20 + 1)), allow=LOOPBACK, most=2**20)


@pytest.mark.parametrize(
    ("body", "coding", "says"),
    [
        (gzip.compress(b"words" * 100)[:-20], "gzip", "cut short"),
        (b"words", "gzip", "damaged"),
        (gzip.compress(gzip.compress(b"words")), "gzip, gzip", "packed as gzip, gzip"),
        (b"words", "br", "packed as br"),
    ],
)
def test_what_comes_wrongly_packed_is_an_error(served: Web, body: bytes, coding: str, says: str):
    with pytest.raises(FetchError, match=says):
        fetch(served.put("/a", body, Content_Encoding=coding), allow=LOOPBACK)


@pytest.mark.parametrize("status", [204, 206, 400, 401, 403, 404, 410, 429, 500, 503])
def test_an_answer_that_is_no_file_is_an_error_that_says_which(served: Web, status: int):
    served.pages["/a"] = Page(status=status)
    with pytest.raises(FetchError, match=str(status)):
        fetch(served.url("/a"), allow=LOOPBACK, manners=Clock().manners())


def test_what_is_gone_for_good_says_how_to_follow_it_no_more(served: Web):
    served.pages["/a"] = Page(status=410)
    with pytest.raises(FetchError, match=f"410 Gone.*playhead refresh --forget {served.url('/a')}"):
        fetch(served.url("/a"), allow=LOOPBACK)


# Hosts that are busy


class Clock:
    """Time that passes only by waiting; what was waited, and what people were told."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.waited: list[float] = []
        self.told: list[str] = []

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        self.waited.append(seconds)

    def manners(self) -> Manners:
        return Manners(self.told.append, self.sleep, lambda: self.seconds)


MONDAY = "Mon, 23 Nov 2026 10:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "waited"),
    [
        ({}, [0, 1, 4]),
        ({"Retry-After": "0"}, [0, 1, 4]),
        ({"Retry-After": "7"}, [0, 7, 7]),
        ({"Retry-After": "Mon, 23 Nov 2026 10:00:30 GMT", "Date": MONDAY}, [0, 30, 30]),
        ({"Retry-After": "Sun, 22 Nov 2026 10:00:30 GMT", "Date": MONDAY}, [0, 1, 4]),
        ({"Retry-After": "-5"}, [0, 1, 4]),
        ({"Retry-After": "soon"}, [0, 1, 4]),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_a_host_that_is_busy_is_asked_again_when_it_says_or_after_a_while(
    served: Web, status: int, headers: dict[str, str], waited: list[float]
):
    clock, busy = Clock(), Page(status=status, headers=headers)
    served.first["/a"] = [busy, busy]
    url = served.put("/a", "words")

    assert fetch(url, allow=LOOPBACK, manners=clock.manners()).body == b"words"

    assert clock.waited == waited
    assert [f"{url}: answers {status}" in each for each in clock.told] == [True, True]
    assert clock.told[0].endswith(f"; asking again in {waited[1]} s.")


def test_a_host_that_stays_busy_is_asked_three_times_and_no_more(served: Web):
    served.pages["/a"] = Page(status=503)
    with pytest.raises(FetchError, match="503 Service Unavailable; try again later"):
        fetch(served.url("/a"), allow=LOOPBACK, manners=Clock().manners())
    assert served.paths == ["/a"] * 3


@pytest.mark.parametrize("patience", ["3600", "99999999999999999999", "Mon, 23 Nov 2026 11:00:00 GMT"])
def test_a_host_that_asks_for_more_patience_than_a_run_has_is_left_alone_with_all_it_holds(served: Web, patience: str):
    served.pages["/a"] = Page(status=429, headers={"Retry-After": patience, "Date": MONDAY})
    served.put("/b", "words")
    clock = Clock()
    manners = clock.manners()

    with pytest.raises(FetchError, match=r"answers 429 .* asks to be left alone for \d+ s;"):
        fetch(served.url("/a"), allow=LOOPBACK, manners=manners)
    with pytest.raises(FetchError, match=r"/b: 127\.0\.0\.1:\d+ asked to be left alone for another \d+ seconds"):
        fetch(served.url("/b"), allow=LOOPBACK, manners=manners)

    assert (served.paths, clock.waited) == (["/a"], [0])
    clock.seconds += 10**9
    assert fetch(served.url("/b"), allow=LOOPBACK, manners=manners).body == b"words"


def test_a_host_that_asks_for_a_minute_every_time_is_not_waited_for_without_end(served: Web):
    clock = Clock()
    manners = clock.manners()
    busy = Page(status=503, headers={"Retry-After": "50"})
    for number in range(20):
        served.first[f"/{number}"] = [busy]
        served.put(f"/{number}", "words")

    for number in range(6):
        assert fetch(served.url(f"/{number}"), allow=LOOPBACK, manners=manners).body == b"words"
    for number in range(6, 20):
        with pytest.raises(FetchError, match="has been waited for 300 seconds; try again later"):
            fetch(served.url(f"/{number}"), allow=LOOPBACK, manners=manners)
    assert sum(clock.waited) < 310


def test_a_host_that_does_not_answer_is_left_alone_after_the_third_time(served: Web):
    manners = Clock().manners()
    with door() as deaf:
        url = f"http://127.0.0.1:{deaf.port}/"
        for _ in range(3):
            with pytest.raises(FetchError, match="does not answer"):
                fetch(url, allow=LOOPBACK, manners=manners)
        with pytest.raises(FetchError, match="did not answer 3 times in a row"):
            fetch(url, allow=LOOPBACK, manners=manners)
        assert deaf.knocks == 3


def test_a_host_that_answers_in_between_is_not_given_up(served: Web):
    served.put("/b", "words")
    served.put("/a", "words", Content_Length="9")
    manners = Clock().manners()
    for _ in range(3):
        for _ in range(2):
            with pytest.raises(FetchError, match="does not answer"):
                fetch(served.url("/a"), allow=LOOPBACK, manners=manners)
        assert fetch(served.url("/b"), allow=LOOPBACK, manners=manners).body == b"words"


def test_a_host_is_asked_again_from_the_beginning_and_waits_take_no_time_from_its_answer(served: Web):
    served.send_on("/a", "/b")
    served.first["/b"] = [Page(status=503, headers={"Retry-After": "50"})]
    served.put("/b", "words")

    assert fetch(served.url("/a"), allow=LOOPBACK, seconds=5, manners=Clock().manners()).body == b"words"
    assert served.paths == ["/a", "/b", "/a", "/b"]


def test_requests_to_one_host_are_a_pause_apart_and_to_another_are_not(served: Web, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fetching, "PAUSE_SECONDS", 0.5)
    clock = Clock()
    manners = clock.manners()
    with web() as other:
        for each in (served, served, other, served):
            fetch(each.put("/a", "words"), allow=LOOPBACK, manners=manners)
    assert clock.waited == [0, 0.5, 0, 0.5]


@pytest.mark.parametrize(
    "answer",
    [b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 500, b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * 500],
    ids=["in its headers", "in its body"],
)
def test_a_host_that_drips_is_cut_off_when_time_is_up(answer: bytes):
    with door(answer, pause=0.02) as slow:
        begun = time.perf_counter()
        with pytest.raises(FetchError, match=r"not here after 0\.8 seconds"):
            fetch(f"http://127.0.0.1:{slow.port}/", allow=LOOPBACK, seconds=0.8)
        assert time.perf_counter() - begun < 500 * 0.02, "all of it was waited for"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nwords",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 9\r\n\r\nwords",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno number\r\nwords\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nwords\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X-More: of it\r\n" * 20_000,
        b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 200_000,
    ],
    ids=range(9),
)
def test_a_host_that_does_not_speak_as_it_should_is_an_error(answer: bytes):
    with door(answer) as odd, pytest.raises(FetchError, match="does not answer"):
        fetch(f"http://127.0.0.1:{odd.port}/", allow=LOOPBACK)


def test_a_host_without_a_certificate_that_is_believed_is_an_error(served: Web):
    """Ours speaks no TLS at all, and then TLS with a certificate that only it believes."""
    with pytest.raises(FetchError, match="does not answer"):
        fetch(served.url("/a").replace("http:", "https:"), allow=LOOPBACK)
    with web(CERTIFICATE) as secret, pytest.raises(FetchError, match=r"does not answer.*self-signed certificate"):
        fetch(secret.put("/a", "words").replace("http:", "https:"), allow=LOOPBACK)


def test_two_requests_to_one_host_are_a_pause_apart(served: Web, monkeypatch: pytest.MonkeyPatch):
    url = served.put("/a", "words")
    fetch(url, allow=LOOPBACK)
    monkeypatch.setattr(fetching, "PAUSE_SECONDS", 0.4)
    begun = time.monotonic()
    for _ in range(2):
        fetch(url, allow=LOOPBACK)
    assert time.monotonic() - begun > 0.6


@pytest.mark.parametrize(
    ("written", "url", "is_open"),
    [
        ("127.0.0.1", "http://127.0.0.1:{port}/", True),
        ("127.0.0.0/8", "http://127.0.0.1:{port}/", True),
        ("example.org, 127.0.0.0/8:{port}", "http://127.0.0.1:{port}/", True),
        ("localhost:{port}", "http://LOCALHOST:{port}/", True),
        ("127.0.0.1:{port} [::1]:{port}", "http://127.0.0.1:{port}/", True),
        ("127.0.0.1:1", "http://127.0.0.1:{port}/", False),
        ("localhost:{port}", "http://127.0.0.1:{port}/", False),
        ("10.0.0.0/8", "http://127.0.0.1:{port}/", False),
        ("[::1]:{port}", "http://127.0.0.1:{port}/", False),
        ("", "http://127.0.0.1:{port}/", False),
    ],
)
def test_a_place_opens_what_it_names_and_no_more(served: Web, written: str, url: str, is_open: bool):
    allowed = places(written.format(port=served.port))
    url = url.format(port=served.port)
    served.put("/", "words")
    if is_open:
        assert fetch(url, allow=allowed).body == b"words"
    else:
        with pytest.raises(FetchError, match="PLAYHEAD_ALLOW_HOSTS"):
            fetch(url, allow=allowed)
        assert served.asked == []


@pytest.mark.parametrize("written", ["localhost:http", "localhost:0", "localhost:99999", "10.0.0.0/99", ":80", "a/b"])
def test_a_place_that_is_none_is_named(written: str):
    with pytest.raises(SettingsError, match="PLAYHEAD_ALLOW_HOSTS"):
        places(written)
