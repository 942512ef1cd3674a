"""The chunking lab: tokens counted as the study counts them, exact spans, equal or fewer tokens, libraries that are kept."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_text_splitters import RecursiveCharacterTextSplitter

from rag.errors import UsageError
from rag.evaluate.chunking.corpora import Corpora, read_corpora
from rag.evaluate.chunking.lab import Plan, halves, run_lab
from rag.evaluate.chunking.libraries import recursive_chunker
from rag.evaluate.chunking.report import DEVELOPMENT, HELD_OUT, LabReport, lab_json, lab_table
from rag.evaluate.chunking.scores import Piece, Score, estimate, fitting, ruler, score, total
from rag.models.embeddings import Embedder
from rag.records import Filters, Span
from rag.settings import Settings
from rag.store.library import Library

TEXTS = {
    "ferry": "The ferry to Skell leaves at seven. Captain Ines Vold steers it through the strait.\n\n"
    "In winter the crossing takes four hours, because the ice has to be broken first. Passengers drink cocoa below deck.\n\n"
    "A ticket costs 90 crowns, and children travel free. Dogs pay half.\n\n"
    "The engine was built in Hamre in 1974 and has been repaired eleven times since.",
    "orchard": "Frost destroyed two thirds of the apple blossom around Hamre. Grower Pia Lunde expects a small crop.\n\n"
    "The bees came late this year, since April was cold. Beekeepers moved 40 hives to the southern slope.\n\n"
    "Cider makers will buy apples from abroad. A litre may cost a third more in autumn.\n\n"
    "The oldest tree, planted in 1811, bore no blossom at all.",
    "quokka_notes": "The town library lends violins from March. Librarian Tomas Egeland bought 30 instruments for $9,400.\n\n"
    "Each violin may be kept for six weeks. A teacher gives free lessons on Thursdays in the reading room.\n\n"
    "Strings that break are paid by the town. The waiting list has 112 names already.\n\n"
    "Next year the library wants to lend accordions as well.",
}
ASKED = [
    ("ferry", "What does a ticket cost?", ["A ticket costs 90 crowns"]),
    ("ferry", "How long does the crossing take in winter, and why?", ["the crossing takes four hours", "the ice has to be broken first"]),
    ("quokka_notes", "How long may a violin be kept?", ["Each violin may be kept for six weeks."]),
    ("quokka_notes", "Who pays for broken strings?", ["Strings that break are paid by the town."]),
    ("orchard", "How many hives were moved?", ["Beekeepers moved 40 hives"]),
    ("orchard", "When was the oldest tree planted?", ["planted in 1811"]),
]
PLAN = Plan(sizes=(32,), baselines=((16, 8),), top=2)


def reference(corpus: str, content: str, shift: int = 0) -> dict[str, object]:
    start = TEXTS[corpus].index(content) + shift
    return {"content": content, "start_index": start, "end_index": start + len(content)}


def write(folder: Path, rows: list[tuple[str, str, str]], header: tuple[str, ...] = ("question", "references", "corpus_id")) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in TEXTS.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    with (folder / "questions_df.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return folder


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder(cache=Settings().models_folder)


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Corpora:
    rows = [(asked, json.dumps([reference(corpus, part) for part in parts]), corpus) for corpus, asked, parts in ASKED]
    return read_corpora(write(tmp_path_factory.mktemp("corpora") / "data", rows))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lab")


@pytest.fixture(scope="module")
def report(corpora: Corpora, embedder: Embedder, home: Path) -> LabReport:
    """All titles are heads here; one of the three corpora is chosen on, two are held out."""
    return run_lab(corpora, embedder=embedder, settings=Settings(home=home, chunk_tokens=32, header_tokens=12), plan=PLAN)


A, B = "a", "b"


@pytest.mark.parametrize(
    ("relevant", "retrieved", "expected"),
    [
        pytest.param([Piece(A, 10, 20)], [Piece(A, 10, 20)], Score(1, 1, 1, 10), id="the excerpt itself"),
        pytest.param([Piece(A, 10, 20)], [Piece(A, 0, 40)], Score(1, 0.25, 0.25, 40), id="a chunk around it"),
        pytest.param([Piece(A, 10, 20)], [Piece(A, 15, 25)], Score(0.5, 0.5, 5 / 15, 10), id="half of it"),
        # 30 retrieved with the ten of the overlap counted twice; ten of the excerpt found, once.
        pytest.param([Piece(A, 5, 15)], [Piece(A, 0, 15), Piece(A, 5, 20)], Score(1, 10 / 30, 10 / 30, 30), id="overlapping chunks"),
        pytest.param([Piece(A, 0, 4), Piece(A, 8, 12)], [Piece(A, 0, 10)], Score(6 / 8, 6 / 10, 6 / 12, 10), id="two excerpts"),
        pytest.param([Piece(A, 0, 6), Piece(A, 4, 10)], [Piece(A, 0, 5)], Score(0.5, 1, 0.5, 5), id="excerpts that overlap count once"),
        pytest.param([Piece(A, 0, 10)], [Piece(B, 0, 10)], Score(0, 0, 0, 10), id="the same place in another corpus"),
        pytest.param([Piece(A, 0, 10)], [Piece(B, 0, 30), Piece(A, 0, 10)], Score(1, 10 / 40, 10 / 40, 40), id="others cost precision"),
        pytest.param([Piece(A, 0, 10)], [], Score(0, 0, 0, 0), id="nothing retrieved"),
    ],
)
def test_score(relevant: list[Piece], retrieved: list[Piece], expected: Score) -> None:
    assert score(relevant, retrieved) == expected


def test_tokens_are_the_models_own(embedder: Embedder) -> None:
    text = "Unbelievable: 14 ships waited."
    measure = ruler(embedder, A, text)
    assert total([measure.piece(Span(0, len(text)))]) == embedder.count_tokens([text])[0]
    assert total([measure.piece(Span(14, 22))]) == 2
    # A cut inside a token takes it along; a stretch without a token is empty.
    assert total([measure.piece(Span(17, 18))]) == 1
    assert total([measure.piece(Span(13, 14))]) == 0


@given(st.lists(st.integers(0, 60)), st.integers(0, 200))
def test_what_fits_is_never_above_the_tokens(sizes: list[int], tokens: int) -> None:
    ranked = [Piece(A, 0, size) for size in sizes]
    kept = fitting(ranked, tokens)
    assert kept == ranked[: len(kept)]
    assert total(kept) <= tokens
    assert len(kept) == len(ranked) or total(ranked[: len(kept) + 1]) > tokens


words = st.sampled_from(
    [
        "a",
        "b",
        "the",
        "harbour",
        "unbelievable",
        "ß",
        "…",
        "x" * 30,
        "donaudampfschiffkapitaen0123456789",
        "東京",
        "\u200b",
        "n.",
        "\u0301e",
    ]
)
gaps = st.sampled_from([" ", " ", " ", "\n", "\n\n", "  ", "\t"])
texts = st.lists(st.tuples(words, gaps), max_size=60).map(lambda parts: "".join(word + gap for word, gap in parts))


@settings(deadline=None, max_examples=100)
@given(text=texts, size=st.integers(4, 20), share=st.sampled_from([0, 0.5]))
def test_spans_of_the_splitter_are_its_chunks(embedder: Embedder, text: str, size: int, share: float) -> None:
    overlap = int(size * share)
    chunks = recursive_chunker(size, overlap)(text, count_tokens=embedder.count_tokens, max_tokens=1)
    splitter = RecursiveCharacterTextSplitter(
        chunk_size=size, chunk_overlap=overlap, length_function=lambda part: embedder.count_tokens([part])[0]
    )
    assert [text[chunk.start : chunk.end] for chunk in chunks] == splitter.split_text(text)
    assert [chunk.start for chunk in chunks] == sorted({chunk.start for chunk in chunks})
    reached = 0
    for chunk in chunks:
        assert not text[reached : chunk.start].strip(), "words are left out between two chunks"
        reached = max(reached, chunk.end)
    assert not text[reached:].strip()


def test_development_and_held_out_are_disjoint() -> None:
    study = dict.fromkeys(["state_of_the_union", "wikitexts", "chatlogs", "finance", "pubmed"], "")
    assert halves(study) == (("chatlogs", "finance", "pubmed"), ("state_of_the_union", "wikitexts"))
    for count in range(7):
        chosen_on, reported = halves(dict.fromkeys(map(str, range(count)), ""))
        assert not set(chosen_on) & set(reported)
        assert len(chosen_on) + len(reported) == count


def test_ours_never_gets_more_tokens_than_the_baseline(report: LabReport) -> None:
    assert {(c.split, c.way, c.baseline) for c in report.comparisons} == {
        (split, way, f"recursive {size}/{overlap}")
        for split in (DEVELOPMENT, HELD_OUT)
        for way in ("dense", "hybrid")
        for size, overlap in PLAN.baselines
    }
    for comparison in report.comparisons:
        assert comparison.tokens <= comparison.baseline_tokens
        assert comparison.difference.mean == pytest.approx(comparison.recall.mean - comparison.baseline_recall.mean)


def test_each_half_is_searched_alone(report: LabReport, home: Path) -> None:
    assert report.corpora == {DEVELOPMENT: ("ferry",), HELD_OUT: ("orchard", "quokka_notes")}
    for split, ids in report.corpora.items():
        assert {article.article_id for article in Library(home / split / "ours-32").articles()} == set(ids)


def test_only_our_chunks_carry_a_header(report: LabReport, home: Path) -> None:
    # The word stands in the title alone.
    found = {
        name: len(Library(home / HELD_OUT / name).match('"quokka"', filters=Filters(), limit=99)) for name in ("ours-32", "recursive-16-8")
    }
    assert found["ours-32"] > 0
    assert found["recursive-16-8"] == 0


def test_second_run_embeds_nothing_and_everything_retrieved_is_full_recall(
    report: LabReport, corpora: Corpora, embedder: Embedder, home: Path
) -> None:
    assert report.embedded > 0
    stages = set[str]()
    plan = Plan(sizes=PLAN.sizes, baselines=PLAN.baselines, top=100)
    again = run_lab(
        corpora,
        embedder=embedder,
        settings=Settings(home=home, chunk_tokens=32, header_tokens=12),
        plan=plan,
        on_progress=lambda stage, done, total: stages.add(stage),
    )
    assert again.embedded == 0
    assert not [stage for stage in stages if "embedding" in stage]
    # The dense search leaves nothing out when it is asked for everything.
    dense = [row for row in again.rows if row.way == "dense"]
    assert [row.recall.mean for row in dense] == [1.0] * len(dense)
    whole = sum(total([ruler(embedder, id, text).piece(Span(0, len(text)))]) for id, text in TEXTS.items() if id != "ferry")
    ours = next(row for row in dense if (row.split, row.chunking) == (HELD_OUT, "ours 32"))
    overlapping = next(row for row in dense if (row.split, row.chunking) == (HELD_OUT, "recursive 16/8"))
    assert ours.tokens == whole < overlapping.tokens


def test_report_as_table_and_json(report: LabReport) -> None:
    table = lab_table(report)
    assert all(row.chunking in table for row in report.rows)
    assert f"Better than every baseline on the held-out corpora: {'yes' if report.is_better else 'no'}" in table
    plain = json.loads(json.dumps(lab_json(report)))
    assert plain["schema"] == 1
    assert len(plain["rows"]) == len(report.rows)
    assert plain["comparisons"][0]["difference"].keys() == {"mean", "low", "high"}


def test_estimate_is_the_same_each_time() -> None:
    values = [0.0, 0.25, 1.0, 1.0, 0.5]
    assert estimate(values) == estimate(values)
    assert estimate(values).low < estimate(values).mean == 0.55 < estimate(values).high


def test_excerpts_elsewhere_are_moved_and_lost_ones_counted(tmp_path: Path) -> None:
    moved, lost = reference("ferry", "Dogs pay half.", shift=-3), {"content": "Cats pay nothing.", "start_index": 0, "end_index": 17}
    twice = {"content": "the", "start_index": 0, "end_index": 3}
    folder = write(
        tmp_path / "data",
        [
            ("What do dogs pay?", json.dumps([moved]), "ferry"),
            *((asked, json.dumps([given]), "ferry") for asked, given in [("?", lost), ("??", twice)]),
        ],
    )
    (folder / "ferry.md").write_bytes(TEXTS["ferry"].replace("\n", "\r\n").encode())
    read = read_corpora(folder)
    assert (len(read.questions), read.moved, read.skipped) == (1, 1, 2)
    assert read.texts["ferry"] == TEXTS["ferry"]
    (excerpt,) = read.questions[0].excerpts
    assert read.texts["ferry"][excerpt.start : excerpt.end] == "Dogs pay half."


GOOD = json.dumps([reference("ferry", "Dogs pay half.")])


@pytest.mark.parametrize(
    ("rows", "named"),
    [
        pytest.param([("What?", GOOD, "submarine")], "line 2: there is no corpus submarine.md", id="unknown corpus"),
        pytest.param([("What?", GOOD, "ferry"), ("What?", "[{", "ferry")], "line 3: references", id="broken JSON"),
        pytest.param([("What?", '["Dogs"]', "ferry")], "line 2: references", id="references without offsets"),
        pytest.param([("What?", "7", "ferry")], "line 2: references", id="references that are no list"),
        pytest.param([("What?", "[]", "ferry")], "line 2: references", id="no reference"),
        pytest.param(
            [("What?", '[{"content": " ", "start_index": 0, "end_index": 1}]', "ferry")], "line 2: references", id="blank excerpt"
        ),
        pytest.param([("", GOOD, "ferry")], "line 2: question is empty", id="empty question"),
        pytest.param([("What?", GOOD)], "line 2: corpus_id is empty", id="short row"),
    ],
)
def test_broken_row_is_named_in_one_line(tmp_path: Path, rows: list[tuple[str, str, str]], named: str) -> None:
    with pytest.raises(UsageError, match=r"questions_df\.csv") as raised:
        read_corpora(write(tmp_path / "data", rows))
    assert named in str(raised.value)
    assert "\n" not in str(raised.value)


def test_broken_folder_is_named_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"holds no \*.md corpora"):
        read_corpora(tmp_path)
    folder = write(tmp_path / "data", [], header=("question", "answer", "corpus_id"))
    with pytest.raises(UsageError, match="line 1: column references is missing"):
        read_corpora(folder)
    (folder / "questions_df.csv").write_text('question,references,corpus_id\nWhat?,"[{', encoding="utf-8")
    with pytest.raises(UsageError, match="line 2"):
        read_corpora(folder)
    (folder / "ferry.md").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match=r"ferry.md is not UTF-8"):
        read_corpora(folder)
    (folder / "ferry.md").write_text("far too long " * 80_000, encoding="utf-8")
    with pytest.raises(UsageError, match=r"ferry.md has 1,040,000 characters"):
        read_corpora(folder)
    (folder / "ferry.md").unlink()
    (folder / "questions_df.csv").unlink()
    with pytest.raises(UsageError, match=r"questions_df.csv cannot be read"):
        read_corpora(folder)


def test_too_few_questions_to_compare(tmp_path: Path, embedder: Embedder) -> None:
    read = read_corpora(write(tmp_path / "data", [("What do dogs pay?", GOOD, "ferry")]))
    with pytest.raises(UsageError, match="1 questions are about the development corpora"):
        run_lab(read, embedder=embedder, settings=Settings(home=tmp_path / "lab"))
