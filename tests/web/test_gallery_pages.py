"""The gallery of templates: what it shows, what its button makes, and how that is taken back."""

import re

from sqlalchemy import func, select

from crm.directory import directory
from funnels.gallery.templates import FUNNELS, PLANS
from funnels.tables import funnel


def number(small_house, query):
    with small_house.database.reading() as work:
        return work.scalar(query)


def token(page):
    return re.search(r'name="token" value="([^"]+)"', page)[1]


def test_the_gallery_leads_to_every_template(small_house):
    client = small_house.client("root")
    page = client.get("/funnels/gallery").text

    addresses = [f"/funnels/gallery/{key}" for key in FUNNELS] + [f"/funnels/gallery/plans/{key}" for key in PLANS]
    for address in addresses:
        assert f'href="{address}"' in page
        assert client.get(address).status_code == 200
    assert page.count('<svg class="picture"') == len(FUNNELS) + len(PLANS)


def test_funnels_without_any_and_plans_offer_the_gallery(small_house):
    client = small_house.client("root")

    assert "/funnels/gallery" in client.get("/funnels").text
    assert "/funnels/gallery#plans" in client.get("/settings/plans").text


def test_use_this_makes_a_draft_and_opens_it_once(small_house):
    client = small_house.client("root")
    page = client.get("/funnels/gallery/tunnel").text
    sent = {"token": token(page), "name": "After a win", "plan.sales": "", "plan.repeat": ""}

    first = client.post("/funnels/gallery/tunnel", sent)
    second = client.post("/funnels/gallery/tunnel", sent)

    assert (first.status_code, first.location) == (303, "/funnels/after_a_win/edit")
    assert (second.status_code, second.location) == (303, "/funnels/after_a_win/edit")
    assert number(small_house, select(func.count()).select_from(funnel)) == 1


def test_it_is_undone_from_the_note(small_house):
    client = small_house.client("root")
    page = client.get("/funnels/gallery/tunnel").text
    client.post("/funnels/gallery/tunnel", {"token": token(page), "plan.sales": "", "plan.repeat": ""})
    note = client.get("/funnels").text
    use = re.search(r'action="/funnels/gallery/undo".*?name="id" value="(\d+)"', note, re.DOTALL)[1]

    answer = client.post("/funnels/gallery/undo", {"id": use}, follow_redirects=True)

    assert "It is taken back" in answer.text
    assert number(small_house, select(func.count()).select_from(funnel)) == 0
    assert "before" in client.post("/funnels/gallery/undo", {"id": use}, follow_redirects=True).text


def test_a_plan_of_the_company_asks_for_its_stages(small_house):
    client = small_house.client("root")
    page = client.get("/funnels/gallery/qualification?plan.sales=wholesale").text

    assert 'name="stage.sales.second_call"' in page
    answer = client.post("/funnels/gallery/qualification", {"token": token(page), "plan.sales": "wholesale"})
    assert answer.status_code == 422
    assert "say which stage of “Wholesale” stands for" in answer.text
    assert number(small_house, select(func.count()).select_from(funnel)) == 0
    chosen = {f"stage.sales.{key}": "talks" for key in ("new", "second_call", "third_call")}
    answer = client.post("/funnels/gallery/qualification", {"token": token(page), "plan.sales": "wholesale", **chosen})
    assert answer.location == "/funnels/qualification/edit"


def test_a_wrong_date_is_said_beside_its_field(small_house):
    client = small_house.client("root")
    page = client.get("/funnels/gallery/webinar").text
    answer = client.post("/funnels/gallery/webinar", {"token": token(page), "plan.sales": "", "date.day": "soon"})

    assert answer.status_code == 422
    assert "this is no date" in answer.text


def test_a_plan_template_makes_a_plan_and_its_robots(small_house):
    client = small_house.client("root")
    page = client.get("/funnels/gallery/plans/retail").text

    answer = client.post("/funnels/gallery/plans/retail", {"token": token(page)})

    assert answer.location == "/settings/plans/retail"
    with small_house.database.reading() as work:
        assert len(directory(work).plan("retail").stages) == 10
    assert number(small_house, select(func.count()).where(funnel.c.key.startswith("robots.retail."))) == 5


def test_who_draws_no_funnels_uses_no_templates(small_house):
    assert small_house.client("ann").get("/funnels/gallery").status_code == 403
    assert small_house.client("ann").post("/funnels/gallery/tunnel", {"token": "x"}).status_code == 403
    assert small_house.client("mark").get("/funnels/gallery/tunnel").status_code == 200
    assert small_house.client("mark").post("/funnels/gallery/plans/retail", {"token": "x"}).status_code == 403
    assert small_house.client("root").get("/funnels/gallery/fly").status_code == 404
