"""Files that cannot be imported: a clear reason, exit code 2, and the spec as it was."""

from __future__ import annotations

import contextlib
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from hubei_yibao_codegen.importing.document import BadDocument
from hubei_yibao_codegen.importing.readers import read
from hubei_yibao_codegen.importing.tables import interpret
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from import_documents import Block, Rows, Run, fields, tree, write_docx, write_pdf, write_xlsx

Cli = Callable[..., Run]
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
GOOD: list[Block] = [
    "规范",
    "【2209a】门诊查询",
    "输入（节点标识：data）",
    fields(["a", "甲", "字符型", "4", "", "", ""]),
]


def repacked(path: Path, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """The archive with one part changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            data = old.read(member)
            new.writestr(member.filename, change(data) if member.filename == part else data)
    return out.getvalue()


def bomb(path: Path) -> bytes:
    return repacked(path, "word/document.xml", lambda data: data + b" " * 60_000_000)


def entity(path: Path) -> bytes:
    declaration = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>'
    return repacked(
        path, "word/document.xml", lambda data: data.replace(b"?>", b"?>" + declaration, 1)
    )


def locked(path: Path) -> bytes:
    """The archive with every member marked as encrypted."""
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(signature)
        while at >= 0:
            data[at + offset] |= 1
            at = data.find(signature, at + 4)
    return bytes(data)


def truncated(path: Path) -> bytes:
    return path.read_bytes()[:-200]


def no_document(path: Path) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("readme.txt", "hello")
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.docx", b"", "the file is empty"),
        ("a.txt", b" \n\t\n", "the file is empty"),
        ("a.docx", OLE + "EncryptedPackage".encode("utf-16-le"), "password-protected"),
        ("a.xlsx", OLE + b"\0" * 600, "the old binary .doc/.xls format"),
        ("a.docx", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "neither text, .docx, .xlsx nor .pdf"),
        ("a.docx", b"<html><body>404</body></html>", "named .docx, but its content is text"),
        ("a.pdf", "接口编号".encode(), "named .pdf, but its content is text"),
        ("a.csv", b"x,y\n", ".csv is not read, only"),
        ("a.txt", b"%PDF-1.7 something", "named .txt, but its content is pdf"),
        ("a.pdf", b"%PDF-1.7\n1 0 obj\n<<", "damaged PDF"),
        ("a.txt", b"\xff\xfa\x81\x30 \x80", "neither UTF-8 nor GB18030"),
        ("a.txt", "只有一句话。".encode(), "holds neither a listing nor field tables"),
        ("a.docx", bomb, "unpacks to more than"),
        ("a.docx", entity, "declares a document type"),
        ("a.docx", locked, "password-protected archive"),
        ("a.docx", truncated, "truncated or damaged"),
        ("a.docx", no_document, "neither a .docx nor an .xlsx"),
        ("a.xlsx", Path.read_bytes, "named .xlsx, but its content is docx"),
    ],
)
def test_refused_with_a_reason(
    name: str,
    content: bytes | Callable[[Path], bytes],
    message: str,
    tmp_path: Path,
    small_spec: Path,
    cli: Cli,
) -> None:
    path = tmp_path / name
    good = write_docx(tmp_path / "good.docx", GOOD)
    path.write_bytes(content if isinstance(content, bytes) else content(good))
    before = tree(small_spec)
    done = cli("import", path, "--spec", small_spec, "--apply")
    assert done.code == 2
    assert message in done.err
    assert done.out == ""
    assert tree(small_spec) == before


def test_a_missing_file_a_folder_and_a_huge_file(
    tmp_path: Path, small_spec: Path, cli: Cli
) -> None:
    assert "cannot be read" in cli("import", tmp_path / "none.docx", "--spec", small_spec).err
    assert "cannot be read" in cli("import", tmp_path, "--spec", small_spec).err
    huge = tmp_path / "huge.txt"
    with huge.open("wb") as stream:
        stream.truncate(65_000_000)
    assert "more than 64000000 are not read" in cli("import", huge, "--spec", small_spec).err


def test_pdf_with_a_password(tmp_path: Path, small_spec: Path, cli: Cli) -> None:
    path = write_pdf(tmp_path / "locked.pdf", GOOD, password="secret")
    done = cli("import", path, "--spec", small_spec)
    assert done.code == 2
    assert "password-protected: save it without a password" in done.err


def test_a_scanned_pdf(tmp_path: Path, small_spec: Path, cli: Cli) -> None:
    path = write_pdf(tmp_path / "scan.pdf", [" "])
    done = cli("import", path, "--spec", small_spec)
    assert done.code == 2
    assert "holds no text (scanned pages?)" in done.err


def test_tracked_changes_have_to_be_settled_first(
    tmp_path: Path, small_spec: Path, cli: Cli
) -> None:
    path = write_docx(tmp_path / "tracked.docx", GOOD)
    document = docx.Document(str(path))
    inserted = f'<w:ins {nsdecls("w")} w:id="1" w:author="x"><w:r><w:t>新</w:t></w:r></w:ins>'
    document.paragraphs[0]._p.append(parse_xml(inserted))
    document.save(str(path))
    done = cli("import", path, "--spec", small_spec)
    assert done.code == 2
    assert "tracked changes" in done.err


def test_a_sheet_that_spans_millions_of_empty_cells(
    tmp_path: Path, small_spec: Path, cli: Cli
) -> None:
    rows = Rows([["代码值", "代码名称"], ["1", "男"]])
    path = write_xlsx(tmp_path / "wide.xlsx", ["性别 gend", rows])
    data = repacked(
        path,
        "xl/worksheets/sheet1.xml",
        lambda xml: xml.replace(
            b"</sheetData>",
            b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData>',
        ),
    )
    path.write_bytes(data)
    done = cli("import", path, "--spec", small_spec)
    assert done.code == 2
    assert "sheet Sheet spans 1048576 rows and 16384 columns" in done.err


def test_gb18030_text_is_read_and_told(tmp_path: Path) -> None:
    path = tmp_path / "old.txt"
    line = "\t2201\t2-医保服务\t2-门急诊结算\t门诊挂号\t实时\t挂号。\t通用\t是"
    header = "类型\t接口编号\t一级分类\t二级分类\t接口名称\t调用方式\t描述\t机构类型\t当前是否开放"
    path.write_bytes(f"说明\n{header}\n{line}\n".encode("gb18030"))
    reading = interpret(read(path))
    assert [row.name for row in reading.listing] == ["门诊挂号"]
    assert any("read as GB18030" in remark.reason for remark in reading.remarks)


@settings(
    max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(data=st.data())
def test_damage_never_ends_in_a_traceback(data: st.DataObject, tmp_path: Path) -> None:
    """Cut, overwritten or doubled bytes: the file is read or refused, nothing else comes out."""
    suffix = data.draw(st.sampled_from([".docx", ".xlsx", ".pdf", ".txt"]))
    good = tmp_path / f"good{suffix}"
    if not good.exists():
        writers = {".docx": write_docx, ".xlsx": write_xlsx, ".pdf": write_pdf}
        if suffix == ".txt":
            good.write_text(
                "接口编号\t接口名称\t调用方式\n2201\t门诊挂号\t实时\t是\n", encoding="utf-8"
            )
        else:
            writers[suffix](good, GOOD)
    content = bytearray(good.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(content) - 1))
        kind = data.draw(st.sampled_from(["cut", "overwrite", "double"]))
        if kind == "cut":
            del content[at : at + data.draw(st.integers(1, 400))]
        elif kind == "overwrite":
            content[at : at + 4] = data.draw(st.binary(min_size=1, max_size=8))
        else:
            content[at:at] = content[at : at + 200]
        if not content:
            break
    bad = tmp_path / f"bad{suffix}"
    bad.write_bytes(bytes(content))
    with contextlib.suppress(BadDocument):
        assert interpret(read(bad)).document == bad.name
