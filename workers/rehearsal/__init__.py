"""Rehearsal: the engine that works for real, in a world of its own with a virtual clock and a made-up outside.

A ``World`` is a company in memory.  For tests of funnels: furnish it with the commands of the CRM, publish, let things happen,
and look what came of it with the same queries as everywhere::

    with World(MONDAY) as world:
        with world.work() as work:
            set_up(work, NewOrganization("Acme", zone="Europe/Kyiv", currency="UAH"))
            create_plan(work, NewPlan("Sales", STAGES, key="sales"), by=SYSTEM)
        world.publish(document)
        world.happen(lambda work: record_leads(work, [NewLead("Ann", source="ads")], by=PERSON))
        world.happen(lambda work: end_tasks(work, [...], by=PERSON), at=MONDAY + timedelta(hours=3))
        world.run(MONDAY + timedelta(days=2))
        [walk] = world.walks()
        walk.nodes, walk.outcome, walk.rests, world.messages(), world.tasks(), world.deals()

``copy_settings(real, work)`` furnishes it as a real company is.  A new world costs a millisecond or two, a moment in it about as
much.  ``World(outside=...)`` says what becomes of messages and requests; ``kind`` lets all arrive, ``unkind`` none.

``rehearse`` runs a draft on what happened in a past period, from the journal.
"""

from workers.rehearsal.outside import Sending as Sending
from workers.rehearsal.outside import Verdict as Verdict
from workers.rehearsal.outside import kind as kind
from workers.rehearsal.outside import unkind as unkind
from workers.rehearsal.rehearse import Asked as Asked
from workers.rehearsal.rehearse import Rehearsed as Rehearsed
from workers.rehearsal.rehearse import rehearse as rehearse
from workers.rehearsal.settings import copy_settings as copy_settings
from workers.rehearsal.walks import Walk as Walk
from workers.rehearsal.world import World as World
