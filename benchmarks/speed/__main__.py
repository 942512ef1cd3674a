"""Measures Newsdesk beside LangChain, txtai and Chroma over the same folder and questions: ``python -m benchmarks.speed`` or ``make bench``.

Each pipeline runs in a process of its own in each round, without a network, and they take turns; where a package of the extra `bench` is missing, its
pipelines are left out and named. Writes report.md, report.json and chart.svg into ``--out`` and prints report.md.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.speed.kinds import KINDS, Kind
from rag.errors import NewsdeskError, UsageError
from rag.settings import CHECKOUT, Settings

log = logging.getLogger("benchmarks")


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when all was measured, 1 when a pipeline failed, 2 when the command was wrong."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    log.setLevel(logging.INFO)
    try:
        if options.work:
            _work(options.work[0], Path(options.work[1]))
        else:
            _compare(options)
    except UsageError as error:
        log.error("%s", error)
        return 2
    except NewsdeskError as error:
        log.error("%s", error)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.speed", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pipelines", nargs="+", choices=list(KINDS), help="default: all whose packages are installed")
    parser.add_argument("--articles", type=int, default=40, help="generated look-alikes beside the sample corpus (default: 40)")
    parser.add_argument("--questions", type=int, default=100, help="at most (default: 100)")
    parser.add_argument("--rounds", type=int, default=3, help="default: 3")
    parser.add_argument(
        "--sources", type=Path, default=CHECKOUT / "corpus", help="a folder with articles/ and prompts.yaml (default: corpus)"
    )
    parser.add_argument("--out", type=Path, default=CHECKOUT / "build" / "bench", metavar="FOLDER", help="default: build/bench")
    parser.add_argument("--work", nargs=2, metavar=("WHAT", "FOLDER"), help=argparse.SUPPRESS)
    return parser


def _work(what: str, folder: Path) -> None:
    """What a process of its own does: each loads one pipeline alone, so that its memory and its start are that pipeline's."""
    if what == "reference":
        from benchmarks.speed import reference

        texts = json.loads((folder / "texts.json").read_text(encoding="utf-8"))
        np.save(folder / "vectors.npy", reference.vectors(texts))
    elif what == "chroma-model":
        from benchmarks.speed import chroma

        chroma.prepare(folder / "chroma")
    elif what == "newsdesk-models":
        from benchmarks.speed.newsdesk import Newsdesk

        # They are converted once in a machine's life, which is no part of a start.
        Newsdesk(folder / "newsdesk-models")
    else:
        from benchmarks.speed.measure import measure

        measure(KINDS[what], folder, depth=20)


def _compare(options: argparse.Namespace) -> None:
    # Not loaded by the processes that are measured.
    from benchmarks.speed import chart, material, report, rounds
    from benchmarks.speed.circumstances import circumstances

    if options.articles < 0 or options.questions < 2 or options.rounds < 1:
        raise UsageError("It needs --articles of 0 or more, --questions of 2 or more and --rounds of 1 or more.")
    kinds = _chosen(options.pipelines)
    models = Settings().models_folder
    with tempfile.TemporaryDirectory(prefix="newsdesk-speed-") as scratch:
        folder = Path(scratch)
        given = material.prepare(folder, look_alikes=options.articles, questions=options.questions, sources=options.sources, models=models)
        told = circumstances()
        if any(kind.name == "newsdesk" for kind in kinds):
            rounds.apart(["--work", "newsdesk-models", scratch], models=models)
        if any(kind.name == "chroma" for kind in kinds):
            rounds.apart(["--work", "chroma-model", scratch], models=models)
        # Where Newsdesk is alone, as in its tests, there is nothing to compare.
        exact = rounds.reference(folder, models=models) if len(kinds) > 1 else None
        measured = rounds.run(kinds, folder, rounds=options.rounds, models=models)
    told |= {
        "articles": given.articles,
        "texts": given.texts,
        "tokens": given.tokens,
        "questions": len(given.questions),
        "rounds_asked": options.rounds,
    }
    found = told | report.summary(measured, given, exact)
    options.out.mkdir(parents=True, exist_ok=True)
    text = report.markdown(found)
    (options.out / "report.md").write_text(text, encoding="utf-8")
    (options.out / "report.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    (options.out / "chart.svg").write_text(chart.chart(found), encoding="utf-8")
    sys.stdout.write(text)


def _chosen(names: Sequence[str] | None) -> list[Kind]:
    """The pipelines by name; without names all that can run. Raises UsageError when a named one cannot."""
    wanted = [KINDS[name] for name in names or KINDS]
    lacking = {kind.name: kind.missing() for kind in wanted if kind.missing()}
    if names and lacking:
        lines = [f"{name} needs {', '.join(modules)}" for name, modules in lacking.items()]
        raise UsageError(f"{'; '.join(lines)}: `make bench` installs it.")
    for name, modules in lacking.items():
        log.warning("left out: %s, which needs %s (`make bench` installs it)", name, ", ".join(modules))
    return [kind for kind in wanted if kind.name not in lacking]


if __name__ == "__main__":
    sys.exit(main())
