"""Imports asked for in the browser are carried out by whoever works, and taken back again without a trace."""

import io
import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from crm.access.actor import EVERYTHING, SYSTEM
from crm.access.viewers import actor_of
from crm.directory import directory
from crm.errors import InvalidError
from crm.importing import run as running
from crm.importing.choices import Choices
from crm.importing.intake import receive, values_of
from crm.importing.job import rejected_rows
from crm.importing.listing import counts_of_records, imports_made, records_of_import
from crm.importing.orders import choose, find_order, start, stop
from crm.records.comments import NewComment, add_comments
from crm.settings.users import UserChange, change_user
from crm.tables.importing import import_job, import_order, import_record
from crm.tables.journal import event, inbox
from crm.tables.records import comment, company, contact, deal, lead, person, person_identity, record_tag
from db.database import Database
from db.metadata import metadata
from engine.document import FunnelDocument
from engine.event import EVENT_KINDS
from funnels.doctor import examine
from funnels.publication.publishing import publish, save_draft
from funnels.undoing import ask_to_undo, find_undoing, look_before_undoing, undo_batch
from tests.crm.company import put_lead
from tests.crm.importing.running import count, recount_by_stage, rows, totals_by_stage
from workers.drain import drain
from workers.imports import do_imports, imports_wait
from workers.loop import Loop

DEALS = (
    "id,title,stage,amount,contact,phone,company,tags,comment\n"
    + "".join(
        f"{n},Deal {n},{'Talks' if n % 2 else 'New'},{n}.50,Ann {n},+38050{n:07},Firm {n % 7},new,Said {n}\n"
        for n in range(1, 41)
    )
    + "41,Bad,Nowhere,1,,,,,\n"
)
LEADS = "id,name,phone,source\n" + "".join(f"L{n},Lead {n},+38067{n:07},web\n" for n in range(1, 31))


@pytest.fixture
def database(company_url):
    made = Database(company_url)
    yield made
    made.close()


def root(database):
    with database.reading() as work:
        return actor_of(directory(work), directory(work).user("root"))


def send(database, text, kind="deals", name="table.csv", **choices):
    """Send a file and choose; the columns are those that are recognised."""
    order_id = receive(database, kind, name, io.BytesIO(text.encode()), by=root(database))
    with database.work() as work:
        order = find_order(work, order_id, viewer=EVERYTHING, lock=True)
        more = {"plan": "wholesale"} if kind == "deals" else {}
        choose(work, order, order.choices.model_copy(update=more | choices), by=root(database))
    return order_id


def begin(database, order_id, *, is_trial=False):
    with database.work() as work:
        start(work, find_order(work, order_id, viewer=EVERYTHING, lock=True), by=root(database), is_trial=is_trial)


def found(database, order_id):
    with database.reading() as work:
        return find_order(work, order_id, viewer=EVERYTHING)


def bring(database, text, kind="deals", **choices):
    order_id = send(database, text, kind, **choices)
    begin(database, order_id)
    do_imports(database, worker="test")
    return found(database, order_id)


def undo(database, job_id, *, leaves_worked_on=False):
    with database.work() as work:
        ask_to_undo(work, job_id, leaves_worked_on=leaves_worked_on, by=root(database), viewer=EVERYTHING)
    do_imports(database, worker="test")
    with database.reading() as work:
        return find_undoing(work, job_id)


def healthy(database):
    with database.reading() as work:
        return examine(work, deep=True)


RECORDS = (deal, lead, contact, company, person, person_identity, comment, record_tag, event, inbox)


def standing(database):
    """Count what there is, but for the audit's notes that somebody imported and undid it: these stay."""
    noted = select(func.count()).select_from(event).where(event.c.kind == EVENT_KINDS["config.changed"].code)
    with database.reading() as work:
        audited = work.scalar(noted)
    return {table.name: count(database, table) - (audited if table is event else 0) for table in RECORDS}


def test_a_file_is_tried_and_then_written(database):
    order_id = send(database, DEALS)
    before = standing(database)
    begin(database, order_id, is_trial=True)
    assert imports_wait(database)
    do_imports(database, worker="test")
    tried = found(database, order_id)

    assert not imports_wait(database)
    assert (tried.state, tried.checked.read, tried.checked.created, tried.checked.rejected) == ("draft", 41, 40, 1)
    [(line, column, value, reason)] = tried.checked.problems
    assert (line, column, value, "has no stage" in str(reason)) == (42, "stage", "Nowhere", True)
    assert standing(database) == before

    begin(database, order_id)
    do_imports(database, worker="test")
    done = found(database, order_id)
    assert (done.state, done.read, done.created, done.rejected) == ("finished", 41, 40, 1)
    assert totals_by_stage(database) == recount_by_stage(database) == {"New": (20, 43_000), "Talks": (20, 41_000)}
    with database.reading() as work:
        assert [one.line for _, one in rejected_rows(work, rows(database, import_job)[0])] == [42]
        assert counts_of_records(work, done.job_id, viewer=EVERYTHING) == {
            ("deal", True): 40, ("contact", True): 40, ("company", True): 7, ("person", True): 40,
        }  # fmt: skip
        listed = records_of_import(work, done.job_id, "deal", is_new=True, viewer=EVERYTHING, limit=3)
    assert [one.title for one in listed] == ["Deal 1", "Deal 2", "Deal 3"]
    assert healthy(database) == ()


def test_what_was_chosen_for_stages_and_owners_holds(database):
    text = "id,title,stage,owner\n1,A,Somewhere,Ann\n2,B,New,Nobody Known\n3,C,New,Somebody\n"
    order_id = send(database, text)
    order = found(database, order_id)
    assert values_of(database, order, order.choices) == {
        "stage": [("New", 2), ("Somewhere", 1)],
        "owner": [("Ann", 1), ("Nobody Known", 1), ("Somebody", 1)],
    }
    with database.work() as work:
        order = find_order(work, order_id, viewer=EVERYTHING, lock=True)
        chosen = {
            "stages": {"Somewhere": "Talks"},
            "owners": {"Nobody Known": "bob"},
            "makes_users": True,
            "tag": "import",
        }
        choose(work, order, order.choices.model_copy(update=chosen), by=root(database))
    begin(database, order_id)
    do_imports(database, worker="test")

    with database.reading() as work:
        settings = directory(work)
        deals = {
            row.title: (settings.stages[row.stage_id].key, settings.users[row.owner_id].login)
            for row in rows(database, deal)
        }
    assert deals == {"A": ("talks", "ann"), "B": ("new", "bob"), "C": ("new", "somebody")}
    assert count(database, record_tag) == 3


def test_what_cannot_be_done_fails_with_its_reason(database):
    order = bring(database, "id,title\n1,A\n", funnels="one", funnel="nothing")
    assert order.state == "failed"
    assert "nothing" in str(order.problem)

    with database.work() as work:
        change_user(work, "mark", UserChange(role="administrator"), by=root(database))
    order_id = send(database, "id,title\n1,A\n")
    begin(database, order_id)
    with database.work() as work:
        user = directory(work).user("root").id
        work.execute(import_order.update().values(asked_by=user + 1000))
    do_imports(database, worker="test")
    assert found(database, order_id).state == "failed"
    assert count(database, deal) == 0


def test_an_import_that_was_cut_off_goes_on_where_it_was(database, monkeypatch):
    monkeypatch.setattr(running, "BATCH", 10)
    order_id = send(database, DEALS)
    begin(database, order_id)

    class KilledError(BaseException):
        """As a process that ends."""

    written = []
    write = running.save

    def save(work, job):
        if len(written) == 2:
            raise KilledError
        written.append(job)
        return write(work, job)

    monkeypatch.setattr(running, "save", save)
    with pytest.raises(KilledError):
        do_imports(database, worker="first")
    monkeypatch.setattr(running, "save", write)
    assert (found(database, order_id).state, count(database, deal)) == ("importing", 20)

    if not database.is_sqlite:  # somebody else waits until the first is surely dead
        assert do_imports(database, worker="second") == 0
        with database.work() as work:
            work.execute(import_order.update().values(held_until=work.now - timedelta(seconds=1)))
    do_imports(database, worker="second")

    done = found(database, order_id)
    assert (done.state, done.created, done.rejected, count(database, deal)) == ("finished", 40, 1, 40)


def test_what_ends_its_process_again_and_again_is_given_up(database):
    order_id = send(database, DEALS)
    begin(database, order_id)
    with database.work() as work:
        work.execute(import_order.update().values(attempts=5))
    do_imports(database, worker="test")
    assert found(database, order_id).state == "failed"


def test_an_import_is_stopped_and_goes_on(database, monkeypatch):
    monkeypatch.setattr(running, "BATCH", 10)
    order_id = send(database, DEALS)
    begin(database, order_id)
    read = running.read_deals

    def end():
        with database.work() as work:
            stop(work, find_order(work, order_id, viewer=EVERYTHING, lock=True), by=root(database))

    def reading(*args, **named):
        for number, one in enumerate(read(*args, **named), start=1):
            yield one
            if number == 15:
                end()

    monkeypatch.setattr(running, "read_deals", reading)
    do_imports(database, worker="test")
    monkeypatch.setattr(running, "read_deals", read)
    assert (found(database, order_id).state, count(database, deal)) == ("stopped", 20)

    begin(database, order_id)
    end()
    do_imports(database, worker="test")
    assert (found(database, order_id).state, count(database, deal)) == ("stopped", 20)

    begin(database, order_id)
    do_imports(database, worker="test")
    assert (found(database, order_id).created, count(database, deal)) == (40, 40)


def test_undone_there_is_nothing_left(database):
    with database.work() as work:
        put_lead(work, title="Old")
    before = standing(database)
    deals, leads = bring(database, DEALS), bring(database, LEADS, "leads")
    assert standing(database) != before

    undone = undo(database, deals.job_id)
    assert (undone.state, undone.removed["deal"], undone.kept.get("deal", 0)) == ("undone", 40, 0)
    undo(database, leads.job_id)

    assert standing(database) == before
    assert count(database, import_record) == 0
    assert {name: tally for name, tally in totals_by_stage(database).items() if tally != (0, 0)} == {}
    assert [one for one in healthy(database) if "lead_not_journalled" not in one.code] == []

    again = bring(database, DEALS)
    assert (again.created, again.is_repeat) == (40, False)


def test_what_others_worked_on_stays_where_that_is_confirmed(database):
    order = bring(database, DEALS)
    with database.work() as work:
        first = rows(database, deal)[0]
        add_comments(work, [NewComment("deal", first.id, first.person_id, "Mine")], by=root(database))
    with database.reading() as work:
        looked = {one.kind: one for one in look_before_undoing(work, order.job_id, viewer=EVERYTHING)}
    assert (looked["deal"].there, looked["deal"].worked_on, looked["deal"].people, looked["deal"].funnels) == (
        40,
        1,
        1,
        0,
    )

    with pytest.raises(InvalidError, match="1 of its records"):
        undo(database, order.job_id)
    undone = undo(database, order.job_id, leaves_worked_on=True)

    assert (undone.removed["deal"], undone.kept["deal"]) == (39, 1)
    assert [row.id for row in rows(database, deal)] == [first.id]
    assert [count(database, table) for table in (contact, company, person)] == [1, 1, 1]
    assert totals_by_stage(database)["Talks"] == (1, 150)
    assert healthy(database) == ()


def test_what_was_changed_is_left_with_a_list(database):
    bring(database, LEADS, "leads")
    order = bring(database, LEADS.replace("web", "shop") + "L99,New,,shop\n", "leads")
    assert (order.created, order.updated) == (1, 30)

    undo(database, order.job_id)
    assert count(database, lead) == 30
    with database.reading() as work:
        left = records_of_import(work, order.job_id, "lead", is_new=False, viewer=EVERYTHING)
    assert len(left) == 30
    assert healthy(database) == ()


def test_an_undoing_that_was_cut_off_goes_on(database, monkeypatch):
    monkeypatch.setattr("funnels.undoing.BATCH", 8)
    before = standing(database)
    order = bring(database, DEALS)
    with database.work() as work:
        ask_to_undo(work, order.job_id, leaves_worked_on=False, by=root(database), viewer=EVERYTHING)
        work.execute(metadata.tables["import_undo"].update().values(holder="first"))
    for _ in range(3):
        with database.work() as work:
            assert undo_batch(work, order.job_id, holder="first", held_until=work.now)
    assert count(database, deal) == 16
    with database.work() as work:
        assert not undo_batch(work, order.job_id, holder="second", held_until=work.now)

    do_imports(database, worker="second")
    assert standing(database) == before


def test_undoing_takes_as_many_statements_for_few_as_for_many(database):
    statements = []
    for number in (3, 300):
        order = bring(
            database, "id,title,contact,company\n" + "".join(f"{number}-{n},T,P {n},C {n}\n" for n in range(number))
        )
        with database.work() as work:
            ask_to_undo(work, order.job_id, leaves_worked_on=False, by=root(database), viewer=EVERYTHING)
            work.execute(metadata.tables["import_undo"].update().values(holder="me"))
        with database.work() as work:
            undo_batch(work, order.job_id, holder="me", held_until=work.now)
            statements.append(work.statements)
        do_imports(database, worker="me")
    assert statements[0] == statements[1]


def test_the_list_shows_all_imports_with_their_undoing(database):
    order = bring(database, DEALS)
    send(database, LEADS, "leads", name="leads.csv")
    undo(database, order.job_id)
    with database.reading() as work:
        lines = imports_made(work, viewer=EVERYTHING)
        assert imports_made(work, viewer=EVERYTHING.__class__(1)) == []
    assert [(line.file_name, line.state, line.undo, line.created) for line in lines] == [
        ("leads.csv", "draft", None, 0),
        ("table.csv", "finished", "undone", 40),
    ]


def test_choices_are_read_back_as_they_were_stored(database):
    order_id = send(database, DEALS, dates="d.m.yyyy", decimal=",")
    assert isinstance(found(database, order_id).choices, Choices)
    assert found(database, order_id).choices.dates == "d.m.yyyy"
    with database.reading() as work:
        assert work.scalar(select(func.count()).select_from(metadata.tables["stored_file"])) == 1


def test_leads_that_walk_through_a_funnel_are_worked_on(database):
    document = FunnelDocument.model_validate(
        {
            "key": "welcome",
            "name": "Welcome",
            "nodes": [
                {"id": "start", "type": "trigger.lead_created"},
                {"id": "tag", "type": "crm.add_tags", "config": {"tags": ["seen"]}},
                {"id": "end", "type": "logic.exit"},
            ],
            "edges": [{"source": "start", "target": "tag"}, {"source": "tag", "target": "end"}],
        }
    )
    with database.work() as work:
        save_draft(work, document, by=SYSTEM)
        publish(work, "welcome", by=SYSTEM)
    quiet = bring(database, LEADS, "leads", funnels="none")
    loud = bring(database, LEADS.replace("L", "M").replace("+38067", "+38050"), "leads")
    early = bring(database, LEADS.replace("L", "N").replace("+38067", "+38063"), "leads")
    undo(database, early.job_id)  # before anybody has looked at its events
    drain(database)

    with database.reading() as work:
        looked = {
            order.job_id: {one.kind: one for one in look_before_undoing(work, order.job_id, viewer=EVERYTHING)}["lead"]
            for order in (quiet, loud)
        }
    assert [(looked[one.job_id].worked_on, looked[one.job_id].funnels) for one in (quiet, loud)] == [(0, 0), (30, 30)]
    assert undo(database, quiet.job_id).removed["lead"] == 30
    left = undo(database, loud.job_id, leaves_worked_on=True)
    assert (left.removed.get("lead", 0), left.kept["lead"], count(database, lead)) == (0, 30, 30)
    assert healthy(database) == ()


def test_whoever_works_carries_imports_out_by_himself(database):
    order_id = send(database, DEALS)
    loop = Loop(database)
    loop.start()
    try:
        begin(database, order_id)
        wait_until(lambda: found(database, order_id).state == "finished")
    finally:
        loop.stop()
    assert (found(database, order_id).created, count(database, deal)) == (40, 40)


def test_two_who_work_share_what_is_asked_for(database):
    orders = [send(database, DEALS.replace("\n", f"\n{n}-")[: -len(f"{n}-")]) for n in range(4)]
    for order_id in orders:
        begin(database, order_id)
    loops = [Loop(database) for _ in range(1 if database.is_sqlite else 2)]
    for loop in loops:
        loop.start()
    try:
        wait_until(lambda: all(found(database, one).state == "finished" for one in orders))
    finally:
        for loop in loops:
            loop.stop()
    assert count(database, deal) == 160
    assert totals_by_stage(database) == recount_by_stage(database)
    assert healthy(database) == ()


def wait_until(is_so):
    """Wait for what another thread does; at most three minutes."""
    for _ in range(1800):
        if is_so():
            return
        threading.Event().wait(0.1)
    pytest.fail("it never came")
