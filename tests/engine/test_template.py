import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.template import LONGEST_OUTPUT, LONGEST_SOURCE, Place, Template, TemplateError, check_source, parse

FACTS = {
    "lead.title": "Ремонт",
    "deal.amount": 123_456_789,
    "person.name": "Олена Ковальчук",
    "person.empty": "",
    "lead.percent": "100%s",
}


def test_places_are_filled_and_the_rest_stays():
    assert parse("Deal: {lead.title}!").render(FACTS.get) == "Deal: Ремонт!"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("", ""),
        ("{{lead.title}}", "{lead.title}"),
        ("{{{lead.title}}}", "{Ремонт}"),
        ("100 %", "100 %"),
        ("{lead.percent} %d", "100%s %d"),
        ("[{lead.missing}]", "[]"),
        ("{lead.missing|default:'нет'}", "нет"),
        ("{person.empty|default:'it''s {empty}'}", "it's {empty}"),
        ("{person.name|first_name|upper}", "ОЛЕНА"),
        ("{deal.amount|money}", "1\u00a0234\u00a0567,89"),
        ("{lead.title}{lead.title}", "РемонтРемонт"),
    ],
)
def test_a_template_is_filled(source, text):
    assert parse(source).render(FACTS.get) == text


@pytest.mark.parametrize(
    ("source", "position", "complaint"),
    [
        ("a } b", 2, "write it twice"),
        ("a { b}", 3, "a path is expected"),
        ("{}", 1, "a path is expected"),
        ("{lead.title", 11, "closing brace or a filter"),
        ("{lead.title + 1}", 11, "closing brace or a filter"),
        ("{lead.__class__()}", 15, "closing brace or a filter"),
        ("{lead.}", 5, "closing brace or a filter"),
        ("{lead.title|}", 12, "name of a filter"),
        ("{lead.title|eval}", 12, "there is no filter eval; there are upper, lower"),
        ("{lead.title|truncate}", 12, "needs a value"),
        ("{lead.title|truncate:'5'}", 12, "does not take such a value"),
        ("{lead.title|upper:5}", 12, "does not take such a value"),
        ("{lead.title|default:}", 20, "a number, or a text in single quotes"),
        ("{lead.title|default:'open}", 20, "a number, or a text in single quotes"),
        ("{a" + "|trim" * 11 + "}", 53, "at most 10 filters"),
        ("x" * (LONGEST_SOURCE + 1), LONGEST_SOURCE, "at most 20000 characters"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_position(source, position, complaint):
    with pytest.raises(TemplateError, match=complaint) as refusal:
        parse(source)

    assert refusal.value.position == position


def test_a_missing_value_is_refused_when_strict():
    with pytest.raises(TemplateError, match=r"lead\.missing has no value") as refusal:
        parse("Dear {lead.missing}").render(FACTS.get, strict=True)

    assert refusal.value.position == 5


def test_a_missing_value_with_a_default_is_fine_when_strict():
    assert parse("{lead.missing|default:'-'}{lead.title}").render(FACTS.get, strict=True) == "-Ремонт"


def test_a_text_that_comes_out_too_long_is_refused():
    with pytest.raises(TemplateError, match="longer than 100000"):
        parse("{a}{a}").render({"a": "x" * (LONGEST_OUTPUT // 2 + 1)}.get)


def test_paths_are_all_that_is_read():
    assert parse("{lead.title} {deal.amount|money} {lead.title}").paths == {"lead.title", "deal.amount"}


def test_unknown_paths_are_named_with_their_positions():
    problems = parse("{lead.title} and {lead.titel}").check({"lead.title"}.__contains__)

    assert [(problem.where, problem.code, str(problem.message)) for problem in problems] == [
        ("17", "path_unknown", "there is no field lead.titel")
    ]


def test_a_source_is_read_once():
    assert parse("{lead.title} once") is parse("{lead.title} once")


def test_settings_keep_a_good_source_and_refuse_a_bad_one_with_the_position():
    assert check_source("{lead.title}") == "{lead.title}"
    with pytest.raises(ValueError, match=r"a path is expected here, as lead\.title \(character 1\)"):
        check_source("{")


def test_templates_are_equal_when_they_are_written_alike():
    assert parse("a{{") == parse("a{{")
    assert len({parse("{a|truncate:5}"), parse("{a|truncate:05}")}) == 1
    assert parse("a") != "a"


arguments = st.one_of(
    st.sampled_from([("upper", None), ("money", None), ("number", 2), ("truncate", 7)]),
    st.text(max_size=10).map(lambda text: ("default", text)),
)
places = st.builds(
    Place,
    path=st.from_regex(r"[a-z_]{1,5}(\.[A-Za-z0-9_-]{1,5}){0,3}", fullmatch=True),
    filters=st.lists(arguments, max_size=4).map(tuple),
    position=st.just(0),
)
texts = st.text(st.sampled_from("ab{}%ї|:' \n"), min_size=1)


@given(st.lists(st.one_of(texts, places), max_size=6))
def test_what_is_written_reads_back_the_same(parts):
    written = Template("", tuple(parts)).written()

    assert parse(written).written() == written
    assert [(p.path, p.filters) for p in parse(written).places] == [
        (p.path, p.filters) for p in parts if isinstance(p, Place)
    ]


def refused_at(source):
    try:
        parse(source).render({}.get)
    except TemplateError as error:
        return error.position
    return 0


@given(st.text(st.sampled_from("a.{}|:'5 "), max_size=30))
def test_any_source_is_read_or_refused_inside_itself(source):
    assert 0 <= refused_at(source) <= len(source)


@given(st.text())
def test_doubling_braces_makes_any_text_literal(text):
    assert parse(text.replace("{", "{{").replace("}", "}}")).render(FACTS.get) == text
