"""Simple lists of the settings: reasons, channels, tags, products, fields."""

import pytest

from crm.access.actor import SYSTEM
from crm.directory import directory
from crm.records.tags import TagChange, change_tags
from crm.settings.directories import loss_reasons
from crm.settings.words import all_products, all_tags
from funnels.publication.publishing import save_draft
from funnels.reading import read
from tests.crm.company import put_deals

MARKER = """
key: marker
name: Marker
nodes:
  - {id: created, type: trigger.lead_created}
  - {id: mark, type: crm.add_tags, config: {tags: [VIP]}}
edges:
  - {from: created, to: mark}
"""
PAGES = ["/settings/reasons", "/settings/channels", "/settings/tags", "/settings/products", "/settings/fields"]


def seen(house, query):
    with house.database.reading() as work:
        return query(work)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("login", ["ann", "boss", "mark"])
def test_lists_are_the_administrators_concern(small_house, path, login):
    client = small_house.client(login)
    assert client.get(path).status_code == 403
    assert client.post(path, {"name": "X"}).status_code == 403


@pytest.mark.parametrize("path", PAGES)
def test_without_a_name_nothing_is_added(small_house, path):
    client = small_house.client("root")
    before = client.get(path).text.count("list-row")
    assert client.post(path, {"name": " "}).status_code == 303
    assert client.post(path, {"name": "X", "id": "5"}).status_code == 303
    assert client.get(path).text.count("list-row") == before


def test_reasons(small_house):
    client = small_house.client("root")
    client.post("/settings/reasons/usual")
    assert len(seen(small_house, loss_reasons)) == 5
    client.post("/settings/reasons/too_expensive", {"name": "Dear", "for_deals": "yes", "asks_comment": "yes"})
    [one] = [one for one in seen(small_house, loss_reasons) if one.key == "too_expensive"]
    assert (one.name, one.for_deals, one.for_leads, one.asks_comment, one.is_active) == (
        "Dear",
        True,
        False,
        True,
        False,
    )
    client.post("/settings/reasons/too_expensive/remove")
    assert len(seen(small_house, loss_reasons)) == 4


def test_channels_have_leaders(small_house):
    client = small_house.client("root")
    client.post("/settings/channels", {"name": "Website", "leader": "boss"})
    assert "Boss" in client.get("/settings/channels").text
    client.post("/settings/channels/website", {"name": "Site", "is_active": "yes"})
    assert ">Site<" in client.get("/settings/channels").text
    client.post("/settings/channels/website/remove")
    assert "Site<" not in client.get("/settings/channels").text


def test_a_tag_in_use_says_where(small_house):
    client = small_house.client("root")
    client.post("/settings/tags", {"name": "VIP"})
    client.post("/settings/tags", {"name": "old"})
    vip, old = sorted(seen(small_house, all_tags), key=lambda one: one.name)
    with small_house.database.work() as work:
        [deal_id] = put_deals(work, 1)
        change_tags(work, [TagChange("deal", deal_id, 1, add=frozenset({"old"}))], by=SYSTEM)
        save_draft(work, read(MARKER), by=SYSTEM)

    client.post(f"/settings/tags/{old.id}/remove")
    assert "1 record" in client.get("/settings/tags").text
    client.post(f"/settings/tags/{vip.id}/remove")
    assert "Marker" in client.get("/settings/tags").text
    client.post(f"/settings/tags/{vip.id}", {"name": "Best"})
    client.post(f"/settings/tags/{old.id}", {"name": "vip"})
    client.post(f"/settings/tags/{old.id}", {"name": "Former"})
    assert [one.name for one in seen(small_house, all_tags)] == ["Former", "VIP"]
    with small_house.database.reading() as work:
        assert directory(work).tag_keys["former"] == old.id


def test_products(small_house):
    client = small_house.client("root")
    client.post("/settings/products", {"name": "Kitchen", "price": "42 000,50"})
    client.post("/settings/products", {"name": "Sofa", "price": "a lot"})
    [one] = seen(small_house, all_products)
    assert (one.name, one.price) == ("Kitchen", 4_200_050)
    client.post(f"/settings/products/{one.id}", {"name": "Kitchens"})
    assert [(one.name, one.price) for one in seen(small_house, all_products)] == [("Kitchens", None)]
    client.post(f"/settings/products/{one.id}/remove")
    assert seen(small_house, all_products) == ()
    assert client.post("/settings/products/77/remove").status_code == 404


class TestFields:
    def fields(self, house):
        return seen(house, lambda work: directory(work).fields)

    def test_they_are_defined_changed_and_removed(self, small_house):
        client = small_house.client("root")
        client.post("/settings/fields", {"kind": "deal", "name": "Size", "type": "choice", "options": "S\nM\n\nL "})
        assert self.fields(small_house)["deal", "size"].options == ("S", "M", "L")
        client.post("/settings/fields/deal/size", {"name": "Sizes", "options": "S\nXL"})
        assert (self.fields(small_house)["deal", "size"].name, self.fields(small_house)["deal", "size"].options) == (
            "Sizes",
            ("S", "XL"),
        )
        client.post("/settings/fields/deal/size/remove")
        assert self.fields(small_house) == {}

    @pytest.mark.parametrize("wrong", [{"kind": "task"}, {"type": "magic"}, {"type": "choice"}, {"position": "3"}])
    def test_what_cannot_be_is_refused(self, small_house, wrong):
        small_house.client("root").post("/settings/fields", {"kind": "deal", "name": "Size", **wrong})
        assert self.fields(small_house) == {}

    def test_one_that_a_stage_requires_stays(self, small_house):
        client = small_house.client("root")
        client.post("/settings/fields", {"kind": "deal", "name": "Size"})
        client.post(
            "/settings/plans/wholesale/stages/talks",
            {"name": "Talks", "colour": "#14b8a6", "required": ["field.size"], "version": 1},
        )
        answer = client.post("/settings/fields/deal/size/remove", {"confirmed": "yes"})
        assert answer.status_code == 422
        assert "Talks" in answer.text
        assert client.post("/settings/fields/deal/nothing/remove").status_code == 404
