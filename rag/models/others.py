"""The packaged networks where OpenVINO is not: on ONNX Runtime, or in torch as they are; both give what OpenVINO gives."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Inputs = Mapping[str, NDArray[np.int64]]


class OnnxNetwork:
    """One converted network on ONNX Runtime; safe to share between threads. Raises RuntimeError where its file is missing or damaged."""

    precision = "f32"

    def __init__(self, path: Path) -> None:
        # Heavy and optional: not where OpenVINO runs.
        import onnxruntime

        # Questions take turns (rag/line.py), so that one may have all cores.
        self._lock = threading.Lock()
        try:
            self._session: Any = onnxruntime.InferenceSession(str(path / "model.onnx"), providers=["CPUExecutionProvider"])
        except Exception as error:  # Its errors have no root of their own.
            raise RuntimeError(str(error)) from error

    def run(self, inputs: Inputs) -> NDArray[np.float32]:
        """The network's one output for inputs of the shape (n, tokens)."""
        with self._lock:
            out: NDArray[np.float32] = self._session.run(None, dict(inputs))[0]
        return out


class TorchNetwork:
    """A packaged network in torch, on a GPU where torch sees one; nothing is converted. Safe to share between threads."""

    def __init__(self, kind: str, adapter: Path) -> None:
        # Nothing here may reach for a model hub or report usage: set before the libraries read them.
        os.environ.update({"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "TOKENIZERS_PARALLELISM": "false"})
        # Heavy and optional: torch and transformers take up to 9 s to import, and only this runtime needs them.
        import torch
        from transformers.utils import logging as transformers_logging

        from rag.models.convert import module

        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers does not annotate it
        # It would list the weights of the pooler, which is not used.
        transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # nor this
        self._torch = torch
        self._lock = threading.Lock()
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.precision = f"f32 on {self.device}"
        self._module = module(kind, adapter).to(self.device)

    def run(self, inputs: Inputs) -> NDArray[np.float32]:
        """The network's one output for inputs of the shape (n, tokens)."""
        with self._lock, self._torch.no_grad():
            given = {name: self._torch.from_numpy(np.ascontiguousarray(array)).to(self.device) for name, array in inputs.items()}
            out: NDArray[np.float32] = self._module(**given).float().cpu().numpy()
        return out
