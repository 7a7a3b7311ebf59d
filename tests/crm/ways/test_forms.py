import pytest

from crm.access.actor import SYSTEM, Actor, ActorKind
from crm.errors import InvalidError, NotAllowedError, NotFoundError
from crm.settings.directories import remove_channel
from crm.settings.errors import InUseError
from crm.ways.forms import (
    FormText,
    add_forms,
    all_forms,
    change_form,
    form_by_address,
    form_by_key,
    remove_form,
    switch_form,
)
from crm.ways.kinds import FormField
from crm.ways.submitting import Submission, submit
from db.errors import StaleError
from tests.crm.dealing import cost, events

NAME = FormField("name", "Name")
MARKETER = Actor(ActorKind.USER, 6, frozenset({"funnels.edit"}))


def test_a_form_is_made_by_who_makes_funnels(database):
    with database.work() as work:
        [key] = add_forms(work, [FormText("Прайс-лист", [NAME])], by=MARKETER)
    with database.reading() as work:
        form = form_by_key(work, key)

        assert (key, form.name, form.fields, form.version) == ("prays_list", "Прайс-лист", (NAME,), 1)
        assert len(form.public_id) == 22  # 128 bits
        assert form_by_address(work, form.public_id) == form
        assert events(work, "config.changed")[-1][1] == {"what": "form", "key": "prays_list", "action": "created"}


def test_others_may_not(database, price):
    nobody = Actor(ActorKind.USER, 1, frozenset({"leads.create"}))
    acts = [
        lambda work: add_forms(work, [FormText("X", [NAME])], by=nobody),
        lambda work: change_form(work, "price", FormText("X", [NAME]), by=nobody),
        lambda work: switch_form(work, "price", on=False, by=nobody),
        lambda work: remove_form(work, "price", by=nobody),
    ]
    for act in acts:
        with database.work() as work, pytest.raises(NotAllowedError):
            act(work)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (FormText("", [NAME]), "name is empty"),
        (FormText("X", []), "add a field"),
        (FormText("X", [NAME, NAME]), "asked twice"),
        (FormText("X", [FormField("owner_id", "Owner")]), "cannot ask"),
        (FormText("X", [FormField("field.whose", "Whose")]), "cannot ask"),
        (FormText("X", [FormField("field.nothing", "No")]), "cannot ask"),
        (FormText("X", [FormField("name", " ")]), "label is empty"),
        (FormText("X", [NAME] * 41), "40 fields"),
        (FormText("X", [NAME], channel="nowhere"), "no channel"),
        (FormText("X", [NAME], source="s" * 201), "200 characters"),
        (FormText("X", [NAME], thanks="t" * 4001), "4000 characters"),
    ],
)
def test_what_cannot_be_is_refused(database, text, words):
    with database.work() as work, pytest.raises(InvalidError, match=words):
        add_forms(work, [text], by=SYSTEM)


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)", "//evil.example", "/thanks", "ftp://example.com", "https://", "https://a@b.example", "https://a b",
        "https://example.com/\nLocation: x", "https://exa;mple.com", "http://example.com:99999", "https://[::1",
        "data:text/html,x", "https://example.com\\@evil.example", "https:example.com", "HTTP//x",
    ],
)  # fmt: skip
def test_only_web_addresses_are_led_to(database, address):
    with database.work() as work, pytest.raises(InvalidError, match="no address"):
        add_forms(work, [FormText("X", [NAME], redirect=address)], by=SYSTEM)


@pytest.mark.parametrize("address", ["https://example.com/thanks?a=1#b", "http://example.com:8080", "https://x.ua"])
def test_web_addresses_are_taken(database, address):
    with database.work() as work:
        [key] = add_forms(work, [FormText("X", [NAME], redirect=address)], by=SYSTEM)

        assert form_by_key(work, key).redirect == address


def test_a_form_is_changed_and_its_address_stays(database, price):
    with database.work() as work:
        change_form(work, "price", FormText("Prices", [NAME]), version=1, by=SYSTEM)
    with database.reading() as work:
        form = form_by_key(work, "price")

        assert (form.name, form.fields, form.version, form.public_id) == ("Prices", (NAME,), 2, price.public_id)


def test_an_old_view_of_a_form_is_refused(database, price):
    with database.work() as work, pytest.raises(StaleError):
        change_form(work, "price", FormText("Prices", [NAME]), version=9, by=SYSTEM)


def test_a_form_that_is_switched_off_has_no_address(database, price):
    with database.work() as work:
        switch_form(work, "price", on=False, by=SYSTEM)
    with database.reading() as work, pytest.raises(NotFoundError):
        form_by_address(work, price.public_id)
    with database.work() as work:
        switch_form(work, "price", on=True, by=SYSTEM)

        assert form_by_address(work, price.public_id).key == "price"


def named(kind, key, *, plan=None):
    return [f"funnel welcome names {kind} {key}"]


def test_a_form_that_funnels_name_stays(database, price):
    with database.work() as work, pytest.raises(InUseError, match="funnel welcome"):
        remove_form(work, "price", by=SYSTEM, refers=named)
    with database.work() as work:
        remove_form(work, "price", by=SYSTEM)
        with pytest.raises(NotFoundError):
            form_by_key(work, "price")


def test_a_channel_that_a_form_gives_stays(database, price):
    with database.work() as work, pytest.raises(InUseError, match="Price list"):
        remove_channel(work, "site", by=SYSTEM)


def test_forms_are_counted_by_one_query(database, price):
    typed = {"name": "Ann", "phone": "+380501234567"}
    with database.work() as work:
        submit(work, [Submission(price, typed, f"page {number}") for number in range(3)])
        add_forms(work, [FormText(f"Form {number}", [NAME]) for number in range(30)], by=SYSTEM)

    with database.reading() as work:
        found = {one.way.key: one.times for one in all_forms(work)}
    assert (found["price"], found["form_1"], len(found)) == (3, 0, 31)
    assert cost(database, all_forms) == 1
