"""The packaged networks on the runtime that is chosen: converted once by another process, kept beside the library under the digest of their weights,
run without torch where OpenVINO or ONNX Runtime is."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from rag.errors import ModelError
from rag.models import packaged
from rag.models.choice import Choice, Runtime, Wanted, capabilities, choose
from rag.models.others import OnnxNetwork, TorchNetwork

log = logging.getLogger(__name__)

Kind = Literal["embedding", "reader"]
# The reader's changes to the packaged weights, trained by `python -m training` (docs/reader.md).
ADAPTER = Path(__file__).with_name("reader.safetensors")
# Part of the name of what is cached: raised when the conversion changes, so that nothing old is used.
_CONVERSION = 1
# Two cores need 10 to 15 s, most of it to import torch.
_CONVERSION_SECONDS = 300
# One at a time: each takes a gigabyte while it lasts.
_CONVERTING = threading.Lock()


class Runs(Protocol):
    """A network on one of the runtimes; ``precision`` is what it computes in."""

    precision: str

    def run(self, inputs: Mapping[str, NDArray[np.int64]]) -> NDArray[np.float32]: ...


class Network:
    """One converted network on OpenVINO; safe to share between threads, which take turns."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        ov = openvino()
        core = ov.Core()
        self.precision = precision(core)
        options = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": self.precision, "CACHE_DIR": str(path / "compiled")}
        self._compiled: Any = core.compile_model(core.read_model(path / "model.xml"), "CPU", options)

    def run(self, inputs: Mapping[str, NDArray[np.int64]]) -> NDArray[np.float32]:
        """The network's one output for inputs of the shape (n, tokens)."""
        with self._lock:
            out: NDArray[np.float32] = self._compiled(dict(inputs))[0]
        return out.copy()


def openvino() -> Any:
    """The openvino module, imported without its usage reports."""
    # It reports each import to an analytics service unless its telemetry package is missing; then it uses an empty stand-in of its own.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # what the import system documents for "not there"
    import openvino

    return openvino


def precision(core: Any) -> str:
    """``bf16`` where the processor computes in it, twice as fast and with cosines of 1.0000 to ``f32``; else ``f32``."""
    return "bf16" if "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES") else "f32"


def chosen(wanted: Wanted) -> Choice:
    """The runtime for what ``NEWSDESK_RUNTIME`` says, on this machine; raises ModelError where it is not installed."""
    return choose(wanted, capabilities())


@dataclass(frozen=True, slots=True)
class InUse:
    """What computes the packaged networks here, why, in which precision (None: known once torch has looked for a GPU) and on how many processors."""

    runtime: Runtime
    why: str
    precision: str | None
    threads: int


def in_use(wanted: Wanted) -> InUse:
    """What ``network`` would use; it loads no network. Raises ModelError where the runtime that is wanted is not installed."""
    choice = chosen(wanted)
    known: str | None = None if choice.runtime == "torch" else OnnxNetwork.precision
    if choice.runtime == "openvino":
        known = precision(openvino().Core())
    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return InUse(choice.runtime, choice.why, known, threads)


def network(kind: Kind, cache: Path, wanted: Wanted = "auto") -> Runs:
    """The packaged network of a kind, converted into ``cache`` if it is not there yet and the runtime needs that.

    Raises ModelError when the weights are not the expected ones, the conversion fails, or the runtime that is wanted is not installed.
    """
    runtime = chosen(wanted).runtime
    if runtime == "torch":
        return TorchNetwork(kind, ADAPTER)
    home = cache / cached_name(kind, runtime)
    if there := _opened(home, runtime):
        return there
    cache.mkdir(parents=True, exist_ok=True)
    with _CONVERTING, FileLock(cache / f"{kind}.lock", timeout=_CONVERSION_SECONDS):
        # Another may have made it meanwhile, which must not be taken away again.
        if there := _opened(home, runtime):
            return there
        if home.is_dir():
            log.warning("The converted model at %s cannot be read; it is made anew.", home)
            shutil.rmtree(home, ignore_errors=True)
        _convert(kind, home, runtime)
    return _network(home, runtime)


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, encoding="utf-8", errors="replace", timeout=_CONVERSION_SECONDS, cwd=Path(__file__).parents[2]
    )


def _network(home: Path, runtime: Runtime) -> Runs:
    return OnnxNetwork(home) if runtime == "onnx" else Network(home)


def _opened(home: Path, runtime: Runtime) -> Runs | None:
    """None where there is none, or a damaged one: of a full disk or a copy cut short."""
    try:
        return _network(home, runtime) if home.is_dir() else None
    except RuntimeError:
        return None


def cached_name(kind: Kind, runtime: Runtime = "openvino") -> str:
    """What a converted network is kept under: its kind, the runtime unless it is OpenVINO, the conversion and the digest of all its weights."""
    digest = packaged.SHA256[:12] + (f"-{packaged.digest(ADAPTER)[:12]}" if kind == "reader" else "")
    return "-".join([kind, *([runtime] if runtime != "openvino" else []), str(_CONVERSION), digest])


def _convert(kind: Kind, home: Path, runtime: Runtime = "openvino") -> None:
    """Convert in a process of its own, so that torch is never imported here; what is put in place is whole."""
    log.info("Converting the packaged %s model once; this takes about 15 s.", kind)
    making = home.with_name(f".{home.name}.{os.getpid()}")
    shutil.rmtree(making, ignore_errors=True)
    try:
        command = [sys.executable, "-m", "rag.models.convert", kind, str(making), str(ADAPTER), runtime]
        done = _run(command)
        if done.returncode < 0:
            # Killed by a signal: torch and OpenVINO have crashed once in hundreds of conversions, and not twice in a row.
            log.warning("Converting the packaged %s model was ended by signal %d; trying again.", kind, -done.returncode)
            shutil.rmtree(making, ignore_errors=True)
            done = _run(command)
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise ModelError(
                f"The packaged {kind} model could not be converted (exit {done.returncode}): {last}. "
                f"Run `make install`, and see that {home.parent} can be written."
            )
        making.rename(home)
    except subprocess.TimeoutExpired as error:
        raise ModelError(
            f"Converting the packaged {kind} model took more than {_CONVERSION_SECONDS} s and was stopped: try again."
        ) from error
    finally:
        shutil.rmtree(making, ignore_errors=True)
