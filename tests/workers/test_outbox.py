"""Messages are rows written with all else a run does, and notes to employees stand beside their bells at once."""

from sqlalchemy import select

from crm.tables.accounts import notification
from funnels.outbox import NewMessage, queue
from workers.batch import run_batch

SENDS = """
key: sends
name: Sends
nodes:
  - {id: created, type: trigger.lead_created}
  - {id: mail, type: message.send_email, config: {subject: "Hello {lead.title}", text: "Welcome"}}
  - {id: none, type: crm.add_tags, config: {tags: [nobody]}}
  - {id: call, type: action.http_request, config: {address: "https://crm.test/{lead.id}"}}
edges:
  - {from: created, to: mail}
  - {from: mail, to: call}
  - {from: mail, port: not_eligible, to: none}
"""
TELLS = """
key: tells
name: Tells
nodes:
  - {{id: created, type: trigger.lead_created}}
{plan}  - {{id: tell, type: message.notify_employee, config: {config}}}
  - {{id: nobody, type: crm.add_tags, config: {{tags: [nobody]}}}}
edges:
  - {{from: created, to: {first}}}
  - {{from: {last}, to: tell}}
  - {{from: tell, port: failed, to: nobody}}
"""


def telling(config, *, with_deal):
    if with_deal:
        plan = "  - {id: plan, type: crm.add_to_plan, config: {plan: sales}}\n"
        return TELLS.format(config=config, plan=plan, first="plan", last="plan")
    return TELLS.format(config=config, plan="", first="tell", last="tell").replace("  - {from: tell, to: tell}\n", "")


def notes(house):
    return house.rows(select(notification).order_by(notification.c.id))


def test_what_is_to_be_sent_is_a_row_with_a_key(house):
    house.publish(SENDS)
    lead_id = house.lead(email="ann@example.com")
    house.drain()

    mail, call = house.messages()
    [run] = house.runs()
    assert (mail.key, call.key) == (f"{run.id}:mail:1:0", f"{run.id}:call:1:0")
    assert (mail.channel, mail.state, mail.person_id, mail.lead_id) == ("email", "queued", run.person_id, lead_id)
    assert mail.payload == {"to": "ann@example.com", "subject": "Hello Lead 0", "text": "Welcome"}
    assert (call.channel, call.payload["address"], call.payload["until"]) == (
        "http",
        f"https://crm.test/{lead_id}",
        None,
    )
    assert mail.lane == mail.person_id % 256


def test_whoever_has_no_address_goes_another_way(house):
    house.publish(SENDS)
    house.lead()
    house.drain()

    assert (house.messages(), house.tags()) == ([], ["nobody"])


def test_a_hundred_messages_cost_what_three_cost(house):
    house.publish(SENDS.replace("subject:", 'to: "a{lead.id}@example.com", subject:'))
    house.leads(2)
    house.drain()

    def statements(number):
        house.leads(number)
        done = run_batch(house.database, limit=1000)
        return done.runs + done.events, done.statements

    assert statements(3)[1] == statements(100)[1]
    assert len(house.messages()) == 2 * 105


def test_messages_of_one_person_keep_their_order(house):
    house.publish(SENDS)
    house.leads(5, email="same@example.com")
    house.drain()

    mails = [row for row in house.messages() if row.channel == "email"]
    assert len(mails) == 5
    assert len({row.person_id for row in mails}) == 1
    assert [row.run_id for row in mails] == sorted(row.run_id for row in mails)


def test_a_message_that_is_there_already_stops_its_run_and_no_other(house):
    house.publish(SENDS)
    house.leads(3, email="a@example.com")
    with house.database.work() as work:
        spoilt = NewMessage(
            "email", 1, work.ids("run", 1)[0] + 2, "mail", 1, {"to": "a@b.cd", "subject": "", "text": ""}
        )
        queue(work, [spoilt])
    house.drain()

    assert sorted(house.states()) == [("completed", "end:next"), ("completed", "end:next"), ("parked", None)]
    assert len({row.key for row in house.messages()}) == len(house.messages()) == 5


def test_the_owner_is_told_with_a_link_to_the_deal(house):
    house.publish(telling('{text: "Look at {deal.title}"}', with_deal=True))
    house.lead()
    house.drain()

    [note], [deal] = notes(house), house.deals()
    assert (note.user_id, note.deal_id, note.lead_id, note.read_at) == (deal.owner_id, deal.id, None, None)
    assert note.words == f"Look at {deal.title}"
    assert house.messages() == []


def test_the_supervisor_is_told_by_email_too(house):
    house.publish(telling("{whom: supervisor, text: Look, by_email: true}", with_deal=True))
    house.leads(2)
    house.drain()

    told = {row.user_id for row in notes(house)}
    assert len(notes(house)) == 1, "ann has a supervisor, bob has none"
    assert house.tags() == ["nobody"]
    assert [row.payload["employee"] for row in house.messages()] == [*told][: len(house.messages())]


def test_nobody_is_told_of_a_lead_that_nobody_owns(house):
    house.publish(telling("{text: Look}", with_deal=False))
    house.lead()
    house.drain()

    assert (notes(house), house.tags()) == ([], ["nobody"])


def test_a_user_is_told_whoever_owns_the_lead(house):
    house.publish(telling("{whom: user, user: boss, text: Look}", with_deal=False))
    lead_id = house.lead()
    house.drain()

    [note] = notes(house)
    assert (note.lead_id, note.deal_id) == (lead_id, None)
