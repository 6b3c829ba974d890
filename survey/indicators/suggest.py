"""Draft an indicator file from a new form, to be read and corrected by a person."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping

from survey.form import Form, Question
from survey.names import ASCII, fold

__all__ = ["suggest"]

YES_NAMES = frozenset({"evet", "yes", "var", "1", "ja", "oui", "si", "نعم", "bele", "ere"})
FEMALE_NAMES = frozenset({"kadin", "female", "f", "k", "woman", "kiz", "weiblich", "femme", "انثى", "أنثى"})
AGE_NAMES = frozenset({"yas", "age", "yasi", "alter", "العمر", "عمر", "kac_yasinda"})
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
    age = next((q for q in form.questions if q.repeat and _called(q.name, q.labels) & AGE_NAMES), None)
    if age is not None:
        parts.append(_roster(age, form))
        parts += [_group(age.name, *group) for group in GROUPS]
    drafted = {question.name: yes for question in form.questions if (yes := _yes(question, form))}
    parts += [_indicator(form.by_name[name], yes) for name, yes in drafted.items()]
    return "\n".join([*parts, *_left(form, drafted)]) + "\n"


def _left(form: Form, drafted: Collection[str]) -> Iterator[str]:
    """A comment for each question that could be an indicator but says no yes by itself."""
    rest = [q for q in form.questions if q.name not in drafted and _could_count(q)]
    if rest:
        yield "# Not drafted, because the form does not say which answer is need:"
    for question in rest:
        names = ", ".join(form.choice_names(question.name))
        label = json.dumps(next(iter(question.labels.values()), ""), ensure_ascii=False)
        yield f"#   ${{{question.name}}} {question.type} {label}" + (f": {names}" if names else "")


def _could_count(question: Question) -> bool:
    counted = question.type in ("integer", "decimal", "select_one", "select_multiple")
    return counted and not question.field_class.identifying


def _roster(age: Question, form: Form) -> str:
    """Age bands of the need model, and how the roster says that somebody is a woman."""
    lines = ["[roster]", f'age = "${{{age.name}}}"', "bands = [0, 18, 65]"]
    for question in form.level(age.repeat):
        female = _choice(question, form, FEMALE_NAMES)
        if female:
            lines.append(f"female = \"${{{question.name}}} = '{female}'\"")
            break
    return "\n".join(lines) + "\n"


def _topic() -> str:
    return (
        '[topics.draft]\ntitle = { tr = "Taslak konu", en = "Draft topic" }\nweight = 1.0\n'
        "# Say who is in need, or no map can be made:\n"
        "# need = \"${question} = 'answer'\"\n# in_need_any = true\n"
    )


def _group(age: str, key: str, tr: str, en: str, test: str | None, low: int, high: int) -> str:
    person = f"${{{age}}} {test}" if test else f"${{{age}}} >= {low} and ${{{age}}} <= {high}"
    return (
        f'[groups.{key}]\ntitle = {{ tr = "{tr}", en = "{en}" }}\nperson = "{person}"\n'
        f"population = {{ age_from = {low}, age_to = {high} }}\n"
    )


def _yes(question: Question, form: Form) -> str:
    """Name of the yes choice of a two- or three-way question, else ''."""
    if question.many or not 2 <= len(form.choice_names(question.name)) <= 3:
        return ""
    return _choice(question, form, YES_NAMES)


def _choice(question: Question, form: Form, wanted: frozenset[str]) -> str:
    """Name of the first choice that its name or a label in any language calls so, else ''."""
    listed = form.choices.get(question.list_name, ())
    return next((c.name for c in listed if _called(c.name, c.labels) & wanted), "")


def _called(name: str, labels: Mapping[str, str]) -> set[str]:
    return {_key(text) for text in (name, *labels.values())}


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
