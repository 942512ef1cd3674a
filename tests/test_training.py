"""What the reader is trained on: the examples, what is made of them, and how they are encoded; the training itself is a script."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from rag.models.scores import header_of
from rag.records import Passage, Span
from rag.text.sentences import split_sentences
from training.cases import Case, answers
from training.examples import Example, Paragraph, window
from training.negatives import lookalikes, swapped
from training.sources import news
from training.wording import harder, neighbours, reworded

NEWS = Path(__file__).parent.parent / "training" / "news"
TEXT = "The mill in Arden was built in 1871. A Quaker family paid for it. It closed in 2013, after a fire had destroyed the looms."


def example(question: str, answer: str | None, *, text: str = TEXT, article: str = "a", source: str = "s") -> Example:
    start = text.index(answer) if answer else 0
    span = Span(start, start + len(answer)) if answer else None
    return Example(question, Paragraph(article, "Arden", text), span, source, (answer,) if answer else ())


@pytest.mark.parametrize("name", ["train", "held_out", "fit", "test", "more"])
def test_invented_news_answers_stand_in_one_sentence(name: str) -> None:
    examples = list(news(NEWS / f"{name}.jsonl"))
    assert len(examples) > 400
    across = []
    for e in examples:
        if e.answer:
            assert e.paragraph.text[e.answer.start : e.answer.end] == e.answers[0]
            inside = any(s.start <= e.answer.start and e.answer.end <= s.end for s in split_sentences(e.paragraph.text))
            across += [] if inside else [e.answers[0]]
    # An answer may run over the end of a quotation.
    assert len(across) <= 0.02 * len(examples), across


def test_invented_news_holds_articles_out_whole() -> None:
    names = ("train", "held_out", "fit", "test", "more")
    articles = [id for name in names for id in {e.paragraph.article for e in news(NEWS / f"{name}.jsonl")}]
    assert len(articles) == len(set(articles)) > 200


def test_swapped_questions_ask_for_what_the_passage_lacks() -> None:
    told = [example("When was the mill in Arden built?", "1871"), example("Who ran Calder Hall in 2013?", "A Quaker family")]
    made = list(swapped(told * 20, seed=1))
    assert len({e.question for e in made}) > 3
    for e in made:
        assert e.answer is None
        changed = set(re.findall(r"\w+", e.question)) - {w for t in told for w in re.findall(r"\w+", t.question)}
        assert not {word for word in changed if word in TEXT}


def test_lookalikes_hold_none_of_the_answers() -> None:
    other = "The mill in Brae was built of stone. It has a wheel."
    told = [
        example("When was the mill in Arden built?", "1871"),
        example("What is the mill in Brae made of?", "stone", text=other, article="b"),
    ]
    made = list(lookalikes(told, seed=1))
    assert [(e.question, e.paragraph.text, e.answer) for e in made] == [
        (told[0].question, other, None),
        (told[1].question, TEXT, None),
    ]


def test_reworded_question_uses_a_neighbour_that_the_passage_lacks() -> None:
    given = [example("when was the mill built?", "1871")] * 40
    made = {e.question for e in reworded(given, {"built": ["constructed", "destroyed"]}, share=0.9, seed=1)}
    assert made == {"when was the mill built?", "when was the mill constructed?"}
    without = [replace(e, answer=None) for e in given]
    assert reworded(without, {"built": ["constructed"]}, share=1.0, seed=1) == without


def test_neighbours_are_other_words_of_like_meaning() -> None:
    text = "homes houses horses home " * 12

    def embed(words: object) -> NDArray[np.float32]:
        like = {"homes": (1, 0), "home": (1, 0), "houses": (0.8, 0.6), "horses": (0, 1)}
        return np.array([like[word] for word in words], dtype=np.float32)

    found = neighbours([example("homes houses horses home " * 12, None, text=text)], embed)
    assert (found["homes"], found["home"]) == (["houses"], ["houses"])
    assert "horses" not in found


def test_questions_that_repeat_their_sentence_are_mostly_left_out() -> None:
    repeats, asks = example("When was the mill in Arden built?", "1871"), example("who financed construction?", "A Quaker family")
    kept = harder([repeats] * 100 + [asks] * 100 + [example("who?", None)], seed=1)
    assert kept.count(repeats) < 40
    assert kept.count(asks) == 100
    assert len(kept) == kept.count(repeats) + 101


@pytest.mark.parametrize("before", range(8))
def test_window_keeps_the_answer_and_whole_sentences(before: int) -> None:
    long = " ".join(f"Sentence number {n} of the story says little." for n in range(60)) + " The end came on Friday."
    cut = window(example("when did the end come?", "Friday", text=long), most_chars=300, before=before)
    assert cut.answer
    assert cut.paragraph.text[cut.answer.start : cut.answer.end] == "Friday"
    assert len(cut.paragraph.text) <= 300
    assert {long[s.start : s.end] for s in split_sentences(long)} >= {
        cut.paragraph.text[s.start : s.end] for s in split_sentences(cut.paragraph.text)
    }
    none = window(example("who?", None, text=long), most_chars=300, before=before)
    assert none.answer is None
    assert f"Sentence number {before} of" in none.paragraph.text


def test_header_is_title_and_day() -> None:
    assert header_of("Mill closes", "2013-09-17T10:00:00+00:00") == "Mill closes\n2013-09-17\n"
    assert (header_of("", None), header_of("Mill closes", None)) == ("", "Mill closes\n")


def test_sentence_answers_by_place_or_by_fact() -> None:
    first = split_sentences(TEXT)[0]
    p = Passage("1", "a", "v", 0, len(TEXT), TEXT, (first,), 1.0, None, None, "Arden", None, None, None)
    assert answers(Case("q", (("1871", "1872"),), frozenset({"a"})), p, first)
    assert not answers(Case("q", (("1871",),), frozenset({"b"})), p, first)
    assert not answers(Case("q", (), frozenset({"a"}), at=TEXT.index("Quaker")), p, first)
    assert answers(Case("q", (), frozenset({"a"}), at=TEXT.index("1871")), p, first)
