"""The numbers beside the navigation."""

from datetime import timedelta

from crm.access.actor import SYSTEM
from crm.access.viewers import viewer_of
from crm.directory import directory
from crm.tasks.changes import NewTask, create_tasks
from crm.today.counters import Counters, counters
from engine.deadline import Due
from tests.crm.company import put_lead


def test_each_counts_what_waits_for_him(database):
    with database.work() as work:
        settings = directory(work)
        ann, bob = settings.user("ann"), settings.user("bob")
        put_lead(work, owner_id=ann.id)
        put_lead(work, owner_id=ann.id, status="in_work")
        late, later = (Due.at_moment(work.now + timedelta(days=days), "Europe/Kyiv") for days in (-1, 3))
        new = [NewTask(1, "Call", due, ann.id, deal_id=1) for due in (late, late, later)]
        create_tasks(work, new, by=SYSTEM)

        assert counters(work, viewer=viewer_of(settings, ann)) == Counters(due_tasks=2, new_leads=1, unread=0)
        assert counters(work, viewer=viewer_of(settings, bob)) == Counters(due_tasks=0, new_leads=0, unread=0)
