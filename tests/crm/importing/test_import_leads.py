"""Leads of a file become leads, once."""

from collections import Counter

import pytest
from sqlalchemy import select

from crm.access.actor import Actor, ActorKind
from crm.errors import NotAllowedError
from crm.importing.answers import FunnelStart
from crm.importing.errors import ImportRunningError
from crm.importing.job import Job, save
from crm.importing.run import Import, run_import
from crm.tables.importing import import_job, import_rejected
from crm.tables.journal import event
from crm.tables.records import comment, company, deal, field_value, lead, person, person_identity, record_tag
from engine.event import EVENT_KINDS
from tests.crm.importing.running import count, counts, reasons, rows, run

PEOPLE = """id,name,phone,email,company,owner,source,tags,note,budget
A1,Ann Lee,+380 50 123 45 67,ann@example.com,Acme,bob,site,"vip, new",Call her,100
A2,Bob,+380501234567,,acme ,Ann,site,,,
A3,,,,,,fair,,,
"""
MAP = {
    "columns": {
        "id": "external_id", "name": "person.name", "phone": "person.phone", "email": "person.email",
        "company": "company.name", "owner": "owner", "source": "source", "tags": "tags", "note": "comment",
        "budget": "field.budget",
    }
}  # fmt: skip


def test_real_leads_are_recorded_and_a_second_import_adds_nothing(database, data_dir):
    path = data_dir / "olist" / "marketing_qualified_leads.csv"

    first = run(database, "leads", path)
    second = run(database, "leads", path)

    assert counts(first) == (8_000, 8_000, 0, 0)
    assert (counts(second), second.is_repeat) == ((8_000, 0, 0, 0), True)
    sources = Counter(row.source for row in rows(database, lead))
    assert sum(sources[name] for name in ("paid_search", "social", "display")) == 3_054
    assert sources["unknown"] + sources["NaN"] == 1_159
    assert sum(sources.values()) == count(database, person) == 8_000


def test_all_that_a_row_tells_is_kept(database, write):
    report = run(database, "leads", write(PEOPLE), mapping=MAP)

    assert counts(report) == (3, 3, 0, 0)
    ann, bob, nobody = sorted(rows(database, lead), key=lambda row: row.external_id)
    assert (ann.name, ann.phone, ann.email) == ("Ann Lee", "+380501234567", "ann@example.com")
    assert (ann.company_name, ann.source, ann.fields) == ("Acme", "site", {"budget": "100"})
    assert ann.person_id == bob.person_id != nobody.person_id
    assert ann.company_id == bob.company_id is not None
    assert (ann.owner_id is not None, bob.owner_id is not None, nobody.owner_id) == (True, True, None)
    assert nobody.title == "A3"
    assert [count(database, table) for table in (company, record_tag, comment, field_value)] == [1, 2, 1, 1]


def test_the_journal_says_which_import_made_a_lead(database, write):
    report = run(database, "leads", write("id,name\n1,Ann\n"))

    with database.reading() as work:
        made = select(event.c.caused_by).where(event.c.kind == EVENT_KINDS["lead.created"].code)
        assert [row.caused_by for row in work.rows(made)] == [Actor(ActorKind.IMPORT, report.job.id).packed]


def test_a_newer_file_updates_what_differs(database, write):
    run(database, "leads", write(PEOPLE), mapping=MAP)

    newer = PEOPLE.replace("Ann Lee", "Ann Li").replace("A3,,,", "A3,,,new@example.com").replace("vip, new", "vip, old")
    report = run(database, "leads", write(newer), mapping=MAP)

    assert counts(report) == (3, 0, 2, 0)
    assert sorted((row.external_id, row.name, row.email) for row in rows(database, lead)) == [
        ("A1", "Ann Li", "ann@example.com"),
        ("A2", "Bob", None),
        ("A3", None, "new@example.com"),
    ]
    assert [count(database, table) for table in (record_tag, comment, lead)] == [3, 1, 3]


def test_a_newer_file_gives_another_owner(database, write):
    run(database, "leads", write("id,owner\n1,ann\n2,ann\n"))

    report = run(database, "leads", write("id,owner\n1,bob\n2,Ann\n3,bob\n"))

    assert counts(report) == (3, 1, 1, 0)


def test_an_id_twice_in_a_file_is_one_lead_with_the_last_values(database, write):
    report = run(database, "leads", write("id,name\n1,Ann\n2,Bob\n1,Anna\n"))

    assert counts(report) == (3, 2, 1, 0)
    assert sorted(row.name for row in rows(database, lead)) == ["Anna", "Bob"]


def test_rows_without_ids_are_not_doubled_by_a_repeat(database, write):
    path = write("name,phone\nAnn,+380501234567\nBob,+380501234568\n")

    first, second = run(database, "leads", path), run(database, "leads", path)

    assert (counts(first), counts(second)) == ((2, 2, 0, 0), (2, 0, 0, 0))
    assert count(database, lead) == 2


def test_all_phones_of_a_row_lead_to_its_person(database, write):
    run(database, "leads", write('name,phone\nAnn,"+380501234567, +380501234568"\nOther,+380501234568\n'))

    assert count(database, person_identity) == 2
    assert len({row.person_id for row in rows(database, lead)}) == 1


def test_an_unknown_owner_rejects_the_row_until_users_may_be_made(database, write):
    path = write("id,owner\n1,Moses Frase\n2,ann\n3,Moses Frase\n")

    first = run(database, "leads", path)
    said = reasons(database, first)
    second = run(database, "leads", path, makes_users=True)

    assert (counts(first), counts(second)) == ((3, 1, 0, 2), (3, 2, 0, 0))
    assert said == [
        (line, "there is no user “Moses Frase”: add the user, or repeat with --create-users") for line in (2, 4)
    ]
    assert second.is_retry
    assert count(database, lead) == 3
    assert count(database, import_rejected) == 0


def test_a_trial_says_the_same_and_writes_nothing(database, write):
    text = "id,name,owner\n" + "".join(
        f"{n % 1_500},Name {n % 1_500},{'x' if n % 100 == 7 else ''}\n" for n in range(2_500)
    )
    path = write(text)
    before = [count(database, table) for table in (lead, person, event, import_job)]

    trial = run(database, "leads", path, trial=True)
    after = [count(database, table) for table in (lead, person, event, import_job)]
    real = run(database, "leads", path)

    assert (before, counts(trial)) == (after, counts(real))
    assert counts(real) == (2_500, 1_485, 0, 25)
    assert [(one.line, str(one.reason)) for one in trial.problems] == reasons(database, real)


def test_a_plan_gives_each_new_lead_a_deal(database, write):
    report = run(database, "leads", write("id,name,owner\n1,Ann,cid\n2,Bob,\n3,Eve,\n"), plan="wholesale")

    assert counts(report) == (3, 3, 0, 0)
    deals = rows(database, deal)
    assert {one.title for one in deals} == {"Ann", "Bob", "Eve"}
    assert {one.lead_id for one in deals} == {one.id for one in rows(database, lead)}
    assert len({one.owner_id for one in deals}) == 3


def test_leads_meant_for_one_funnel_say_so_to_all_triggers(database, write):
    run(database, "leads", write("id\nA1\nA2\n"), funnel=FunnelStart("welcome", "Go"))

    with database.reading() as work:
        kinds = {
            code: [row.data for row in work.rows(select(event.c.data).where(event.c.kind == code))] for code in (1, 23)
        }
    assert len(kinds[1]) == len(kinds[23]) == 2
    assert all('"only":"welcome"' in data for datas in kinds.values() for data in datas)
    assert all('"label":"Go"' in data and '"target":"lead"' in data for data in kinds[23])


def test_statements_do_not_grow_with_rows(database, write):
    def statements(number):
        seen = []
        original = type(database).commit

        def commit(self, work):
            original(self, work)
            seen.append(work.statements)

        type(database).commit = commit
        try:
            text = (
                PEOPLE.splitlines()[0]
                + "\n"
                + "".join(
                    f"{number}-{n},Name {n},+38050{number:03}{n:04},n{number}.{n}@example.com,Firm {n},bob,site,vip,Note,{n}\n"
                    for n in range(number)
                )
            )
            run(database, "leads", write(text), mapping=MAP)
        finally:
            type(database).commit = original
        return max(seen)

    statements(3)

    assert statements(900) <= statements(9) + 2


def test_two_processes_cannot_go_on_with_one_import(database, write, monkeypatch):
    path = write("id\n" + "".join(f"A{n}\n" for n in range(1_500)))

    def other_process(_read, _total, job):
        with database.work() as work:
            save(work, Job(job.id, position=1_500, version=job.version))

    with pytest.raises(ImportRunningError):
        run_import(database, Import("leads", path), by=Actor(ActorKind.SYSTEM), on_progress=other_process)

    assert count(database, lead) == 1_000


def test_who_may_not_import_is_refused(database, write):
    with pytest.raises(NotAllowedError):
        run_import(database, Import("leads", write("id\nA1\n")), by=Actor(ActorKind.USER, 1))
