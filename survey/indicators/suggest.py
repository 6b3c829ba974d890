"""Draft an indicator file from a new form, to be read and corrected by a person."""

from __future__ import annotations

import json

from survey.form import Form, Question
from survey.names import ASCII, fold

__all__ = ["suggest"]

YES_NAMES = frozenset({"evet", "yes", "var", "1"})
FEMALE_NAMES = frozenset({"kadin", "female", "f", "k", "woman", "kiz"})
AGE_NAMES = frozenset({"yas", "age"})
GROUPS = (
    ("children", "Çocuklar", "Children", "< 18", 0, 17),
    ("youth", "Gençler", "Youth", None, 15, 29),
    ("elderly", "Yaşlılar", "Older people", ">= 65", 65, 200),
)
HEAD = """# Draft from the form {form}. Read every line: titles, topics, weights and direction are proposals.
# A topic's need says when ONE PERSON is in need; persons in need of any topic are counted once.
"""


def suggest(form: Form) -> str:
    """TOML text that `read_indicators` accepts: age groups, and an indicator for each yes/no question."""
    parts = [HEAD.format(form=form.form_id), _topic()]
    age = next((q for q in form.questions if q.repeat and _key(q.name) in AGE_NAMES), None)
    if age is not None:
        parts.append(_roster(age, form))
        parts += [_group(age.name, *group) for group in GROUPS]
    parts += [_indicator(question, yes) for question in form.questions if (yes := _yes(question, form))]
    return "\n".join(parts)


def _roster(age: Question, form: Form) -> str:
    """Age bands of the need model, and how the roster says that somebody is a woman."""
    lines = ["[roster]", f'age = "${{{age.name}}}"', "bands = [0, 18, 65]"]
    for question in form.level(age.repeat):
        female = next((n for n in form.choice_names(question.name) if _key(n) in FEMALE_NAMES), None)
        if female is not None:
            lines.append(f"female = \"${{{question.name}}} = '{female}'\"")
            break
    return "\n".join(lines) + "\n"


def _topic() -> str:
    return '[topics.draft]\ntitle = { tr = "Taslak konu", en = "Draft topic" }\nweight = 1.0\n'


def _group(age: str, key: str, tr: str, en: str, test: str | None, low: int, high: int) -> str:
    person = f"${{{age}}} {test}" if test else f"${{{age}}} >= {low} and ${{{age}}} <= {high}"
    return (
        f'[groups.{key}]\ntitle = {{ tr = "{tr}", en = "{en}" }}\nperson = "{person}"\n'
        f"population = {{ age_from = {low}, age_to = {high} }}\n"
    )


def _yes(question: Question, form: Form) -> str:
    """Name of the yes choice of a two- or three-way question, else ''."""
    names = form.choice_names(question.name)
    if question.many or not 2 <= len(names) <= 3:
        return ""
    return next((name for name in names if _key(name) in YES_NAMES), "")


def _indicator(question: Question, yes: str) -> str:
    title = next(iter(question.labels.values()), question.name)
    level = "person" if question.repeat else "household"
    name, shown = f"${{{question.name}}}", json.dumps(title, ensure_ascii=False)
    return (
        f"[indicators.{_key(question.name)}]\ntitle = {{ tr = {shown}, en = {shown} }}\n"
        f'topic = "draft"\nlevel = "{level}"\nnumerator = "{name} = \'{yes}\'"\n'
        f'denominator = "{name} != \'\'"\ndirection = "higher_is_worse"\n'
    )


def _key(name: str) -> str:
    """A bare TOML key."""
    return fold(name.replace("_", " ")).translate(ASCII).replace(" ", "_") or "x"
