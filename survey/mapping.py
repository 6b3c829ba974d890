"""Target fields and the headings people give them; a proposal, or a question where more than one fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from survey.names import ASCII, header_key, loose_key
from survey.problems import Code, FieldClass, Question

__all__ = ["CASE_TARGETS", "SURVEY_KEYS", "Proposal", "Target", "propose_mapping"]


@dataclass(frozen=True, slots=True)
class Target:
    """A field of ours: its usual headings, its sensitivity, and whether a file must have it."""

    name: str
    headings: tuple[str, ...]
    field_class: FieldClass = FieldClass.ORDINARY
    required: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """Target to heading as far as it is certain; the rest as questions."""

    columns: Mapping[str, str]
    questions: tuple[Question, ...]
    unused: tuple[str, ...]


def _target(name: str, headings: str, kind: str = "ordinary", *, required: bool = False) -> Target:
    return Target(name, tuple(h.strip() for h in headings.split(",")), FieldClass(kind), required)


PLACE = (
    _target(
        "area_code",
        "mahalle kodu,mahalle kod,mahalle no,uavt,uavt kodu,uavt kod,neighbourhood code,area code,area_id",
    ),
    _target("district", "ilçe,ilçesi,ilçe adı,district,district name"),
    _target("neighbourhood", "mahalle,mahallesi,mahalle adı,mah,mah adı,neighbourhood,neighborhood,quarter"),
)
CASE_TARGETS = (
    _target("key", "başvuru no,kayıt no,dosya no,vaka no,referans,id,case id,case no,record id"),
    _target("kind", "tür,kayıt türü,başvuru türü,type,kind,case type"),
    _target("reason", "neden,başvuru nedeni,gerekçe,sebep,reason", required=True),
    _target("subject", "konu,başvuru konusu,hizmet,talep,subject,topic,service"),
    _target("priority", "öncelik,aciliyet,priority,urgency"),
    _target("day", "tarih,başvuru tarihi,kayıt tarihi,date,application date,day", required=True),
    _target("channel", "kanal,başvuru kanalı,başvuru yolu,channel,source"),
    *PLACE,
    _target("lat", "enlem,lat,latitude,y koordinatı", "contact"),
    _target("lon", "boylam,lon,lng,long,longitude,x koordinatı", "contact"),
    _target("person_name", "ad soyad,adı soyadı,başvuran,kişi,full name,name", "name"),
    _target("identity", "tc,tckn,tc kimlik no,tc kimlik,kimlik no,identity number,national id", "identity"),
    _target("phone", "telefon,cep,cep telefonu,tel,gsm,phone,mobile", "contact"),
    _target("sex", "cinsiyet,sex,gender"),
    _target("age", "yaş,age"),
    _target("protected", "gizlilik kararı,gizlilik,koruma kararı,protected,confidential"),
)
SURVEY_KEYS = (
    *PLACE,
    _target("outcome", "sonuç,sonuç kodu,görüşme sonucu,ziyaret sonucu,outcome,result"),
    _target("block", "blok,blok no,öbek,küme,block,cluster,psu"),
    _target("stratum", "tabaka,katman,stratum,strata"),
    _target("weight", "ağırlık,tasarım ağırlığı,weight,design weight"),
    _target("day", "görüşme tarihi,ziyaret tarihi,tarih,interview date,date,today"),
    _target("point", "konum,gps,koordinat,location,geopoint"),
    _target("household", "hane no,hane kodu,hane,household id,household"),
)


def propose_mapping(header: Sequence[str], targets: Sequence[Target] = CASE_TARGETS) -> Proposal:
    """Propose a column for each target; exact headings first, then looser ones; ask when several fit.

    Nothing uncertain enters `columns`: two candidates, or none for a required target, make a question.
    """
    columns: dict[str, str] = {}
    questions: list[Question] = []
    for target in targets:
        found = _candidates(header, target)
        if len(found) == 1 and found[0] not in columns.values():
            columns[target.name] = found[0]
        elif found:
            questions.append(_ask(Code.COLUMN_UNSURE, target, found))
    free = tuple(heading for heading in header if heading not in columns.values())
    for target in targets:
        asked = any(question.what == target.name for question in questions)
        if target.required and target.name not in columns and not asked:
            questions.append(_ask(Code.COLUMN_UNMAPPED, target, free))
    return Proposal(columns, tuple(questions), free)


def _candidates(header: Sequence[str], target: Target) -> tuple[str, ...]:
    for key in (header_key, _loose):
        wanted = {key(text) for text in (target.name, *target.headings)}
        found = tuple(heading for heading in header if key(heading) in wanted)
        if found:
            return found
    return ()


def _loose(heading: str) -> str:
    return header_key(heading).translate(ASCII) or loose_key(heading)


def _ask(code: Code, target: Target, choices: Sequence[str]) -> Question:
    """Choices with the likest heading first: the option shown takes that one."""
    likest = max(choices, key=lambda heading: _likeness(heading, target), default=target.headings[0])
    ordered = sorted(choices, key=lambda heading: heading != likest)
    return Question(code, target.name, tuple(ordered[:12]), f'--map {target.name}="{likest}"')


def _likeness(heading: str, target: Target) -> float:
    keys = [_loose(text) for text in (target.name, *target.headings)]
    return max(SequenceMatcher(None, _loose(heading), key).ratio() for key in keys)
