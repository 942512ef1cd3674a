"""A real OpenID provider on 127.0.0.1, and the settings under which a Newsdesk sends people to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import oidc_provider_mock
from oidc_provider_mock import User

ANN = User(sub="ann-1", claims={"name": "Ann Editor", "email": "ann@paper.example", "email_verified": True})
BEN = User(sub="ben-2", claims={"name": "Ben Reader", "email": "ben@paper.example", "email_verified": True})
EVE = User(sub="eve-3", claims={"name": "Eve", "email": "ann@paper.example", "email_verified": False})
COOKIE, CLIENT_SECRET = "0123456789abcdef0123456789abcdef", "the-secret-of-the-client"


@contextmanager
def provider() -> Iterator[str]:
    """Its address; it knows three people, and lets each in with a click."""
    with oidc_provider_mock.run_server_in_thread(user_claims=(ANN, BEN, EVE)) as server:
        yield f"http://localhost:{server.server_port}"


def variables(provider: str, address: str, **more: str) -> dict[str, str]:
    """The settings of an app at ``address``, as variables."""
    return {
        "NEWSDESK_SIGNIN_METADATA": f"{provider}/.well-known/openid-configuration",
        "NEWSDESK_SIGNIN_CLIENT": "newsdesk",
        "NEWSDESK_SIGNIN_SECRET": CLIENT_SECRET,
        "NEWSDESK_SIGNIN_COOKIE": COOKIE,
        "NEWSDESK_SIGNIN_ADDRESS": address,
        "NEWSDESK_EDITORS": "ann@paper.example",
    } | more
