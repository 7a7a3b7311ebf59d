"""Pause, drain, stop and go on with their numbers; why a funnel paused itself; its limits in a form."""

import pytest

from crm.access.actor import SYSTEM
from engine.limits import FailureLimit, Limits, SameEffect
from engine.text import _l
from funnels.breaking import trip
from funnels.drafts import keep_draft
from funnels.publication.publishing import draft, save_draft
from funnels.tables import funnel
from funnels.versions import document_of
from tests.web.funnels import lived_in


@pytest.fixture
def ads(small_house):
    return lived_in(small_house)


def row(house):
    with house.database.reading() as work:
        return work.rows(funnel.select().where(funnel.c.key == "ads"))[0]


def in_use(house):
    from crm.access.actor import EVERYTHING

    with house.database.reading() as work:
        return document_of(work, "ads", None, viewer=EVERYTHING)


def tripped(house):
    with house.database.work() as work:
        assert trip(
            work,
            row(house).id,
            _l("{count} effects in an hour, and no more than {limit} are allowed", count=9, limit=8),
        )
    return house


def test_the_page_says_what_each_button_does_with_those_inside(ads):
    page = ads.client("mark").get("/funnels/ads").text

    assert "6 who are inside stay where they are, and their dates stay" in page
    assert "6 who are inside go on to the end" in page
    assert "6 who are inside are taken out for good: this cannot be undone" in page


@pytest.mark.parametrize(("how", "state"), [("pause", "paused"), ("drain", "draining")])
def test_a_state_is_changed_and_undone(ads, how, state):
    client = ads.client("mark")

    answer = client.post("/funnels/state", {"key": "ads", "how": how, "was": "published", "next": "/funnels/ads"})
    page = client.get(answer.location).text

    assert row(ads).state == state
    assert "<button>Undo</button>" in page
    assert 'name="how" value="resume"' in page.split('id="toasts"')[1]


def test_stopping_has_no_undo(ads):
    client = ads.client("mark")
    client.post("/funnels/state", {"key": "ads", "how": "stop", "was": "published"})

    assert "<button>Undo</button>" not in client.get("/funnels").text


def test_a_funnel_that_paused_itself_says_why_when_and_who_knows_and_goes_on(ads):
    client = tripped(ads).client("mark")

    for path in ("/funnels", "/funnels/ads"):
        page = client.get(path).text
        assert "9 effects in an hour, and no more than 8 are allowed" in page
        assert "Told: " in page
    assert client.get("/api/funnels/ads/life").json["tripped"].startswith("9 effects")
    client.post("/funnels/state", {"key": "ads", "how": "resume"})
    assert "effects in an hour, and" not in client.get("/funnels").text
    assert (row(ads).state, row(ads).tripped) == ("published", None)


def test_the_editor_changes_the_state_too(ads):
    client = ads.client("mark")

    found = client.get("/api/funnels/ads/life").json
    assert ([one["how"] for one in found["acts"]], found["inside"]) == (["pause", "drain", "stop"], 6)
    answer = client.post("/api/funnels/ads/life", json={"how": "pause"}).json
    assert (answer["state"], answer["done"], row(ads).state) == ("paused", True, "paused")
    assert not client.post("/api/funnels/ads/life", json={"how": "pause"}).json["done"]
    assert client.post("/api/funnels/ads/life", json={"how": "fly"}).status_code == 422
    assert ads.client("ann").get("/api/funnels/ads/life").status_code == 403


def test_limits_hold_at_once_and_nothing_else_changes(house):
    ads = lived_in(house)
    with ads.database.work() as work:
        document = draft(work, "ads")
        save_draft(work, document.model_copy(update={"name": "Half done"}), by=SYSTEM)
    fields = {"percent": "", "effects_per_hour": "500", "times": "3", "within_hours": "48"}

    client = ads.client("mark")
    page = client.get(client.post("/funnels/ads/limits", fields).location).text

    limits = Limits(failures=None, effects_per_hour=500, same_effect=SameEffect(times=3, within_hours=48))
    assert "The limits hold from now on: version 2." in page
    assert (in_use(ads).limits, in_use(ads).name) == (limits, "Autumn ads")
    with ads.database.reading() as work:
        assert (draft(work, "ads").limits, draft(work, "ads").name) == (limits, "Half done")


def test_limits_of_a_stopped_funnel_wait_in_the_draft(ads):
    client = ads.client("mark")
    client.post("/funnels/state", {"key": "ads", "how": "stop"})

    answer = client.post("/funnels/ads/limits", {"percent": "20", "of_last": "50"})

    assert "kept in the draft" in client.get(answer.location).text
    assert (row(ads).state, in_use(ads).limits) == ("stopped", Limits())
    with ads.database.reading() as work:
        assert draft(work, "ads").limits == Limits(failures=FailureLimit(percent=20, of_last=50))


def test_limits_that_make_no_sense_change_nothing(ads):
    client = ads.client("mark")

    answer = client.post("/funnels/ads/limits", {"percent": "400"})

    assert "100" in client.get(answer.location).text
    assert in_use(ads).limits == Limits()
    assert ads.client("ann").post("/funnels/ads/limits", {}).status_code == 403


def test_the_editor_that_says_nothing_of_limits_keeps_them(ads):
    ads.client("mark").post("/funnels/ads/limits", {"effects_per_hour": "7"})
    client = ads.client("mark")
    present = client.get("/api/funnels/ads/draft").json
    sent = {name: value for name, value in present["document"].items() if name != "limits"}

    answer = client.send(
        "PUT", "/api/funnels/ads/draft", {"version": present["version"], "document": sent, "positions": {}}
    )

    assert answer.status_code == 200
    with ads.database.reading() as work:
        assert draft(work, "ads").limits.effects_per_hour == 7
    with ads.database.work() as work:
        keep_draft(
            work, draft(work, "ads").model_copy(update={"limits": Limits()}), seen=answer.json["version"], by=SYSTEM
        )
        assert draft(work, "ads").limits == Limits()
