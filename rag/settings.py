"""All settings, flat, each default named once; it knows nothing else of the project."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from rag.errors import UsageError

CHECKOUT = Path(__file__).resolve().parent.parent


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
    answer_threshold: float = Field(0.11, ge=0, le=1, description="Least probability that a sentence answers; below it, Newsdesk abstains.")
    prompts: Path | None = Field(
        None,
        description="File of test prompts that the chat adds to, and that `newsdesk eval` runs when none is named; without it, `prompts.yaml` in `NEWSDESK_HOME`.",
    )
    max_file_mb: float = Field(20, gt=0, description="Largest file that is read, in megabytes (10^6 bytes).")
    max_article_chars: int = Field(1_000_000, ge=1000, description="Longest text of one article, in characters.")
    max_question_chars: int = Field(2000, ge=20, description="Longest question that is answered, in characters.")

    @field_validator("home", "prompts", "models")
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        """Wherever a process of ours runs, the folder is the same one."""
        return None if path is None else path.expanduser().absolute()

    @property
    def prompts_file(self) -> Path:
        """Where test prompts that are made in the chat, or accepted from drafts, land."""
        return self.prompts or self.home / "prompts.yaml"

    @property
    def models_folder(self) -> Path:
        """Where the packaged models are kept once they have been converted; it can be deleted at any time."""
        return self.models or self.home / "models"

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
        parts = [f"{'.'.join(str(p) for p in item['loc'])}: {item['msg']} (given: {item['input']!r})" for item in error.errors()]
        raise UsageError("Bad setting: " + "; ".join(parts) + ". Mend the NEWSDESK_… variable or newsdesk.toml.") from error
