"""Addresses and servers that mean harm are refused in words, in bounded time and memory; every server here is a real one on 127.0.0.1."""

from __future__ import annotations

import gzip
import ipaddress
import shutil
import socket
import ssl
import subprocess
import time
import tracemalloc
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as settings_of
from hypothesis import strategies as st
from website import Page, Site, article, drip, item, rss

from rag.errors import FetchError
from rag.fetch import Fetched, Remark, Shelf, Visitor, follow, parse_address
from rag.fetch.addresses import IP, is_public
from rag.fetch.kinds import as_file
from rag.fetch.listings import MOST_ENTRIES, read_listing
from rag.fetch.robots import read_robots
from rag.fetch.visitor import Got
from rag.fetch.wire import _verified
from rag.settings import Settings

LOOPBACK = ipaddress.ip_address("127.0.0.1")
BASE = parse_address("https://news.example/feed")


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as running:
        yield running


def settings(**given: float | bool) -> Settings:
    """Loopback is allowed, nothing is waited for long."""
    return Settings(**({"fetch_private": True, "fetch_pause": 0, "fetch_seconds": 1, "max_file_mb": 1} | given))


def get(url: str, **given: float | bool) -> Got:
    return Visitor(settings(**given)).fetch(parse_address(url))


def everything(site: Site, path: str, tmp_path: Path) -> tuple[list[Fetched], list[Remark]]:
    """What following an address of the site gives."""
    found = list(follow(parse_address(site.url + path), Shelf(tmp_path, site.url + path), Visitor(settings()), settings()))
    return [f for f in found if isinstance(f, Fetched)], [f for f in found if isinstance(f, Remark)]


# Which machines


@pytest.mark.parametrize(
    "ip",
    """0.0.0.0 10.1.2.3 100.64.0.1 100.127.255.254 127.0.0.1 127.255.0.1 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.8 192.0.2.1 192.88.99.1
    192.168.1.1 198.18.0.1 198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255 :: ::1 ::127.0.0.1 ::ffff:127.0.0.1
    ::ffff:10.0.0.1 ::ffff:169.254.169.254 64:ff9b::127.0.0.1 64:ff9b::10.0.0.1 64:ff9b:1::1 100::1 2001::1 2001:2::1 2001:db8::1
    2002:7f00:1:: 2002:0a00:1:: 3fff::1 5f00::1 fc00::1 fd12:3456::1 fe80::1 fec0::1 ff02::1""".split(),
)
def test_special_addresses_are_not_public(ip: str) -> None:
    assert not is_public(ipaddress.ip_address(ip))


@pytest.mark.parametrize(
    "ip", ["1.1.1.1", "93.184.216.34", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1"]
)
def test_addresses_of_the_open_internet_are_public(ip: str) -> None:
    assert is_public(ipaddress.ip_address(ip))


@given(st.ip_addresses())
def test_what_python_calls_private_is_never_public(ip: IP) -> None:
    if is_public(ip):
        inner = getattr(ip, "ipv4_mapped", None) or ip
        assert not any((inner.is_private, inner.is_loopback, inner.is_link_local, inner.is_multicast, inner.is_unspecified))


@pytest.mark.parametrize(
    "host",
    """127.0.0.1 127.1 2130706433 0x7f000001 0x7f.1 0177.0.0.1 localhost localhost. LOCALHOST [::1] [::ffff:127.0.0.1] [::ffff:7f00:1]
    １２７.0.0.1 127。0。0。1 0 0.0.0.0 127.0.0.1.""".split(),
)
def test_every_spelling_of_this_computer_is_refused(site: Site, host: str) -> None:
    with pytest.raises(FetchError, match=r"not an address of the open internet|not known to the name service"):
        get(f"http://{host}:{site.server_port}/", fetch_private=False)
    assert site.asked == []


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://good.example@127.0.0.1/", "user name"),
        ("http://user:secret@news.example/", "user name"),
        ("http://@news.example/", "user name"),
        ("http://good.example\\@127.0.0.1/", "a character that none has"),
        ("http://news.example/a\r\nHost: x", "a character that none has"),
        ("http://news.example/\x00", "a character that none has"),
        ("file:///etc/passwd", "only http and https"),
        ("gopher://127.0.0.1:6379/_x", "only http and https"),
        ("https:///etc/passwd", "names no host"),
        ("http://[fe80::1%25eth0]/", "no address"),
        ("http://[::1/", "no address"),
        ("http://news.example:99999/", "no address"),
        ("http://news.example:x/", "no address"),
        ("http://a..b/", "names no host"),
        ("http://exa mple.org/", "names no host"),
        ("http://news.example%2f@x/", "user name"),
        ("http://news.example/" + "a" * 3000, "more than"),
    ],
)
def test_addresses_that_mean_something_else_are_refused(url: str, said: str) -> None:
    with pytest.raises(FetchError, match=said) as caught:
        parse_address(url)
    assert "secret" not in str(caught.value)


@settings_of(max_examples=60)
@given(st.text(max_size=40))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        address = parse_address("http://" + text)
    except FetchError:
        return
    assert parse_address(address.url) == address
    assert address.url.isascii()
    assert "@" not in address.origin


def test_names_of_other_scripts_are_looked_up_as_the_name_service_knows_them() -> None:
    assert parse_address("http://Bücher.example/ä?ö#x").url == "http://xn--bcher-kva.example/%C3%A4?%C3%B6"


def test_name_is_looked_up_once_and_what_was_checked_is_connected_to(site: Site) -> None:
    asked: list[str] = []

    def rebinding(host: str, port: int, seconds: float) -> Sequence[IP]:
        asked.append(host)
        # Whoever asks a second time is led to a machine where nobody answers.
        return [LOOPBACK] if len(asked) == 1 else [ipaddress.ip_address("127.0.0.2")]

    site.put("/", "found")
    got = Visitor(settings(), lookup=rebinding).fetch(parse_address(f"http://news.example:{site.server_port}/"), by_hand=True)
    assert (got.body, asked) == (b"found", ["news.example"])
    assert site.asked[0][1]["host"] == f"news.example:{site.server_port}"


def test_one_private_address_among_public_ones_is_enough_to_refuse(site: Site) -> None:
    visitor = Visitor(settings(fetch_private=False), lookup=lambda host, port, seconds: [ipaddress.ip_address("1.1.1.1"), LOOPBACK])
    with pytest.raises(FetchError, match=r"news\.example is 127\.0\.0\.1, which is not an address of the open internet"):
        visitor.fetch(parse_address(f"http://news.example:{site.server_port}/"), by_hand=True)
    assert site.asked == []


def test_other_ports_are_refused() -> None:
    visitor = Visitor(settings(fetch_private=False), lookup=lambda host, port, seconds: [ipaddress.ip_address("1.1.1.1")])
    with pytest.raises(FetchError, match="not asked on port 6379"):
        visitor.fetch(parse_address("http://news.example:6379/"), by_hand=True)


def test_lookup_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(5) or [])
    began = time.monotonic()
    with pytest.raises(FetchError, match="could not be looked up"):
        get("http://news.example/")
    assert time.monotonic() - began < 3


# Redirects


def test_each_redirect_is_looked_up_and_judged_anew(site: Site) -> None:
    asked: list[str] = []

    def lookup(host: str, port: int, seconds: float) -> Sequence[IP]:
        asked.append(host)
        return [ipaddress.ip_address("224.0.0.1")] if host == "inner.example" else [LOOPBACK]

    site.redirect("/a", f"http://other.example:{site.server_port}/b")
    site.redirect("/b", f"http://inner.example:{site.server_port}/c")
    with pytest.raises(FetchError, match=r"inner\.example is 224\.0\.0\.1"):
        Visitor(settings(), lookup=lookup).fetch(parse_address(f"http://outer.example:{site.server_port}/a"), by_hand=True)
    assert asked == ["outer.example", "other.example", "inner.example"]


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("/loop", "more than 5 redirects"),
        ("file:///etc/passwd", "only http and https"),
        ("http://user@127.0.0.1/", "user name"),
        ("//[::1", "no address"),
        ("", "redirects to nowhere"),
        ("http://224.0.0.1/", "not an address of the open internet"),
    ],
)
def test_redirects_that_lead_astray(site: Site, target: str, said: str) -> None:
    with pytest.raises(FetchError, match=said):
        get(site.redirect("/loop", target))
    assert len(site.paths()) <= 6


@pytest.fixture
def secure(site: Site, tmp_path: Path) -> Iterator[Site]:
    """The site with a certificate for 127.0.0.1 that nobody signed."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    made = ["-keyout", str(tmp_path / "key"), "-out", str(tmp_path / "certificate"), "-days", "2", "-subj", "/CN=site"]
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-addext",
        "subjectAltName=IP:127.0.0.1",
    ]
    subprocess.run([*command, *made], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "certificate", tmp_path / "key")
    site.socket = context.wrap_socket(site.socket, server_side=True)
    site.url = site.url.replace("http:", "https:")
    _verified.cache_clear()
    yield site
    _verified.cache_clear()


def test_certificate_that_nobody_vouches_for_is_refused(secure: Site) -> None:
    with pytest.raises(FetchError, match="certificate does not hold"):
        get(secure.url)
    assert secure.asked == []


def test_no_redirect_leads_from_https_to_http(secure: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate"))
    assert get(secure.put("/", "found")).body == b"found"
    with pytest.raises(FetchError, match="from an encrypted address"):
        get(secure.redirect("/down", "http://127.0.0.1/"))


def test_proxies_of_the_environment_are_not_used(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert get(site.put("/", "found")).body == b"found"


# Sizes and times


@pytest.mark.parametrize("coding", ["gzip", "deflate", "raw deflate"])
def test_what_unpacks_without_end_is_not_held(site: Site, coding: str) -> None:
    zeros = bytes(100_000_000)
    packer = zlib.compressobj(wbits={"gzip": 31, "deflate": 15, "raw deflate": -15}[coding])
    body = packer.compress(zeros) + packer.flush()
    del zeros
    address = site.put("/", body, Content_Encoding=coding.removeprefix("raw "))
    tracemalloc.start()
    with pytest.raises(FetchError, match="more than the 1 MB"):
        get(address)
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


def test_packed_pages_are_unpacked_whole(site: Site) -> None:
    body = b"".join(b"%d " % number for number in range(100_000))
    assert get(site.put("/", gzip.compress(body), Content_Encoding="gzip")).body == body
    assert get(site.put("/", zlib.compress(body), Content_Encoding="deflate")).body == body


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"Content_Encoding": "br"}, "'br', which was not asked for"),
        ({"Content_Encoding": "gzip, gzip"}, "not asked for"),
        ({"Content_Encoding": "gzip"}, "cannot be unpacked"),
        ({"Content_Length": "9" * 30}, "more than the 1 MB|not HTTP"),
        ({"Content_Length": "5000000"}, "more than the 1 MB"),
        ({"Content_Length": "-1"}, "not HTTP"),
        ({"Content_Length": "500"}, "broke off"),
    ],
)
def test_headers_that_lie(site: Site, headers: dict[str, str], said: str) -> None:
    with pytest.raises(FetchError, match=said):
        get(site.put("/", "short", **headers))


def test_file_that_is_packed_itself_is_bounded_too(site: Site, tmp_path: Path) -> None:
    site.put("/sitemap.xml.gz", gzip.compress(bytes(50_000_000)), "application/gzip")
    with pytest.raises(FetchError, match="more than the 1 MB"):
        everything(site, "/sitemap.xml.gz", tmp_path)


@pytest.mark.parametrize(
    ("act", "said"),
    [
        pytest.param(drip(b"x", every=0.1), "NEWSDESK_FETCH_SECONDS", id="a byte now and then"),
        pytest.param(drip(b"x" * 60_000, every=0), "more than the 1 MB", id="a body without end"),
        pytest.param(drip(b"X: y\r\n", every=0.1, head=b"HTTP/1.1 200 OK\r\n"), "NEWSDESK_FETCH_SECONDS", id="a header now and then"),
        pytest.param(drip(b"X: " + b"y" * 9000 + b"\r\n", every=0, head=b"HTTP/1.1 200 OK\r\n"), "not HTTP", id="headers without end"),
        pytest.param(drip(b"HTTP/1.1 100 Continue\r\n\r\n" * 500, every=0, head=b""), "more than the 1 MB|NEWSDESK_FETCH", id="go on without end"),
        pytest.param(drip(b"", every=0.1, head=b""), "NEWSDESK_FETCH_SECONDS", id="silence"),
        pytest.param(drip(b"x" * 9000, every=0, head=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;"), "not HTTP|1 MB", id="a chunk's name without end"),
        pytest.param(drip(b"SSH-2.0-x\r\n", every=0.1, head=b""), "not HTTP|NEWSDESK_FETCH", id="another protocol"),
    ],
)  # fmt: skip
def test_servers_that_never_end(site: Site, act: object, said: str) -> None:
    address = site.act("/", act)
    began = time.monotonic()
    with pytest.raises(FetchError, match=said):
        get(address)
    assert time.monotonic() - began < 4


def test_nobody_listens() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(FetchError, match="the connection failed"):
            get(f"http://127.0.0.1:{unused.getsockname()[1]}/")


def test_host_that_fails_again_and_again_is_left_alone(site: Site, tmp_path: Path) -> None:
    for number in range(6):
        site.act(f"/{number}", lambda handler: handler.wfile.write(b"nonsense\r\n\r\n") and None)
    site.put("/feed", rss(*(item(f"/{number}") for number in range(6))))
    _, remarks = everything(site, "/feed", tmp_path)
    assert site.paths() == ["/feed", "/0", "/1", "/2"]
    assert [("in a row" in remark.reason, remark.held) for remark in remarks] == [(False, False)] * 3 + [(True, False)] * 3


# What documents say


LAUGHS = '<!DOCTYPE rss [<!ENTITY a "ha">{}]><rss><channel><item><title>&i;</title></item></channel></rss>'.format(
    "".join(f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True))
)
OUTSIDE = '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss><channel><item><title>&x;</title><link>http://a.example/</link></item></channel></rss>'


@pytest.mark.parametrize(
    "document", [LAUGHS.encode(), OUTSIDE.encode(), LAUGHS.encode("utf-16"), OUTSIDE.replace("<rss>", "<urlset>").encode()]
)
def test_documents_that_declare_entities_are_refused(document: bytes) -> None:
    with pytest.raises(FetchError, match=r"entities|neither a feed"):
        read_listing(document, BASE)


def test_outside_document_type_is_not_fetched(site: Site) -> None:
    document = f'<!DOCTYPE rss SYSTEM "{site.url}/x.dtd"><rss><channel>{item("http://a.example/1")}</channel></rss>'
    assert len(read_listing(document.encode(), BASE).entries) == 1
    assert site.asked == []


@pytest.mark.parametrize(
    "piece", ["<item/>", "<item><link>/a</link></item>", "<a/>", "<item>" + "<b/>" * 50 + "</item>", "<item><title>", "<![CDATA[", "&nbsp;"]
)
def test_feed_without_end_is_read_in_bounded_time(piece: str) -> None:
    document = ("<rss><channel>" + piece * (1_000_000 // len(piece))).encode()
    began = time.monotonic()
    with suppress(FetchError):  # refused is as good as read: only the time counts
        assert len(read_listing(document, BASE).entries) <= MOST_ENTRIES["feed"]
    assert time.monotonic() - began < 20


def test_list_of_more_elements_than_any_has_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.fetch.listings._MOST_ELEMENTS", 1_000)
    with pytest.raises(FetchError, match="more than 1,000 elements"):
        read_listing(b"<rss><channel>" + b"<a/>" * 1_000, BASE)


def test_broken_feed_gives_what_stands_before_the_break() -> None:
    listing = read_listing(("<rss><channel>" + item("/a", title="Fish &amp; chips&nbsp;&rsquo;") + item("/b") + "<item><li").encode(), BASE)
    assert [(entry.link and entry.link.target) for entry in listing.entries][:2] == ["/a", "/b"]
    assert listing.entries[0].title == "Fish & chips ’"


@settings_of(max_examples=60)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_list_or_refused(raw: bytes) -> None:
    for document in (raw, b"<rss><channel><item>" + raw, b"<urlset><url><loc>" + raw):
        try:
            read_listing(document, BASE)
        except FetchError:
            continue


def test_index_that_names_itself_ends(site: Site, tmp_path: Path) -> None:
    site.put("/index", "<sitemapindex>" + "".join(f"<sitemap><loc>/index?{n}</loc></sitemap>" for n in range(100)) + "</sitemapindex>")
    for number in range(100):
        site.pages[f"/index?{number}"] = site.pages["/index"]
    fetched, remarks = everything(site, "/index", tmp_path)
    assert len(site.paths()) <= 21
    assert all(found.item.role == "list" for found in fetched)
    assert any("names more than 20 sitemaps" in remark.reason for remark in remarks)


def test_feed_leads_to_nothing_but_http(site: Site, tmp_path: Path) -> None:
    site.put("/feed", rss(*(item(link) for link in ("file:///etc/passwd", "http://user@127.0.0.1/", "javascript:alert(1)", "/crane"))))
    site.put("/crane", article("Crane", "A crane fell into the harbour."))
    fetched, remarks = everything(site, "/feed", tmp_path)
    assert [found.item.url for found in fetched] == [f"{site.url}/feed", f"{site.url}/crane"]
    assert len(remarks) == 3


@pytest.mark.parametrize(
    ("type", "body", "suffix"),
    [
        ("image/png", article("Crane", "A crane fell."), ".html"),
        ("text/html", "%PDF-1.7\n", ".pdf"),
        ("application/pdf", '{"title": "x", "text": "y"}', None),
        ("text/plain", article("Crane", "A crane fell."), ".html"),
        ("text/html", "\n<p>No document type</p>", ".html"),
        ("", "Plain words of an article", ".txt"),
        ("video/mp4", "\0\0\0\x18ftyp", None),
        ("text/html", "\x1f\x8b\x08\0", None),
    ],
)
def test_kind_is_told_by_content(site: Site, type: str, body: str, suffix: str | None) -> None:
    site.pages["/x"] = Page(body.encode("latin-1"), type)
    got = get(site.url + "/x")
    if suffix is None:
        with pytest.raises(FetchError):
            as_file(got)
    else:
        assert as_file(got)[1] == suffix


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/", True), ("/a", False), ("/a/open", True), ("/x.pdf", False), ("/x.pdf?y", True), ("/b/1/c", False), ("/b/1", True), ("/z", True)],
)
def test_robots_txt_by_its_longest_rule(path: str, allowed: bool) -> None:
    rules = "User-agent: other\nDisallow: /z\n\nUser-agent: x\nuser-agent: Newsdesk/1 # us\nDisallow: /a\nAllow: /a/open\nDisallow: /*.pdf$\nDisallow: /b/*/c\nDisallow:\n\nUser-agent: *\nDisallow: /\n"
    assert read_robots(rules.encode()).allows(path) is allowed


def test_robots_txt_that_is_made_to_be_slow() -> None:
    rules = "User-agent: *\n" + f"Disallow: /{'a*' * 450}b\n" * 5_000
    robots = read_robots(rules.encode())
    began = time.monotonic()
    assert robots.allows("/" + "a" * 2000)
    assert time.monotonic() - began < 5
