from engine.effect import AddTags, SetFields
from engine.facts import Facts


def test_a_path_is_a_record_and_a_key():
    facts = Facts({"deal": {"field.budget": 5, "title": "A"}})

    assert facts.get("deal.field.budget") == 5
    assert facts.get("deal.title") == "A"


def test_what_is_missing_is_none():
    assert Facts({}).get("deal.title") is None
    assert Facts({"deal": {}}).get("deal.title") is None
    assert Facts({"deal": {}}).get("deal") is None


def test_an_effect_makes_new_facts():
    before = Facts({"lead": {"name": "A"}, "deal": {"tags": frozenset({"x"})}})

    after = before.after(SetFields({"name": "B"}, "lead")).after(AddTags(frozenset({"y"}), "deal"))

    assert after.records == {"lead": {"name": "B"}, "deal": {"tags": {"x", "y"}}}
    assert before.records == {"lead": {"name": "A"}, "deal": {"tags": {"x"}}}


def test_records_are_replaced_whole():
    before = Facts({"lead": {"name": "A"}, "deal": {"title": "X"}})

    assert before.with_records({"deal": {"id": 1}}).records == {"lead": {"name": "A"}, "deal": {"id": 1}}
    assert before.with_records({}) is before
