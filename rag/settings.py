"""All settings, flat, each default named once; it knows nothing else of the project."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from rag.errors import UsageError

CHECKOUT = Path(__file__).resolve().parent.parent
# Words in the names of settings whose values are told to nobody.
_SECRET = ("key", "secret", "cookie", "chroma_token")
ARTICLE_KEYS = ("id", "url", "title", "source", "author", "published", "updated", "language", "text")


def _split(fields: str | None) -> tuple[tuple[str, str], ...]:
    parts = (part.partition("=") for part in (fields or "").split(",") if part.strip())
    return tuple((key.strip(), path.strip()) for key, _, path in parts)


def names(given: str | None) -> tuple[str, ...]:
    """What stands between commas."""
    return tuple(part.strip() for part in (given or "").split(",") if part.strip())


def hard_to_guess(key: str, least: int) -> bool:
    """Whether a key has that many characters, each a visible one of ASCII."""
    return re.fullmatch(rf"[!-~]{{{least},}}", key) is not None


class Settings(BaseSettings):
    """Read from ``NEWSDESK_…`` variables, else from ``newsdesk.toml`` in the working folder, else the default."""

    model_config = SettingsConfigDict(env_prefix="NEWSDESK_", toml_file="newsdesk.toml", extra="forbid", frozen=True)

    home: Path = Field(CHECKOUT / ".newsdesk", description="Folder of the library, its index and the conversations.")
    embedding_model: str = Field(
        "packaged",
        description="`packaged` for the all-MiniLM-L6-v2 that is installed with Newsdesk, or the folder or name of another sentence-transformers model.",
    )
    reranker: str | None = Field(
        None,
        description="Folder or name of a sentence-transformers CrossEncoder that orders the passages before they are read; without it, the reader's own scores order them.",
    )
    models: Path | None = Field(
        None,
        description="Folder that keeps the packaged models as they were converted for this machine; without it, `models` in `NEWSDESK_HOME`.",
    )
    runtime: Literal["auto", "openvino", "onnx", "torch"] = Field(
        "auto",
        description="What computes the packaged models: `openvino`, `onnx` (ONNX Runtime, with `newsdesk[onnx]`) or `torch`; `auto` takes torch where it has a GPU, else the first of the three that is installed.",
    )
    chroma_url: str | None = Field(
        None,
        description="Address of a Chroma server that holds the index, as `http://localhost:8000`; without it, the index lies in `NEWSDESK_HOME`.",
    )
    chroma_token: SecretStr | None = Field(
        None, description="Token for a proxy before that server, sent as `Authorization: Bearer`; a Chroma server itself asks for none."
    )
    chroma_seconds: float = Field(30, ge=1, le=600, description="Longest time that one request to that server may take, in seconds.")
    chunk_tokens: int = Field(200, ge=32, le=8192, description="Most tokens of a chunk, its header not counted.")
    header_tokens: int = Field(40, ge=0, le=128, description="Most tokens of the title and date that head a chunk when it is embedded.")
    passages: int = Field(
        8,
        ge=1,
        le=100,
        description="How many passages are found for an answer; the reader reads as many of them as its budget of tokens allows, best first.",
    )
    quotes: int = Field(3, ge=1, le=10, description="Most quotes in an answer made without a chat model.")
    candidates: int = Field(50, ge=1, le=1000, description="How many chunks each of the two searches contributes before they are fused.")
    bm25_weight: float = Field(1.0, ge=0, description="Weight of the word search in rank fusion.")
    dense_weight: float = Field(0.85, ge=0, description="Weight of the nearest neighbours in rank fusion.")
    answer_threshold: float = Field(
        0.107, ge=0, le=1, description="Least probability that a sentence answers; below it, Newsdesk abstains."
    )
    model: str | None = Field(
        None,
        pattern=r"^[a-z][a-z0-9_]*:\S+$",
        description="Chat model that writes the answers, as `provider:model` (`openai:gpt-5-mini`, `anthropic:claude-sonnet-5`, `ollama:llama3.2`); without it, answers are quotes.",
    )
    model_url: str | None = Field(
        None,
        description="Address of the chat model's server, for any OpenAI-compatible one or an Ollama elsewhere; without it, the provider's own.",
    )
    model_temperature: float | None = Field(
        None, ge=0, le=2, description="Randomness of the chat model; without it, the provider's own. Some reasoning models accept none."
    )
    model_seconds: float = Field(
        60, gt=0, le=3600, description="Longest silence of the chat model, in seconds; a whole answer may take five times that."
    )
    model_retries: int = Field(
        2, ge=0, le=10, description="How often a call that a chat model's server refused for its load is tried again."
    )
    prompt_tokens: int = Field(
        6000,
        ge=500,
        description="Most tokens given to the chat model for an answer, as the packaged tokenizer counts them; the oldest turns fall first.",
    )
    answer_tokens: int = Field(
        1000, ge=16, le=100_000, description="Most tokens that the chat model may write for an answer, its thinking included."
    )
    native_citations: bool = Field(
        False, description="Let an Anthropic model cite through its own citations, instead of the markers that every model is asked for."
    )
    unsupported: Literal["strike", "remove"] = Field(
        "strike",
        description="What happens to a sentence of a chat model that its cited words do not bear out: `strike` it out, or `remove` it.",
    )
    daily_tokens: int | None = Field(
        None, ge=1, description="Most tokens that chat models may read and write in a day (UTC); beyond it, only quoted answers are given."
    )
    price_input: float | None = Field(
        None, ge=0, description="US dollars for a million tokens that the chat model reads; without it, cost is not known."
    )
    price_output: float | None = Field(None, ge=0, description="US dollars for a million tokens that the chat model writes.")
    cached_answers: int = Field(
        200, ge=0, description="How many written answers are kept for the same question on the same articles; 0 keeps none."
    )
    judge: str | None = Field(
        None,
        pattern=r"^[a-z][a-z0-9_]*:\S+$",
        description="Chat model that judges `llm-rubric` in `newsdesk eval`, as `provider:model`; without it, that of `NEWSDESK_MODEL`.",
    )
    judge_url: str | None = Field(None, description="Address of the judge's server, where `NEWSDESK_JUDGE` names one.")
    prompts: Path | None = Field(
        None,
        description="File of test prompts that the chat adds to, and that `newsdesk eval` runs when none is named; without it, `prompts.yaml` in `NEWSDESK_HOME`.",
    )
    max_file_mb: float = Field(20, gt=0, description="Largest file that is read, in megabytes (10^6 bytes).")
    max_article_chars: int = Field(1_000_000, ge=1000, description="Longest text of one article, in characters.")
    fields: str | None = Field(
        None,
        description="Which key of a JSON file or table holds what, as `title=headline,text=body.html`, where the usual names do not tell; keys are those of the JSON lines.",
    )
    parse_seconds: float = Field(60, gt=0, le=3600, description="Longest time that reading one PDF, Word document, book or mail may take.")
    parse_memory_mb: int = Field(
        1000, ge=300, description="Most memory of the process that reads PDFs, Word documents, books and mails, in megabytes."
    )
    fetch_pages: int = Field(100, ge=1, le=10_000, description="Most pages of one feed or sitemap that a sync fetches, newest first.")
    fetch_seconds: float = Field(30, ge=1, le=600, description="Longest time that fetching one address may take, redirects included.")
    fetch_pause: float = Field(1.0, ge=0, le=60, description="Seconds between two requests to the same site.")
    fetch_minutes: float = Field(
        15, ge=1, description="How often `newsdesk sync --watch` fetches feeds, sitemaps and pages again, in minutes."
    )
    fetch_private: bool = Field(
        False,
        description="Let addresses be fetched that lie in a private network or on this computer, on any port; only for a network whose servers may be asked by whoever uses Newsdesk.",
    )
    follow_ups: int = Field(
        3,
        ge=0,
        le=10,
        description="How many questions the chat suggests after an answer; each is answered before it is shown, and 0 suggests none.",
    )
    max_question_chars: int = Field(2000, ge=20, description="Longest question that is answered, in characters.")
    hosts: str | None = Field(
        None,
        description="Names, with commas between them, under which a proxy hands on the pages, as `news.example.org`; without it, they open as `localhost` alone.",
    )
    api_key: SecretStr | None = Field(
        None,
        description="Key that requests over HTTP must carry, 16 visible ASCII characters or more; without it, only programs on this computer are answered.",
    )
    waiting: int = Field(
        100,
        ge=1,
        le=10_000,
        description="Most questions that wait for their turn or have it, of pages and HTTP together; one more is asked to come again.",
    )
    api_at_once: int = Field(
        64, ge=1, le=1000, description="Most requests that are answered over HTTP or wait for it at once; one more is told to come again."
    )
    api_seconds: float = Field(360, ge=1, le=3600, description="Longest time that an answer over HTTP may take, in seconds.")

    signin_metadata: str | None = Field(
        None,
        description="Address of the OpenID provider's metadata, which ends in `/.well-known/openid-configuration`; with the four below, people sign in, and without any of the five nobody does.",
    )
    signin_client: str | None = Field(None, description="Name under which the provider knows this Newsdesk, its `client_id`.")
    signin_secret: SecretStr | None = Field(None, description="The provider's `client_secret` for it.")
    signin_secret_file: Path | None = Field(None, description="File that holds the `client_secret`, in place of the variable.")
    signin_cookie: SecretStr | None = Field(
        None,
        description="What the cookies of those who signed in are signed with, 32 visible ASCII characters or more; a new one signs everybody out.",
    )
    signin_cookie_file: Path | None = Field(None, description="File that holds it, in place of the variable.")
    signin_address: str | None = Field(
        None,
        description="Address at which people open the app, as `https://news.example.org`; the provider must know it with `/oauth2callback` after it.",
    )
    signin_hours: float = Field(12, gt=0, le=720, description="How long a sign-in lasts, in hours.")
    readers: str | None = Field(
        None,
        description="Who may come in of those whom the provider signs in: verified e-mail addresses, `@example.org` for all of a domain, or `sub:` with the provider's own id, between commas; without it, everybody.",
    )
    editors: str | None = Field(
        None,
        description="Who may change the library and run test prompts, written as readers are; without it, nobody, where people sign in.",
    )

    zone: str | None = Field(
        None,
        description="Time zone of the readers, as `Europe/Berlin`, in which a question's “yesterday” is meant; without it, this machine's.",
    )
    today: date | None = Field(
        None,
        description="Day from which a question's “last week” counts, for archives and tests (YYYY-MM-DD); without it, the day that it is.",
    )

    @field_validator("api_key", "signin_cookie")
    @classmethod
    def _hard_to_guess(cls, key: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        """Long enough, and nothing that a header could not carry."""
        least = 16 if info.field_name == "api_key" else 32
        if key is not None and not hard_to_guess(key.get_secret_value(), least):
            raise ValueError(f"no {least} or more visible ASCII characters without spaces; `openssl rand -hex 32` makes some")
        return key

    @field_validator("hosts")
    @classmethod
    def _names(cls, given: str | None) -> str | None:
        """Names as a browser's Host header has them, each without scheme and port."""
        if given is not None and not all(re.fullmatch(r"[A-Za-z0-9.-]+", name) for name in names(given)):
            raise ValueError("no names of hosts such as news.example.org, without scheme and port, with commas between them")
        return given

    @field_validator("signin_metadata", "signin_address")
    @classmethod
    def _kept_secret_on_the_way(cls, url: str | None, info: ValidationInfo) -> str | None:
        """A web address over TLS, or on this computer; the app's own has no path."""
        if url is not None:
            parts = urlsplit(url)
            here = parts.hostname in ("localhost", "127.0.0.1", "::1")
            if not parts.hostname or parts.username or parts.password or parts.scheme not in (("http", "https") if here else ("https",)):
                raise ValueError("no https address (http is for localhost) without a user name in it")
            if info.field_name == "signin_address" and (parts.path.strip("/") or parts.query or parts.fragment):
                raise ValueError("more than https://, name and port, while Newsdesk is not served under a path")
        return url and url.rstrip("/")

    @field_validator("readers", "editors")
    @classmethod
    def _people(cls, given: str | None) -> str | None:
        """Each is an e-mail address, a domain with @ before it, or an id with sub: before it."""
        for name in names(given):
            if not re.fullmatch(r"sub:\S.*|[^@\s]*@[^@\s]+", name):
                raise ValueError(f"{name}: write ann@example.org, @example.org or sub:ID")
        return given

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, name: str | None) -> str | None:
        """A name of the IANA time zone database."""
        try:
            return name and ZoneInfo(name).key
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError("no time zone such as Europe/Berlin") from error

    @field_validator("home", "prompts", "models", "signin_secret_file", "signin_cookie_file")
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        """Wherever a process of ours runs, the folder is the same one."""
        return None if path is None else path.expanduser().absolute()

    @field_validator("model_url", "judge_url")
    @classmethod
    def _address(cls, url: str | None) -> str | None:
        """A web address without a name or password in it, which would end up in logs and kept runs."""
        if url is not None:
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
                raise ValueError("no http(s) address without a user name in it")
        return url

    @field_validator("chroma_url")
    @classmethod
    def _server(cls, url: str | None) -> str | None:
        """A web address that can be shown wherever something is told of the server."""
        if cls._address(url) is not None and (urlsplit(str(url)).query or urlsplit(str(url)).fragment):
            raise ValueError("more than http(s)://, name, port and path")
        return url and url.rstrip("/")

    @field_validator("chroma_token")
    @classmethod
    def _in_a_header(cls, token: SecretStr | None) -> SecretStr | None:
        """Nothing that a header could not carry."""
        if token is not None and not hard_to_guess(token.get_secret_value(), 1):
            raise ValueError("no visible ASCII characters without spaces")
        return token

    @field_validator("fields")
    @classmethod
    def _pairs(cls, given: str | None) -> str | None:
        """Each part names a key that Newsdesk knows and where it stands."""
        for key, path in _split(given):
            if key not in ARTICLE_KEYS or not path:
                raise ValueError(f"{key}={path}: write KEY=PLACE with a KEY of {', '.join(ARTICLE_KEYS)}")
        return given

    @property
    def host_names(self) -> tuple[str, ...]:
        """``hosts`` as names in lower case, without ports."""
        return tuple(name.lower() for name in names(self.hosts))

    @property
    def field_names(self) -> tuple[tuple[str, str], ...]:
        """``fields`` as pairs: a key of an article, and the key or path where it stands."""
        return _split(self.fields)

    def day_today(self) -> date:
        """The day that a question's "today" means."""
        return self.today or datetime.now(ZoneInfo(self.zone) if self.zone else None).date()

    @property
    def prompts_file(self) -> Path:
        """Where test prompts that are made in the chat, or accepted from drafts, land."""
        return self.prompts or self.home / "prompts.yaml"

    @property
    def models_folder(self) -> Path:
        """Where the packaged models are kept once they have been converted; it can be deleted at any time."""
        return self.models or self.home / "models"

    def as_environment(self) -> dict[str, str]:
        """The settings as the variables of a process that is to run under the same ones, secrets in clear text."""
        known = self.model_dump(mode="json", exclude_none=True)
        secret = {name: value.get_secret_value() for name, value in self if isinstance(value, SecretStr)}
        return {f"NEWSDESK_{name.upper()}": str(value) for name, value in (known | secret).items()}

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments win over the environment, the environment over the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load_settings() -> Settings:
    """The settings of this process.

    Raises UsageError that names each setting with a bad value.
    """
    try:
        return Settings()
    except ValidationError as error:
        parts = [_fault(".".join(str(p) for p in item["loc"]), item["msg"], item["input"]) for item in error.errors()]
        # Without its cause, which holds what was given.
        raise UsageError("Bad setting: " + "; ".join(parts) + ". Mend the NEWSDESK_… variable or newsdesk.toml.") from None


def _fault(name: str, what: str, given: object) -> str:
    """A bad setting in words; a key, what somebody meant as one, or an address with a password in it is not repeated."""
    secret = any(word in name.lower() for word in _SECRET) or (name.lower().endswith("_url") and "@" in str(given))
    return f"{name}: {what}" + ("" if secret else f" (given: {given!r})")
