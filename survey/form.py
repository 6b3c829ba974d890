"""The typed questionnaire: questions with their paths, labels, choices and sensitivity. JSON and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property

from survey.names import fold
from survey.problems import FieldClass

__all__ = ["Choice", "Form", "Question", "default_class"]

Labels = Mapping[str, str]  # language -> text; '' is the language of an untranslated column
ANSWERLESS = frozenset({"note", "group", "repeat", "audit", "csv-external", "xml-external"})
NAME_SIGNS = (
    (
        FieldClass.IDENTITY,
        ("tckn", "tckimlik", "kimlikno", "tcno", "nationalid", "identitynumber", "pasaport"),
    ),
    (FieldClass.CONTACT, ("telefon", "gsm", "cep", "phone", "mobile", "eposta", "email", "adres", "address")),
    (
        FieldClass.NAME,
        ("adsoyad", "adisoyadi", "soyad", "fullname", "surname", "isim", "kisiadi", "respondentname"),
    ),
    (
        FieldClass.SPECIAL,
        ("engel", "saglik", "hastalik", "health", "disab", "siddet", "uyruk", "koken", "din"),
    ),
)
SHORT_NAMES = frozenset({"ad", "adi", "name", "firstname", "lastname"})
CONTACT_TYPES = frozenset({"geopoint", "geotrace", "geoshape", "start-geopoint", "background-geopoint"})
DEVICE_TYPES = frozenset({"phonenumber", "email", "username", "deviceid", "image", "audio", "video", "file"})


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice of a list."""

    name: str
    labels: Labels


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One row of the survey sheet that can hold an answer.

    `repeat` names the innermost repeat it lies in ('' at household level); `path` is 'group/name'.
    """

    name: str
    path: str
    type: str
    labels: Labels
    list_name: str = ""
    repeat: str = ""
    relevant: str = ""
    constraint: str = ""
    required: str = ""
    calculation: str = ""
    field_class: FieldClass = FieldClass.ORDINARY
    row: int = 0

    @property
    def many(self) -> bool:
        """Whether several choices can be given."""
        return self.type == "select_multiple"


@dataclass(frozen=True, kw_only=True)
class Form:
    """A questionnaire at one version."""

    form_id: str
    version: str
    title: str
    languages: tuple[str, ...]
    default_language: str
    questions: tuple[Question, ...]
    groups: Mapping[str, Labels] = field(default_factory=dict)
    repeats: tuple[str, ...] = ()
    choices: Mapping[str, tuple[Choice, ...]] = field(default_factory=dict)

    @cached_property
    def by_name(self) -> Mapping[str, Question]:
        """Questions by name; of two with one name the first, as references resolve."""
        found: dict[str, Question] = {}
        for question in self.questions:
            found.setdefault(question.name, question)
        return found

    @cached_property
    def spellings(self) -> Mapping[str, Mapping[str, str]]:
        """Choice name by its name, and by its folded label in any language, for each list."""
        return {
            name: {fold(t): c.name for c in choices for t in c.labels.values()}
            | {c.name: c.name for c in choices}
            for name, choices in self.choices.items()
        }

    @cached_property
    def _levels(self) -> Mapping[str, tuple[Question, ...]]:
        repeats = {question.repeat for question in self.questions}
        return {name: tuple(q for q in self.questions if q.repeat == name) for name in repeats}

    def choice_names(self, question: str) -> tuple[str, ...]:
        """Names of a question's choices, () when it has none."""
        asked = self.by_name.get(question)
        return tuple(choice.name for choice in self.choices.get(asked.list_name, ())) if asked else ()

    def level(self, repeat: str) -> tuple[Question, ...]:
        """Questions of one repeat, or of the household for ''."""
        return self._levels.get(repeat, ())

    def identifying(self) -> tuple[str, ...]:
        """Names of questions whose answers point to a person."""
        return tuple(q.name for q in self.questions if q.field_class.identifying)

    def to_json(self) -> str:
        """Serialise, stable in key order."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Form:
        """Read what `to_json` wrote."""
        raw = json.loads(text)
        return cls(
            form_id=raw["form_id"],
            version=raw["version"],
            title=raw["title"],
            languages=tuple(raw["languages"]),
            default_language=raw["default_language"],
            questions=tuple(
                Question(**{**q, "field_class": FieldClass(q["field_class"])}) for q in raw["questions"]
            ),
            groups=raw["groups"],
            repeats=tuple(raw["repeats"]),
            choices={name: tuple(Choice(**c) for c in items) for name, items in raw["choices"].items()},
        )


def default_class(name: str, kind: str) -> FieldClass:
    """Sensitivity of a question by its type and name, when the form does not say.

    >>> default_class("tc_kimlik", "text").value, default_class("konum", "geopoint").value
    ('identity', 'contact')
    """
    if kind in CONTACT_TYPES | DEVICE_TYPES:
        return FieldClass.CONTACT
    if kind in ("start", "end", "today", "note", "audit"):
        return FieldClass.ORDINARY
    key = fold(name.replace("_", " ")).replace(" ", "").translate(str.maketrans("çğıöşü", "cgiosu"))
    if key in SHORT_NAMES:
        return FieldClass.NAME
    for field_class, signs in NAME_SIGNS:
        if any(sign in key if len(sign) > 3 else key == sign for sign in signs):
            return field_class
    return FieldClass.ORDINARY
