import pytest
from sqlalchemy import select, text

from crm.errors import NotFoundError
from funnels import states
from funnels.insiders import PAGE, at_node, parked, parked_ids
from funnels.refusals import PAGE as REFUSED_PAGE
from funnels.refusals import refusals
from funnels.standing_still import stands_still
from funnels.tables import run
from funnels.trace import trace
from tests.funnels.lived import SYSTEM, cost, live, read, seen_by
from tests.workers.house import a_house


def test_who_is_at_a_node_is_named_with_since_and_until(house):
    live(house)
    found, more = read(house, at_node, "ads", "answer")

    assert [one.about.title for one in found] == ["Lead 0", "Lead 1", "Lead 2", "Lead 3"]
    assert more == 0
    assert {one.until - one.since for one in found} == {found[0].until - house.clock.now}
    assert not any(one.is_parked or one.is_held for one in found)


def test_who_is_at_a_node_comes_in_pages(house):
    live(house, paid=PAGE + 3, free=0)
    first, more = read(house, at_node, "ads", "answer")
    rest, end = read(house, at_node, "ads", "answer", after=more)

    assert (len(first), len(rest), end) == (PAGE, 3, 0)
    assert {one.run_id for one in first}.isdisjoint(one.run_id for one in rest)


def test_whoever_is_paused_is_said_to_be(house):
    live(house)
    before = read(house, at_node, "ads", "answer")[0][0].until
    with house.database.work() as work:
        states.pause(work, ["ads"], by=SYSTEM)

    [first, *_], _ = read(house, at_node, "ads", "answer")
    assert (first.is_held, first.until) == (True, before)


def test_names_are_only_for_who_may_see_the_record(house):
    live(house)
    found, _ = read(house, at_node, "ads", "answer", viewer=seen_by(house, "ann"))

    assert [one.about.title for one in found] == [""] * 4


def test_a_node_that_never_was_has_nobody(house):
    assert read(live(house), at_node, "ads", "nowhere") == ((), 0)


def test_what_stands_still_says_where_and_why(house):
    live(house)
    found, count = read(house, parked, "ads")

    assert count == 2
    assert {(one.node, one.code, one.message) for one in found} == {("tag", "no_record", "the run has no company")}
    assert read(house, parked, "ads", node="tag")[1] == 2
    assert read(house, parked, "ads", node="ta_") == ((), 0)
    assert read(house, parked_ids, "ads") == [one.run_id for one in found]


def test_lists_cost_the_same_for_many(house):
    live(house)
    few = [cost(house, query, *more) for query, more in QUERIES]
    house.leads(60, source="ads")
    house.leads(60, source="site")
    house.leads(60, source="fair")
    house.drain()

    assert [cost(house, query, *more) for query, more in QUERIES] == few


QUERIES = [(at_node, ("ads", "answer")), (parked, ("ads",)), (refusals, ("ads",))]


def test_a_run_tells_its_way_where_it_is_and_what_started_it(house):
    live(house)
    run_id = read(house, at_node, "ads", "answer")[0][0].run_id
    found = read(house, trace, run_id)

    assert [f"{one.node}.{one.port}" for one in found.steps] == ["created.next", "paid.yes", "plan.next"]
    [rest] = found.rests
    assert (rest.node, rest.events) == ("answer", ("comment added",))
    assert (found.status, found.cause, found.about.title, found.version) == ("waiting", "lead created", "Lead 0", 1)
    assert found.deal is not None


def test_a_parked_run_tells_why(house):
    live(house)
    found = read(house, trace, read(house, parked_ids, "ads")[0])

    assert (found.status, found.error_node, found.error_message) == ("parked", "tag", "the run has no company")


def test_a_run_that_is_over_tells_how_it_ended(house):
    live(house)
    one = read(house, at_node, "ads", "answer")[0][0]
    house.tell("comment.added", house.runs()[0].person_id)
    house.drain()

    found = read(house, trace, one.run_id)
    assert (found.status, found.outcome, found.rests) == ("completed", "end:next", ())
    assert found.steps[-1].node == "thanks"


def test_a_run_that_does_not_exist_is_not_found(house):
    with pytest.raises(NotFoundError):
        read(house, trace, 12345)


def test_refusals_are_counted_by_trigger_and_reason(house):
    found = read(live(house), refusals, "ads")

    assert [(one.node, one.code, one.count) for one in found.counts] == [("created", "settings", 3)]
    assert next((one.about.title, one.event, one.words) for one in found.newest) == (
        "Lead 2",
        "lead created",
        "the source is fair",
    )


def test_a_refusal_by_the_filter_says_what_was_seen_and_what_was_needed(house):
    house.publish("""
key: ads
name: Only rich
nodes:
  - id: created
    type: trigger.lead_created
    condition: {op: in, field: lead.source, values: [ads, site]}
  - {id: mark, type: crm.add_tags, config: {tags: [one]}}
edges:
  - {from: created, to: mark}
""")
    house.lead(source="fair")
    house.drain()

    [one] = read(house, refusals, "ads").newest
    assert one.words == "lead's source is fair, needs one of: ads, site"


def test_refusals_come_in_pages_and_can_be_narrowed(house):
    live(house, refused=REFUSED_PAGE + 4)
    first = read(house, refusals, "ads")
    rest = read(house, refusals, "ads", before=first.more)

    assert (len(first.newest), len(rest.newest), rest.more) == (REFUSED_PAGE, 4, 0)
    assert read(house, refusals, "ads", code="cooldown").newest == ()
    assert read(house, refusals, "ads", node="paid").newest == ()


def test_old_refusals_are_not_lately(house):
    live(house)
    house.clock.forward(days=8)

    assert read(house, refusals, "ads").counts == ()


def test_who_stands_still_is_found_among_the_live_only(databases):
    with a_house(databases, "sqlite") as house:
        query = select(run.c.id).where(run.c.funnel_id == 1, stands_still())
        plain = str(query.compile(house.database.engine, compile_kwargs={"literal_binds": True}))
        [plan] = house.rows(text(f"explain query plan {plain}"))

        assert "INDEX run_live (funnel_id=? AND status>? AND status<?)" in plan.detail
