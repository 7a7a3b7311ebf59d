"""Strategies for what is wanted of deals, in the one form that addresses have."""

from dataclasses import replace

from hypothesis import strategies as st

from crm.conditions.fields import SubjectFields
from crm.directory import User
from crm.finding.days import STRETCH_WORDS
from crm.finding.wanted import Facet, Wanted
from engine.condition import FieldKind
from tests.crm.conditions.rows import ANN, SETTINGS
from tests.engine.conditions import DAYS, TEXTS

BOSS = User(8, "boss", "Boss", "supervisor", frozenset(), None, True)
HIS = replace(ANN, supervisor_id=BOSS.id)
COMPANY = replace(SETTINGS, users={HIS.id: HIS, BOSS.id: BOSS}, logins={HIS.login: HIS, BOSS.login: BOSS})
FIELDS = SubjectFields(COMPANY, "deal")

signs = st.sampled_from(["-", "*", "nobody", "me", "!a", "~b", "a|b", "\\", "\\-", "a..b", "last-30d", " x ", "а=б&в"])
anything = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=8)
texts = st.one_of(st.sampled_from([text for text in TEXTS if text]), signs, anything)
days = st.sampled_from([day.isoformat() for day in DAYS])
numbers = st.one_of(st.integers(-5, 1000).map(str), st.sampled_from(["0.5", "99.9", "-1.25"]))
distances = st.builds(lambda count, unit: f"{count}{unit}", st.integers(1, 99), st.sampled_from("hdw"))
ends = st.tuples(days, days).map(sorted)


def several(values):
    return st.lists(values, min_size=1, max_size=3, unique=True).map(tuple)


def between(values, ordered):
    return st.one_of(ordered.map(tuple), values.map(lambda end: (end, "")), values.map(lambda end: ("", end)))


def facets_of(path: str, kind: FieldKind):
    """What may be asked of a field."""

    def of(ops, values):
        return st.builds(Facet, st.just(path), st.sampled_from(ops), values)

    ways = [st.sampled_from([Facet(path, "empty"), Facet(path, "not_empty")])]
    if kind == "bool":
        return of(["in"], st.sampled_from([("yes",), ("no",), ("yes", "no")]))
    if kind in ("text", "choice", "tags", "reference"):
        ways.append(of(["in", "not_in"], several(texts)))
    if kind in ("text", "choice"):
        ways.append(of(["contains", "not_contains"], texts.map(lambda text: (text,))))
    if kind in ("number", "money"):
        ordered = st.tuples(numbers, numbers).map(lambda pair: sorted(pair, key=float))
        ways += [of(["in", "not_in"], several(numbers)), of(["between"], between(numbers, ordered))]
    if kind in ("date", "datetime"):
        ways.append(of(["between"], between(st.one_of(days), ends)))
        ways.append(of(["between"], st.sampled_from([("", "now"), ("now", "")])))
        ways.append(of(["within_last", "within_next"], distances.map(lambda one: (one,))))
        ways.append(of(["during"], st.sampled_from([(name,) for name in STRETCH_WORDS])))
    if kind == "date":
        ways.append(of(["in", "not_in"], several(days)))
    return st.one_of(ways)


PATHS = [path for path in FIELDS.paths() if not path.endswith(".text") or ".field." in path]


@st.composite
def wanted(draw):
    paths = draw(st.lists(st.sampled_from(PATHS), max_size=4, unique=True))
    facets = tuple(draw(facets_of(path, FIELDS.kind(path))) for path in paths)
    words = draw(st.lists(st.sampled_from(["Іван", "067", "123-45-67", "ivan@site.ua", "100%", "a|b"]), max_size=4))
    sort = draw(st.sampled_from(["", "deal.amount", "next_task", "lead.field.number"]))
    return Wanted("deal", " ".join(words), facets, sort, bool(sort) and draw(st.booleans()))
