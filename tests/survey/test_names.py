import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.names import (
    Ambiguous,
    Found,
    Missing,
    NameIndex,
    fold,
    header_key,
    loose_key,
    match_key,
    nearest,
    sort_key,
)

INDEX = NameIndex(
    ("Kepez", "Kepez", "Muratpaşa", "Kaş", "Manavgat", "Kepez", "Serik", "Serik"),
    ("75. Yıl", "Yeni", "Yeni", "Gürsu", "Şişeler", "Göksu", "Merkez", "Merkez Mahalle"),
    ("1", "2", "3", "4", "5", "6", "7", "8"),
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("İSTİKLAL MAH.", "istiklal"),
        ("Işıklar Mahallesi", "IŞIKLAR MH"),
        ("I\u0307nönü", "İnönü"),
        ("100.YIL", "100. Yıl Mahallesi"),
        ("100YIL", "100. yıl"),
        ("Kâzım Karabekir", "KAZIM KARABEKİR"),
        ("Atatürk Köyü", "ATATÜRK"),
        ("Cumhuriyet mah", "  Cumhuriyet   Mahalle "),
        (unicodedata.normalize("NFD", "Çığlık"), "ÇIĞLIK"),
    ],
)
def test_spellings_of_one_name_share_a_key(one, other):
    assert match_key(one) == match_key(other)


def test_dotted_and_undotted_i_differ_in_the_first_key_and_meet_in_the_loose_one():
    assert match_key("Kınık") != match_key("Kinik")
    assert loose_key("Kınık") == loose_key("KINIK") == loose_key("Kinik")


@given(st.text(max_size=40))
def test_folding_twice_changes_nothing(text):
    assert fold(fold(text)) == fold(text)


@given(st.text(alphabet="abcçdefgğhıijklmnoöprsştuüvyzABCÇDEFGĞHIİJKLMNOÖPRSŞTUÜVYZ ", max_size=30))
def test_capitals_do_not_matter(text):
    upper = text.replace("i", "İ").replace("ı", "I").upper()
    assert match_key(upper) == match_key(text)


def test_the_turkish_alphabet_orders_names():
    names = ["Üç", "Zafer", "Ihlamur", "İnci", "Öz", "Oba", "Çam", "Cebel", "Şen", "Sarı", "100. Yıl"]
    expected = ["100. Yıl", "Cebel", "Çam", "Ihlamur", "İnci", "Oba", "Öz", "Sarı", "Şen", "Üç", "Zafer"]
    assert sorted(names, key=sort_key) == expected


def test_headers_that_differ_in_case_are_one():
    assert header_key("Ad") == header_key("AD ") == header_key("ad")
    assert header_key("İl") != header_key("Il")


@pytest.mark.parametrize(
    ("name", "district", "code"),
    [
        ("75.YIL MAH.", "KEPEZ", "1"),
        ("yeni mahallesi", "Muratpaşa", "3"),
        ("YENİMAHALLE", "Kepez Belediyesi", "2"),
        ("Siseler", "manavgat", "5"),
        ("GURSU", "", "4"),
        ("Merkez", "Serik", "7"),
        ("MERKEZ MAHALLE", "Serik", "8"),
    ],
)
def test_a_name_finds_its_area(name, district, code):
    assert INDEX.find(name, district) == Found(code)


def test_a_name_in_two_districts_is_ambiguous_without_one():
    found = INDEX.find("Yeni")
    assert isinstance(found, Ambiguous)
    assert {choice[0] for choice in found.choices} == {"Kepez", "Muratpaşa"}


def test_a_missing_name_suggests_the_nearest_of_its_district():
    assert INDEX.find("Goksuu", "Kepez") == Missing("Göksu")
    assert INDEX.find("Gürsu", "Kepez") == Missing("Göksu")
    assert INDEX.find("qqqq", "Kepez") == Missing("")


def test_an_unknown_district_is_said_with_its_nearest():
    assert INDEX.find("Yeni", "Muratpasaa") == Missing("Muratpaşa", district=True)


def test_columns_of_two_lengths_are_refused():
    with pytest.raises(ValueError, match="one length"):
        NameIndex(("a",), ("b", "c"), ("1",))


def test_mojibake_matches_nothing():
    assert isinstance(INDEX.find("ÅžiÅŸeler", "Manavgat"), Missing)
    assert nearest("zzzz", ["Kaş"]) == ""
