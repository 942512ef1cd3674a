"""Keeps the vectors of single words, which questions and articles share: where accounts were compared, 173 of an answer's 1,441
tokens were theirs.

A word keeps the vector of the batch in which it came first; batches differ by rounding alone.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

# Characters of what is kept; longer texts are seldom seen twice.
_LONGEST = 24
# The words that were asked for last; 384 numbers each make 13 MB.
_MOST = 8_192


class ShortTexts:
    """Embeds as ``embed`` does, the short texts once; safe to share between threads."""

    def __init__(self, embed: Callable[[Sequence[str]], Vectors]) -> None:
        self._embed = embed
        self._lock = threading.Lock()
        self._held: OrderedDict[str, Vectors] = OrderedDict()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of the texts, shape (n, dimension), in their order."""
        with self._lock:
            found = {text: self._held[text] for text in texts if text in self._held}
            for text in found:
                self._held.move_to_end(text)
        if new := [text for text in dict.fromkeys(texts) if text not in found]:
            # Not under the lock: nobody waits for what another embeds.
            made = dict(zip(new, self._embed(new), strict=True))
            found |= made
            with self._lock:
                self._held.update((text, vector.copy()) for text, vector in made.items() if len(text) <= _LONGEST)
                while len(self._held) > _MOST:
                    self._held.popitem(last=False)
        return np.stack([found[text] for text in texts]) if texts else self._embed(texts)
