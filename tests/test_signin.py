"""Signing in without a browser: settings by half, what claims make of a person, and what pages, commands and programs give to whom."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from served import served
from signing import ANN, BEN, CLIENT_SECRET, COOKIE, EVE, User, variables
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash
from test_conversation_page import FELL, asked, desk, listed, menu, planted
from test_page import ask, open_page, shown

from rag.assistant import Assistant
from rag.cli import main
from rag.errors import NoSuchConversation, UsageError
from rag.evaluate.runner import _described
from rag.settings import CHECKOUT, load_settings
from rag.signin import Person, SignIn, listens_on, signin_of
from rag.ui.sidebar import SHARE

__all__ = ["desk", "planted"]
ISSUER = "https://id.example"
ADDRESS = "https://news.example"
ALL = variables(ISSUER, ADDRESS)
FIVE = [f"NEWSDESK_SIGNIN_{name}" for name in ("METADATA", "CLIENT", "SECRET", "COOKIE", "ADDRESS")]


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> None:
    """People sign in."""
    given(monkeypatch)


def given(monkeypatch: pytest.MonkeyPatch, **more: str) -> SignIn:
    for name, value in (ALL | more).items():
        monkeypatch.setenv(name, value)
    made = signin_of(load_settings())
    assert made
    return made


def claims(user: User, **more: Any) -> dict[str, Any]:
    """What the provider's token says of somebody, as Streamlit hands it on."""
    return {"is_logged_in": True, "iss": ISSUER, "sub": user.sub, "aud": ["newsdesk"], "iat": int(time.time()), **user.claims, **more}


# Settings


def test_without_any_setting_nobody_signs_in() -> None:
    assert signin_of(load_settings()) is None


@pytest.mark.parametrize("missing", FIVE)
def test_half_a_sign_in_does_not_start_and_says_what_is_missing(
    missing: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given(monkeypatch)
    monkeypatch.delenv(missing)
    assert main(["chat"]) == 2
    said = capsys.readouterr().err
    assert f"{missing} is missing" in said
    assert not any(name in said for name in FIVE if name != missing)
    assert COOKIE not in said
    assert CLIENT_SECRET not in said


def test_editors_without_a_sign_in_do_not_start(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("NEWSDESK_EDITORS", "ann@paper.example")
    assert main(["chat"]) == 2
    assert "nobody signs in" in capsys.readouterr().err


def test_app_under_half_a_sign_in_shows_nothing_but_the_error(desk: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch)
    monkeypatch.delenv("NEWSDESK_SIGNIN_CLIENT")
    page = open_page(desk)
    assert "NEWSDESK_SIGNIN_CLIENT is missing" in shown(page.error[0].value)
    assert not page.chat_input


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SIGNIN_COOKIE", "too-short-to-be-safe", "no 32 or more"),
        ("SIGNIN_METADATA", "http://id.example/.well-known/openid-configuration", "no https address"),
        ("SIGNIN_METADATA", "https://me:pw@id.example/", "no https address"),
        ("SIGNIN_ADDRESS", "http://news.example", "no https address"),
        ("SIGNIN_ADDRESS", "https://news.example/desk", "under a path"),
        ("SIGNIN_HOURS", "0", "greater than 0"),
        ("EDITORS", "ann", "write ann@example.org"),
        ("READERS", "ann@paper.example ben@paper.example", "write ann@example.org"),
    ],
)
def test_setting_that_is_none_is_named_and_secrets_are_not_repeated(
    name: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given(monkeypatch)
    monkeypatch.setenv(f"NEWSDESK_{name}", value)
    with pytest.raises(UsageError) as refused:
        load_settings()
    assert name.lower() in str(refused.value)
    assert said in str(refused.value)
    assert name != "SIGNIN_COOKIE" or value not in str(refused.value)


@pytest.mark.parametrize("name", ["SECRET", "COOKIE"])
def test_secret_may_lie_in_a_file(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made = given(monkeypatch)
    monkeypatch.delenv(f"NEWSDESK_SIGNIN_{name}")
    monkeypatch.setenv(f"NEWSDESK_SIGNIN_{name}_FILE", str(tmp_path / name))
    with pytest.raises(UsageError, match=f"NEWSDESK_SIGNIN_{name}_FILE.*cannot be read"):
        signin_of(load_settings())
    (tmp_path / name).write_text(ALL[f"NEWSDESK_SIGNIN_{name}"] + "\n")
    assert signin_of(load_settings()) == made


def test_secret_in_two_places_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="keep one"):
        given(monkeypatch, NEWSDESK_SIGNIN_SECRET_FILE=str(tmp_path / "secret"))


@pytest.mark.usefixtures("on")
def test_secrets_are_told_to_nobody(capfd: pytest.CaptureFixture[str], desk: Assistant) -> None:
    settings = load_settings()
    main(["doctor", "--json", "--verbose"])
    shown = "".join((repr(settings), repr(signin_of(settings)), str(settings), json.dumps(_described(settings)), *capfd.readouterr()))
    assert '"sound": true' in shown
    assert COOKIE not in shown
    assert CLIENT_SECRET not in shown
    assert "signin" not in json.dumps(_described(settings))


@pytest.mark.usefixtures("on")
def test_app_that_chat_starts_is_under_the_same_secrets(tmp_path: Path) -> None:
    """Over the environment, as `newsdesk chat` hands them on."""
    asks = "from rag.settings import load_settings; from rag.signin import signin_of; print(signin_of(load_settings()).secrets())"
    around = load_settings().as_environment()
    said = subprocess.run([sys.executable, "-c", asks], env=around, cwd=tmp_path, text=True, capture_output=True, check=True).stdout
    made = signin_of(load_settings())
    assert made
    assert said.strip() == str(made.secrets())
    assert made.secrets()["auth"]["redirect_uri"] == "https://news.example/oauth2callback"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "news.example"])
def test_without_a_sign_in_it_listens_on_this_computer_alone(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chat", "--host", host]) == 2
    said = capsys.readouterr().err
    assert host in said
    assert "NEWSDESK_SIGNIN_METADATA" in said


@pytest.mark.usefixtures("on")
def test_with_a_sign_in_it_listens_where_it_is_told() -> None:
    assert listens_on("0.0.0.0", signin_of(load_settings())) == "0.0.0.0"


# Claims


def test_person_is_the_issuer_and_its_id_and_not_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    how = given(monkeypatch)
    assert how.person(claims(ANN), time.time()) == Person("https://id.example ann-1", "Ann Editor", True, True)
    assert how.person(claims(BEN), time.time()) == Person("https://id.example ben-2", "Ben Reader", True, False)
    moved = how.person(claims(ANN, iss="https://other.example"), time.time())
    assert moved
    assert moved.owner != "https://id.example ann-1"


@pytest.mark.parametrize(
    "wrong",
    [
        {"is_logged_in": False},
        {"is_logged_in": "true"},
        {"iss": ""},
        {"iss": None},
        {"sub": ""},
        {"sub": 7},
        {"aud": "another-app"},
        {"aud": ["another-app"]},
        {"iat": None},
        {"iat": 1},
        {"iat": "now"},
    ],
    ids=str,
)
def test_claims_that_are_nobodys(wrong: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    assert given(monkeypatch).person(claims(ANN) | wrong, time.time()) is None


def test_sign_in_ends_after_its_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    how, now = given(monkeypatch, NEWSDESK_SIGNIN_HOURS="2"), time.time()
    assert how.person(claims(ANN, iat=now - 7100), now)
    assert how.person(claims(ANN, iat=now - 7201), now) is None


@pytest.mark.parametrize(
    ("listed", "user", "allowed"),
    [
        ("ann@paper.example", ANN, True),
        ("Ann@Paper.Example", ANN, True),
        ("ann@paper.example", BEN, False),
        ("ann@paper.example", EVE, False),
        ("ann@paper.example", User(sub="x", claims={"email": "ann@paper.example"}), False),
        ("ann@paper.example", User(sub="x", claims={"email": "ann@paper.example", "email_verified": "true"}), False),
        ("ann@paper.example", User(sub="ann@paper.example", claims={}), False),
        ("sub:ann-1", ANN, True),
        ("sub:ann-1", User(sub="x", claims={"email": "ann-1", "email_verified": True}), False),
        ("sub:ANN-1", ANN, False),
        ("@paper.example", BEN, True),
        ("@paper.example", EVE, False),
        ("@paper.example", User(sub="x", claims={"email": "ann@evil-paper.example", "email_verified": True}), False),
        ("@paper.example", User(sub="x", claims={"email": "", "email_verified": True}), False),
        ("x@y.example, sub:ben-2", BEN, True),
    ],
)
def test_list_names_verified_addresses_domains_and_ids(listed: str, user: User, allowed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    editor = given(monkeypatch, NEWSDESK_EDITORS=listed).person(claims(user), time.time())
    reader = given(monkeypatch, NEWSDESK_EDITORS="z@z.example", NEWSDESK_READERS=listed).person(claims(user), time.time())
    assert editor
    assert reader
    assert (editor.editor, reader.reader) == (allowed, allowed)
    assert not reader.editor


# Pages


def opened(assistant: Assistant, user: dict[str, Any], page: str | None = None, **query: str) -> AppTest:
    made = open_unrun(assistant, page, **query)
    made.user = user
    return made.run()


def open_unrun(assistant: Assistant, page: str | None, **query: str) -> AppTest:
    made = AppTest.from_file(str(CHECKOUT / "app.py"), default_timeout=60)
    made.session_state["assistant"] = assistant
    made.query_params.update(query)
    if page:
        made._page_hash = calc_hash(page)
    return made


@pytest.mark.usefixtures("on")
@pytest.mark.parametrize("page", [None, "library", "evaluate"])
@pytest.mark.parametrize(
    "user", [{}, {"is_logged_in": False}, claims(ANN, iat=1), claims(ANN, aud="another-app")], ids=["none", "out", "old", "other"]
)
def test_page_shows_one_button_to_those_who_did_not_sign_in(page: str | None, user: dict[str, Any], desk: Assistant) -> None:
    seen = opened(desk, user, page)
    assert [b.label for b in seen.button] == ["Sign in"]
    assert not seen.sidebar.button
    assert not seen.chat_input
    assert not seen.dataframe
    assert not seen.exception


@pytest.mark.usefixtures("on")
@pytest.mark.parametrize(("how", "said"), [("down", "does not answer"), ("failed", "did not work")])
def test_sign_in_that_failed_is_said(how: str, said: str, desk: Assistant) -> None:
    assert said in opened(desk, {}, signin=how).error[0].value


def test_somebody_who_is_no_reader_is_told_so(desk: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, NEWSDESK_READERS="ann@paper.example")
    seen = opened(desk, claims(BEN))
    assert "Ben Reader" in shown(seen.warning[0].value)
    assert [b.label for b in seen.button] == ["Sign out"]
    assert not seen.chat_input


@pytest.mark.usefixtures("on")
def test_conversation_is_its_owners_wherever_its_address_is_tried(
    desk: Assistant, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hers = ask(opened(desk, claims(ANN)), FELL)
    id = hers.query_params["c"]
    assert asked(opened(desk, claims(ANN), c=id)) == [FELL]
    # Where it lies: by the page's address, under another issuer, in the list, by its search.
    for other in (claims(BEN), claims(EVE), claims(ANN, iss="https://other.example"), claims(BEN, email=ANN.claims["email"])):
        seen = opened(desk, other, c=id)
        assert asked(seen) == []
        assert listed(seen) == []
        assert "c" not in seen.query_params
        seen.sidebar.text_input[0].set_value("harbour").run()
        assert listed(seen) == []
    # What he asks under her address becomes one of his own.
    his = ask(opened(desk, claims(BEN), c=id), FELL)
    assert his.query_params["c"] != id
    assert len(desk.conversations.of("https://id.example ann-1").opened(id).turns) == 1
    # On the command line, which speaks for nobody in particular, and where nobody signs in.
    assert main(["export", id]) == 2
    assert main(["conversations"]) == 0
    assert FELL not in capsys.readouterr().out
    for name in ALL:
        monkeypatch.delenv(name)
    assert asked(open_page(desk, c=id)) == []
    with pytest.raises(NoSuchConversation):
        desk.conversations.opened(id)


@pytest.mark.usefixtures("on")
def test_link_is_its_owners_and_the_export_is_hers(desk: Assistant) -> None:
    hers = ask(opened(desk, claims(ANN)), FELL)
    hers = menu(hers, hers.query_params["c"], SHARE)
    assert any("You alone see the conversation" in element.value for element in hers.markdown)
    assert not hers.exception


@pytest.mark.usefixtures("on")
def test_who_is_signed_in_stands_above_and_may_leave(desk: Assistant) -> None:
    hers = opened(desk, claims(ANN))
    assert any(shown(element.value) == "**Ann Editor**" for element in hers.markdown)
    hers.button(key="sign-out").click().run()
    assert [b.label for b in hers.button] == ["Sign in"]


@pytest.mark.usefixtures("on")
def test_library_is_changed_by_editors_alone(desk: Assistant) -> None:
    his = opened(desk, claims(BEN), "library")
    assert his.get("bidi_component"), "the list is for everybody"
    assert not his.file_uploader
    changing = {"library-add", "library-again", "library-check", "library-repair"}
    assert not changing & {b.key for b in his.button}
    hers = opened(desk, claims(ANN), "library")
    assert hers.file_uploader
    assert changing <= {b.key for b in hers.button}


@pytest.mark.usefixtures("on")
def test_change_is_refused_where_it_is_begun_and_not_only_hidden(desk: Assistant) -> None:
    """A click on what was drawn for an editor, by somebody who is none any more."""
    held = [article.article_id for article in desk.library.articles()]
    page = opened(desk, claims(ANN), "library")
    page.file_uploader[0].set_value([("ferry.md", b"# Ferry\n\nThe last boat to Quarn leaves at 17.40.\n", "text/markdown")]).run()
    page.user = claims(BEN)
    page.button(key="library-add").click().run()
    assert [article.article_id for article in desk.library.articles()] == held


@pytest.mark.usefixtures("on")
def test_test_prompts_are_written_and_run_by_editors_alone(desk: Assistant) -> None:
    his = ask(opened(desk, claims(BEN)), FELL)
    assert not [b for b in his.button if (b.key or "").startswith("bookmark-")]
    hers = ask(opened(desk, claims(ANN)), FELL)
    id = hers.query_params["c"]
    hers.user = claims(BEN)
    hers.button(key="bookmark-0").click().run()
    assert not desk.settings.prompts_file.exists()
    # What she was told stays hers.
    assert asked(hers) == []
    opened(desk, claims(ANN), c=id).button(key="bookmark-0").click().run()
    assert desk.settings.prompts_file.exists()

    seen = opened(desk, claims(BEN), "evaluate")
    assert not seen.tabs
    assert [b.label for b in seen.button] == ["Sign out"]
    page = opened(desk, claims(ANN), "evaluate")
    page.user = claims(BEN)
    page.button(key="FormSubmitter:evaluate-form-Run").click().run()
    assert not (desk.settings.home / "evaluations").exists()


@pytest.mark.usefixtures("on")
def test_sample_is_taken_in_by_editors_alone(tmp_path: Path, assistant: Assistant) -> None:
    empty = Assistant(load_settings(), embedder=assistant.embedder, reader=assistant.reader)
    assert not [b for b in opened(empty, claims(BEN)).button if b.key == "sample"]
    page = opened(empty, claims(ANN))
    page.user = claims(BEN)
    page.button(key="sample").click().run()
    assert not empty.library.exists


# Programs


def test_where_people_sign_in_programs_need_a_key_on_this_computer_too(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch)
    with served(lambda: assistant, load_settings(), people=True) as address:
        for path in ("/articles", "/search?q=ferry", "/openapi.json", "/docs", "/nothing"):
            said = httpx.get(address + path)
            assert said.status_code == 403
            assert "People sign in here" in said.json()["detail"]
        assert httpx.get(f"{address}/health").status_code == 200
    monkeypatch.setenv("NEWSDESK_API_KEY", "k" * 32)
    with served(lambda: assistant, load_settings(), people=True) as address:
        assert httpx.get(f"{address}/articles").status_code == 401
        assert httpx.get(f"{address}/articles", headers={"Authorization": f"Bearer {'k' * 32}"}).status_code == 200
        # No person's cookie is a key.
        assert httpx.get(f"{address}/articles", headers={"Cookie": "_streamlit_user=x"}).status_code == 401
