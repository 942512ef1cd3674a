"""The reader's network in torch: packaged weights, an adapter merged into them, three scores a token. Only training and conversion import it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

# What each token is scored for: its sentence answers, the answer starts here, it ends here. At the first token: none does.
SCORES = ("sentence", "start", "end")


class ReaderNetwork(nn.Module):
    """MiniLM over question and passage, and three scores for each token, shape (batch, tokens, 3)."""

    def __init__(self, encoder: nn.Module, hidden: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(hidden, len(SCORES))

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
        """Scores of each token; all three inputs have the shape (batch, tokens)."""
        out = self.encoder(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids)
        scores: Tensor = self.head(out.last_hidden_state.float())
        return scores


def base_encoder(folder: Path, **config: Any) -> nn.Module:
    """The packaged encoder in torch, without its pooler."""
    os.environ.update({"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"})
    from transformers import BertModel

    # Eager attention is 1.6 times as fast as the fused one in bf16 on two cores, and converts to fewer operations.
    model: nn.Module = BertModel.from_pretrained(str(folder), add_pooling_layer=False, attn_implementation="eager", **config)
    return model


def merge(encoder: nn.Module, adapter: Mapping[str, Tensor], scale: float) -> None:
    """Add the adapter's low-rank changes to the encoder's weights: W + scale * B A (Hu et al. 2021, eq. 3)."""
    with torch.no_grad():
        for name in {key.rsplit(".", 1)[0] for key in adapter if key.endswith((".A", ".B"))}:
            weight = encoder.get_parameter(f"{name}.weight")
            weight.add_(scale * adapter[f"{name}.B"].float() @ adapter[f"{name}.A"].float())
