"""Chroma with the embedding function that it takes when it is given none: MiniLM on ONNX Runtime, every text padded to 256 tokens.

Chroma would fetch its ONNX file, and compares the SHA-256 of the archive only after fetching. Here the file is made from the packaged weights
and put where Chroma looks first, so nothing is fetched and the weights are the same for all. Chroma's own file is not compared with it.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import chromadb
import numpy as np
from chromadb.utils.embedding_functions import ONNXMiniLM_L6_V2

from benchmarks.speed.files import pieces
from benchmarks.speed.kinds import Hit, Vectors
from rag.models import packaged

_AT_ONCE = 5000  # a call of `add` takes at most 5,461 in Chroma 1.5.9
_TOKENIZER = ("config.json", "special_tokens_map.json", "tokenizer_config.json", "tokenizer.json", "vocab.txt")


class Own:
    """A persistent collection with Chroma's default embedding function over a folder that holds the ONNX file."""

    def __init__(self, home: Path, model: Path) -> None:
        class Local(ONNXMiniLM_L6_V2):
            DOWNLOAD_PATH = model

        self._function = Local()
        self._collection = chromadb.PersistentClient(path=str(home)).create_collection("articles", embedding_function=self._function)
        self.embed(["warm"])

    def index(self, folder: Path) -> None:
        """``add``, with the texts."""
        held = pieces(folder)
        for start in range(0, len(held), _AT_ONCE):
            batch = held[start : start + _AT_ONCE]
            self._collection.add(
                ids=[str(start + place) for place in range(len(batch))],
                documents=[piece.text for piece in batch],
                metadatas=[piece.details | {"article": piece.id} for piece in batch],
            )

    def size(self) -> int:
        """Pieces in the collection."""
        return self._collection.count()

    def search(self, question: str, most: int) -> list[Hit]:
        """``query`` with the question's text."""
        found = self._collection.query(query_texts=[question], n_results=most)
        return [Hit(details["article"], text) for details, text in zip(found["metadatas"][0], found["documents"][0], strict=True)]

    def embed(self, texts: Sequence[str]) -> Vectors:
        """The embedding function alone."""
        return np.asarray(self._function(list(texts)), dtype=np.float32)


def opened(home: Path, prepared: Path) -> Own:
    """Chroma with its model loaded."""
    return Own(home, prepared / "chroma")


def prepare(folder: Path) -> None:
    """Write the packaged weights as ``onnx/model.onnx`` with the files beside it that Chroma expects."""
    # Heavy, and wanted once and in another process than the measured ones.
    import torch

    from rag.models.network import base_encoder

    class Hidden(torch.nn.Module):
        """The token vectors alone, which Chroma pools itself."""

        def __init__(self) -> None:
            super().__init__()
            self.encoder = base_encoder(packaged.checked_folder()).eval()

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor) -> torch.Tensor:
            out = self.encoder(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids)
            hidden: torch.Tensor = out.last_hidden_state
            return hidden

    out = folder / ONNXMiniLM_L6_V2.EXTRACTED_FOLDER_NAME
    out.mkdir(parents=True)
    ids = torch.arange(1000, 1024).reshape(2, 12)
    names = ["input_ids", "attention_mask", "token_type_ids"]
    axes = {name: {0: "batch", 1: "tokens"} for name in [*names, "last_hidden_state"]}
    # The older exporter needs `onnx` alone; the newer one two more packages.
    torch.onnx.export(
        Hidden(),
        (ids, torch.ones_like(ids), torch.zeros_like(ids)),
        str(out / "model.onnx"),
        input_names=names,
        output_names=["last_hidden_state"],
        dynamic_axes=axes,
        dynamo=False,
    )
    for name in _TOKENIZER:
        shutil.copy(packaged.folder() / name, out / name)
