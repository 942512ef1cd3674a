"""Whatever a file holds, reading it gives articles or reasons: never another error, never long."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutants import SAMPLES, mutant

from rag.intake import read_file
from rag.settings import Settings

_LONGEST = 2.0  # seconds for a file of some kilobytes, on a machine that others use too


@pytest.mark.parametrize("suffix", SAMPLES)
def test_sample_is_read_whole(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(SAMPLES[suffix])
    entry = read_file(path, relative=path.name, location="src", settings=Settings())
    assert entry.articles
    # In the archive, the same mail comes once by itself and twice in a box; ids are told apart later, by the pass.
    assert entry.rejections == ()


@pytest.mark.parametrize("suffix", SAMPLES)
@settings(max_examples=100, deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_mutant_gives_articles_or_reasons(tmp_path: Path, suffix: str, seed: int) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(mutant(suffix, seed))
    start = time.monotonic()
    entry = read_file(path, relative=path.name, location="src", settings=Settings())
    assert time.monotonic() - start < _LONGEST
    assert entry.articles or entry.rejections
    for article in entry.articles:
        assert article.text.strip()
        assert article.title
        article.text.encode()
