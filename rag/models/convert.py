"""``python -m rag.models.convert KIND FOLDER ADAPTER RUNTIME``: the packaged weights in the form of OpenVINO or ONNX Runtime, which then run without torch."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import safe_open
from torch import Tensor, nn

from rag.models import packaged
from rag.models.network import ReaderNetwork, base_encoder, merge
from rag.models.others import OnnxNetwork
from rag.models.runtime import openvino, precision

# Least cosine between what torch and the other runtime give for the same text; below, nothing is kept.
_LEAST_COSINE = 0.999


class MeanPooled(nn.Module):
    """The mean of the token vectors of each text, shape (batch, hidden), as all-MiniLM-L6-v2 pools."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
        """Vectors, not yet of unit length."""
        out = self.encoder(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids).last_hidden_state
        mask = attention_mask.unsqueeze(-1).to(out.dtype)
        pooled: Tensor = (out * mask).sum(1) / mask.sum(1)
        return pooled


def module(kind: str, adapter: Path) -> nn.Module:
    """The network of a kind in torch."""
    encoder = base_encoder(packaged.checked_folder())
    if kind == "embedding":
        return MeanPooled(encoder).eval()
    with safe_open(adapter, framework="pt") as file:
        held = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # not a dict
        scale = float(file.metadata()["scale"])
    network = ReaderNetwork(encoder, held["head.weight"].shape[1])
    network.head.load_state_dict({name: held.pop(f"head.{name}").float() for name in ("weight", "bias")})
    merge(encoder, held, scale)
    return network.eval()


def convert(kind: str, out: Path, adapter: Path, runtime: str) -> None:
    """Write the network into the folder, checked against torch on one padded batch."""
    network = module(kind, adapter)
    ids = torch.arange(1000, 1024).reshape(2, 12)
    inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "token_type_ids": torch.zeros_like(ids)}
    inputs["attention_mask"][1, 9:] = 0
    out.mkdir(parents=True, exist_ok=True)
    with torch.no_grad():
        expected = network(**inputs).numpy()
        got = (_to_onnx if runtime == "onnx" else _to_openvino)(network, inputs, out)
    one, other = expected[:1].ravel(), got[:1].ravel()
    cosine = float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other)))
    if not cosine >= _LEAST_COSINE:
        raise SystemExit(f"the converted {kind} network gives a cosine of {cosine:.4f} to torch's, expected {_LEAST_COSINE}")


def _to_openvino(network: nn.Module, inputs: dict[str, Tensor], out: Path) -> NDArray[np.float32]:
    """Write ``model.xml`` and ``model.bin``; gives what the network gives there."""
    ov = openvino()
    converted = ov.convert_model(network, example_input=inputs)
    converted.reshape({name: [-1, -1] for name in inputs})
    core = ov.Core()
    compiled = core.compile_model(converted, "CPU", {"INFERENCE_PRECISION_HINT": precision(core)})
    got: NDArray[np.float32] = compiled({name: given.numpy() for name, given in inputs.items()})[0]
    ov.save_model(converted, out / "model.xml", compress_to_fp16=True)
    return got


def _to_onnx(network: nn.Module, inputs: dict[str, Tensor], out: Path) -> NDArray[np.float32]:
    """Write ``model.onnx``; gives what the network gives there."""
    # Traced on other lengths than those that are compared, so that a size which was taken for a constant shows.
    example = tuple(given[:, :7].repeat(2, 1) for given in inputs.values())
    axes = {name: {0: "texts", 1: "tokens"} for name in inputs}
    # The newer exporter needs onnxscript besides onnx.
    torch.onnx.export(
        network,
        example,
        str(out / "model.onnx"),
        input_names=list(inputs),
        output_names=["out"],
        dynamic_axes=axes,
        opset_version=17,
        dynamo=False,
    )
    return OnnxNetwork(out).run({name: given.numpy() for name, given in inputs.items()})


if __name__ == "__main__":
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    convert(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4])
