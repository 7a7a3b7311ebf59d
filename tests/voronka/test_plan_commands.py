"""``voronka plan``: sales plans from the command line."""

import json

import pytest


@pytest.fixture
def company(voronka):
    """A company of two, without a plan."""
    voronka("user", "add", "boss", "--no-password", "--zone", "Europe/Kyiv", "--currency", "UAH")
    voronka("user", "add", "ann", "--no-password")
    return voronka


def test_a_plan_is_added_with_its_stages_and_managers(company):
    company(
        "plan", "add", "Retail", "--stage", "New", "--stage", "Offer", "--average-check", "1500,50",
        "--even", "--second", "fewest", "--manager", "ann",
    )  # fmt: skip

    [plan] = json.loads(company("plan", "list", "--json").stdout)

    assert (plan["key"], plan["distribution"], plan["managers"]) == ("retail", "even", ["ann"])
    assert plan["stages"] == ["new", "offer", "won", "lost", "undefined"]


def test_managers_and_distribution_change_later(company):
    company("plan", "add", "Retail")

    company("plan", "change", "retail", "--even", "--manager", "boss", "--manager", "ann")

    [plan] = json.loads(company("plan", "list", "--json").stdout)
    assert (plan["distribution"], plan["managers"]) == ("even", ["boss", "ann"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "Retail", "--manager", "nobody"), "nobody"),
        (("add", "Retail", "--average-check", "much"), "average check"),
        (("add", "Retail", "--even", "--second", "luck"), "luck"),
        (("change", "nothing", "--even"), "nothing"),
    ],
)
def test_what_cannot_be_is_refused_in_words(company, words, said):
    assert said in company("plan", *words, status=2).stderr
    assert json.loads(company("plan", "list", "--json").stdout) == []
