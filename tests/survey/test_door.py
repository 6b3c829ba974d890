import gzip
import io
import sqlite3
import stat
import zipfile

import pytest

from survey.door import Kind, display_name, inspect
from survey.door.text import mojibake
from survey.problems import Code, Refused


def refusal(path, **more):
    with pytest.raises(Refused) as caught:
        inspect(path, original_name="dosya.xlsx", **more)
    return caught.value.problems[0]


def test_a_plain_utf8_csv_passes(save):
    upload = inspect(save("ad;yaş\nAyşe;3\n"), original_name="a.csv")
    assert (upload.kind, upload.encoding, upload.findings) == (Kind.CSV, "utf-8-sig", ())


def test_turkish_windows_text_is_read_and_said(save):
    upload = inspect(save("ad;ilçe\nŞule;Kaş\n", encoding="cp1254"), original_name="a.csv")
    assert upload.encoding == "cp1254"
    assert [(f.code, f.row) for f in upload.findings] == [(Code.TEXT_CP1254, 1)]


def test_an_asked_encoding_that_does_not_fit_names_the_line(save):
    found = refusal(save("a\nş\n", encoding="cp1254"), encoding="utf-8")
    assert (found.code, found.row) == (Code.TEXT_UNDECODABLE, 2)


def test_excels_unicode_text_is_read(save):
    upload = inspect(save("ad\tilçe\n", encoding="utf-16"), original_name="a.txt")
    assert upload.encoding == "utf-16"


@pytest.mark.parametrize(
    "content", [gzip.compress(b"a", mtime=0), b"%PDF-1.7", b"MZ..", b"\x00\x01", b"<html>"]
)
def test_other_kinds_are_refused_by_their_bytes_whatever_the_name(save, content):
    assert refusal(save(content)).code is Code.FILE_KIND_UNKNOWN


def test_the_content_wins_over_the_extension(book):
    upload = inspect(book({"S": [["a"], [1]]}), original_name="veri.csv")
    assert upload.kind is Kind.XLSX
    assert [f.code for f in upload.findings] == [Code.FILE_KIND_MISMATCH]


def test_a_symbolic_link_in_an_archive_is_refused(tmp_path):
    link = zipfile.ZipInfo("a.shp")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "l.zip", "w") as pack:
        pack.writestr(link, "/etc/passwd")
    assert refusal(tmp_path / "l.zip").code is Code.ARCHIVE_LINK


def test_an_archive_in_an_archive_is_refused_by_name_and_by_content(archive):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as pack:
        pack.writestr("x", "x")
    assert refusal(archive({"a.shp": b"", "b.zip": b"x"})).code is Code.ARCHIVE_NESTED
    assert refusal(archive({"a.shp": b"", "b.txt": inner.getvalue()})).code is Code.ARCHIVE_NESTED


def test_an_unusual_packing_method_is_refused(archive):
    found = refusal(archive({"a.shp": b"x" * 100}, compression=zipfile.ZIP_LZMA))
    assert found.code is Code.ARCHIVE_METHOD


def test_a_zip_without_a_table_or_layer_is_refused(archive):
    assert refusal(archive({"readme.txt": b"x"})).code is Code.ARCHIVE_CONTENT


def test_a_utf16_doctype_is_seen(archive):
    text = '<?xml version="1.0"?><!DOCTYPE a []><a/>'.encode("utf-16")
    found = refusal(archive({"xl/workbook.xml": text}))
    assert found.code is Code.XML_DOCTYPE


def test_a_sqlite_file_that_is_no_geopackage_is_refused(tmp_path):
    base = sqlite3.connect(tmp_path / "x.gpkg")
    base.execute("CREATE TABLE a (b)")
    base.commit()
    base.close()
    assert refusal(tmp_path / "x.gpkg").code is Code.FILE_KIND_UNKNOWN


@pytest.mark.parametrize("name", ["../../etc/cron.d/x.csv", "CON.csv", "x" * 300, "a\u202efdp.exe", "a\r\nb"])
def test_a_name_is_only_escaped_metadata(save, name):
    upload = inspect(save("a\n1\n"), original_name=name)
    assert len(upload.name) <= 127
    assert upload.name.isprintable()
    assert upload.path.name == "upload.bin"
    assert display_name(name) == upload.name


@pytest.mark.parametrize("text", ["Şişli", "İğdir çöğür", "façade", "naïve", "Kâmil", "Ağır"])
def test_right_text_is_not_called_garbled(text):
    assert mojibake(text) == ""


@pytest.mark.parametrize("wrong", ["cp1252", "cp1254", "latin-1"])
def test_text_encoded_twice_is_seen(wrong):
    garbled = "çağrı Güllük".encode().decode(wrong, "replace")
    assert mojibake(garbled)


def test_an_encoding_nobody_knows_is_refused(save):
    assert refusal(save("a\n1\n"), encoding="klingon").code is Code.TEXT_UNDECODABLE
