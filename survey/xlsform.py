"""XLSForm to `Form`: pyxform judges the form, the workbook's own rows give it its parts.

Reads untrusted workbooks with pyxform's readers; run it inside the limited child process.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pyxform.errors import PyXFormError
from pyxform.xls2json_backends import DefinitionData, get_xlsform
from pyxform.xls2xform import convert

from survey.door.kinds import sniff
from survey.expressions import ExpressionError, parse
from survey.form import ANSWERLESS, Choice, Form, Question, default_class
from survey.names import nearest
from survey.problems import Code, FieldClass, Problem, Refused, Where, escape, problem
from survey.xlsformerrors import explain_refusal

__all__ = ["CLASS_COLUMN", "read_xlsform"]

CLASS_COLUMN = "mahalle::class"
Record = Mapping[str, str]
ALIASES = {
    "relevance": "relevant",
    "list name": "list_name",
    "value": "name",
    "calculate": "calculation",
    "read only": "read_only",
    "caption": "label",
}
SELECT = re.compile(r"^(select_one|select_multiple|select one|select multiple|rank)\s+(\S+)", re.IGNORECASE)
BLOCK = re.compile(r"^(begin|end)[ _](group|repeat)$", re.IGNORECASE)
FILE_TYPES = {"zip": ".xlsx", "ole": ".xls"}
EXPRESSION_COLUMNS = ("relevant", "constraint", "calculation")


def read_xlsform(path: Path, *, original_name: str) -> tuple[Form, tuple[Problem, ...]]:
    """Read a form in xlsx, legacy xls (under any name), csv or Markdown.

    Returns
    -------
    (Form, warnings)
        Warnings: expressions that only a phone can evaluate, pyxform's own remarks.

    Raises
    ------
    Refused
        With pyxform's objection as a problem naming sheet and row where it does.
    """
    kind = FILE_TYPES.get(sniff(path)) or (".md" if path.read_bytes().lstrip()[:1] == b"|" else ".csv")
    data = path.read_bytes()
    workbook: DefinitionData | None = None
    try:
        workbook = get_xlsform(data, file_type=kind)
        remarks = convert(data, file_type=kind, form_name="data").warnings
    except PyXFormError as why:
        raise Refused((_named(explain_refusal(str(why)), workbook),)) from why
    except Exception as why:
        found = problem(Code.FORM_CONVERSION, detail=f"{type(why).__name__}: {why}")
        raise Refused((found,)) from why
    form, problems = _build(workbook, Path(original_name).stem)
    said = [problem(Code.FORM_WARNING, detail=str(remark)) for remark in remarks[:20]]
    return form, (*problems, *_expressions(form), *said)


def _named(found: Problem, workbook: DefinitionData | None) -> Problem:
    """Add the name written on the row that is objected to."""
    rows = getattr(workbook, found.sheet, None) or ()
    if found.given or not 2 <= found.row <= len(rows) + 1:
        return found
    return replace(found, given=escape(_plain(rows[found.row - 2]).get("name", "")))


def _build(workbook: DefinitionData, fallback: str) -> tuple[Form, list[Problem]]:
    rows = [_plain(row) for row in workbook.survey or ()]
    settings = _plain((workbook.settings or [{}])[0])
    default = settings.get("default_language", "")
    questions, groups, repeats, problems = _questions(rows)
    choices = _choices([_plain(row) for row in workbook.choices or ()])
    texts = [*(q.labels for q in questions), *(c.labels for items in choices.values() for c in items)]
    languages = tuple(dict.fromkeys(language for labels in texts for language in labels if language))
    form = Form(
        form_id=settings.get("form_id") or settings.get("id_string") or fallback,
        version=settings.get("version", ""),
        title=settings.get("form_title") or settings.get("title") or fallback,
        languages=languages,
        default_language=default,
        questions=tuple(questions),
        groups=groups,
        repeats=tuple(repeats),
        choices=choices,
    )
    return form, problems


def _plain(row: Mapping[str, object]) -> dict[str, str]:
    """A row with canonical column names and trimmed texts."""
    named: dict[str, str] = {}
    for heading, value in row.items():
        if value is None or not str(value).strip():
            continue
        key = re.sub(r"\s*:{1,2}\s*", "::", heading.strip(), count=1)
        lowered = (
            key.lower() if "::" not in key else key.split("::")[0].lower() + "::" + key.split("::", 1)[1]
        )
        named[ALIASES.get(lowered, lowered)] = str(value).strip()
    return named


def _labels(row: Record) -> dict[str, str]:
    labels = {"": row["label"]} if "label" in row else {}
    for heading, text in row.items():
        if heading.startswith("label::"):
            labels[heading.split("::", 1)[1].strip()] = text
    return labels


Blocks = list[tuple[str, str]]


def _questions(
    rows: Sequence[Record],
) -> tuple[list[Question], dict[str, dict[str, str]], list[str], list[Problem]]:
    """Walk the survey sheet with a stack of open groups and repeats."""
    blocks: Blocks = []
    questions: list[Question] = []
    groups: dict[str, dict[str, str]] = {}
    repeats: list[str] = []
    problems: list[Problem] = []
    for number, row in enumerate(rows, start=2):
        kind, name = row.get("type", "").strip(), row.get("name", "")
        block = BLOCK.match(kind)
        if block and block[1].lower() == "begin":
            blocks.append((block[2].lower(), name))
            groups[name] = _labels(row)
            if block[2].lower() == "repeat":
                repeats.append(name)
        elif block:
            blocks.pop()
        elif name and kind and kind not in ANSWERLESS:
            question, found = _question(row, number, blocks)
            questions.append(question)
            problems.extend(found)
    return questions, groups, repeats, problems


def _question(row: Record, number: int, blocks: Blocks) -> tuple[Question, list[Problem]]:
    name, kind = row["name"], row["type"]
    select = SELECT.match(kind)
    plain = select[1].lower().replace(" ", "_") if select else kind.split()[0].lower()
    field_class, found = _class(row, number, plain)
    inside = [block for kind_, block in blocks if kind_ == "repeat"]
    question = Question(
        name=name,
        path="/".join([block for _, block in blocks if block] + [name]),
        type=plain,
        labels=_labels(row),
        list_name=select[2] if select else "",
        repeat=inside[-1] if inside else "",
        relevant=row.get("relevant", ""),
        constraint=row.get("constraint", ""),
        required=row.get("required", ""),
        calculation=row.get("calculation", ""),
        field_class=field_class,
        row=number,
    )
    return question, found


def _class(row: Record, number: int, kind: str) -> tuple[FieldClass, list[Problem]]:
    said = row.get(CLASS_COLUMN, "").lower()
    default = default_class(row["name"], kind)
    if not said:
        return default, []
    if said in set(FieldClass):
        return FieldClass(said), []
    close = nearest(said, set(FieldClass))
    where = Where("survey", number, CLASS_COLUMN)
    return default, [problem(Code.FORM_BAD_CLASS, where, given=said, nearest=close)]


def _choices(rows: Sequence[Record]) -> dict[str, tuple[Choice, ...]]:
    lists: dict[str, list[Choice]] = {}
    for row in rows:
        if "list_name" in row and "name" in row:
            lists.setdefault(row["list_name"], []).append(Choice(row["name"], _labels(row)))
    return {name: tuple(items) for name, items in lists.items()}


def _expressions(form: Form) -> list[Problem]:
    """Name expressions that cannot be re-evaluated here; phones evaluate them all the same."""
    found = []
    for question in form.questions:
        for column in EXPRESSION_COLUMNS:
            source = getattr(question, column)
            try:
                if source:
                    parse(source, known=form.by_name)
            except ExpressionError as why:
                where = Where("survey", question.row, column)
                found.append(problem(Code.FORM_EXPRESSION, where, detail=str(why)))
    return found
