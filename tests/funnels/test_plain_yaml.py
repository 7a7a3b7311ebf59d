import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnels.file_errors import FunnelFileError
from funnels.plain_yaml import Inline, dump, load

SCALARS = [
    ("yes", "yes"),
    ("no", "no"),
    ("on", "on"),
    ("true", True),
    ("false", False),
    ("True", "True"),
    ("null", None),
    ("~", None),
    ("", None),
    ("7", 7),
    ("-7", -7),
    ("0", 0),
    ("007", "007"),
    ("+380501234567", "+380501234567"),
    ("1_000", "1_000"),
    ("2.50", 2.5),
    ("1e3", 1000.0),
    (".5", ".5"),
    ("0x1F", "0x1F"),
    (".inf", ".inf"),
    ("2026-12-31", "2026-12-31"),
    ("09:30", "09:30"),
    ("12345678901234567890", "12345678901234567890"),
    ("'7'", "7"),
    ('"true"', "true"),
]


@pytest.mark.parametrize(("written", "read"), SCALARS)
def test_a_scalar_is_read_as_json_reads_it_and_every_other_word_is_a_text(written, read):
    value = load(f"key: {written}\n").value

    assert value == {"key": read}
    assert type(value["key"]) is type(read)


def test_names_of_settings_are_always_texts():
    assert load("{yes: 1, 7: 2, null: 3, true: 4}").value == {"yes": 1, "7": 2, "null": 3, "true": 4}


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("", None, None, "the file is empty"),
        ("# nothing\n", None, None, "the file is empty"),
        ("a: &x 1", 1, 4, "an anchor (&x) is not allowed here"),
        ("a: 1\nb: *x", 2, 4, "an alias (*x) is not allowed here"),
        ("*x : 1", 1, 1, "the name of a setting is expected here"),
        ("a: !!python/object:os.system 1", 1, 4, "a tag ("),
        ("a: !own [1]", 1, 4, "a tag (!own) is not allowed here"),
        ("!t a: 1", 1, 1, "the name of a setting is expected here"),
        ("a: 1\nb: 2\na: 3", 3, 1, "a stands here a second time"),
        ("x: {a: 1, a: 2}", 1, 11, "a stands here a second time"),
        ("<<: {a: 1}", 1, 1, "the name of a setting is expected here"),
        ("? [1]\n: 2", 1, 3, "the name of a setting is expected here"),
        (": 2", 1, 1, "the name of a setting is expected here"),
        ("a: 1\n---\nb: 2", 2, 1, "a second document begins here"),
        ("a:\n\tb: 1", 2, 1, "a tab stands where only spaces may"),
        ("a: b: c", 1, 5, "a colon is not expected here"),
        ("a: [1, 2", 1, 9, "this is no YAML"),
        ("a: 'never closed", 1, 17, "this is no YAML"),
        ("%YAML 9.9\n---\na: 1", 1, 1, "this is no YAML"),
        ("a: 1\nb: \x01", 2, 4, "the character U+0001 may not stand in a file"),
        ("a: 1e999", 1, 4, "the number 1e999 is too large"),
        ("[" * 65, 1, 65, "more than 64 groups stand within each other here"),
        ("a: " + "{a: " * 70, 1, 256, "more than 64 groups stand within each other here"),
    ],
)
def test_what_plain_yaml_leaves_out_is_refused_with_its_place(text, line, column, said):
    with pytest.raises(FunnelFileError) as caught:
        load(text)

    (place,) = caught.value.places
    assert (place.line, place.column) == (line, column)
    assert said in place.message


def test_a_million_brackets_are_refused_at_once():
    with pytest.raises(FunnelFileError, match="stand within each other"):
        load("[" * 1_000_000)


def test_the_place_of_a_part_is_that_of_its_name_or_of_what_holds_it():
    file = load("a: 1\nb:\n  - c: 2\n  - d\n")

    assert file.place(("b",)) == (2, 1)
    assert file.place(("b", 0, "c")) == (3, 5)
    assert file.place(("b", 1)) == (4, 5)
    assert file.place(("b", 0, "union-arm", "missing")) == (3, 5)
    assert file.place(("nowhere",)) == (1, 1)


def test_texts_of_several_lines_are_blocks_and_inline_groups_stay_on_a_line():
    written = dump({"text": "Hello\n  there", "at": Inline({"x": 1, "yes": "no"}), "tags": ["a", "b"], "none": {}})

    assert written == "text: |-\n  Hello\n    there\nat: {x: 1, yes: no}\ntags: [a, b]\nnone: {}\n"


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(min_value=-(10**18) + 1, max_value=10**18 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.sampled_from([written for written, _ in SCALARS]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(json_values)
def test_what_was_written_is_read_back(value):
    assert load(dump(value)).value == value


@given(st.text("ab1:-?!&*#|>%@`'\"{}[], \n\t\r\\~.<=x0\x85\ufeff", max_size=40) | st.text(max_size=40))
def test_any_text_is_read_or_refused_in_words(text):
    try:
        value = load(text).value
    except FunnelFileError:
        return
    assert load(dump(value)).value == value
