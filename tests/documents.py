"""Writes small documents of every format, good and hostile ones; the articles are invented."""

from __future__ import annotations

import zipfile
import zlib
from email.message import EmailMessage
from io import BytesIO

FERRY = (
    "The ferry between Lerum and Skell will sail again on Friday, the harbour office said on Tuesday.",
    "Its engine had failed in a storm on 3 March, and spare parts came late from the yard in Brenholm.",
    "A ticket costs 12 crowns, as before, and bicycles travel free of charge until the end of May.",
)


def pdf(pages: list[list[str]], *, info: str = "", pages_count: int | None = None, repeat: int = 1, stream: bytes | None = None) -> bytes:
    """A PDF with one line of text under the other; ``stream`` replaces the packed content of every page."""
    objects: list[bytes] = [b"<< /Type /Catalog /Pages 2 0 R >>", b"", b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for lines in pages:
        text = " ".join(f"({line}) Tj 0 -14 Td" for line in (line.replace("(", r"\(").replace(")", r"\)") for line in lines))
        content = stream if stream is not None else zlib.compress(f"BT /F1 11 Tf 60 780 Td {text} ET".encode("latin-1"))
        objects.append(b"<< /Length %d /Filter /FlateDecode >>\nstream\n" % len(content) + content + b"\nendstream")
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> /Contents %d 0 R >>"
            % len(objects)
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(kids * repeat), pages_count or len(kids))
    objects.append(f"<< {info} >>".encode("latin-1"))
    out = BytesIO()
    out.write(b"%PDF-1.7\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(out.tell())
        out.write(b"%d 0 obj\n" % number + body + b"\nendobj\n")
    table = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + b"".join(b"%010d 00000 n \n" % offset for offset in offsets))
    out.write(b"trailer << /Size %d /Root 1 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(objects), table))
    return out.getvalue()


def archive(members: dict[str, bytes | str]) -> bytes:
    """A zip of these members, packed."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return out.getvalue()


def docx(body: str, *, core: str = "", before: str = "") -> bytes:
    """A Word document; ``body`` is WordprocessingML, ``before`` stands above its root, ``core`` are Dublin Core elements."""
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    types = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    names = 'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"'
    return archive(
        {
            "[Content_Types].xml": f'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/word/document.xml" ContentType="{types}"/></Types>',
            "_rels/.rels": f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="{relation}" Target="word/document.xml"/></Relationships>',
            "word/document.xml": f'<?xml version="1.0"?>{before}<w:document xmlns:w="{word}"><w:body>{body}</w:body></w:document>',
            "docProps/core.xml": f'<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" {names}>{core}</cp:coreProperties>',
        }
    )


def word_paragraphs(*lines: str) -> str:
    return "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in lines)


def epub(chapters: dict[str, str], *, title: str = "The Lerum Year", before: str = "") -> bytes:
    """A book of XHTML chapters by their file names; ``before`` stands above the package's root."""
    items = "".join(f'<item id="c{i}" href="{name}" media-type="application/xhtml+xml"/>' for i, name in enumerate(chapters))
    spine = "".join(f'<itemref idref="c{i}"/>' for i in range(len(chapters)))
    meta = (
        f"<dc:title>{title}</dc:title><dc:creator>Ada Holm</dc:creator><dc:date>2025-01-31</dc:date><dc:publisher>Lerum Post</dc:publisher>"
    )
    package = f'<?xml version="1.0"?>{before}<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">{meta}</metadata><manifest>{items}</manifest><spine>{spine}</spine></package>'
    container = '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>'
    head = '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head>'
    files: dict[str, bytes | str] = {"mimetype": "application/epub+zip", "META-INF/container.xml": container, "OPS/book.opf": package}
    return archive(files | {f"OPS/{name}": f"{head}<body>{body}</body></html>" for name, body in chapters.items()})


def mail(subject: str, text: str, html: str | None = None) -> bytes:
    """A mail with a plain text, and an HTML part where one is given."""
    message = EmailMessage()
    message["From"] = "Lerum Post <news@lerum.example>"
    message["Date"] = "Tue, 04 Mar 2025 09:30:00 +0100"
    message["Subject"] = subject
    message["Message-ID"] = "<ferry-1@lerum.example>"
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    return message.as_bytes()
