"""Who asks, and what they may do: the one place of the pages that decides it. It draws nothing."""

from __future__ import annotations

import os
import time
from functools import lru_cache

import streamlit as st

from rag.errors import NotAllowed
from rag.settings import load_settings
from rag.signin import Person, SignIn, signin_of


@lru_cache(maxsize=1)
def _signin(variables: tuple[tuple[str, str], ...]) -> SignIn | None:
    """Settings and files of secrets are read once, and again where the variables are others: pages ask for each turn that they draw."""
    return signin_of(load_settings())


def signin() -> SignIn | None:
    """How people sign in; None where nobody does. Raises UsageError for half a sign-in."""
    return _signin(tuple((name, value) for name, value in os.environ.items() if name.startswith("NEWSDESK_")))


def person() -> Person | None:
    """Who is signed in; None where nobody is, or nobody needs to be."""
    how = signin()
    return how.person(st.user.to_dict(), time.time()) if how else None


def owner() -> str | None:
    """Whose conversations these are: nobody's in particular where nobody signs in. Raises NotAllowed for those who did not."""
    if signin() is None:
        return None
    who = person()
    if who is None or not who.reader:
        raise NotAllowed("You are not signed in any more: load the page again.")
    return who.owner


def may_change() -> bool:
    """Whether who asks may change the library and the test prompts: everybody where nobody signs in, else editors."""
    if signin() is None:
        return True
    who = person()
    return who is not None and who.editor


def must_be_editor() -> None:
    """Before anything is changed; raises NotAllowed for those who may not."""
    if not may_change():
        raise NotAllowed("Only editors may do this: ask whoever runs this Newsdesk to make you one (NEWSDESK_EDITORS).")
