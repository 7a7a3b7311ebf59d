"""A funnel in which people are: some done, some waiting, some parked, some refused."""

from crm.access.actor import EVERYTHING, SYSTEM, Viewer
from crm.access.viewers import viewer_of
from crm.directory import directory
from tests.workers.house import House

ADS = """
key: ads
name: Autumn ads
note: Who comes from the ads.
nodes:
  - {id: created, type: trigger.lead_created, config: {enrolment: parallel, sources: [ads, site]}}
  - {id: paid, type: logic.condition, title: Paid?, config: {condition: {op: is, field: lead.source, value: ads}}}
  - {id: plan, type: crm.add_to_plan, config: {plan: sales}}
  - {id: tag, type: crm.add_tags, config: {tags: [hot], on: company}}
  - id: answer
    type: wait.event
    config: {events: [{port: spoke, event: comment.added}], timeout: {amount: 3, unit: days}}
  - {id: thanks, type: crm.add_tags, config: {tags: [spoke]}}
edges:
  - {from: created, to: paid}
  - {from: paid, port: "yes", to: plan}
  - {from: paid, port: "no", to: tag}
  - {from: plan, to: answer}
  - {from: tag, to: answer}
  - {from: answer, port: spoke, to: thanks}
"""


def live(house: House, *, paid: int = 4, free: int = 2, refused: int = 3) -> House:
    """Let ``paid`` leads wait for an answer, ``free`` ones be parked, ``refused`` ones be refused."""
    house.publish(ADS)
    house.leads(paid, source="ads")
    house.leads(free, source="site")
    house.leads(refused, source="fair")
    house.drain()
    return house


def seen_by(house: House, login: str) -> Viewer:
    """Return a user as a viewer, with the right to repair runs."""
    with house.database.reading() as work:
        settings = directory(work)
        found = viewer_of(settings, settings.user(login))
    return Viewer(found.user_id, found.owner_ids, found.plan_ids, found.rights | {"runs.repair"})


def read(house: House, query, *arguments, viewer=EVERYTHING, **more):
    with house.database.reading() as work:
        return query(work, *arguments, viewer=viewer, **more)


def cost(house: House, query, *arguments, **more) -> int:
    """How many statements a query takes."""
    with house.database.reading() as work:
        directory(work)
        before = work.statements
        query(work, *arguments, viewer=EVERYTHING, **more)
        return work.statements - before


__all__ = ["ADS", "EVERYTHING", "SYSTEM", "cost", "live", "read", "seen_by"]
