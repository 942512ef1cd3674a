"""Says which elements of a page are furniture, by tag, role, name and shape; it reads no sentences.

Names are those that sites give their elements, not those of outlets. No name removes the headline, or most of the page's paragraphs.
"""

from __future__ import annotations

import re

from lxml.html import HtmlElement

_GONE = frozenset(
    "script style noscript template svg math object embed iframe canvas audio video picture map nav aside figure figcaption form button select textarea"
    " input label dialog menu option datalist progress meter".split()
)
_ROLES = frozenset("navigation banner contentinfo complementary search dialog alertdialog menu menubar toolbar form".split())
# Parts of class names and ids, as sites put them together: "article__share-tools" is article, share, tools.
_NAMES = frozenset(
    "cookie cookies consent gdpr cmp usercentrics onetrust didomi privacy nav navbar navigation menu masthead sidebar rail footer foot colophon breadcrumb breadcrumbs"
    " newsletter newsletters signup subscribe subscription subscriptions paywall gate regwall offer membership donate donation contribute cta"
    " related recirc recirculation recommended recommendations trending popular mostread mostviewed outbrain taboola teaser teasers promo promos upsell"
    " share sharing sharedaddy social sponsor sponsored advert adverts advertisement advertising ad ads adslot adv dfp mpu banner leaderboard"
    " caption captions credit credits gallery carousel slideshow lightbox thumb player jwplayer vjs byline bylines dateline-row authorbox bio contributor toc"
    " pullquote pq tags taglist topics tools toolbar widget poll quiz survey skip print comments commentlist disqus discussion callout disclosure disclaimer"
    " tweet embed classifieds betting ticker".split()
)
_PAIRS = re.compile(
    r"author-(?:box|bio|card|info|desc|information|row|byline)|(?:more|read|most|also)-(?:on|from|in|next|more|read|viewed|popular)|read-?more|pull-?quote|key-?events"
    r"|sign-(?:in|up|off)|jump-to|post-navigation|load-?more|see-also|dont-miss|twitter-tweet|social-embed|comments?-(?:section|count|area)|video-(?:embed|js|container|wrapper|player|block)|reading-time|read-time|in-this-(?:article|section)"
)
# Where all comments stand in one element, they may be longer than the article.
_EVEN_IF_LONG = frozenset("comments commentlist disqus discussion cookie consent related sidebar footer".split())
_CORRECTION = re.compile(r"correction|corrigendum|clarif|amend|editors?-?note|rectif|korrektur")
_NOTED = re.compile(r"correction|corrigendum|clarif|amend|editor|rectif|korrektur", re.IGNORECASE)  # sooner asked than the parts of a name
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SCHEMA = re.compile(
    r"schema\.org/(?:Video|Image|Audio|Media)Object|schema\.org/(?:Person|Organization|WPFooter|WPHeader|WPSideBar|SiteNavigationElement|Comment)$"
)
_MOST_TEASERS = 0.8
_MOST = 0.4  # of the page's words
_HEADINGS = ("h1", "h2", "h3", "h4", "h5")


def tokens(element: HtmlElement) -> str:
    """The element's tag, classes and ids, lower case, their parts joined by hyphens."""
    return re.sub(r"[\s_-]+", "-", _CAMEL.sub("-", f"{element.tag} {_named(element)}")).lower()


def _named(element: HtmlElement) -> str:
    return " ".join([value for key in ("class", "id", "data-component", "data-testid") if (value := element.get(key))])[:400]


def is_correction(element: HtmlElement) -> bool:
    """Whether the site calls the element a correction."""
    return _NOTED.search(_named(element)) is not None and _CORRECTION.search(tokens(element)) is not None


def find_furniture(body: HtmlElement, headline: HtmlElement | None) -> set[HtmlElement]:
    """The outermost elements that are furniture; what holds the headline never is."""
    spared = set(headline.iterancestors()) | {headline} if headline is not None else set()
    sizes = word_counts(body)
    whole = sizes[body] or 1
    found: set[HtmlElement] = set()
    queue = [body]
    while queue:
        element = queue.pop()
        for child in element:
            if not isinstance(child.tag, str):
                continue
            share = sizes[child] / whole
            if child not in spared and (_hidden(child) or _by_name(child, share) or _by_shape(child, share, sizes)):
                found.add(child)
            else:
                queue.append(child)
    return found | _other_articles(body, headline, spared)


def word_counts(body: HtmlElement) -> dict[HtmlElement, int]:
    """How many words stand in each element, all that it holds included."""
    counts: dict[HtmlElement, int] = {}
    for element in reversed(list(body.iter())):
        own = (
            len((element.text or "").split()) if isinstance(element.tag, str) and element.tag not in ("script", "style", "noscript") else 0
        )
        counts[element] = own + sum(counts.get(child, 0) + len((child.tail or "").split()) for child in element)
    return counts


def _hidden(element: HtmlElement) -> bool:
    style = (element.get("style") or "").replace(" ", "").lower()
    return element.get("hidden") is not None or "display:none" in style or element.get("layout") == "nodisplay"


def _by_name(element: HtmlElement, share: float) -> bool:
    tag = element.tag
    if tag in ("script", "style", "noscript", "template"):
        return True
    if tag in _GONE or tag.startswith("amp-") or (element.get("role") or "").lower() in _ROLES:
        return share <= _MOST or tag in ("nav", "aside", "dialog")
    if _SCHEMA.search(element.get("itemtype") or ""):
        return share <= _MOST
    if tag == "header" and _is_clock(element):
        return False  # an entry of a live blog begins with its time
    if tag == "header":
        return share <= _MOST and not any(child.tag == "p" for child in element.iter())
    if tag == "footer":
        return True
    named = tokens(element)
    parts = set(named.split("-"))
    if _CORRECTION.search(named):
        return False
    strong = parts & _EVEN_IF_LONG
    return bool((strong and share <= 0.8) or ((parts & _NAMES or _PAIRS.search(named)) and share <= _MOST))


def _is_clock(element: HtmlElement) -> bool:
    """Whether nothing but a time element of a few words stands in it."""
    times = list(element.iter("time"))
    said = element.text_content().split()
    return len(times) == 1 and 0 < len(said) <= 4 and times[0].text_content().split() == said


def _is_teaser_list(element: HtmlElement) -> bool:
    """Whether at least three parts, and nearly all, begin with a link, as the entries of a list of other stories do."""
    parts = [child for child in element if child.tag in ("p", "li", "div") and child.text_content().strip()]
    return len(parts) >= 3 and sum(map(_begins_with_link, parts)) * 4 >= len(parts) * 3


def _begins_with_link(element: HtmlElement) -> bool:
    while not (element.text or "").strip():
        if element.tag == "a":
            return True
        if len(element) == 0:
            return False
        element = element[0]
    return bool(element.tag == "a")


def _by_shape(element: HtmlElement, share: float, sizes: dict[HtmlElement, int]) -> bool:
    """Boxes with something to fill in or press, cards that are one link, and boxes of little but links."""
    if share <= _MOST_TEASERS and element.tag in ("div", "section", "ul", "ol") and _is_teaser_list(element):
        return True
    if share > _MOST or element.tag in ("p", "h1", "h2", "h3", "li", "td", "tr", "table", "tbody", "span", "a"):
        return element.tag == "a" and any(child.tag in (*_HEADINGS, "p", "div") for child in element)
    size = sizes[element]
    if element.tag != "article" and size <= 60 and any(child.tag in ("input", "button", "textarea") for child in element.iter()):
        return True
    linked = sum(sizes[link] for link in element.iter("a"))
    return element.tag in ("div", "section", "ul", "ol") and linked * 2 > size and size <= 120


def _other_articles(body: HtmlElement, headline: HtmlElement | None, spared: set[HtmlElement]) -> set[HtmlElement]:
    """Article elements of other stories: with a headline of their own below the page's, or one that is a link."""
    found = set()
    for element in body.iter("article"):
        if element in spared:
            continue
        own = next((child for child in element.iter(*_HEADINGS)), None)
        if own is None:
            continue
        linked = own.find(".//a") is not None or any(up.tag == "a" for up in own.iterancestors())
        if linked or (own.tag == "h1" and headline is not None and own is not headline):
            found.add(element)
    return found
