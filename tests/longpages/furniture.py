"""Makes what stands around an article on a large outlet's page, from a seed: menus, teasers, styles, scripts, state, comments.

Only ``random.random()`` is drawn from, which gives the same numbers in every release of Python.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Sequence
from typing import Any, TypeVar

from .stock import COMMENTS, HEADLINES, NAMES, SECTIONS, TEASERS, VENDOR_WORDS

T = TypeVar("T")
_PROPERTIES = (
    "display:flex|position:relative|margin:0 auto|padding:0 12px 24px|color:#121212|font-weight:700|line-height:1.15|border-top:1px solid #dcdcdc|"
    "background-color:#f6f6f6|text-decoration:none|overflow:hidden|transition:opacity .2s ease-in-out|grid-column-gap:20px|max-width:620px"
).split("|")
_CALLS = "push|init|track|emit|load|observe|define|register|dispatch|once".split("|")


class Furniture:
    """The furniture of one page; every call goes on in the page's own sequence of random numbers."""

    def __init__(self, name: str, language: str) -> None:
        self._random = random.Random(int(hashlib.sha256(name.encode()).hexdigest()[:12], 16))
        self._name, self._language = name, language

    def pick(self, of: Sequence[T]) -> T:
        return of[int(self._random.random() * len(of))]

    def number(self, low: int, high: int) -> int:
        return low + int(self._random.random() * (high - low + 1))

    def hash(self, name: str) -> str:
        """A class name as build tools make them, the same for the same name on one page."""
        digest = hashlib.sha256(f"{self._name}/{name}".encode()).hexdigest()
        return "".join(chr(ord("a") + int(c, 16)) if i % 3 else c for i, c in enumerate(digest[:6])).lstrip("0123456789") or "x"

    def sections(self, count: int) -> list[str]:
        names = SECTIONS[self._language].split("|")
        return [names[i % len(names)] for i in range(count)]

    def cards(self, count: int) -> list[dict[str, str]]:
        return [self._card() for _ in range(count)]

    def _card(self) -> dict[str, str]:
        title = self.pick(HEADLINES[self._language].split("|"))
        return {
            "title": title,
            "teaser": self.pick(TEASERS[self._language].split("|")),
            "section": self.pick(SECTIONS[self._language].split("|")),
            "url": f"/{self.number(2024, 2026)}/{self.number(1, 12):02}/{hashlib.sha256(title.encode()).hexdigest()[:10]}-{self.number(1000, 9999)}",
            "image": f"https://img.cdn.example/{self.number(10**8, 10**9)}/{self.number(300, 1200)}.jpg",
            "hours": str(self.number(1, 23)),
            "comments": str(self.number(3, 900)),
        }

    def comments(self, count: int) -> list[dict[str, str]]:
        return [{"name": self.pick(NAMES), "text": self.pick(COMMENTS), "hours": str(self.number(1, 23))} for _ in range(count)]

    def vendors(self, count: int) -> list[str]:
        return [
            " ".join((self.pick(VENDOR_WORDS[0]) + self.pick(VENDOR_WORDS[1]).lower(), self.pick(VENDOR_WORDS[2]))) for _ in range(count)
        ]

    def css(self, kilobytes: int) -> str:
        parts = list[str]()
        while sum(map(len, parts)) < kilobytes * 1000:
            rules = ";".join(self.pick(_PROPERTIES) for _ in range(self.number(2, 6)))
            parts += [f".{self.hash(str(self.number(0, 9999)))}-{self.number(0, 99)}{{{rules}}}" for _ in range(20)]
        return "".join(parts)

    def script(self, kilobytes: int) -> str:
        parts = list[str]()
        while sum(map(len, parts)) < kilobytes * 1000:
            name, other = self.hash(str(self.number(0, 9999))), self.hash(str(self.number(0, 9999)))
            parts.append(
                f'(function(w,d){{var {name}=w.{other}=w.{other}||[];{name}.{self.pick(_CALLS)}({{"id":"{self.number(1, 10**9)}","slot":"{self.pick(_CALLS)}-{self.number(1, 40)}"}});'
                f'if(d.cookie.indexOf("{other}=1")<0){{d.addEventListener("DOMContentLoaded",function(){{w.{other}.{self.pick(_CALLS)}()}})}}}})(window,document);'
            )
        return "".join(parts)

    def state(self, kilobytes: int, **own: Any) -> str:
        """A page's state as scripts are given it: what the page says of itself, and other stories until it is large enough."""
        stories = list[dict[str, Any]]()
        while len(stories) < kilobytes * 2:
            card = self._card()
            stories.append(
                {
                    **card,
                    "tracking": {"cid": str(self.number(1, 10**9)), "position": len(stories)},
                    "isLive": False,
                    "tags": [card["section"]],
                }
            )
        return json.dumps({"props": {"pageProps": {**own, "onward": stories}}, "buildId": self.hash("build")}, ensure_ascii=False).replace(
            "</", "<\\/"
        )
