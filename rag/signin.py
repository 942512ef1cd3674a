"""Who people are: what an OpenID provider says of them, as settings judge it; it knows neither Streamlit nor HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from rag.errors import UsageError
from rag.settings import Settings, hard_to_guess, names

CALLBACK = "/oauth2callback"
_HERE = ("localhost", "127.0.0.1", "::1")
# More than a secret is, less than what fills memory.
_MOST_SECRET = 10_000
_HOW = "docs/several-people.md shows how, and without any NEWSDESK_SIGNIN_… variable nobody signs in"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom the provider signed in; ``owner`` is who they are to the library, ``name`` what they are called on the screen."""

    owner: str
    name: str
    reader: bool
    editor: bool


@dataclass(frozen=True, slots=True)
class SignIn:
    """How people sign in; ``address`` is the app's own, without a slash at its end, ``seconds`` how long it lasts."""

    metadata: str
    client: str
    secret: str = field(repr=False)
    cookie: str = field(repr=False)
    address: str
    seconds: float
    readers: tuple[str, ...] | None
    editors: tuple[str, ...]

    def secrets(self) -> dict[str, Any]:
        """What Streamlit reads from a file of secrets, to be handed over in memory."""
        return {
            "auth": {
                "redirect_uri": self.address + CALLBACK,
                "cookie_secret": self.cookie,
                "client_id": self.client,
                "client_secret": self.secret,
                "server_metadata_url": self.metadata,
            }
        }

    def person(self, claims: Mapping[str, Any], now: float) -> Person | None:
        """Who the claims of a signed cookie speak of; None where they are nobody's, another app's, or too old (``now`` in seconds since 1970).

        The provider's id says who somebody is. An e-mail address counts only as one that the provider has verified, for what a person may do.
        """
        issuer, id, issued, audience = (claims.get(key) for key in ("iss", "sub", "iat", "aud"))
        known = claims.get("is_logged_in") is True and isinstance(issuer, str) and issuer and isinstance(id, str) and id
        fresh = isinstance(issued, int | float) and now < issued + self.seconds
        ours = self.client == audience or (isinstance(audience, list) and self.client in audience)
        if not (known and fresh and ours):
            return None
        email = claims.get("email")
        verified = email if isinstance(email, str) and claims.get("email_verified") is True else ""
        called = next((name for key in ("name", "email") if isinstance(name := claims.get(key), str) and name.strip()), str(id))
        return Person(
            # No issuer holds a space, so that the two cannot be cut otherwise.
            f"{issuer} {id}",
            called,
            self.readers is None or _among(self.readers + self.editors, str(id), verified),
            _among(self.editors, str(id), verified),
        )


def signin_of(settings: Settings) -> SignIn | None:
    """How people sign in under these settings; None where nobody does. Raises UsageError for half a sign-in, which is none."""
    if all(value is None for name, value in settings if name.startswith("signin_") and name != "signin_hours"):
        if settings.readers or settings.editors:
            raise UsageError(
                f"NEWSDESK_READERS and NEWSDESK_EDITORS name people, but nobody signs in: set NEWSDESK_SIGNIN_METADATA too. {_HOW}."
            )
        return None
    secret = _secret("SECRET", settings.signin_secret, settings.signin_secret_file)
    cookie = _secret("COOKIE", settings.signin_cookie, settings.signin_cookie_file)
    wanted = {
        "METADATA": settings.signin_metadata,
        "CLIENT": settings.signin_client,
        "SECRET": secret,
        "COOKIE": cookie,
        "ADDRESS": settings.signin_address,
    }
    missing = [f"NEWSDESK_SIGNIN_{name}" for name, value in wanted.items() if not value]
    if missing:
        raise UsageError(f"Signing in is set up by half: {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing. {_HOW}.")
    if not hard_to_guess(cookie, 32):
        raise UsageError(
            "NEWSDESK_SIGNIN_COOKIE_FILE does not hold 32 or more visible ASCII characters; `openssl rand -hex 32` makes some."
        )
    assert settings.signin_metadata
    assert settings.signin_client
    assert settings.signin_address
    return SignIn(
        settings.signin_metadata,
        settings.signin_client,
        secret,
        cookie,
        settings.signin_address,
        settings.signin_hours * 3600,
        names(settings.readers) if settings.readers else None,
        names(settings.editors),
    )


def listens_on(host: str, signin: SignIn | None) -> str:
    """The address to listen on; raises UsageError where it is not this computer's own and nobody signs in."""
    if host not in _HERE and signin is None:
        raise UsageError(
            f"Without a sign-in everybody who reaches {host} would read and change everything, so Newsdesk listens on this computer alone: "
            "leave --host away, or set NEWSDESK_SIGNIN_METADATA and what belongs to it (docs/several-people.md)."
        )
    return host


def _secret(name: str, given: SecretStr | None, file: Path | None) -> str:
    """What a variable or a file holds, empty for neither; raises UsageError where both are given, or the file cannot be read."""
    if given is not None and file is not None:
        raise UsageError(f"NEWSDESK_SIGNIN_{name} and NEWSDESK_SIGNIN_{name}_FILE are both set: keep one.")
    if file is None:
        return given.get_secret_value() if given else ""
    try:
        with file.open(encoding="utf-8") as opened:
            return opened.read(_MOST_SECRET).strip()
    except (OSError, UnicodeDecodeError) as error:
        # Without its cause, which might hold what was read.
        reason = error.strerror if isinstance(error, OSError) else "no text in UTF-8"
        raise UsageError(f"NEWSDESK_SIGNIN_{name}_FILE, {file}, cannot be read: {reason}.") from None


def _among(people: tuple[str, ...], id: str, email: str) -> bool:
    """Whether one of ``people`` is this id, this e-mail address in any case, or its domain."""
    address = email.casefold()
    return any(
        person.removeprefix("sub:") == id
        if person.startswith("sub:")
        else bool(address) and (address.endswith(person.casefold()) if person.startswith("@") else address == person.casefold())
        for person in people
    )
