"""Trains the reader's adapter on two cores: low-rank changes to the packaged weights (peft), saved without the weights themselves."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from rag.models.network import ReaderNetwork, base_encoder
from training.batches import Encoded, batches, tensors

log = logging.getLogger("training")

RANK = 32
# The usual twice the rank, so that the changes weigh 2 (Hu et al. 2021).
_ALPHA = 64
_RATE = 1.2e-3
# An adapter that is trained on has less to unlearn.
_RATE_AGAIN = 7e-4
_WARM_UP = 0.06
_BATCH_TOKENS = 6000
_CUT = -1e4


def sentence_logits(scores: Tensor, sentence: Tensor) -> Tensor:
    """Log-sum-exp of the sentence scores over each sentence's tokens; column 0 is the first token's, "none answers"; shape (batch, most + 1)."""
    most = int(sentence.max())
    columns = torch.arange(1, most + 1, device=scores.device)
    inside = sentence.unsqueeze(-1) == columns
    pooled = torch.where(inside, scores[..., 0:1].expand(-1, -1, most), _CUT).logsumexp(1)
    return torch.cat([scores[:, 0, 0:1], torch.where(inside.any(1), pooled, _CUT)], dim=1)


def loss_of(scores: Tensor, batch: dict[str, Tensor]) -> Tensor:
    """Cross-entropy of the answering sentence, plus half of that of the span's two ends."""
    allowed = (batch["sentence"] > 0).clone()
    allowed[:, 0] = True
    start, end = (scores[..., i].masked_fill(~allowed, _CUT) for i in (1, 2))
    spans = functional.cross_entropy(start, batch["start"]) + functional.cross_entropy(end, batch["end"])
    return functional.cross_entropy(sentence_logits(scores, batch["sentence"]), batch["target"]) + 0.5 * spans


def train(
    folder: Path, examples: Sequence[Encoded], *, passes: int, seed: int, out: Path, start: Path | None = None, held: Sequence[Encoded] = ()
) -> None:
    """Train on the examples, on from the adapter at ``start`` if given, and save the adapter at ``out``, also on the way; the held-out
    ones are only looked at."""
    torch.manual_seed(seed)
    encoder = base_encoder(folder, attention_probs_dropout_prob=0.0, hidden_dropout_prob=0.0)
    adapted = get_peft_model(
        encoder, LoraConfig(r=RANK, lora_alpha=_ALPHA, lora_dropout=0.0, target_modules=["query", "key", "value", "dense"])
    )
    network = ReaderNetwork(adapted, 384)
    if start:
        load(network, start)
    parameters = [p for p in network.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=_RATE if start is None else _RATE_AGAIN, weight_decay=0.01, betas=(0.9, 0.98))
    plan = [batch for number in range(passes) for batch in batches(examples, tokens=_BATCH_TOKENS, seed=seed + number)]
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate_at(step / len(plan)))
    started, running = time.monotonic(), 0.0
    for step, batch in enumerate(plan, start=1):
        inputs = tensors(batch)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            scores = network(inputs["input_ids"], inputs["attention_mask"], inputs["token_type_ids"])
        loss = loss_of(scores, inputs)
        loss.backward()  # type: ignore[no-untyped-call]  # torch does not annotate it
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        running += (loss.item() - running) / min(step, 100)
        if step % 100 == 0 or step == len(plan):
            log.info("step %d of %d, loss %.3f, %.0f s", step, len(plan), running, time.monotonic() - started)
        if step % 600 == 0 or step == len(plan):
            save(network, out)
            if held:
                log.info("held out: %s", check(network, held))


def _rate_at(done: float) -> float:
    """Linear warm-up, then a cosine down to nothing."""
    return done / _WARM_UP if done < _WARM_UP else 0.5 * (1 + math.cos(math.pi * (done - _WARM_UP) / (1 - _WARM_UP)))


def check(network: ReaderNetwork, held: Sequence[Encoded]) -> str:
    """Share of the answerable whose sentence comes first (with and without "none"), and of the others where "none" does."""
    first = kept = refused = 0
    answerable = sum(e.target > 0 for e in held)
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        for batch in batches(held, tokens=_BATCH_TOKENS, seed=0):
            inputs = tensors(batch)
            scores = network(inputs["input_ids"], inputs["attention_mask"], inputs["token_type_ids"])
            logits, target = sentence_logits(scores, inputs["sentence"]), inputs["target"]
            some = target > 0
            first += int(((logits[:, 1:].argmax(1) + 1 == target) & some).sum())
            kept += int(((logits.argmax(1) > 0) & some).sum())
            refused += int(((logits.argmax(1) == 0) & ~some).sum())
    none = len(held) - answerable
    return f"first {first / answerable:.3f}, kept {kept / answerable:.3f} (n={answerable}), refused {refused / max(1, none):.3f} (n={none})"


def load(network: ReaderNetwork, path: Path) -> None:
    """Put a saved adapter's matrices and head into the network."""
    held = load_file(path)
    state = network.state_dict()
    for name, value in held.items():
        if name.startswith("head."):
            state[name] = value.float()
        else:
            layer, side = name.rsplit(".", 1)
            state[f"encoder.base_model.model.{layer}.lora_{side}.default.weight"] = value.float()
    network.load_state_dict(state)


def save(network: ReaderNetwork, out: Path) -> None:
    """The adapter's matrices and the head, in half precision."""
    held = {}
    for name, value in network.encoder.state_dict().items():
        if ".lora_A." in name or ".lora_B." in name:
            plain = name.removeprefix("base_model.model.")
            layer, side = plain.split(".lora_")
            held[f"{layer}.{side[0]}"] = value.half().contiguous()
    held |= {f"head.{name}": value.half().contiguous() for name, value in network.head.state_dict().items()}
    out.parent.mkdir(parents=True, exist_ok=True)
    save_file(held, out, metadata={"scale": str(_ALPHA / RANK)})
