"""A funnel in the house of the pages: leads who wait, who stand still, who were refused."""

from crm.access.actor import SYSTEM
from crm.leads.recording import NewLead, record_leads
from funnels.publication.publishing import publish, save_draft
from funnels.reading import read
from tests.funnels.lived import ADS

WHOLESALE = ADS.replace("plan: sales", "plan: wholesale")


def lived_in(house, *, paid=4, free=2, refused=3):
    """Publish the funnel ``ads`` and let leads come."""
    with house.database.work() as work:
        document = read(WHOLESALE)
        save_draft(work, document, by=SYSTEM)
        publish(work, document.key, by=SYSTEM)
    leads(house, paid, "ads")
    leads(house, free, "site")
    leads(house, refused, "fair")
    house.walk()
    return house


def leads(house, number, source):
    with house.database.work() as work:
        record_leads(work, [NewLead(f"{source} {one}", source=source) for one in range(number)], by=SYSTEM)


def parked_runs(house):
    from funnels.runs import parked_ids

    with house.database.reading() as work:
        return parked_ids(work)
