"""Parts of words: whatever holds a word has the parts that are asked for."""

from hypothesis import given
from hypothesis import strategies as st

from crm.searching.grams import LEAST, beginnings, grams_of, wanted_grams

LETTERS = st.text("abcйіß0189@.-+ё", max_size=12)


@given(before=LETTERS, word=LETTERS, after=LETTERS, other=st.text(max_size=20))
def test_a_text_that_holds_a_word_has_its_parts(before, word, after, other):
    texts = [other, None, f"{other} {before}{word}{after}"]

    assert set(wanted_grams(5, word.split())) <= set(grams_of(5, texts))


@given(word=st.text("abc", min_size=LEAST, max_size=40))
def test_words_that_are_long_enough_have_parts_and_few_are_asked_for(word):
    assert 0 < len(wanted_grams(5, [word, word[::-1], "ab"])) <= 16


def test_kinds_of_records_have_parts_of_their_own():
    assert not set(grams_of(2, ["диван"])) & set(grams_of(5, ["диван"]))


def test_short_words_have_none():
    assert wanted_grams(5, ["ab", "x", ""]) == ()


def test_texts_of_another_sort_are_not_found():
    assert not set(wanted_grams(5, ["диван"])) & set(grams_of(5, [], ["диван"]))
    assert set(wanted_grams(5, ["диван"], 1)) <= set(grams_of(5, [], ["диван"]))


def test_two_letters_are_found_where_they_begin_a_word():
    assert set(beginnings(5, ["wa", "d"])) <= set(grams_of(5, ["red wardrobe"]))
    assert not set(beginnings(5, ["ar"])) <= set(grams_of(5, ["red wardrobe"]))
    assert beginnings(5, ["w"]) == ()
