"""What figures hang on: machine, versions, date, commit, command."""

from __future__ import annotations

import os
import platform
import shlex
import subprocess
import sys
import time
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from rag.settings import CHECKOUT

_PACKAGES = (
    "newsdesk",
    "chromadb",
    "openvino",
    "onnxruntime",
    "torch",
    "transformers",
    "sentence-transformers",
    "langchain-core",
    "langchain-chroma",
    "langchain-huggingface",
    "langchain-classic",
    "langchain-community",
    "txtai",
    "faiss-cpu",
)
_CPU_FLAGS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16")


def circumstances() -> dict[str, Any]:
    """As values for JSON."""
    cpu = Path("/proc/cpuinfo").read_text(encoding="utf-8") if Path("/proc/cpuinfo").exists() else ""
    told = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in cpu.splitlines())}
    flags = set(told.get("flags", "").split())
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "command": shlex.join(["python", "-m", "benchmarks.speed", *sys.argv[1:]]),
        "machine": {
            "cpu": told.get("model name") or platform.processor() or platform.machine(),
            "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
            "flags": [flag for flag in _CPU_FLAGS if flag in flags],
            "load_average_before": round(os.getloadavg()[0], 2),
            "multiplies_gflops": round(_multiplies(), 1),
        },
        "versions": {"python": platform.python_version()} | {name: version for name in _PACKAGES if (version := _version(name))},
    }


def _multiplies() -> float:
    """Billions of operations a second in which numpy multiplies two matrices of f32 on all cores: what no network of f32 can pass by much."""
    size, repeats = 2048, 5
    matrix = np.random.default_rng(0).random((size, size), dtype=np.float32)
    took = []
    for _ in range(repeats):
        before = time.perf_counter()
        matrix @ matrix
        took.append(time.perf_counter() - before)
    return 2 * size**3 / min(took) / 1e9


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _commit() -> str:
    try:
        done = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    except OSError:
        return "unknown"
    return done.stdout.strip() if done.returncode == 0 else "unknown"
