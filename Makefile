# make chat: set up, sync the sample corpus, open the chat.   make test: set up, run the tests.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
ARTICLES ?= corpus

.PHONY: chat test soak lint browser pictures bench install clean

chat: install
	$(BIN)/newsdesk sync $(ARTICLES)
	$(BIN)/newsdesk chat

test: install
	$(BIN)/pytest -m "not browser and not bench" -n 2 --dist loadfile

# Half an hour to an hour: 200 random sequences of passes, kills and full disks over a library.
soak: install
	$(BIN)/python tests/soak.py --sequences 200 -o docs/integrity-soak.md

browser: install
	NEWSDESK_REQUIRE_BROWSER=1 $(BIN)/pytest -m browser

# The pictures and the tour of docs/, over the sample corpus.
pictures: install
	PYTHONPATH=tests $(BIN)/python -m tests.pictures

# Beside LangChain, Chroma's embedding and txtai, then the hot functions; BENCH=small for a try of some minutes.
BENCH ?= full
SPEED_full :=
SPEED_small := --articles 0 --questions 20 --rounds 1 --pipelines newsdesk langchain chroma
bench: $(VENV)/.installed-bench
	$(BIN)/python -m benchmarks.speed $(SPEED_$(BENCH))
	$(BIN)/pytest -m bench
	$(BIN)/pytest benchmarks/hot.py -p benchmark --benchmark-json build/bench/hot.json

lint: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml constraints.txt
	command -v $(PYTHON) >/dev/null || { echo "Newsdesk needs Python 3.11: install it, or name it with PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[dev]"
	touch $@

$(VENV)/.installed-bench: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[bench]"
	touch $@

clean:
	rm -rf $(VENV) .newsdesk build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
