"""Lists of deals: in any order nothing is missed and nothing comes twice; groups and sums are those of the list."""

from datetime import timedelta
from urllib.parse import parse_qsl

import pytest
from sqlalchemy import select, update

from crm.access.actor import EVERYTHING, SYSTEM
from crm.access.viewers import viewer_of
from crm.deals.moving import Move, move_deals
from crm.deals.opening import NewDeal, open_deals
from crm.directory import directory
from crm.errors import InvalidError
from crm.fields.changes import FieldChange, set_fields
from crm.finding.addresses import wanted_from
from crm.finding.deals import deal_page, plan_order
from crm.finding.orders import can_sort, order_of, place_of, place_text
from crm.finding.tallies import deal_groups, deal_tally, of_group
from crm.people.contacts import NewContact, find_or_create_contacts
from crm.settings.directories import NewLossReason, add_loss_reasons
from crm.settings.field_definitions import NewField, add_fields
from crm.tables.journal import stage_total
from crm.tables.records import deal
from tests.crm.dealing import recounted


def viewer(work, login):
    settings = directory(work)
    return viewer_of(settings, settings.user(login))


@pytest.fixture
def deals(database):
    """Nine deals: of two owners and of nobody, on three stages, two lost for a reason and one for none."""
    with database.work() as work:
        add_loss_reasons(work, [NewLossReason("Too dear", key="dear")], by=SYSTEM)
        add_fields(
            work,
            [
                NewField("deal", "Budget", "number", key="budget"),
                NewField("deal", "Size", "choice", ["S", "L"], key="size"),
            ],
            by=SYSTEM,
        )
        settings = directory(work)
        people = [settings.user("ann").id, settings.user("bob").id, None]
        for number in range(9):
            new = NewContact(f"Олег {number}", (f"+38067123450{number}",), (f"oleh{number}@example.com",))
            contact_id, person_id = find_or_create_contacts(work, [new], by=SYSTEM)[0].ids
            item = NewDeal(
                person_id, "wholesale", title=f"Deal {number % 4}", amount=number % 3 * 1000, contact_id=contact_id
            )
            open_deals(work, [item], by=SYSTEM)
        ids = [row.id for row in work.rows(select(deal.c.id).order_by(deal.c.id))]
        for number, id_ in enumerate(ids):
            entered = work.now - timedelta(hours=number // 2)
            work.execute(
                update(deal).where(deal.c.id == id_).values(owner_id=people[number % 3], stage_entered_at=entered)
            )
        for number in (0, 3, 4, 7):
            values = {"field.budget": number} if number % 2 else {"field.size": "L"}
            set_fields(work, [FieldChange("deal", ids[number], values)], by=SYSTEM)
    with database.work() as work:
        move_deals(work, [Move(id_, "talks") for id_ in ids[:3]], by=SYSTEM)
        move_deals(work, [Move(id_, "closed_lost", loss_reason="dear") for id_ in ids[3:5]], by=SYSTEM)
    with database.work() as work:  # owners came past all commands
        columns = ("plan_id", "stage_id", "owner_id", "currency", "deals", "amount")
        work.execute(stage_total.delete())
        work.insert(stage_total, columns, [(*key, *counts) for key, counts in recounted(work).items()])
    return ids


def wanted(query, work):
    return wanted_from(parse_qsl(query), "deal", directory(work))


def paged(work, query, *, plan=None, as_who=EVERYTHING, limit=2, reach=None):
    """All ids of a list, read page by page; with a reach each page reads so many deals at most."""
    found, after = [], None
    what = wanted(query, work)
    order = plan_order() if plan is not None and not what.sort else order_of(what, directory(work))
    while True:
        page = deal_page(work, what, viewer=as_who, plan=plan, after=after, limit=limit, reach=reach)
        found += [row.card.id for row in page.rows]
        if page.next is None:
            return found
        after = place_of(place_text(page.next), order)


SORTS = [
    *(
        "",
        "title",
        "stage",
        "plan",
        "amount",
        "owner",
        "state",
        "lost_reason",
        "created_at",
        "stage_entered_at",
        "closed_at",
    ),
    *(
        "contact.name",
        "contact.phone",
        "contact.email",
        "company.name",
        "lead.source",
        "next_task",
        "budget",
        "size",
    ),
]


@pytest.mark.parametrize("own_plan", [False, True])
def test_in_every_order_nothing_is_missed_and_nothing_comes_twice(database, deals, own_plan):
    with database.reading() as work:
        plan = directory(work).plan("wholesale") if own_plan else None
        for sort in SORTS:
            up, down = (paged(work, f"sort={sign}{sort}" if sort else "", plan=plan) for sign in ("", "-"))
            assert sorted(up) == sorted(down) == deals, sort
            assert up == paged(work, f"sort={sort}" if sort else "", plan=plan, limit=100), sort


@pytest.mark.parametrize("own_plan", [False, True])
@pytest.mark.parametrize("query", ["amount=10..", "amount=99999..", "q=Олег 4", "contact.email=~oleh7"])
def test_pages_that_stop_early_show_the_same_in_the_end(database, deals, own_plan, query):
    with database.reading() as work:
        plan = directory(work).plan("wholesale") if own_plan else None
        for login in ("root", "ann"):
            for sort in ("", "&sort=amount", "&sort=-title", "&sort=closed_at"):
                seen = viewer(work, login)
                whole = paged(work, query + sort, plan=plan, as_who=seen, limit=100)
                assert paged(work, query + sort, plan=plan, as_who=seen, reach=1) == whole, (login, sort)


def test_a_page_reads_no_further_than_it_may(database, deals):
    with database.reading() as work:
        plan = directory(work).plan("wholesale")
        what = wanted("contact.email=~oleh7", work)
        page = deal_page(work, what, viewer=EVERYTHING, plan=plan, reach=1)

        assert (page.rows, page.reads_on) == ([], True)
        assert page.next is not None
        assert not deal_page(work, wanted("", work), viewer=EVERYTHING, plan=plan, reach=1).reads_on


def test_the_order_is_what_was_asked_for_and_what_lacks_it_comes_last(database, deals):
    with database.reading() as work:
        rows = {row.id: row for row in work.rows(select(deal))}
        by_amount = [rows[id_].amount for id_ in paged(work, "sort=-amount")]
        assert by_amount == sorted(by_amount, reverse=True)
        assert paged(work, "sort=budget")[:2] == [deals[3], deals[7]]
        assert paged(work, "sort=-budget")[:2] == [deals[7], deals[3]]
        assert {rows[id_].owner_id for id_ in paged(work, "sort=owner")[-3:]} == {None}
        assert paged(work, "sort=contact.name") == deals


def test_a_list_that_cannot_be_sorted_so_says_it(database, deals):
    with database.reading() as work:
        assert not can_sort("deal", "deal.product", directory(work))
        with pytest.raises(InvalidError):
            paged(work, "sort=product")


@pytest.mark.parametrize("text", ["", "bnVsbA==", "WzEsMl0=", "W251bGwsMV0=", "WyJhIiwxXQ==", "//"])
def test_a_place_that_was_not_written_is_refused(text):
    with pytest.raises((ValueError, TypeError)):
        place_of(text, plan_order())


FILTERS = [
    *("", "owner=ann", "owner=-", "owner=!ann", "team=boss", "stage=talks", "state=lost", "plan=wholesale&state=open"),
    *(
        "amount=10..",
        "q=067 123 45 03",
        "q=oleh5@",
        "q=Олег deal",
        "lost_reason=dear",
        "budget=3..",
        "size=L",
        "created_at=today",
    ),
]


@pytest.mark.parametrize("login", ["root", "ann"])
def test_counts_sums_and_groups_are_those_of_the_list(database, deals, login):
    with database.reading() as work:
        as_who, plan = viewer(work, login), directory(work).plan("wholesale")
        rows = {row.id: row for row in work.rows(select(deal))}
        for query in FILTERS:
            what = wanted(query, work)
            seen = paged(work, query, as_who=as_who)
            tally = deal_tally(work, what, viewer=as_who)
            assert tally.deals == len(seen), query
            assert sum(tally.sums.values()) == sum(rows[id_].amount for id_ in seen), query
            assert deal_tally(work, what, viewer=as_who, plan=plan) == tally
            for path in (
                "deal.stage",
                "deal.owner",
                "deal.plan",
                "deal.state",
                "deal.lost_reason",
                "lead.source",
                "deal.field.size",
            ):
                groups = deal_groups(work, what, path, viewer=as_who)
                assert sum(one.tally.deals for one in groups) == len(seen), (query, path)
                for one in groups:
                    exactly = of_group(what, path, one.value)
                    assert deal_tally(work, exactly, viewer=as_who) == one.tally, (query, path, one)


def test_what_was_typed_finds_a_phone_in_any_spelling(database, deals):
    with database.reading() as work:
        for typed in ("0671234503", "067 123-45-03", "+38 (067) 123 45 03", "671234503", "380671234503"):
            assert paged(work, f"q={typed.replace('+', '%2B')}") == [deals[3]], typed
        assert paged(work, "q=OLEH3@EXAMPLE.COM") == [deals[3]]
        assert paged(work, "q=олег 3") == [deals[7], deals[3]]  # titles and names; not every phone with a 3
        assert paged(work, "q=олег nobody") == []


def test_who_sees_only_his_own_finds_nothing_else(database, deals):
    with database.reading() as work:
        ann = viewer(work, "ann")
        rows = {row.id: row for row in work.rows(select(deal))}
        seen = paged(work, "", as_who=ann)
        assert {rows[id_].owner_id for id_ in seen} == {directory(work).user("ann").id, None}
        assert paged(work, "owner=bob", as_who=ann) == []
        assert paged(work, "q=067 123 45 01", as_who=ann) == []
        assert deal_tally(work, wanted("owner=bob", work), viewer=ann).deals == 0
