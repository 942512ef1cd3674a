"""Random sequences of passes, kills, readers and full disks over a real library: what is held is always one whole state.

A few short ones here, in every test run; `.ci/run` has `python tests/soak.py` do 20 and `make soak` 200.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from newsroom import ENVIRONMENT
from processes import Forks
from soak import run_sequence, small_disk

from rag.assistant import Assistant

_SEQUENCES, _STEPS = 2, 3


@dataclass
class Crowd:
    """What the sequences share."""

    forks: Forks
    disk: Path | None
    folder: Path


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    folder = tmp_path_factory.mktemp("crowd")
    forks = Forks(folder, **ENVIRONMENT)
    with small_disk(folder) as disk:
        yield Crowd(forks, disk, folder)
    forks.close()


@pytest.mark.parametrize("seed", range(1, _SEQUENCES + 1), ids=lambda seed: f"seed {seed}")
def test_whatever_happens_one_whole_state_is_held(seed: int, crowd: Crowd, assistant: Assistant) -> None:
    run_sequence(seed, crowd.folder, crowd.forks, assistant.embedder, disk=crowd.disk, steps=_STEPS)


def test_disk_of_its_own_can_be_filled(crowd: Crowd) -> None:
    if crowd.disk is None:
        pytest.skip("this user may mount no disk, so that full disks were not tried")
    assert crowd.disk.is_mount()
