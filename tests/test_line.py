"""The line in which questions wait: its order, what it shows, how it is left; of itself, on the page and over HTTP."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from served import served
from streamlit.testing.v1 import AppTest
from test_page import open_page

from rag.assistant import Assistant
from rag.errors import Crowded
from rag.line import Line
from rag.records import Answer, Waiting

TOWNS = ["Skell", "Wend", "Brackwell", "Ostrey", "Tarn", "Hollin", "Marsk", "Aldby"]
FILES = {
    f"{town.lower()}.md": f"# The bridge of {town}\n\nThe bridge of {town} was closed on Monday. It carries {12 + number * 7} lorries a day.\n"
    for number, town in enumerate(TOWNS)
}
ASKED = "How many lorries does the bridge of Skell carry a day?"
SECONDS = 20


@pytest.fixture
def bridges(library_of: Callable[[dict[str, str]], Assistant]) -> Assistant:
    return library_of(FILES)


@contextmanager
def occupied(line: Line) -> Iterator[None]:
    """Somebody else's question is being read."""
    with line.joined() as place:
        assert list(place.coming()) == []
        with place:
            yield


def until(holds: Callable[[], object]) -> None:
    end = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.005)


def there(line: Line) -> int:
    return len(line._there)


def until_there_are(line: Line, number: int) -> None:
    until(lambda: there(line) == number)


def test_burst_is_served_in_the_order_in_which_it_came_whoever_pauses() -> None:
    line, begun, ended = Line(100), [], []

    def question(number: int) -> None:
        with line.joined() as place:
            for stretch in range(3):
                list(place.coming())
                with place:
                    begun.append((number, stretch))
                    time.sleep(0.002)
        ended.append(number)

    threads = []
    with occupied(line):
        for number in range(12):
            threads.append(threading.Thread(target=question, args=[number]))
            threads[-1].start()
            until_there_are(line, number + 2)
    for thread in threads:
        thread.join(SECONDS)
    assert [number for number, stretch in begun if stretch == 0] == list(range(12))
    assert ended == sorted(ended)
    assert there(line) == 0


def test_never_two_at_once() -> None:
    line, inside, most = Line(100), [], []

    def question(_: int) -> None:
        with line.joined() as place:
            for _ in range(20):
                list(place.coming())
                with place:
                    inside.append(1)
                    most.append(len(inside))
                    time.sleep(0)
                    inside.pop()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(question, range(16)))
    assert len(most) == 320
    assert max(most) == 1


def test_place_is_told_whenever_it_changes() -> None:
    line, told, others = Line(100), [], []
    release = [threading.Event() for _ in range(3)]

    def other(number: int) -> None:
        with line.joined() as place:
            list(place.coming())
            with place:
                assert release[number].wait(SECONDS)

    def ours() -> None:
        with line.joined() as place:
            told.extend(place.coming())

    for number in range(3):
        others.append(threading.Thread(target=other, args=[number]))
        others[-1].start()
        until_there_are(line, number + 1)
    with line.joined() as place:
        coming = place.coming()
        for left in (3, 2, 1):
            assert next(coming) == left
            release[3 - left].set()
        assert next(coming, "served") == "served"
        later = threading.Thread(target=ours)
        later.start()
        until_there_are(line, 2)
    later.join(SECONDS)
    assert told == [1]


@pytest.mark.parametrize("how", ["closed while it waits", "failed while it is served"])
def test_place_is_left_whatever_happens(how: str) -> None:
    line = Line(2)
    if how == "closed while it waits":
        with occupied(line), line.joined() as place:
            assert next(place.coming()) == 1
    else:
        with pytest.raises(ZeroDivisionError), occupied(line):
            raise ZeroDivisionError
    with occupied(line):
        assert there(line) == 1


def test_full_line_is_refused_and_says_so() -> None:
    line = Line(1)
    with occupied(line), pytest.raises(Crowded, match="NEWSDESK_WAITING"), line.joined():
        pass
    with occupied(line):
        pass


def test_who_goes_behind_waits_for_an_empty_line_and_gives_up() -> None:
    line = Line(1)
    with line.joined(), line.joined(behind=True) as place, pytest.raises(Crowded):
        list(place.coming())
    with line.joined(behind=True) as place, line.joined() as person:
        # Somebody came after the other was served.
        served = threading.Thread(target=lambda: list(person.coming()))
        line._served = place
        served.start()
        until(lambda: person in line._wanting)
        assert served.is_alive(), "what is begun is finished"
        with place:
            pass
        served.join(SECONDS)
        assert not served.is_alive()


def test_suggestions_are_tried_only_while_nobody_asks(bridges: Assistant) -> None:
    answer = bridges.ask(ASKED)
    with bridges.line.joined() as person:
        tries = bridges.follow_ups([answer])
        assert [next(tries), next(tries)] == [None, None]
        opening = bridges.suggesting()
        assert [next(opening), next(opening)] == [None, None]
        assert list(person.coming()) == []
    assert any(tries)
    assert len(bridges.suggestions()) == 4


def test_stopped_answer_leaves_its_place(bridges: Assistant) -> None:
    events = bridges.stream(ASKED)
    next(events)
    assert there(bridges.line) == 1
    events.close()
    assert there(bridges.line) == 0
    assert bridges.ask(ASKED).status == "answered"


def test_page_shows_the_place(bridges: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    from streamlit.elements.lib.mutable_status_container import StatusContainer

    update = StatusContainer.update

    def keep(self: StatusContainer, *, label: str | None = None, **rest: Any) -> None:
        shown.append(label or "")
        update(self, label=label, **rest)

    monkeypatch.setattr(StatusContainer, "update", keep)
    page: AppTest = open_page(bridges)
    first = threading.Event()

    def others() -> None:
        with occupied(bridges.line):
            first.set()
            until_there_are(bridges.line, 2)
            time.sleep(0.1)

    thread = threading.Thread(target=others)
    thread.start()
    assert first.wait(SECONDS)
    page.chat_input[0].set_value(ASKED).run(timeout=60)
    thread.join(SECONDS)
    assert shown[0] == "1 question is before yours…"
    assert there(bridges.line) == 0


def test_events_over_http_begin_with_the_place(bridges: Assistant) -> None:
    with served(lambda: bridges, bridges.settings) as address, ThreadPoolExecutor(1) as pool:
        with occupied(bridges.line):
            said = pool.submit(httpx.post, f"{address}/ask", json={"question": ASKED}, headers={"Accept": "text/event-stream"}, timeout=60)
            until_there_are(bridges.line, 2)
        words = said.result().text
    names = [line.removeprefix("event: ") for line in words.splitlines() if line.startswith("event: ")]
    assert names[:3] == ["waiting", "searched", "passages"]
    assert names[-1] == "answer"
    assert '{"ahead": 1}' in words


def test_full_line_is_a_503_that_says_when_to_come_again(bridges: Assistant) -> None:
    crowded = Assistant(bridges.settings.model_copy(update={"waiting": 1}), embedder=bridges.embedder, reader=bridges.reader)
    with served(lambda: crowded, crowded.settings) as address:
        with occupied(crowded.line):
            refused = httpx.post(f"{address}/ask", json={"question": ASKED})
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert "NEWSDESK_WAITING" in refused.json()["detail"]
        assert httpx.post(f"{address}/ask", json={"question": ASKED}, timeout=60).status_code == 200


def test_client_that_leaves_leaves_its_place(bridges: Assistant) -> None:
    with served(lambda: bridges, bridges.settings) as address:
        with occupied(bridges.line):
            with httpx.stream("POST", f"{address}/ask", json={"question": ASKED}, headers={"Accept": "text/event-stream"}) as said:
                assert next(said.iter_lines()) == "event: waiting"
        until_there_are(bridges.line, 0)


def test_many_at_once_each_get_their_own_answer(bridges: Assistant) -> None:
    """A short soak; the long one is benchmarks/people.py."""
    questions = [(town, f"How many lorries does the bridge of {town} carry a day?") for town in TOWNS] * 4
    with served(lambda: bridges, bridges.settings) as address, ThreadPoolExecutor(16) as pool:

        def ask(question: str) -> Any:
            return json.loads(httpx.post(f"{address}/ask", json={"question": question}, timeout=60).text)

        answers = list(pool.map(ask, [question for _, question in questions]))
    for (town, question), answer in zip(questions, answers, strict=True):
        assert answer["question"] == question
        assert town in answer["citations"][0]["title"]
    assert there(bridges.line) == 0


def test_waiting_comes_only_where_somebody_is_before(bridges: Assistant) -> None:
    events = list(bridges.stream(ASKED))
    assert not [event for event in events if isinstance(event, Waiting)]
    assert isinstance(events[-1], Answer)


def test_who_goes_behind_gives_way_between_two_pieces_of_work() -> None:
    line = Line(3)
    with line.joined(behind=True) as behind:
        behind.give_way()
        with line.joined() as place:
            place.give_way()
            with pytest.raises(Crowded):
                behind.give_way()
        behind.give_way()


def test_reading_of_a_suggestion_ends_when_somebody_asks(bridges: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each passage is a run of the network here; somebody comes while the first is read."""
    read = list[str]()
    scorer = bridges.reader._scorer
    network = scorer._network
    somebody = bridges.line.joined()

    class Network:
        precision = network.precision

        def run(self, inputs: Any) -> Any:
            read.append("a passage")
            if len(read) == 1:
                somebody.__enter__()
            return network.run(inputs)

    monkeypatch.setattr(scorer, "_network", Network())
    monkeypatch.setattr("rag.models.scores.batches", lambda lengths, most: [[i] for i in range(len(lengths))])
    try:
        with pytest.raises(Crowded):
            bridges.ask(ASKED, behind=True)
    finally:
        somebody.__exit__(None, None, None)
    assert len(read) == 1
    assert bridges.ask(ASKED, behind=True).status == "answered"
    assert len(read) > 2
