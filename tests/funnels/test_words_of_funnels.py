"""A funnel, and what changed in it, in plain language."""

import pytest

from engine.document import FunnelDocument
from engine.merging import merge
from funnels.words.changes import changes
from funnels.words.conflicts import conflicts
from funnels.words.reading import reading
from tests.crm.conditions.rows import SETTINGS
from voronka.i18n import LANGUAGES, translate

START = {
    "id": "start",
    "type": "trigger.lead_created",
    "condition": {"op": "is", "field": "lead.source", "value": "ad"},
}
PAID = {
    "id": "paid",
    "type": "logic.condition",
    "title": "Paid?",
    "config": {"condition": {"op": "not_empty", "field": "deal.amount"}},
}
PLAN = {"id": "plan", "type": "crm.add_to_plan", "config": {"plan": "ad"}}
TAG = {"id": "tag", "type": "crm.add_tags", "config": {"tags": ["late"]}}
WAIT = {"id": "wait", "type": "wait.duration", "config": {"lasting": {"amount": 3, "unit": "days"}}}
CALL = {
    "id": "call",
    "type": "action.http_request",
    "config": {"address": "https://example.com", "headers": [{"name": "X-Api-Key", "value": "sk-1"}]},
}


def drawn(*nodes, edges=(), **more):
    lines = [dict(zip(("from", "port", "to"), edge.split(), strict=True)) for edge in edges]
    return FunnelDocument.model_validate({"key": "f", "name": "Calls", **more, "nodes": nodes, "edges": lines})


def said(lines):
    return ["  " * line.depth + line.text for line in lines]


def test_a_funnel_is_told_in_the_order_in_which_people_come_by():
    alone = {**TAG, "id": "alone", "condition": {"op": "empty", "field": "lead.phone"}}
    edges = ["start next wait", "wait next paid", "paid yes plan", "paid no tag", "plan no_manager tag"]

    lines = reading(drawn(alone, TAG, PLAN, PAID, WAIT, START, edges=edges, note="For ads."), SETTINGS)

    assert said(lines) == [
        "“Calls”",
        "For ads.",
        "Starts: Lead created: from any source",
        "  only if lead's source is “ad”",
        "1. Wait: 3 days",
        "2. Paid?: deal's amount is filled",
        "  yes: go on with 3",
        "  no: go on with 4",
        "3. Add to sales plan: Ads · given out by hand",
        "  next: the end",
        "  already there: the end",
        "  no manager: go on with 4",
        "4. Add tags: late",
        "  the end",
        "Nothing leads to these:",
        "5. Add tags: late",
        "  only if lead's phone is empty, else it is passed over",
        "  the end",
    ]


def test_what_cannot_be_read_is_said():
    nodes = ({**TAG, "config": {}}, {"id": "x", "type": "no.such"}, START)

    lines = said(reading(drawn(*nodes, edges=["start next tag", "tag next x", "x next start"]), SETTINGS))

    assert lines[-3:] == [
        "1. Add tags: its settings cannot be read",
        "2. no.such: its settings cannot be read",
        "  next: to a trigger",
    ]


def test_a_trigger_that_does_not_begin_with_the_first_step_says_where():
    triggers = [START, {"id": "hand", "type": "trigger.manual_start"}]

    lines = said(reading(drawn(*triggers, TAG, WAIT, edges=["start next tag", "hand next wait"]), SETTINGS))

    assert lines[3:5] == ["Starts: Started by hand: by the button “start”", "  goes on with 2"]


def test_what_changed_is_told():
    before = drawn(START, PAID, PLAN, TAG, WAIT, edges=["start next paid", "paid yes plan", "paid no tag"])
    after = drawn(
        {**PAID, "title": "Paid at all?"},
        {**TAG, "config": {"tags": ["late", "cold"]}, "on_error": {"then": "continue"}},
        {"id": "hand", "type": "trigger.manual_start"},
        {**WAIT, "type": "logic.exit", "config": {}, "condition": {"op": "empty", "field": "lead.phone"}},
        {**TAG, "id": "more", "title": "Mark", "condition": {"op": "empty", "field": "lead.phone"}},
        edges=["hand next paid", "paid yes tag", "tag next more"],
        name="Paid calls",
        note="New",
    )

    assert said(changes(before, after, SETTINGS)) == [
        "The funnel is called “Paid calls” now, not “Calls”",
        "The note of the funnel is another",
        "New way to start, Started by hand: by the button “start”",
        "New: Mark: late",
        "  only if lead's phone is empty",
        "No longer a way to start, Lead created: from any source",
        "Gone: Add to sales plan: Ads · given out by hand",
        "Changed: “Paid at all?”",
        "  title: Paid at all?, before: Paid?",
        "Changed: “Add tags”",
        "  when it fails: go on, before: wait for a person",
        "  Tags: cold, late, before: late",
        "Changed: “Exit”",
        "  block: Exit, before: Wait",
        "  only if: lead's phone is empty, where there was nothing",
        "“Paid at all?”, no: no longer leads to “Add tags”",
        "“Paid at all?”, yes: leads to “Add tags” now, not to “Add to sales plan”",
        "“Add tags”, next: leads to “Mark” now",
        "“Started by hand”, next: leads to “Paid at all?” now",
        "“Lead created”, next: no longer leads to “Paid at all?”",
    ]


def test_keys_to_other_systems_are_not_told():
    other = {**CALL, "config": {**CALL["config"], "headers": [{"name": "X-Api-Key", "value": "sk-2"}]}}

    told = said(changes(drawn(CALL), drawn(other), SETTINGS))

    assert told == ["Changed: “HTTP request”", "  headers.0.value is another"]


def test_other_limits_are_told():
    before = drawn(TAG, limits={"failures": {"percent": 20}})
    after = drawn(TAG, limits={"failures": None, "effects_per_hour": 9})

    assert said(changes(before, after, SETTINGS)) == [
        "Limit, failures: none, before: 20 % of the last 100 runs",
        "Limit, effects an hour: 9, before: none",
    ]
    assert said(changes(drawn(TAG), before, SETTINGS)) == ["Limit, percent that fail: 20, before: 50"]


def test_nodes_of_one_name_are_told_apart():
    before, after = drawn(TAG, {**TAG, "id": "tag-2"}), drawn(TAG, {**TAG, "id": "tag-2"}, edges=["tag next tag-2"])

    assert said(changes(before, after, SETTINGS)) == ["“Add tags” (tag), next: leads to “Add tags” (tag-2) now"]


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_it_is_the_same_each_time_in_every_language(language):
    before, after = drawn(START, PAID, TAG), drawn(PAID, PLAN, edges=["paid yes plan"])
    told = [
        [translate(line.text, language) for line in (*reading(after, SETTINGS), *changes(before, after, SETTINGS))]
        for _ in range(2)
    ]

    assert told[0] == told[1]
    assert all(told[0])


def test_what_two_do_not_agree_on_is_told():
    base = drawn(START, TAG, PAID, PLAN, edges=["paid yes plan"])
    ours = drawn(START, {**TAG, "type": "logic.exit", "config": {}}, PAID, {**PLAN, "title": "O"}, name="Ours")
    theirs = drawn(
        {**TAG, "config": {"tags": ["cold"]}},
        {**PAID, "note": "N"},
        {**PLAN, "title": "T"},
        edges=["paid yes tag"],
        name="Theirs",
    )
    merged = merge(base, ours, theirs), merge(base, drawn(START, TAG, PLAN), theirs)

    assert said(conflicts(merged[0], theirs)) == [
        "Both changed the name of the funnel",
        "“Exit”: one put another block there, and the other changed it too",
        "“Paid?”, yes: both let it lead elsewhere",
        "“O”: both changed title",
    ]
    assert said(conflicts(merged[1]))[0] == "“Paid?”: one removed it, and the other worked on it; it stays"
