"""Reports under a name: one's own, shared, changed, removed."""

import pytest

from crm.access.actor import SYSTEM
from crm.access.viewers import actor_of, viewer_of
from crm.directory import directory
from crm.errors import NotAllowedError, NotFoundError
from crm.reports.asked import Asked
from crm.reports.saved import (
    NewReport,
    ReportChange,
    change_reports,
    remove_reports,
    save_reports,
    saved_report,
    saved_reports,
)
from tests.crm.dealing import cost, events

REFUSALS = Asked(type="refusals", groups=("plan",), period="this-month")
SALES = Asked(type="sales", groups=("channel",))


def someone(database, login):
    with database.reading() as work:
        settings = directory(work)
        user = settings.user(login)
        return actor_of(settings, user), viewer_of(settings, user)


def saved(database, by, *items):
    with database.work() as work:
        answers = save_reports(work, items, by=by)
    assert {one.code for one in answers} == {"done"}
    return [one.ids[0] for one in answers]


def seen(database, viewer):
    with database.reading() as work:
        return [(one.name, one.is_mine) for one in saved_reports(work, viewer=viewer)]


def test_ones_own_are_seen_by_oneself_and_shared_ones_by_all(database):
    (ann, anns), (_, bosss) = someone(database, "ann"), someone(database, "boss")

    [own, shared] = saved(database, ann, NewReport("Mine", REFUSALS), NewReport(" All of  us ", SALES, True))

    assert seen(database, anns) == [("All of us", True), ("Mine", True)]
    assert seen(database, bosss) == [("All of us", False)]
    with database.reading() as work:
        found = saved_report(work, shared, viewer=bosss)
        assert (found.asked, found.owner, found.is_shared, found.version) == (SALES, "Ann", True, 1)
        with pytest.raises(NotFoundError):
            saved_report(work, own, viewer=bosss)
        assert [data["what"] for _, data in events(work, "config.changed")][-2:] == ["report", "report"]


def test_only_its_owner_changes_and_removes_it(database):
    (ann, anns), (boss, _) = someone(database, "ann"), someone(database, "boss")
    [own, shared] = saved(database, ann, NewReport("Mine", REFUSALS), NewReport("Shared", SALES, True))

    def changes(name, version=None):
        return [ReportChange(one, name, SALES, True, version) for one in (own, shared, 987_654)]

    with database.work() as work:
        by_boss = [one.code for one in change_reports(work, changes("Hers"), by=boss)]
        gone = [one.code for one in remove_reports(work, [own, shared, 987_654], by=boss)]
        by_ann = [one.code for one in change_reports(work, changes("New"), by=ann)]
        stale = [one.code for one in change_reports(work, changes("Old", 1), by=ann)]
        empty = [one.code for one in change_reports(work, changes(" "), by=ann)]

    assert by_boss == gone == ["no_record", "not_yours", "no_record"]
    assert by_ann == ["done", "done", "no_record"]
    assert stale == ["stale", "stale", "no_record"]
    assert empty == ["invalid", "invalid", "no_record"]
    assert seen(database, anns) == [("New", True), ("New", True)]
    with database.work() as work:
        assert [one.code for one in remove_reports(work, [own, shared], by=ann)] == ["done", "done"]
    assert seen(database, anns) == []


def test_who_sees_no_reports_saves_none(database):
    ann, _ = someone(database, "ann")
    blind = type(ann)(ann.kind, ann.id, ann.rights - {"reports.see"}, sees=ann.sees)

    with database.work() as work:
        for call in (
            lambda: save_reports(work, [NewReport("X", SALES)], by=blind),
            lambda: change_reports(work, [ReportChange(1, "X", SALES, False)], by=blind),
            lambda: remove_reports(work, [1], by=blind),
            lambda: save_reports(work, [NewReport("X", SALES)], by=SYSTEM),
        ):
            with pytest.raises(NotAllowedError):
                call()


def test_many_cost_as_much_as_one(database):
    ann, _ = someone(database, "ann")
    ids = saved(database, ann, *(NewReport(f"R{number}", SALES) for number in range(30)))
    few = cost(database, lambda work: change_reports(work, [ReportChange(ids[0], "A", SALES, False)], by=ann))

    many = cost(
        database, lambda work: change_reports(work, [ReportChange(one, "B", SALES, False) for one in ids], by=ann)
    )

    assert few == many
    one = cost(database, lambda work: remove_reports(work, ids[:1], by=ann))
    assert one == cost(database, lambda work: remove_reports(work, ids[1:], by=ann))
