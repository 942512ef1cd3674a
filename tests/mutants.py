"""Samples of every format and random changes to them, for the fuzz tests and for ``benchmarks/fuzz.py``."""

from __future__ import annotations

import json
import zipfile
from io import BytesIO
from random import Random

from documents import FERRY, archive, docx, epub, mail, pdf, word_paragraphs

HTML = "<h1>The ferry</h1>" + "".join(f"<p>{line}</p>" for line in FERRY) + "<table><tr><td>1</td><td>2</td></tr></table>"
_CORE = "<dc:title>Ferry</dc:title><dcterms:created>2025-03-04T09:30:00Z</dcterms:created>"
_TABLE = "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>1</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
_MAIL = mail("Ferry – sails", "\n\n".join(FERRY), f"<html>{HTML}</html>")
SAMPLES: dict[str, bytes] = {
    ".pdf": pdf([list(FERRY), ["Second page", *FERRY]], info="/Title (Ferry sails again) /CreationDate (D:20250304)"),
    ".docx": docx(word_paragraphs(*FERRY) + _TABLE, core=_CORE),
    ".epub": epub({"one.xhtml": HTML * 8, "two.xhtml": HTML * 8}),
    ".eml": _MAIL,
    ".mbox": b"From a@lerum.example Tue Mar  4 09:30:00 2025\n" + _MAIL + b"\nFrom b@lerum.example x\n" + _MAIL,
    ".json": json.dumps({"articles": [{"headline": "Ferry", "body_html": HTML, "byline": ["Ada Holm"], "date": 1741080600}] * 2}).encode(),
    ".jsonl": (json.dumps({"title": "Ferry", "text": FERRY[0], "published": "2025-03-04"}) + "\n").encode() * 3,
    ".csv": f'date,title,body\n2025-03-04,"Ferry ""sails""","{FERRY[0]}"\n,Skell,{FERRY[1].replace(",", "")}\n'.encode(),
    ".md": f"---\ntitle: Ferry\npublished: 2025-03-04\n---\n\n{FERRY[0]}\n\n* *One*\n\n> two\n".encode(),
    ".txt": "\n\n".join(["Ferry sails again", "By Ada Holm", "4 March 2025", *FERRY]).encode(),
}
SAMPLES[".zip"] = archive({f"in/a{suffix}": raw for suffix, raw in SAMPLES.items()} | {"b.zip": archive({"c.md": SAMPLES[".md"]})})
_MAGIC = (b"%PDF-1.7\n", b"PK\x03\x04", b"From a\n", b"{", b"[", b"<html>", b"---\n", b"MIME-Version: 1.0\nFrom: a\n")
_TOKENS = (
    b"\0", b"\xff\xff\xff\xff", b"-1", b"999999999999", b"<<", b">>", b"obj", b"endstream", b"stream\r\n", b"/Kids [2 0 R]", b"/Filter [/LZWDecode /A85]",
    b"<!DOCTYPE", b"<![CDATA[", b"&#x110000;", b"&#0;", b"</w:p>", b"\xed\xa0\x80", b"\xe2\x80\xa8", b"\"", b"\n\n", b"\n--", b"{", b"]", b"1e999", b"NaN", b"\\ud800",
    b"Content-Transfer-Encoding: base64\n", b"charset=utf-7", b"=?x?q?=?=", b"PK\x01\x02", b"PK\x05\x06", b"Content-Type: message/rfc822\n\n",
)  # fmt: skip
_ZIPPED = (".docx", ".epub", ".zip")


def mutant(suffix: str, seed: int) -> bytes:
    """A sample with up to eight changes, the same for the same seed; one of eight is random bytes behind a format's first ones."""
    random = Random(seed)
    if random.random() < 0.125:
        return random.choice(_MAGIC) + random.randbytes(random.randrange(2000))
    raw = SAMPLES[suffix]
    if suffix in _ZIPPED and random.random() < 0.7:
        return _inside(raw, random)
    return _changed(raw, random)


def _inside(raw: bytes, random: Random) -> bytes:
    """Changes a member before it is packed, since a change to packed bytes rarely gets past the checksum."""
    with zipfile.ZipFile(BytesIO(raw)) as file:
        members: dict[str, bytes | str] = {name: file.read(name) for name in file.namelist()}
    name = random.choice(list(members))
    content = members[name]
    assert isinstance(content, bytes)
    members[name] = _changed(content, random)
    return archive(members)


def _changed(raw: bytes, random: Random) -> bytes:
    out = bytearray(raw)
    for _ in range(random.randint(1, 8)):
        at = random.randrange(len(out) + 1)
        to = min(len(out), at + random.choice((1, 4, 40, 400)))
        match random.randrange(6):
            case 0:
                out[at:to] = random.randbytes(to - at)
            case 1:
                del out[at:to]
            case 2:
                out[at:at] = out[at:to] * random.choice((1, 2, 50))
            case 3:
                out[at:at] = random.choice(_TOKENS) * random.choice((1, 1, 1, 500))
            case 4:
                out[at:to] = random.choice(_TOKENS)
            case 5 if random.random() < 0.2:
                del out[at:]
    return bytes(out)
