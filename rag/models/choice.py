"""Which runtime computes the packaged networks on this machine, and why; it decides from what there is, and loads nothing."""

from __future__ import annotations

from ctypes.util import find_library
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Literal

from rag.errors import ModelError

Runtime = Literal["openvino", "onnx", "torch"]
Wanted = Literal["auto", "openvino", "onnx", "torch"]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a machine has: OpenVINO; ONNX Runtime with the `onnx` that writes its files; an NVIDIA driver with a torch that was built for it."""

    openvino: bool
    onnx: bool
    gpu: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """A runtime, and why it is that one."""

    runtime: Runtime
    why: str


def choose(wanted: Wanted, there: Capabilities) -> Choice:
    """The runtime that is wanted; for ``auto`` torch where it has a GPU, else OpenVINO, ONNX Runtime and torch, the first that there is.

    Raises ModelError where the one that is wanted is not installed.
    """
    if wanted != "auto":
        if (wanted == "openvino" and not there.openvino) or (wanted == "onnx" and not there.onnx):
            package = "newsdesk[onnx]" if wanted == "onnx" else "openvino"
            raise ModelError(f"NEWSDESK_RUNTIME is {wanted}, which is not installed: run `pip install '{package}'`, or unset it.")
        return Choice(wanted, "NEWSDESK_RUNTIME says so")
    if there.gpu:
        return Choice("torch", "torch is built for a GPU, and there is one")
    if there.openvino:
        return Choice("openvino", "it is installed, and there is no GPU that torch is built for")
    if there.onnx:
        return Choice("onnx", "OpenVINO is not installed")
    return Choice("torch", "neither OpenVINO nor ONNX Runtime with the package onnx is installed")


def capabilities() -> Capabilities:
    """Those of this machine, found without importing any of the three, which takes up to 9 s."""
    onnx = find_spec("onnxruntime") is not None and find_spec("onnx") is not None
    return Capabilities(find_spec("openvino") is not None, onnx, _gpu_build() and find_library("cuda") is not None)


def _gpu_build() -> bool:
    try:
        return not version("torch").endswith("+cpu")
    except PackageNotFoundError:
        return False
