"""A tiny chat model with random weights, for tests of an OpenAI-compatible server."""

from __future__ import annotations

from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

SEED = 0
WORDS = "The Rain Fell Over A River And That Market Rose While Many People Were There"
BOS, EOS = "<|im_start|>", "<|im_end|>"
CHAT_TEMPLATE = (
    "{% for message in messages %}"
    f"{{{{ '{BOS}' + message['role'] + '\\n' + message['content'] + '{EOS}\\n' }}}}"
    "{% endfor %}"
    f"{{% if add_generation_prompt %}}{{{{ '{BOS}assistant\\n' }}}}{{% endif %}}"
)


def make_tokenizer() -> PreTrainedTokenizerFast:
    """Byte-level BPE: all 256 bytes, so that any text round-trips, and the words of WORDS."""
    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=1000, special_tokens=[BOS, EOS], initial_alphabet=alphabet, show_progress=False)
    core.train_from_iterator([f" {WORDS}."], trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=core, bos_token=BOS, eos_token=EOS, pad_token=EOS)
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer


def make_tiny_model(folder: Path) -> None:
    """Save a random Llama and its tokenizer; it answers with words of WORDS and full stops, never EOS."""
    tokenizer = make_tokenizer()
    words = tokenizer.encode(f" {WORDS}.")
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=32768,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    torch.manual_seed(SEED)
    model = LlamaForCausalLM(config)
    model.generation_config.do_sample = True
    model.generation_config.suppress_tokens = [token for token in range(len(tokenizer)) if token not in words]
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
