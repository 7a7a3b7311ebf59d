"""Lists of contacts and companies: in any order nothing is missed, groups are those of the list, and hidden ones are nowhere."""

from urllib.parse import parse_qsl

import pytest

from crm.access.actor import EVERYTHING, SYSTEM
from crm.access.viewers import viewer_of
from crm.deals.opening import NewDeal, open_deals
from crm.directory import directory
from crm.errors import InvalidError
from crm.fields.changes import FieldChange, set_fields
from crm.finding.addresses import wanted_from
from crm.finding.clients import can_sort_clients, client_order, client_page
from crm.finding.counts import GROUPS, can_count_by, counts_by, how_many
from crm.finding.orders import place_of, place_text
from crm.finding.tallies import of_group
from crm.leads.recording import NewLead, record_leads
from crm.people.companies import NewCompany, find_or_create_companies
from crm.people.contacts import NewContact, find_or_create_contacts
from crm.records.archiving import archive_records
from crm.records.tags import TagChange, change_tags
from crm.settings.field_definitions import NewField, add_fields

SORTS = {
    "contact": (
        *("", "name", "phone", "email", "type", "city", "owner", "created_at", "company.name"),
        *("open_deals", "won_deals", "size", "budget"),
    ),
    "company": ("", "name", "owner", "created_at", "open_deals", "won_deals", "people", "size"),
}


@pytest.fixture
def clients(database):
    """Five contacts of Ann, Bob and nobody, at two companies; some have deals, tags and fields of one's own."""
    with database.work() as work:
        fields = [
            *(NewField(kind, "Size", "choice", ["S", "L"], key="size") for kind in ("contact", "company")),
            NewField("contact", "Budget", "number", key="budget"),
        ]
        add_fields(work, fields, by=SYSTEM)
        settings = directory(work)
        owners = [settings.user("ann").id, settings.user("bob").id, None]
        firms = [NewCompany("Acme", owner_id=owners[0]), NewCompany("Bolt", owner_id=owners[1])]
        acme, bolt = (answer.ids[0] for answer in find_or_create_companies(work, firms, by=SYSTEM))
        new = [
            NewContact(
                f"Олег {number}",
                (f"+38067123450{number}",),
                (f"oleh{number}@example.com",) if number % 2 else (),
                type="Client" if number < 3 else "partner",
                city="Kyiv" if number else None,
                company_id=(acme, bolt, None)[number % 3],
                owner_id=owners[number % 3],
            )
            for number in range(5)
        ]
        made = find_or_create_contacts(work, new, by=SYSTEM)
        ids = [answer.ids[0] for answer in made]
        persons = [answer.ids[1] for answer in made]
        deals = [
            NewDeal(persons[number], "wholesale", owner_id=owners[number], amount=100, contact_id=ids[number])
            for number in (0, 0, 1)
        ]
        opened = [answer.ids[0] for answer in open_deals(work, deals, by=SYSTEM)]
        record_leads(work, [NewLead("Lead", phone="+380671234504", source="Fair")], by=SYSTEM)
        change_tags(
            work,
            [
                TagChange("contact", ids[2], persons[2], frozenset({"VIP", "Ünlü"})),
                TagChange("contact", ids[3], persons[3], frozenset({"cold"})),
                TagChange("company", bolt, 0, frozenset({"VIP"})),
            ],
            by=SYSTEM,
        )
        set_fields(
            work,
            [
                FieldChange("contact", ids[1], {"field.size": "L", "field.budget": 5}),
                FieldChange("contact", ids[4], {"field.budget": 2}),
                FieldChange("company", acme, {"field.size": "S"}),
            ],
            by=SYSTEM,
        )
    return {"contact": ids, "company": [acme, bolt], "deals": opened}


def wanted(query, work, kind="contact"):
    return wanted_from(parse_qsl(query), kind, directory(work))


def paged(work, query, kind="contact", *, as_who=EVERYTHING, limit=2):
    """All ids of a list, read page by page."""
    found, after, what = [], None, wanted(query, work, kind)
    while True:
        page = client_page(work, what, viewer=as_who, after=after, limit=limit)
        found += [row.id for row in page.rows]
        if page.next is None:
            return found
        after = place_of(place_text(page.next), client_order(what, directory(work), as_who))


def ann(work):
    return viewer_of(directory(work), directory(work).user("ann"))


@pytest.mark.parametrize("kind", ["contact", "company"])
def test_in_every_order_nothing_is_missed_and_nothing_comes_twice(database, clients, kind):
    with database.reading() as work:
        for sort in SORTS[kind]:
            up, down = (paged(work, f"sort={sign}{sort}" if sort else "", kind) for sign in ("", "-"))
            assert sorted(up) == sorted(down) == clients[kind], sort
            assert up == paged(work, f"sort={sort}" if sort else "", kind, limit=100), sort


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        ("-open_deals", [0, 1]),
        ("budget", [4, 1]),
        ("-budget", [1, 4]),
        ("name", [0, 1, 2, 3, 4]),
        ("company.name", [0, 3, 1, 4, 2]),
    ],
)
def test_the_order_is_what_was_asked_for_and_what_lacks_it_comes_last(database, clients, sort, first):
    with database.reading() as work:
        found = paged(work, f"sort={sort}")

    assert found[: len(first)] == [clients["contact"][number] for number in first]


def test_deals_of_others_do_not_move_a_client_in_the_list(database, clients):
    with database.reading() as work:
        assert paged(work, "sort=-open_deals", as_who=ann(work))[0] == clients["contact"][0]
        [row] = client_page(work, wanted("q=Олег 1", work), viewer=EVERYTHING).rows
        assert row.worth.deals == {"open": 1}


FILTERS = [
    ("", [0, 1, 2, 3, 4]),
    ("owner=ann", [0, 3]),
    ("owner=-", [2]),
    ("team=boss", [0, 1, 3, 4]),
    ("type=client", [0, 1, 2]),
    ("tags=vip|cold", [2, 3]),
    ("tags=!vip", [0, 1, 3, 4]),
    ("city=-", [0]),
    ("source=fair", [4]),
    ("source=-", [0, 1, 2, 3]),
    ("company.name=Acme", [0, 3]),
    ("email=-", [0, 2, 4]),
    ("budget=3..", [1]),
    ("size=L", [1]),
    ("q=067 123 45 03", [3]),
    ("created_at=..now", [0, 1, 2, 3, 4]),
    ("archived_at=*", []),
]


@pytest.mark.parametrize(("query", "numbers"), FILTERS)
def test_any_field_filters(database, clients, query, numbers):
    with database.reading() as work:
        assert sorted(paged(work, query)) == [clients["contact"][number] for number in numbers]


@pytest.mark.parametrize("kind", ["contact", "company"])
def test_groups_are_those_of_the_list_and_lead_to_exactly_their_own(database, clients, kind):
    with database.reading() as work:
        for as_who in (EVERYTHING, ann(work)):
            what = wanted("created_at=*", work, kind)
            for path in (*GROUPS[kind], f"{kind}.field.size"):
                groups = counts_by(work, what, path, viewer=as_who)
                counts = [how_many(work, of_group(what, path, one.value), viewer=as_who) for one in groups]
                assert [one.records for one in groups] == counts, path
                assert sum(counts) == how_many(work, what, viewer=as_who) == len(paged(work, "", kind, as_who=as_who))


def test_what_cannot_be_grouped_or_sorted_says_so(database, clients):
    with database.reading() as work:
        settings = directory(work)
        assert not can_count_by("contact", "contact.phone", settings)
        assert not can_sort_clients("contact", "people", settings)
        with pytest.raises(InvalidError):
            counts_by(work, wanted("", work), "contact.phone", viewer=EVERYTHING)
        with pytest.raises(InvalidError):
            paged(work, "sort=people")


def test_who_does_not_see_a_client_does_not_find_count_or_sort_it(database, clients):
    own = [clients["contact"][number] for number in (0, 3, 4)]  # his two, and one with a lead of nobody
    with database.reading() as work:
        viewer = ann(work)
        assert sorted(paged(work, "", as_who=viewer)) == own
        assert paged(work, "q=Олег 1", as_who=viewer) == []
        assert how_many(work, wanted("", work), viewer=viewer) == 3
        assert paged(work, "", "company", as_who=viewer) == clients["company"][:1]
        [acme] = client_page(work, wanted("", work, "company"), viewer=viewer).rows
        assert acme.people == 2


def test_the_archive_is_asked_for_by_itself(database, clients):
    gone = clients["contact"][2]
    with database.work() as work:
        archive_records(work, [("contact", gone)], by=SYSTEM)

    with database.reading() as work:
        assert gone not in paged(work, "")
        assert paged(work, "archived_at=*") == [gone]
