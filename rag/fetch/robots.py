"""Reads robots.txt (RFC 9309) and says whether a path may be fetched; it fetches nothing.

The standard library's reader knows no wildcards and takes the first rule that fits, where the standard wants the longest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_LONGEST = 500_000  # bytes, as the standard advises
_MOST_RULES = 5_000
_LONGEST_RULE = 1_000
_LONGEST_DELAY = 10.0  # seconds; who asks for more gets that


@dataclass(frozen=True, slots=True)
class Robots:
    """The rules for us: (allowed, pattern) each; ``delay`` is the pause that the site asks for, in seconds."""

    rules: tuple[tuple[bool, str], ...] = ()
    delay: float = 0.0

    def allows(self, target: str) -> bool:
        """Whether a path with its query may be fetched: the longest pattern that fits decides, and of two alike the one that allows."""
        fitting = [(len(pattern), allow) for allow, pattern in self.rules if _fits(pattern, target)]
        return max(fitting, default=(0, True))[1]


NOTHING = Robots(((False, "/"),))


def read_robots(raw: bytes, agent: str = "newsdesk") -> Robots:
    """The rules of the groups that name ``agent``, else those for everybody."""
    ours, everyone = _Group(), _Group()
    current: list[_Group] = []
    naming = False
    # A rule that was cut in the middle would fit more than it means to.
    whole = raw if len(raw) <= _LONGEST else raw[:_LONGEST].rpartition(b"\n")[0]
    for line in whole.decode("utf-8", "replace").lstrip("\ufeff").splitlines():
        key, colon, value = line.partition("#")[0].partition(":")
        key, value = key.strip().lower(), value.strip()
        if not colon:
            continue
        if key == "user-agent":
            current = current if naming else []
            name = value.partition("/")[0].strip().lower()
            current += [group for group, known in ((ours, agent), (everyone, "*")) if name == known]
            naming = True
            for group in current:
                group.named = True
        elif key in ("allow", "disallow", "crawl-delay"):
            naming = False
            for group in current:
                group.take(key, value)
    chosen = ours if ours.named else everyone
    return Robots(tuple(chosen.rules), chosen.delay)


class _Group:
    def __init__(self) -> None:
        self.named, self.rules, self.delay = False, list[tuple[bool, str]](), 0.0

    def take(self, key: str, value: str) -> None:
        if key == "crawl-delay":
            if value.replace(".", "", 1).isdecimal() and len(value) < 10:
                self.delay = min(float(value), _LONGEST_DELAY)
        elif value and len(value) <= _LONGEST_RULE and len(self.rules) < _MOST_RULES:
            self.rules.append((key == "allow", value))


def _fits(pattern: str, target: str) -> bool:
    """``*`` is any run of characters, a closing ``$`` the end; taking each part where it first stands needs no going back."""
    whole = pattern.endswith("$")
    parts: Sequence[str] = pattern.removesuffix("$").split("*")
    if not target.startswith(parts[0]):
        return False
    at = len(parts[0])
    for part in parts[1:-1] if whole else parts[1:]:
        found = target.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    if not whole:
        return True
    return target.endswith(parts[-1]) and at <= len(target) - len(parts[-1]) if len(parts) > 1 else at == len(target)
