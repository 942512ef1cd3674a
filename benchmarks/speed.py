"""Times Newsdesk next to the LangChain pipeline that tutorials build, over the same folder and questions, in one run.

    python benchmarks/speed.py [--articles N] [--questions N] [--rounds N] [--json FILE]

Plain LangChain is RecursiveCharacterTextSplitter (1,000 characters, overlap 100), HuggingFaceEmbeddings with its defaults
on the packaged model, and a persistent Chroma. Needs the extra `bench`. Each pipeline runs in a process of its own in
each round, and they take turns at going first; the figures are medians over the rounds, with the lowest and highest.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml
from distractors import CORPUS, generate, write

from rag.settings import CHECKOUT

PIPELINES = ("newsdesk", "langchain")
_PACKAGES = (
    "newsdesk",
    "chromadb",
    "langchain-core",
    "langchain-chroma",
    "langchain-huggingface",
    "langchain-text-splitters",
    "sentence-transformers",
    "transformers",
    "torch",
)
_CPU_FLAGS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16")
_OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "ANONYMIZED_TELEMETRY": "False",
    "TOKENIZERS_PARALLELISM": "false",
}
_SPLITTER = {"chunk_size": 1000, "chunk_overlap": 100}
_PASSAGES = 8
_WARM_UPS = ("Who spoke at the meeting?", "How much did the new roof cost?", "When does the exhibition open?")
# Name, key, decimals. What one of the two pipelines cannot do is missing there.
_ROWS = (
    ("model ready, s", "load_s", 2),
    ("sync, s", "sync_s", 2),
    ("of it in the model, s", "model_s", 2),
    ("chunks", "chunks", 0),
    ("chunks/s", "chunks_per_s", 1),
    ("tokens embedded", "tokens", 0),
    ("tokens/s", "tokens_per_s", 0),
    ("sync of the unchanged folder, s", "again_s", 3),
    ("chunks after it", "again_chunks", 0),
    ("search p50, ms", "search_p50_ms", 1),
    ("search p95, ms", "search_p95_ms", 1),
    ("whole answer p50, ms", "ask_p50_ms", 1),
    ("whole answer p95, ms", "ask_p95_ms", 1),
    ("peak memory, MB", "peak_mb", 0),
    ("cores that others kept busy", "others", 2),
)
_NOTES = """\
sync: from the files to a searchable index, the model being loaded. tokens: what the model reads, special ones counted.
search: passages for a question, for LangChain similarity_search(k=8). whole answer: Newsdesk's Assistant.ask;
LangChain would now need a chat model, whose time is not in here. p50, p95: one process, distinct questions, after 3 others.
Cores that others kept busy: above about 0.1 the times tell of the machine's other work as well; measure again.
The unchanged folder: LangChain's from_documents embeds everything anew and stores it twice."""

Measured = dict[str, float]


def _newsdesk(folder: Path, home: Path, questions: Sequence[str]) -> Measured:
    started = time.perf_counter()
    # Only the process that measures Newsdesk may load it, or the other's memory would hold it too.
    from rag.assistant import Assistant
    from rag.models.embeddings import Embedder
    from rag.settings import Settings
    from rag.store.sync import sync

    embedded: list[str] = []
    seconds: list[float] = []

    class Recording(Embedder):
        """Remembers what it embeds, to count the tokens afterwards, and how long that took."""

        def embed(self, texts: Sequence[str]) -> Any:
            embedded.extend(texts)
            return _timed(lambda: super(Recording, self).embed(texts), seconds)

    settings = Settings(home=home, passages=_PASSAGES, models=CHECKOUT / ".newsdesk" / "models")
    assistant = Assistant(settings, embedder=Recording(cache=settings.models_folder))
    assistant.embedder.warm()
    assistant.reader.warm()
    loaded = time.perf_counter()
    embedded.clear()
    seconds.clear()
    sync(assistant.stores, [folder])
    synced, in_model = time.perf_counter(), sum(seconds)
    tokens = assistant.embedder.count_tokens(embedded)
    chunks = assistant.overview().chunks
    found = _measured(loaded - started, synced - loaded, in_model, chunks, _read_by_model(tokens, assistant.embedder.max_tokens))
    found |= _latencies("search", assistant.retriever.search, questions)
    found |= _latencies("ask", assistant.ask, questions)
    return found | _again(lambda: sync(assistant.stores, [folder]), lambda: assistant.overview().chunks)


def _langchain(folder: Path, home: Path, questions: Sequence[str]) -> Measured:
    started = time.perf_counter()
    # As above: each process loads one pipeline.
    from langchain_chroma import Chroma
    from langchain_core.documents import Document
    from langchain_huggingface import HuggingFaceEmbeddings
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    from rag.models import packaged

    seconds: list[float] = []

    class Recording(HuggingFaceEmbeddings):
        """Remembers how long it embeds documents."""

        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return _timed(lambda: super(Recording, self).embed_documents(texts), seconds)

    embeddings = Recording(model_name=str(packaged.checked_folder()))
    embeddings.embed_query("warm")
    loaded = time.perf_counter()

    def index() -> tuple[Chroma, list[Document]]:
        documents = [Document(text, metadata=details) for text, details in _documents(folder)]
        splits = RecursiveCharacterTextSplitter(**_SPLITTER).split_documents(documents)
        return Chroma.from_documents(splits, embeddings, persist_directory=str(home)), splits

    store, splits = index()
    synced, in_model = time.perf_counter(), sum(seconds)
    tokenizer = embeddings._client.tokenizer
    counted = tokenizer([split.page_content for split in splits], add_special_tokens=False, truncation=False, verbose=False)
    tokens = [len(ids) for ids in counted["input_ids"]]
    chunks = store._collection.count()
    found = _measured(loaded - started, synced - loaded, in_model, chunks, _read_by_model(tokens, embeddings._client.max_seq_length - 2))
    found |= _latencies("search", lambda question: store.similarity_search(question, k=_PASSAGES), questions)
    return found | _again(index, lambda: store._collection.count())


def _documents(folder: Path) -> list[tuple[str, dict[str, str]]]:
    """Texts and details of a folder of Markdown with front matter and JSON lines, as a tutorial's loader gives them."""
    found = []
    for path in sorted(folder.iterdir()):
        raw = path.read_text(encoding="utf-8")
        if path.suffix == ".jsonl":
            articles = [json.loads(line) for line in raw.splitlines()]
        else:
            _, front, body = raw.split("---\n", 2)
            articles = [yaml.load(front, Loader=yaml.CSafeLoader) | {"text": body.strip()}]
        for article in articles:
            found.append((article.pop("text"), {key: str(value) for key, value in article.items()}))
    return found


def _read_by_model(tokens: Sequence[int], most: int) -> int:
    """Tokens that go through the model: what is above its limit is cut off, and two special tokens come on top."""
    return sum(min(count, most) + 2 for count in tokens)


def _timed(work: Callable[[], Any], seconds: list[float]) -> Any:
    before = time.perf_counter()
    done = work()
    seconds.append(time.perf_counter() - before)
    return done


def _measured(load: float, sync: float, in_model: float, chunks: int, tokens: int) -> Measured:
    return {
        "load_s": load,
        "sync_s": sync,
        "model_s": in_model,
        "chunks": chunks,
        "chunks_per_s": chunks / sync,
        "tokens": tokens,
        "tokens_per_s": tokens / sync,
    }


def _latencies(name: str, answer: Callable[[str], object], questions: Sequence[str]) -> Measured:
    for question in _WARM_UPS:
        answer(question)
    took = []
    for question in questions:
        before = time.perf_counter()
        answer(question)
        took.append(1000 * (time.perf_counter() - before))
    cuts = statistics.quantiles(took, n=20, method="inclusive")
    return {f"{name}_p50_ms": statistics.median(took), f"{name}_p95_ms": cuts[-1]}


def _again(index: Callable[[], object], count: Callable[[], int]) -> Measured:
    before = time.perf_counter()
    index()
    return {"again_s": time.perf_counter() - before, "again_chunks": count()}


def _memory() -> Measured:
    """Highest resident memory of this process; Linux counts in kilobytes.

    The short process in which Newsdesk checks an index is left out: Linux gives a child the peak of the process that forked it.
    """
    return {"peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6}


def _busy_elsewhere() -> float | None:
    """Processor seconds that this machine spent on other processes since it started; None where Linux does not tell."""
    stat = Path("/proc/stat")
    if not stat.exists():
        return None
    user, nice, system, _, _, irq, soft_irq, steal, *_ = map(int, stat.read_text(encoding="utf-8").splitlines()[0].split()[1:])
    own = sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))
    return (user + nice + system + irq + soft_irq + steal) / os.sysconf("SC_CLK_TCK") - own


def work(pipeline: str, place: Path) -> None:
    """Measure one pipeline in this process, and leave the figures in its folder."""
    questions = json.loads((place.parent / "questions.json").read_text(encoding="utf-8"))
    measure = {"newsdesk": _newsdesk, "langchain": _langchain}[pipeline]
    started, busy = time.perf_counter(), _busy_elsewhere()
    found = measure(place.parent / "articles", place / "home", questions) | _memory()
    if busy is not None and (busy_now := _busy_elsewhere()) is not None:
        # Clock ticks of the two counters differ by a few hundredths.
        found["others"] = max(0.0, busy_now - busy) / (time.perf_counter() - started)
    (place / "measured.json").write_text(json.dumps(found), encoding="utf-8")


def prepare(folder: Path, *, articles: int, questions: int) -> int:
    """The sample corpus and as many generated articles, and the questions about both; returns how many questions there are."""
    shutil.copytree(CORPUS / "articles", folder / "articles")
    generated = list(generate(articles, seed=7))
    write(generated, folder / "articles")
    tests = yaml.safe_load((CORPUS / "prompts.yaml").read_text(encoding="utf-8"))["tests"]
    # A follow-up is no question by itself.
    prompts = dict.fromkeys(test["question"] for test in tests if "history" not in test)
    titles = dict.fromkeys(article["title"] for article in generated)
    half = min(len(prompts), questions - min(len(titles), questions // 2))
    asked = [*list(prompts)[:half], *list(titles)[: questions - half]]
    (folder / "questions.json").write_text(json.dumps(asked), encoding="utf-8")
    return len(asked)


def run(folder: Path, rounds: int) -> dict[str, list[Measured]]:
    """Every round's figures; the pipelines take turns at going first."""
    found: dict[str, list[Measured]] = {pipeline: [] for pipeline in PIPELINES}
    environment = {key: value for key, value in os.environ.items() if not key.startswith("NEWSDESK_")} | _OFFLINE
    for number in range(rounds):
        for pipeline in PIPELINES if number % 2 == 0 else PIPELINES[::-1]:
            place = folder / f"{pipeline}-{number}"
            place.mkdir()
            print(f"round {number + 1} of {rounds}: {pipeline}", file=sys.stderr, flush=True)
            command = [sys.executable, str(Path(__file__).resolve()), "--work", pipeline, str(place)]
            done = subprocess.run(command, env=environment, cwd=place, capture_output=True, text=True, check=False)
            if done.returncode:
                sys.exit(f"{pipeline} failed:\n{done.stderr[-4000:]}")
            found[pipeline].append(json.loads((place / "measured.json").read_text(encoding="utf-8")))
            shutil.rmtree(place)
    return found


def summary(found: Mapping[str, Sequence[Measured]]) -> dict[str, Any]:
    """For each figure the median, lowest and highest of each pipeline, and the ratio of the medians, Newsdesk to LangChain."""
    rows: dict[str, Any] = {}
    for _, key, _ in _ROWS:
        row: dict[str, Any] = {}
        for pipeline, rounds in found.items():
            values = [measured[key] for measured in rounds if key in measured]
            row[pipeline] = {"median": statistics.median(values), "lowest": min(values), "highest": max(values)} if values else None
        ours, plain = (row[pipeline] for pipeline in PIPELINES)
        row["ratio"] = ours["median"] / plain["median"] if ours and plain and plain["median"] else None
        rows[key] = row
    return rows


def circumstances(options: argparse.Namespace, *, questions: int) -> dict[str, Any]:
    """What the figures hang on: machine, versions, date, commit, command and sizes."""
    cpu = Path("/proc/cpuinfo").read_text(encoding="utf-8") if Path("/proc/cpuinfo").exists() else ""
    lines = dict(line.split(":", 1) for line in cpu.splitlines() if ":" in line)
    told = {key.strip(): value.strip() for key, value in lines.items()}
    flags = set(told.get("flags", "").split())
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "command": shlex.join(["python", *sys.argv]),
        "machine": {
            "cpu": told.get("model name") or platform.processor() or platform.machine(),
            "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
            "flags": [flag for flag in _CPU_FLAGS if flag in flags],
            "flags_missing": [flag for flag in _CPU_FLAGS if flag not in flags],
            "load_average_before": round(os.getloadavg()[0], 2),
        },
        "versions": {"python": platform.python_version()} | {name: metadata.version(name) for name in _PACKAGES},
        "articles": options.articles + len(list((CORPUS / "articles").glob("*.md"))),
        "questions": questions,
        "rounds": options.rounds,
    }


def _commit() -> str:
    try:
        done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    except OSError:
        return "unknown"
    return done.stdout.strip() if done.returncode == 0 else "unknown"


def show(report: Mapping[str, Any]) -> None:
    """The circumstances and the table, on standard output."""
    machine = report["machine"]
    missing = f"; without {', '.join(machine['flags_missing'])}" if machine["flags_missing"] else ""
    print(report["command"])
    print(f"{report['date']}, commit {report['commit']}")
    print(
        f"{machine['cpu']}, {machine['cores']} cores ({', '.join(machine['flags'])}{missing}), load before {machine['load_average_before']}"
    )
    print(", ".join(f"{name} {version}" for name, version in report["versions"].items()))
    print(f"{report['articles']:,} articles, {report['questions']} questions, {report['rounds']} rounds: median [lowest to highest]\n")
    print(f"{'':32}{'Newsdesk':>30}{'plain LangChain':>30}{'ratio':>9}")
    for name, key, decimals in _ROWS:
        row = report["figures"][key]
        cells = "".join(f"{_cell(row[pipeline], decimals):>30}" for pipeline in PIPELINES)
        print(f"{name:32}{cells}{_ratio(row['ratio']):>9}")
    print(f"\n{_NOTES}")


def _cell(figure: Mapping[str, float] | None, decimals: int) -> str:
    if figure is None:
        return "-"
    median, lowest, highest = (f"{figure[key]:,.{decimals}f}" for key in ("median", "lowest", "highest"))
    return median if lowest == highest else f"{median} [{lowest} to {highest}]"


def _ratio(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio:.2f}" if ratio >= 0.1 else f"{ratio:.4f}"


def main() -> None:
    """Run both pipelines and print what they took."""
    parser = argparse.ArgumentParser(description="Times Newsdesk next to a plain LangChain pipeline.")
    parser.add_argument("--articles", type=int, default=300, help="generated articles beside the sample corpus (default: 300)")
    parser.add_argument("--questions", type=int, default=100, help="at most; half from the prompts, half headlines (default: 100)")
    parser.add_argument("--rounds", type=int, default=3, help="default: 3")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the report, with every round, as JSON")
    parser.add_argument("--work", nargs=2, metavar=("PIPELINE", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(options.work[0], Path(options.work[1]))
        return
    if options.articles < 0 or options.questions < 2 or options.rounds < 1:
        parser.error("needs --articles of 0 or more, --questions of 2 or more and --rounds of 1 or more")
    with tempfile.TemporaryDirectory(prefix="newsdesk-speed-") as folder:
        questions = prepare(Path(folder), articles=options.articles, questions=options.questions)
        report = circumstances(options, questions=questions)
        found = run(Path(folder), options.rounds)
    report |= {"figures": summary(found), "rounds_measured": found}
    show(report)
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
