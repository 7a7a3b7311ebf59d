"""A company in which everything has happened: waits, branches, circles, parked, repaired and replaced runs."""

from crm.access.actor import SYSTEM
from crm.settings.users import deactivate_users
from funnels.doctor import examine
from funnels.repair import cancel, move, retry, skip
from tests.workers.house import House

RICH = """
key: rich
name: Rich
nodes:
  - {id: created, type: trigger.lead_created}
  - {id: wanted, type: logic.condition, config: {condition: {field: lead.source, op: in, values: [ads, site]}}}
  - {id: plan, type: crm.add_to_plan, config: {plan: sales}}
  - {id: split, type: logic.parallel, config: {branches: 3}}
  - {id: call, type: task.create, config: {name: Call, deadline: {kind: days_in_stage, days: 1}}}
  - {id: pause, type: wait.duration, config: {lasting: {amount: 10, unit: minutes}}}
  - {id: answer, type: wait.event, config: {events: [{port: moved, event: deal.moved}], timeout: {amount: 1, unit: hours}}}
  - {id: again, type: logic.go_to, config: {max_visits: 2}}
  - {id: remind, type: task.create, config: {name: Remind, deadline: {kind: days_in_stage, days: 2}}}
  - {id: all, type: logic.join}
  - {id: mark, type: crm.add_tags, config: {tags: [through], on: deal}}
  - {id: done, type: logic.exit, config: {outcome: success}}
edges:
  - {from: created, to: wanted}
  - {from: wanted, port: "yes", to: plan}
  - {from: plan, to: split}
  - {from: split, port: branch_1, to: call}
  - {from: split, port: branch_2, to: pause}
  - {from: split, port: branch_3, to: answer}
  - {from: call, to: all}
  - {from: pause, to: again}
  - {from: again, to: remind}
  - {from: remind, to: pause}
  - {from: again, port: limit, to: all}
  - {from: answer, port: moved, to: all}
  - {from: answer, port: timeout, to: all}
  - {from: all, to: mark}
  - {from: mark, to: done}
"""
FAILING = """
key: failing
name: Failing
nodes:
  - {id: created, type: trigger.lead_created}
  - {id: other, type: crm.add_to_plan, config: {plan: service}}
  - {id: ask, type: task.create, config: {name: Ask, responsible: boss, deadline: {kind: days_in_stage, days: 1}}}
  - {id: done, type: logic.exit}
edges:
  - {from: created, to: other}
  - {from: other, to: ask}
  - {from: ask, to: done}
"""
ONCE = """
key: once
name: Once
nodes:
  - {id: moved, type: trigger.stage_entered, config: {plan: sales, enrolment: once}}
  - {id: pause, type: wait.duration, config: {lasting: {amount: 1, unit: minutes}}}
edges:
  - {from: moved, to: pause}
"""
ANEW = """
key: anew
name: Anew
nodes:
  - {id: moved, type: trigger.stage_entered, config: {plan: sales, enrolment: restart}}
  - {id: next, type: wait.event, config: {events: [{port: moved, event: deal.moved}], about_the: deal}}
edges:
  - {from: moved, to: next}
"""


def live_through(house: House) -> House:
    """Let everything happen once."""
    for text in (RICH, FAILING, ONCE, ANEW):
        house.publish(text)
    with house.database.work() as work:
        deactivate_users(work, ["boss"], by=SYSTEM, confirmed=True)
    house.clock.forward(minutes=1)
    house.leads(12, source="ads")
    house.leads(3, source="fair")
    house.drain(limit=7)
    deals = [row.id for row in house.deals() if row.plan_id == house.deals()[0].plan_id]
    for stage in ("offer", "talks", "offer"):
        for deal_id in deals[:4]:
            house.move(deal_id, stage)
        house.drain()
        house.clock.forward(minutes=11)
        house.drain()
    parked = [row.id for row in house.runs() if row.status == 2]
    for command, place in ((retry, 0), (skip, 1), (cancel, 2)):
        with house.database.work() as work:
            command(work, parked[place : place + 1], by=SYSTEM)
    with house.database.work() as work:
        move(work, parked[3:4], "done", by=SYSTEM)
    house.drain()
    return house


def codes(house: House, *, deep: bool = True) -> list[str]:
    with house.database.reading() as work:
        return [finding.code for finding in examine(work, deep=deep)]
