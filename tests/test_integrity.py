"""Random sequences of passes, kills, readers and full disks over a real library: what is held is always one whole state.

``INTEGRITY_SEQUENCES`` says how many; the default is what fits into every test run. `make soak` runs 200.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from newsroom import ENVIRONMENT
from processes import Forks
from soak import STEPS, run_sequence, small_disk

from rag.assistant import Assistant

_DEFAULT, _DEFAULT_STEPS = 2, 3
SEQUENCES = int(os.environ.get("INTEGRITY_SEQUENCES", _DEFAULT))
# From so many on, kills are so many that some must land on either side.
_MANY = 20


@dataclass
class Crowd:
    """What the sequences share."""

    forks: Forks
    disk: Path | None
    folder: Path
    tally: Counter[str] = field(default_factory=Counter)


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    folder = tmp_path_factory.mktemp("crowd")
    forks = Forks(folder, **ENVIRONMENT)
    with small_disk(folder) as disk:
        yield Crowd(forks, disk, folder)
    forks.close()


@pytest.mark.parametrize("seed", range(1, SEQUENCES + 1), ids=lambda seed: f"seed {seed}")
def test_whatever_happens_one_whole_state_is_held(seed: int, crowd: Crowd, assistant: Assistant) -> None:
    steps = STEPS if SEQUENCES > _DEFAULT else _DEFAULT_STEPS
    crowd.tally += run_sequence(seed, crowd.folder, crowd.forks, assistant.embedder, disk=crowd.disk, steps=steps)


@pytest.mark.skipif(SEQUENCES < _MANY, reason="few sequences")
def test_kills_landed_before_and_after_the_switch(crowd: Crowd) -> None:
    landed = {name: count for name, count in crowd.tally.items() if name.startswith("killed: ")}
    assert any("before the switch" in name for name in landed), landed
    assert "killed: after the switch" in landed, landed


def test_disk_of_its_own_can_be_filled(crowd: Crowd) -> None:
    if crowd.disk is None:
        pytest.skip("this user may mount no disk, so that full disks were not tried")
    assert crowd.disk.is_mount()
