"""Codes of everything that can be wrong; their severities. Sentences live in the TOML files beside."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["QUESTIONS", "WARNINGS", "Code"]


class Code(StrEnum):
    """What can be wrong, or what must be asked: `<subject>.<fault>`."""

    FILE_EMPTY = "file.empty"
    FILE_TOO_BIG = "file.too_big"
    FILE_KIND_UNKNOWN = "file.kind_unknown"
    FILE_KIND_MISMATCH = "file.kind_mismatch"
    FILE_PASSWORD = "file.password"  # noqa: S105 - a code, not a secret
    FILE_DAMAGED = "file.damaged"
    FILE_MACROS = "file.macros"
    FILE_EXTERNAL_LINKS = "file.external_links"
    FILE_EMBEDDED_OBJECT = "file.embedded_object"
    FILE_CHANGED_DRIVER = "file.changed_driver"
    ARCHIVE_TOO_MANY = "archive.too_many"
    ARCHIVE_TOO_LARGE = "archive.too_large"
    ARCHIVE_RATIO = "archive.ratio"
    ARCHIVE_UNSAFE_NAME = "archive.unsafe_name"
    ARCHIVE_LINK = "archive.link"
    ARCHIVE_NESTED = "archive.nested"
    ARCHIVE_METHOD = "archive.method"
    ARCHIVE_CONTENT = "archive.content"
    XML_DOCTYPE = "xml.doctype"
    TEXT_ENCODING = "text.encoding"
    TEXT_UNDECODABLE = "text.undecodable"
    TEXT_MIXED = "text.mixed"
    TEXT_CP1254 = "text.cp1254"
    TEXT_UTF16 = "text.utf16"
    TEXT_MOJIBAKE = "text.mojibake"
    CSV_QUOTE = "csv.quote"
    CSV_NUL = "csv.nul"
    CSV_DELIMITER = "csv.delimiter"
    TABLE_WIDTH = "table.width"
    TABLE_NO_HEADER = "table.no_header"
    TABLE_HEADER_ROW = "table.header_row"
    TABLE_HEADER_FOUND = "table.header_found"
    TABLE_HEADER_DUPLICATE = "table.header_duplicate"
    TABLE_COLUMN_UNNAMED = "table.column_unnamed"
    TABLE_TOO_MANY_ROWS = "table.too_many_rows"
    TABLE_TOO_WIDE = "table.too_wide"
    TABLE_SHEET_UNKNOWN = "table.sheet_unknown"
    TABLE_WHICH_SHEET = "table.which_sheet"
    TABLE_SHEET_HIDDEN = "table.sheet_hidden"
    TABLE_EMPTY = "table.empty"
    COLUMN_UNMAPPED = "column.unmapped"
    COLUMN_UNSURE = "column.unsure"
    COLUMN_MISSING = "column.missing"
    COLUMN_UNUSED = "column.unused"
    VALUE_DECIMAL_FORMAT = "value.decimal_format"
    VALUE_DATE_ORDER = "value.date_order"
    VALUE_YEAR = "value.year"
    VALUE_MISSING = "value.missing"
    VALUE_NOT_NUMBER = "value.not_number"
    VALUE_NOT_INTEGER = "value.not_integer"
    VALUE_FOREIGN_DIGITS = "value.foreign_digits"
    VALUE_DECIMAL_AMBIGUOUS = "value.decimal_ambiguous"
    VALUE_DECIMAL_MIXED = "value.decimal_mixed"
    VALUE_OUT_OF_RANGE = "value.out_of_range"
    VALUE_NEGATIVE = "value.negative"
    VALUE_SUM = "value.sum"
    VALUE_DATE_IMPOSSIBLE = "value.date_impossible"
    VALUE_DATE_FORMAT = "value.date_format"
    VALUE_DATE_AMBIGUOUS = "value.date_ambiguous"
    VALUE_DATE_SERIAL = "value.date_serial"
    VALUE_DATE_SHORT_YEAR = "value.date_short_year"
    VALUE_BOOLEAN = "value.boolean"
    VALUE_CHOICE = "value.choice"
    VALUE_TOO_LONG = "value.too_long"
    IDENTITY_DIGITS = "identity.digits"
    IDENTITY_LENGTH = "identity.length"
    IDENTITY_SCIENTIFIC = "identity.scientific"
    IDENTITY_LEADING_ZERO = "identity.leading_zero"
    IDENTITY_CHECKSUM = "identity.checksum"
    PHONE_FORMAT = "phone.format"
    POINT_INCOMPLETE = "point.incomplete"
    POINT_OUTSIDE = "point.outside"
    POINT_SWAPPED = "point.swapped"
    POINT_PROJECTED = "point.projected"
    POINT_ZERO = "point.zero"
    POINT_ACCURACY = "point.accuracy"
    AREA_UNKNOWN = "area.unknown"
    AREA_AMBIGUOUS = "area.ambiguous"
    AREA_DISTRICT_UNKNOWN = "area.district_unknown"
    AREA_CODE_UNKNOWN = "area.code_unknown"
    AREA_MISSING = "area.missing"
    FORM_CONVERSION = "form.conversion"
    FORM_DUPLICATE_CHOICE = "form.duplicate_choice"
    FORM_UNKNOWN_TYPE = "form.unknown_type"
    FORM_DUPLICATE_NAME = "form.duplicate_name"
    FORM_UNKNOWN_QUESTION = "form.unknown_question"
    FORM_UNKNOWN_LIST = "form.unknown_list"
    FORM_BAD_CLASS = "form.bad_class"
    FORM_EXPRESSION = "form.expression"
    FORM_WARNING = "form.warning"
    EXPRESSION_SYNTAX = "expression.syntax"
    EXPRESSION_UNKNOWN_QUESTION = "expression.unknown_question"
    EXPRESSION_UNKNOWN_FUNCTION = "expression.unknown_function"
    SOURCE_NOT_RECOGNISED = "source.not_recognised"
    SOURCE_REPEATS_MISSING = "source.repeats_missing"
    SOURCE_ORPHAN_ROW = "source.orphan_row"
    SOURCE_COLUMN_UNKNOWN = "source.column_unknown"
    SOURCE_COLUMN_ABSENT = "source.column_absent"
    SOURCE_REPEAT_UNKNOWN = "source.repeat_unknown"
    SOURCE_DUPLICATE_KEY = "source.duplicate_key"
    SURVEY_OUTCOME_MISSING = "survey.outcome_missing"
    SURVEY_KIND = "survey.kind"
    SURVEY_WEIGHT = "survey.weight"
    SURVEY_HOUSEHOLD_CONFLICT = "survey.household_conflict"
    SURVEY_ROSTER_EMPTY = "survey.roster_empty"
    CASE_KIND = "case.kind"
    CASE_REPEATED = "case.repeated"
    CASE_FUTURE = "case.future"
    LAYER_NOT_GEOJSON = "layer.not_geojson"
    LAYER_TOO_DEEP = "layer.too_deep"
    LAYER_TOO_MANY = "layer.too_many"
    LAYER_EMPTY = "layer.empty"
    LAYER_CHOICE = "layer.choice"
    LAYER_CRS_MISSING = "layer.crs_missing"
    LAYER_DATUM_UNSURE = "layer.datum_unsure"
    LAYER_CRS_LINK = "layer.crs_link"
    LAYER_CRS_UNKNOWN = "layer.crs_unknown"
    LAYER_FEATURE_INVALID = "layer.feature_invalid"
    LAYER_GEOMETRY_MISSING = "layer.geometry_missing"
    LAYER_COORDINATES = "layer.coordinates"
    LAYER_RING = "layer.ring"
    LAYER_GEOMETRY_INVALID = "layer.geometry_invalid"
    LAYER_REPAIR = "layer.repair"
    LAYER_NOT_POLYGON = "layer.not_polygon"
    LAYER_REPAIRED = "layer.repaired"
    LAYER_REPAIR_REFUSED = "layer.repair_refused"
    LAYER_CODE_TWICE = "layer.code_twice"
    LAYER_PROPERTY_LONG = "layer.property_long"
    LAYER_FIELD_COLLISION = "layer.field_collision"
    LAYER_ENCODING_DETECTED = "layer.encoding_detected"
    LAYER_MEMBER_MISSING = "layer.member_missing"
    LAYER_TRIGGER = "layer.trigger"
    LAYER_COUNT = "layer.count"
    INDICATOR_FILE = "indicator.file"
    INDICATOR_FIELD = "indicator.field"
    INDICATOR_UNKNOWN_TOPIC = "indicator.unknown_topic"
    INDICATOR_UNKNOWN_GROUP = "indicator.unknown_group"
    INDICATOR_UNKNOWN_QUESTION = "indicator.unknown_question"
    INDICATOR_UNKNOWN_CHOICE = "indicator.unknown_choice"
    INDICATOR_WRONG_LEVEL = "indicator.wrong_level"
    INDICATOR_EXPRESSION = "indicator.expression"
    INDICATOR_CASE_WEIGHT = "indicator.case_weight"
    INDICATOR_VIOLENCE = "indicator.violence"
    INDICATOR_OK = "indicator.ok"


QUESTIONS = frozenset(
    {
        Code.TEXT_ENCODING,
        Code.CSV_DELIMITER,
        Code.TABLE_HEADER_ROW,
        Code.COLUMN_UNMAPPED,
        Code.COLUMN_UNSURE,
        Code.VALUE_DECIMAL_FORMAT,
        Code.VALUE_DATE_ORDER,
        Code.SOURCE_NOT_RECOGNISED,
        Code.SURVEY_KIND,
        Code.TABLE_WHICH_SHEET,
        Code.VALUE_YEAR,
        Code.LAYER_REPAIR,
        Code.LAYER_CHOICE,
        Code.LAYER_CRS_MISSING,
        Code.LAYER_DATUM_UNSURE,
    }
)

WARNINGS = frozenset(
    {
        Code.FILE_KIND_MISMATCH,
        Code.FILE_MACROS,
        Code.FILE_EXTERNAL_LINKS,
        Code.FILE_EMBEDDED_OBJECT,
        Code.TEXT_CP1254,
        Code.TEXT_UTF16,
        Code.TEXT_MOJIBAKE,
        Code.TABLE_HEADER_FOUND,
        Code.TABLE_COLUMN_UNNAMED,
        Code.COLUMN_UNUSED,
        Code.TABLE_SHEET_HIDDEN,
        Code.POINT_ACCURACY,
        Code.FORM_EXPRESSION,
        Code.FORM_WARNING,
        Code.SOURCE_REPEATS_MISSING,
        Code.SOURCE_COLUMN_UNKNOWN,
        Code.SOURCE_COLUMN_ABSENT,
        Code.SOURCE_REPEAT_UNKNOWN,
        Code.SURVEY_HOUSEHOLD_CONFLICT,
        Code.SURVEY_ROSTER_EMPTY,
        Code.CASE_FUTURE,
        Code.CASE_REPEATED,
        Code.LAYER_CRS_LINK,
        Code.LAYER_GEOMETRY_INVALID,
        Code.LAYER_REPAIRED,
        Code.LAYER_ENCODING_DETECTED,
        Code.INDICATOR_OK,
    }
)
