"""Pages, feeds and sitemaps behind addresses become articles, are fetched again politely, and lose nothing when a sync is cut off."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from website import Page, Site, article, item, rss, sitemap

from rag.assistant import Assistant
from rag.errors import SourceError
from rag.fetch import FOLDER, Shelf
from rag.records import Article
from rag.settings import Settings
from rag.store.backup import backup, restore_backup
from rag.store.doctor import examine
from rag.store.purge import purge
from rag.store.sync import SyncReport, remove, sync

CRANE = (
    "The harbour of Skell was closed on Monday after a crane fell into the water. Harbour master Ines Vold said that 14 ships were waiting."
)
FERRY = "The ferry to Quarn no longer sails after dark, the harbour office said on Sunday. The last boat leaves at 17.40 from the old pier."
VIOLINS = (
    "The town library of Skell will lend violins from March to anybody who asks. Librarian Tomas Egeland bought 30 instruments for $9,400."
)


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as running:
        yield running


@pytest.fixture
def desk(tmp_path: Path, assistant: Assistant) -> Assistant:
    """An empty library that may fetch from this computer, without pauses."""
    settings = Settings(home=tmp_path / "home", fetch_private=True, fetch_pause=0, fetch_seconds=5)
    return Assistant(settings, embedder=assistant.embedder, reader=assistant.reader)


def held(desk: Assistant) -> dict[str, Article]:
    """The articles by their paths on the site."""
    return {(article.url or "").partition("//")[2].partition("/")[2]: article for article in desk.library.articles()}


def counts(report: SyncReport) -> tuple[int, int, int, int]:
    return report.added, report.changed, report.removed, report.unchanged


def test_page_becomes_an_article_that_is_cited_by_its_address(desk: Assistant, site: Site) -> None:
    address = site.put("/crane", article("Crane falls into harbour", CRANE))
    assert counts(sync(desk.stores, [address])) == (1, 0, 0, 0)
    answer = desk.ask("How many ships were waiting at Skell?")
    assert "14 ships" in answer.answer
    assert answer.citations[0].url == address
    assert site.asked[0][1]["user-agent"].startswith("Newsdesk/")
    assert not {"cookie", "authorization", "referer"} & site.asked[0][1].keys()


def test_feed_gives_what_its_pages_do_not_say(desk: Assistant, site: Site) -> None:
    site.put("/crane", article("Crane falls into harbour", CRANE))
    site.put(
        "/ferry",
        article(
            "Ferry stops",
            FERRY,
            head='<meta name="author" content="Pia Lunde"><meta property="article:published_time" content="2024-12-24">',
        ),
    )
    entries = [item(f"/{path}", day=3, more="<dc:creator>Ines Vold</dc:creator>") for path in ("crane", "ferry")]
    sync(desk.stores, [site.put("/feed", rss(*entries), "text/plain")])
    crane, ferry = held(desk)["crane"], held(desk)["ferry"]
    assert (crane.title, crane.author, crane.published, crane.source) == (
        "Crane falls into harbour",
        "Ines Vold",
        "2025-01-03T10:00:00+00:00",
        "Skell Feed",
    )
    assert (ferry.author, ferry.published) == ("Pia Lunde", "2024-12-24")


def test_second_sync_asks_whether_something_changed_and_a_changed_page_is_a_new_version(desk: Assistant, site: Site) -> None:
    site.put("/crane", article("Crane falls into harbour", CRANE))
    site.put("/ferry", article("Ferry stops", FERRY))
    feed = site.put("/feed", rss(item("/crane"), item("/ferry")))
    assert counts(sync(desk.stores, [feed])) == (2, 0, 0, 0)
    site.asked.clear()
    assert counts(sync(desk.stores, [])) == (0, 0, 0, 2)
    assert all("if-none-match" in headers for path, headers in site.asked if path != "/robots.txt")
    site.put("/crane", article("Crane falls into harbour", CRANE.replace("14", "15")))
    assert counts(sync(desk.stores, [])) == (0, 1, 0, 1)
    assert len(desk.library.versions_of(held(desk)["crane"].article_id)) == 2
    assert not examine(desk.stores)


def test_what_leaves_a_feed_or_is_gone_stays(desk: Assistant, site: Site) -> None:
    site.put("/crane", article("Crane falls into harbour", CRANE))
    site.put("/ferry", article("Ferry stops", FERRY))
    feed = site.put("/feed", rss(item("/crane"), item("/ferry")))
    sync(desk.stores, [feed])
    site.put("/feed", rss(item("/ferry")))
    site.pages["/ferry"] = Page(status=410)
    report = sync(desk.stores, [])
    assert counts(report) == (0, 0, 0, 2)
    assert [(remark.path, "410" in remark.reason) for remark in report.warnings] == [(f"{site.url}/ferry", True)]
    site.pages.clear()
    report = sync(desk.stores, [feed], prune=True)
    assert counts(report) == (0, 0, 0, 2)
    assert "404" in report.rejected[0].reason


def test_entry_whose_page_cannot_be_had_gives_its_own_text_until_it_can(desk: Assistant, site: Site) -> None:
    body = f"<content:encoded><![CDATA[<p>{CRANE}</p><p>{FERRY}</p>]]></content:encoded>"
    feed = site.put("/feed", rss(item("/paywall", more=body), item("/lost")))
    site.pages["/paywall"] = Page(status=403)
    report = sync(desk.stores, [feed])
    assert counts(report) == (1, 0, 0, 0)
    assert [(r.path, "404" in r.reason) for r in report.rejected] == [(f"{site.url}/lost", True)]
    carried = held(desk)["paywall"]
    assert (carried.title, carried.source, carried.text) == ("Told by the feed", "Skell Feed", f"{CRANE}\n\n{FERRY}")
    site.put("/paywall", article("Crane falls into harbour", CRANE))
    assert counts(sync(desk.stores, [])) == (0, 1, 0, 0)
    assert held(desk)["paywall"].article_id == carried.article_id


def test_atom_and_rdf_feeds_and_entries_without_a_link(desk: Assistant, site: Site) -> None:
    site.put("/crane", article("Crane falls into harbour", CRANE))
    site.put("/ferry", article("Ferry stops", FERRY))
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>Atom</title>'
        '<entry><title>A</title><link rel="self" href="/no"/><link href="/crane"/><id>1</id><updated>2025-01-06T10:00:00Z</updated></entry>'
        f'<entry><title>No link</title><id>2</id><updated>2025-01-07T10:00:00Z</updated><content type="xhtml"><div><p>{VIOLINS}</p></div></content></entry>'
        "</feed>"
    )
    rdf = (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"><channel><title>RDF</title></channel>'
        "<item><title>F</title><link>/ferry</link></item></rdf:RDF>"
    )
    report = sync(desk.stores, [site.put("/atom", atom), site.put("/rdf", rdf)])
    assert (counts(report), report.rejected) == ((3, 0, 0, 0), ())
    assert {(a.title, a.source) for a in desk.library.articles()} == {
        ("Crane falls into harbour", "Atom"),
        ("No link", "Atom"),
        ("Ferry stops", "RDF"),
    }


def test_packed_sitemap_index_gives_the_newest_pages_only(desk: Assistant, site: Site) -> None:
    desk.stores.settings = desk.settings.model_copy(update={"fetch_pages": 2})
    for path, text in (("crane", CRANE), ("ferry", FERRY), ("violins", VIOLINS)):
        site.put(f"/{path}", article(f"About {path} in Skell", text))
    news = "<news:news><news:publication><news:name>Skell News</news:name></news:publication><news:publication_date>2025-01-09T08:00:00Z</news:publication_date><news:title>N</news:title></news:news>"
    first = sitemap(
        "<url><loc>/crane</loc><lastmod>2025-01-01</lastmod></url>", "<url><loc>/ferry</loc><lastmod>2025-01-05</lastmod></url>"
    )
    site.put("/one.xml.gz", gzip.compress(first.encode()), "application/gzip")
    site.put("/two.xml", sitemap(f"<url><loc>/violins</loc>{news}</url>"))
    index = "<sitemapindex><sitemap><loc>/one.xml.gz</loc></sitemap><sitemap><loc>/two.xml</loc></sitemap></sitemapindex>"
    report = sync(desk.stores, [site.put("/sitemap.xml", index)])
    assert held(desk).keys() == {"ferry", "violins"}
    assert "lists 3 pages" in report.warnings[0].reason
    assert held(desk)["violins"].published == "2025-01-09T08:00:00+00:00"
    assert held(desk)["ferry"].updated is None
    site.paths()
    # A page whose sitemap gives the same date as before is not asked for.
    assert counts(sync(desk.stores, [])) == (0, 0, 0, 2)
    assert site.paths() == ["/sitemap.xml", "/one.xml.gz", "/two.xml"]


def test_documents_and_json_behind_an_address(desk: Assistant, site: Site) -> None:
    wire = {"uri": "urn:newsml:1", "headline": "Ferry stops", "body_html": f"<p>{FERRY}</p>", "firstcreated": "2025-01-02T10:00:00Z"}
    addresses = [
        site.put("/api?id=1", json.dumps(wire), "text/html"),
        site.put("/note", f"# Violins\n\n{VIOLINS}\n", "text/markdown"),
        site.put("/old", article("Grues", "Grüße aus Skell: " + CRANE).encode("cp1252"), "text/html; charset=windows-1252"),
    ]
    report = sync(desk.stores, addresses)
    assert (counts(report), report.rejected) == ((3, 0, 0, 0), ())
    by_title = {article.title: article for article in desk.library.articles()}
    assert by_title["Ferry stops"].text == FERRY
    assert by_title["Violins"].url == addresses[1]
    assert by_title["Grues"].text.startswith("Grüße aus Skell")


def test_page_says_which_feed_it_advertises(desk: Assistant, site: Site) -> None:
    link = '<link rel="alternate" type="application/rss+xml" href="/feed.xml">'
    report = sync(desk.stores, [site.put("/crane", article("Crane falls into harbour", CRANE, head=link))])
    assert f"`newsdesk sync {site.url}/feed.xml`" in report.warnings[0].reason
    with pytest.raises(SourceError, match=r"feed\.xml"):
        sync(desk.stores, [site.put("/front", f"<!doctype html><html><head>{link}</head><body><a href='/crane'>Crane</a></body></html>")])
    assert len(list((desk.settings.home / FOLDER).iterdir())) == 1


def test_identity_is_the_canonical_address_of_the_same_site_alone(desk: Assistant, site: Site) -> None:
    canonical = '<link rel="canonical" href="{}">'
    address = site.put("/crane?utm_source=feed", article("Crane falls into harbour", CRANE, head=canonical.format("/crane")))
    site.redirect("/short", address)
    site.put("/thief", article("Ferry stops", FERRY, head=canonical.format("https://news.example/ferry")))
    site.put("/front", article("Violins to lend", VIOLINS, head=canonical.format("/")))
    report = sync(desk.stores, [address, f"{site.url}/short", f"{site.url}/thief", f"{site.url}/front"])
    assert (counts(report), report.rejected) == ((3, 0, 0, 0), ())
    assert held(desk).keys() == {"crane", "thief", "front"}


def test_sync_that_is_cut_off_goes_on_where_it_was(desk: Assistant, site: Site) -> None:
    for number in range(4):
        site.put(f"/{number}", article(f"Harbour of Skell, part {number}", f"{CRANE} This is part {number}."))
    feed = site.put("/feed", rss(*(item(f"/{number}", day=9 - number) for number in range(4))))

    def stop(stage: str, done: int, total: int) -> None:
        if done == 2 and total == 4:
            raise KeyboardInterrupt

    desk.stores.on_progress = stop
    with pytest.raises(KeyboardInterrupt):
        sync(desk.stores, [feed])
    desk.stores.on_progress = lambda stage, done, total: None
    assert not desk.library.exists
    assert site.paths() == ["/feed", "/0", "/1"]
    assert counts(sync(desk.stores, [feed])) == (4, 0, 0, 0)
    assert site.paths() == ["/feed", "/2", "/3"]


def test_damaged_state_is_fetched_anew_and_a_lost_library_is_filled_from_the_shelf(desk: Assistant, site: Site) -> None:
    feed = site.put("/feed", rss(item("/crane")))
    site.put("/crane", article("Crane falls into harbour", CRANE))
    sync(desk.stores, [feed])
    (state,) = (desk.settings.home / FOLDER).glob("*/state.json")
    state.write_text('{"kept": [')
    assert counts(sync(desk.stores, [])) == (0, 0, 0, 1)
    again = Assistant(desk.settings.model_copy(update={"home": desk.settings.home.parent / "other"}), embedder=desk.embedder)
    (desk.settings.home / FOLDER).rename(again.settings.home.parent / "moved")
    again.settings.home.mkdir()
    (again.settings.home.parent / "moved").rename(again.settings.home / FOLDER)
    site.paths()
    assert counts(sync(again.stores, [feed])) == (1, 0, 0, 0)


def test_backup_keeps_what_was_fetched(desk: Assistant, site: Site, tmp_path: Path) -> None:
    feed = site.put("/feed", rss(item("/crane")))
    site.put("/crane", article("Crane falls into harbour", CRANE))
    sync(desk.stores, [feed])
    backup(desk.library, tmp_path / "b.zip")
    restored = Assistant(desk.settings.model_copy(update={"home": tmp_path / "restored"}), embedder=desk.embedder)
    restore_backup(restored.stores, tmp_path / "b.zip")
    site.asked.clear()
    assert counts(sync(restored.stores, [])) == (0, 0, 0, 1)
    assert all("if-none-match" in headers for path, headers in site.asked if path != "/robots.txt")


def test_page_that_is_forgotten_leaves_no_word_and_is_not_fetched_again(desk: Assistant, site: Site) -> None:
    feed = site.put("/feed", rss(item("/crane", title="Crane over Skell"), item("/ferry")))
    site.put("/crane", article("Crane falls into harbour", CRANE))
    site.put("/ferry", article("Ferry stops", FERRY))
    sync(desk.stores, [feed])
    held_by = desk.library.manifest()[held(desk)["crane"].article_id]
    shelf = Shelf(desk.settings.home, held_by.location)
    assert shelf.forget(held_by.path)
    assert not shelf.forget(held_by.path)
    assert not [path for path in shelf.folder.iterdir() if b"Crane" in path.read_bytes() or b"Ines Vold" in path.read_bytes()]
    site.paths()
    sync(desk.stores, [])
    assert site.paths() == ["/feed", "/ferry"]


def test_robots_txt_holds_for_what_is_listed_and_not_for_what_was_given_by_hand(desk: Assistant, site: Site) -> None:
    site.put("/robots.txt", "User-agent: *\nDisallow: /private\nAllow: /private/open\n", "text/plain")
    site.put("/private/crane", article("Crane falls into harbour", CRANE))
    site.put("/private/open/ferry", article("Ferry stops", FERRY))
    feed = site.put("/private/feed", rss(item("/private/crane"), item("/private/open/ferry")))
    report = sync(desk.stores, [feed])
    assert held(desk).keys() == {"private/open/ferry"}
    assert "robots.txt" in report.rejected[0].reason
    sync(desk.stores, [f"{site.url}/private/crane"])
    assert "private/crane" in held(desk)


def test_site_that_asks_to_come_back_later_is_left_alone(desk: Assistant, site: Site) -> None:
    site.put("/crane", article("Crane falls into harbour", CRANE))
    feed = site.put("/feed", rss(item("/crane", day=9), *(item(f"/{number}") for number in range(5))))
    for number in range(5):
        site.pages[f"/{number}"] = Page(status=429)
    report = sync(desk.stores, [feed])
    assert counts(report) == (1, 0, 0, 0)
    assert len(report.rejected) == 5
    assert site.paths() == ["/feed", "/crane", "/0"]


def test_removed_article_of_a_feed_stays_out(desk: Assistant, site: Site) -> None:
    site.put("/crane", article("Crane falls into harbour", CRANE))
    sync(desk.stores, [site.put("/feed", rss(item("/crane")))])
    remove(desk.stores, held(desk)["crane"].article_id)
    site.put("/crane", article("Crane falls into harbour", CRANE.replace("14", "15")))
    report = sync(desk.stores, [])
    assert (counts(report), held(desk)) == ((0, 0, 0, 0), {})
    assert "removed by hand" in report.warnings[0].reason


def test_purged_article_of_a_feed_leaves_no_word_and_is_not_fetched_again(desk: Assistant, site: Site) -> None:
    site.put(
        "/bell",
        article(
            "Bell of Skell cracked", "The great bell of Skell cracked on Friday while it rang for noon.\nNobody was hurt in the tower."
        ),
    )
    site.put("/ferry", article("Ferry late", "The ferry to Hamre came four hours late on Friday.\nIts captain blamed the fog."))
    feed = site.put("/feed", rss(item(f"{site.url}/bell", title="Bell of Skell cracked"), item(f"{site.url}/ferry")), "application/rss+xml")
    sync(desk.stores, [feed])
    bell = next(a for a in held(desk).values() if "bell" in a.text)
    done = purge(desk.stores, [bell.article_id])
    assert done.finished
    assert not done.left
    assert any(name.startswith("fetched/") for name in done.deleted)
    words = (b"great bell of Skell", b"cracked", b"rang for noon")
    assert not [path for path in desk.settings.home.rglob("*") if path.is_file() and any(word in path.read_bytes() for word in words)]
    site.paths()
    sync(desk.stores, [])
    assert "/bell" not in site.paths()
    assert [a.title for a in held(desk).values()] == ["Ferry late"]
