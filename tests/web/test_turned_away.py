"""Who would have come in while a funnel was closed is let in once it is open, through a mass start."""

import pytest

from crm.access.actor import SYSTEM
from funnels import states
from funnels.mass_starts import found
from funnels.publication.publishing import draft, save_draft
from funnels.tables import run
from tests.web.funnels import leads, lived_in
from workers.mass_starts import let_in


@pytest.fixture
def ads(house):
    """Four leads came while it was paused, one whom it would not have let in; it is open again."""
    lived_in(house, paid=1, free=0, refused=0)
    act(house, states.pause)
    leads(house, 4, "ads")
    leads(house, 1, "fair")
    house.walk()
    act(house, states.resume)
    return house


def act(house, how):
    with house.database.work() as work:
        how(work, ["ads"], by=SYSTEM)


def runs(house):
    with house.database.reading() as work:
        return len(work.rows(run.select()))


def test_they_are_named_and_let_in(ads):
    client = ads.client("root")
    page = client.get("/funnels/ads/refused").text
    assert "4 were turned away while the funnel was closed" in page

    answer = client.post("/funnels/ads/turned-away", {"sample": "0", "per_minute": "60000"})

    assert answer.location.startswith("/mass-starts/")
    with ads.database.reading() as work:
        [one] = found(work)
    assert (one.audience, one.kind, one.is_chosen, runs(ads)) == (4, "lead", True, 1)
    let_all_in(ads)
    assert runs(ads) == 5
    assert "turned away while the funnel was closed" not in client.get("/funnels/ads/refused").text
    again = client.post("/funnels/ads/turned-away", {})
    assert "Nobody was let in: nobody was turned away" in client.get(again.location).text


def let_all_in(house):
    for _ in range(4):  # one would do: the rate is high
        let_in(house.database)
        house.forward(seconds=2)
        house.walk()


def test_a_draft_under_way_gets_the_button_too_and_keeps_its_changes(ads):
    with ads.database.work() as work:
        save_draft(work, draft(work, "ads").model_copy(update={"name": "Half done"}), by=SYSTEM)

    ads.client("root").post("/funnels/ads/turned-away", {"sample": "1"})

    with ads.database.reading() as work:
        kept = draft(work, "ads")
        [one] = found(work)
    assert kept.name == "Half done"
    assert [node.id for node in kept.nodes if node.type == "trigger.manual_start"] == ["created_already"]
    assert (one.sample, one.state) == (1, "sampling")


def test_while_it_is_closed_they_wait(ads):
    act(ads, states.pause)
    client = ads.client("root")

    assert "once the funnel is open again" in client.get("/funnels/ads/refused").text
    answer = client.post("/funnels/ads/turned-away", {})
    assert "let it go on first" in client.get(answer.location).text
    assert ads.client("ann").post("/funnels/ads/turned-away", {}).status_code == 403
