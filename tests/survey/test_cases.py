import datetime

import pytest

from survey.cases import Case, CaseKind, CaseReading, parse_case
from survey.mapping import propose_mapping
from survey.names import NameIndex
from survey.problems import Code
from survey.sources import RawSubmission
from survey.values import Bounds, Point

NAMES = NameIndex(("Kaş", "Kepez", "Serik"), ("Gürsu", "Yeni", "Yeni"), ("7", "8", "9"))
READING = CaseReading(NAMES, datetime.date(2026, 11, 21), bounds=Bounds(36, 29, 37.6, 32.7))
FIELDS = {"reason": "Gıda", "day": "05.03.2026", "district": "Kaş", "neighbourhood": "GÜRSU MH"}


def read(**fields):
    return parse_case(RawSubmission(None, FIELDS | fields, {}, 12, None, "vaka.csv"), READING, key="k")


def codes(result):
    return [p.code for p in result]


def test_a_row_becomes_a_case():
    case = read(kind="İHBAR", identity=10000000146, phone="0532 123 45 67", person_name="Ayşe Y.")
    assert isinstance(case, Case)
    assert (case.kind, case.area_code, case.day) == (CaseKind.REPORT, "7", datetime.date(2026, 3, 5))
    assert (case.person.identity, case.person.phone) == ("10000000146", "+905321234567")
    assert case.protected is False


def test_a_point_alone_places_a_case_later():
    case = read(district=None, neighbourhood=None, lat="36,2", lon="29,64")
    assert (case.area_code, case.point) == (None, Point(36.2, 29.64))


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"lat": "29,64", "lon": "36,2"}, Code.POINT_SWAPPED),
        ({"lat": "36,2"}, Code.POINT_INCOMPLETE),
        ({"neighbourhood": None}, Code.AREA_MISSING),
        ({"neighbourhood": "Yeni", "district": None}, Code.AREA_AMBIGUOUS),
        ({"district": "Kass"}, Code.AREA_DISTRICT_UNKNOWN),
        ({"area_code": "77"}, Code.AREA_CODE_UNKNOWN),
        ({"reason": None}, Code.VALUE_MISSING),
        ({"day": "31.02.2026"}, Code.VALUE_DATE_IMPOSSIBLE),
        ({"kind": "şikâyet"}, Code.CASE_KIND),
        ({"identity": "123"}, Code.IDENTITY_LENGTH),
        ({"age": "on"}, Code.VALUE_NOT_INTEGER),
    ],
)
def test_a_row_is_rejected_for_its_reason(fields, code):
    assert codes(read(**fields)) == [code]


def test_a_rejection_never_shows_a_number_or_a_place():
    shown = read(identity="12345678901", lat="99,12345", lon="29,5")
    assert not any("1234567" in p.given or "99,12345" in p.given for p in shown)


def test_a_date_to_come_is_only_a_warning():
    assert codes(read(day="2027-01-01").warnings) == [Code.CASE_FUTURE]


def test_a_confidential_record_is_marked():
    assert read(protected="Evet").protected is True


def test_usual_headings_are_mapped():
    header = ["BAŞVURU NO", "Başvuru Tarihi", "Neden", "İlçe", "Mah. Adı", "TC KİMLİK NO", "Telefon", "Not"]
    found = propose_mapping(header)
    assert found.columns == {
        "key": "BAŞVURU NO",
        "reason": "Neden",
        "day": "Başvuru Tarihi",
        "district": "İlçe",
        "neighbourhood": "Mah. Adı",
        "identity": "TC KİMLİK NO",
        "phone": "Telefon",
    }
    assert (found.questions, found.unused) == ((), ("Not",))


def test_an_unsure_column_is_asked_about_with_the_option_that_answers():
    found = propose_mapping(["Tarih", "Kayıt Tarihi", "Açıklama"])
    assert [(q.code, q.what) for q in found.questions] == [
        (Code.COLUMN_UNSURE, "day"),
        (Code.COLUMN_UNMAPPED, "reason"),
    ]
    assert found.questions[0].option == '--map day="Tarih"'
