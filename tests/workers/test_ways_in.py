"""Forms and webhooks start funnels: from what was sent to what the funnel did, through the real worker."""

import pytest
from sqlalchemy import select

from crm.access.actor import SYSTEM
from crm.settings.field_definitions import NewField, add_fields
from crm.tables.records import lead
from crm.ways.forms import FormText, add_forms, form_by_key
from crm.ways.kinds import FormField, Mapped
from crm.ways.receiving import Came, receive
from crm.ways.submitting import Submission, submit
from crm.ways.webhooks import WebhookText, add_webhook, webhook_by_key
from funnels.errors import NotPublishableError

FORM = """
key: from-form
name: From a form
nodes:
  - {id: start, type: trigger.form_submitted, config: {form: price}}
  - id: large
    type: logic.condition
    config: {condition: {field: trigger.value.size, op: is, value: large}}
  - {id: mark, type: crm.add_tags, config: {tags: [large]}}
  - {id: plan, type: crm.add_to_plan, config: {plan: sales, name: "For {lead.name}"}}
edges:
  - {from: start, to: large}
  - {from: large, port: "yes", to: mark}
  - {from: large, port: "no", to: plan}
  - {from: mark, to: plan}
"""
ANY_FORM = """
key: any-form
name: Any form
nodes:
  - {id: start, type: trigger.form_submitted}
  - {id: mark, type: crm.add_tags, config: {tags: ["by {form}"]}}
edges: [{from: start, to: mark}]
""".replace("by {form}", "by a form")
HOOK = """
key: from-hook
name: From a webhook
nodes:
  - {id: start, type: trigger.webhook_received, config: {webhook: shop, enrolment: parallel}}
  - id: dear
    type: logic.condition
    config: {condition: {field: trigger.value.total, op: greater, value: 100}}
  - {id: call, type: task.create, config: {name: "Call about {trigger.value.total}", deadline: {kind: days_in_stage, days: 1}}}
edges:
  - {from: start, to: dear}
  - {from: dear, port: "yes", to: call}
"""


@pytest.fixture
def ways(house):
    with house.database.work() as work:
        add_fields(work, [NewField("lead", "Size", "choice", ("small", "large"), key="size")], by=SYSTEM)
        fields = (FormField("name", "Name"), FormField("field.size", "Size"))
        add_forms(work, [FormText("Price", fields), FormText("Other", fields)], by=SYSTEM, keys=["price", "other"])
        mapping = (Mapped("name", "name"), Mapped("phone", "phone"), Mapped("total", "value.total", "number"))
        for key in ("shop", "bank"):
            add_webhook(work, WebhookText(key, mapping), by=SYSTEM, key=key)
    return house


def send(house, form="price", nonce="1", **values):
    with house.database.work() as work:
        [answer] = submit(work, [Submission(form_by_key(work, form), values, nonce)])
    return answer.lead_id


def come(house, webhook="shop", mark="1", **payload):
    with house.database.work() as work:
        [answer] = receive(work, webhook_by_key(work, webhook), [Came(payload, mark)])
    return answer


def test_a_form_becomes_a_deal_and_its_answers_are_looked_at(ways):
    ways.publish(FORM)
    send(ways, nonce="1", name="Ann", **{"field.size": "large"})
    send(ways, nonce="2", name="Bob", **{"field.size": "small"})

    ways.drain()

    assert [row.title for row in ways.deals()] == ["For Ann", "For Bob"]
    assert ways.tags() == ["large"]


def test_the_same_page_sent_twice_is_one_run(ways):
    ways.publish(FORM)
    for _ in range(3):
        send(ways, name="Ann")

    ways.drain()

    assert len(ways.runs()) == len(ways.deals()) == 1


def test_another_form_starts_nothing_and_leaves_no_refusal(ways):
    ways.publish(FORM)
    send(ways, "other", name="Ann")

    assert ways.waiting_events() == 0, "nobody looks at it, so it does not even stand in the inbox"
    ways.drain()

    assert (ways.runs(), ways.refusals()) == ([], [])


def test_a_trigger_without_a_form_takes_any(ways):
    ways.publish(FORM)
    ways.publish(ANY_FORM)
    send(ways, "other", nonce="1", name="Ann")
    send(ways, "price", nonce="2", name="Bob")

    ways.drain()

    assert (len(ways.runs("any-form")), len(ways.runs("from-form"))) == (2, 1)
    assert ways.refusals() == []


def test_a_webhook_starts_its_funnel_about_its_lead(ways):
    ways.publish(HOOK)
    come(ways, mark="1", name="Ann", total=250)
    come(ways, mark="2", name="Bob", total=50)
    come(ways, mark="1", name="Ann", total=250)
    come(ways, "bank", mark="3", name="Cid", total=900)

    ways.drain()

    assert len(ways.runs()) == 2
    [task] = ways.tasks()
    [ann] = ways.rows(select(lead.c.id).where(lead.c.name == "Ann"))
    assert (task.title, task.lead_id) == ("Call about 250", ann.id)
    assert ways.refusals() == []


def test_a_webhook_without_leads_starts_its_funnel_about_the_person(ways):
    from crm.ways.webhooks import change_webhook

    with ways.database.work() as work:
        mapping = (Mapped("phone", "phone"), Mapped("total", "value.total", "number"))
        change_webhook(work, "shop", WebhookText("Shop", mapping, makes_leads=False), by=SYSTEM)
    ways.publish(HOOK)
    come(ways, phone="+380501234567", total=5)

    ways.drain()

    assert len(ways.runs()) == 1
    assert ways.rows(select(lead.c.id)) == []


@pytest.mark.parametrize(
    ("text", "node", "field", "words"),
    [
        (FORM.replace("form: price", "form: gone"), "start", "form", "there is no form gone"),
        (HOOK.replace("webhook: shop", "webhook: gone"), "start", "webhook", "there is no webhook gone"),
        (HOOK.replace("value.total, op", "value.nothing, op"), "dear", "condition.", "trigger.value.nothing"),
    ],
)
def test_what_does_not_exist_is_named_with_node_and_setting(ways, text, node, field, words):
    with pytest.raises(NotPublishableError) as refused:
        ways.publish(text)

    [problem] = [one for one in refused.value.problems if one.severity == "error"]
    assert (problem.node, words in str(problem.message)) == (node, True)
    assert problem.field.startswith(field)
