"""Templates: what they say, what using one makes, that it is made once and goes again."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from blocks.catalogue import block_type
from crm.access.actor import EVERYTHING, SYSTEM, Actor, ActorKind
from crm.deals.opening import NewDeal, open_deals
from crm.directory import directory
from crm.errors import InvalidError, NotAllowedError, NotFoundError
from crm.people.persons import persons_of
from crm.settings.organization import NewOrganization, set_up
from crm.settings.plans import NewPlan, create_plan
from crm.settings.stage_rules import NewStage
from crm.settings.users import NewUser, add_users
from crm.tables.records import deal
from crm.tables.settings import sales_plan
from db.database import Database
from engine.checks import check
from engine.program import read_block
from engine.setting import references
from funnels.gallery.offering import offer
from funnels.gallery.taking_back import last_use, take_back_uses
from funnels.gallery.templates import FUNNELS, PLANS, funnel_template, plan_template
from funnels.gallery.texts import in_words, texts
from funnels.gallery.using import Wish, use_funnels, use_plans
from funnels.publication.publishing import draft, problems
from funnels.tables import funnel


def as_it_is(text):
    return text


class Office:
    """A company of people, without any plan."""

    def __init__(self, url):
        self.database = Database(url)


def furnish(work):
    set_up(work, NewOrganization("Acme", zone="Europe/Kyiv", currency="UAH"))
    people = [NewUser("ann", "Ann", supervisor="boss"), NewUser("bob", "Bob"), NewUser("boss", "Boss", "supervisor")]
    add_users(work, people, by=SYSTEM)


@pytest.fixture
def house(databases, dialect):
    with databases.furnished(dialect, furnish) as url:
        made = Office(url)
        yield made
        made.database.close()


def use(house, *wishes, by=SYSTEM):
    with house.database.work() as work:
        return use_funnels(work, wishes, say=as_it_is, by=by)


def settings_of(house):
    with house.database.reading() as work:
        return directory(work)


@pytest.mark.parametrize("key", FUNNELS)
def test_a_used_template_could_be_published_at_once(house, key):
    [used] = use(house, Wish(key, "page-1"))

    with house.database.reading() as work:
        found = problems(work, draft(work, used.opens))
    assert [one for one in found if one.severity == "error"] == []
    assert used.opens == key
    assert ("funnel", key) in used.made


@pytest.mark.parametrize("key", PLANS)
def test_a_plan_template_makes_the_plan_with_all_its_rules(house, key):
    template = plan_template(key, as_it_is)
    with house.database.work() as work:
        [used] = use_plans(work, [Wish(key, "page-1")], say=as_it_is, by=SYSTEM)

    plan = settings_of(house).plan(used.opens)
    made = [stage for stage in plan.stages if stage.kind != "undefined"]
    assert [(one.key, one.name, one.required_fields, one.dwell_days, one.exit_fact) for one in made] == [
        (one.key, one.name, one.required, one.dwell_days, one.exit_fact) for one in template.stages
    ]
    with house.database.reading() as work:
        states = dict(work.tuples(select(funnel.c.key, funnel.c.state), {}))
    robots = {name: state for name, state in states.items() if name.startswith(f"robots.{key}.")}
    assert set(robots.values()) <= {"published"}
    assert len(robots) >= len(template.robots)


def test_wholesale_and_retail_go_through_the_stages_of_the_trade():
    wholesale, retail = plan_template("wholesale", as_it_is), plan_template("retail", as_it_is)

    assert [one.name for one in wholesale.stages[:-1]] == [
        "New", "Shop visit", "Order forming", "Order entered", "Sent to warehouse", "Order assembled",
        "Handed over for dispatch", "Dispatched", "Goods received", "Documents received", "Close deal",
    ]  # fmt: skip
    assert [one.name for one in retail.stages[:-1]] == [
        "New", "Awaiting payment", "Handed over for dispatch", "Dispatched", "In transit", "At the branch",
        "Goods received", "Close deal",
    ]  # fmt: skip
    required = {one.key: one.required for one in wholesale.stages}
    assert required["order_forming"] == ("field.payment_details",)
    assert required["to_warehouse"] == ("field.waybill",)
    assert required["handed_over"] == ("field.delivery_address", "field.carrier", "field.dispatch_date")


def test_pressed_twice_it_is_made_once(house):
    first = use(house, Wish("tunnel", "page-1"))
    second = use(house, Wish("tunnel", "page-1"))

    assert [one.opens for one in second] == [one.opens for one in first]
    assert [one.again for one in (*first, *second)] == [False, True]
    with house.database.reading() as work:
        assert work.scalar(select(func.count()).select_from(sales_plan).where(sales_plan.c.key == "repeat")) == 1


def test_used_a_second_time_it_is_another_funnel_on_the_same_plans(house):
    use(house, Wish("tunnel", "page-1"))
    [again] = use(house, Wish("tunnel", "page-2", name="For shops", plans={"sales": "sales", "repeat": "repeat"}))

    assert again.opens == "for_shops"
    assert again.made == (("funnel", "for_shops"),)


OWN = NewPlan("Kitchens", (NewStage("Fresh"), NewStage("Talks"), NewStage("Done", "won"), NewStage("Gone", "lost")))


def own_plan(house):
    with house.database.work() as work:
        return create_plan(work, OWN, by=SYSTEM)


def test_the_companys_own_plan_and_stages_stand_in_for_the_templates(house):
    plan = own_plan(house)
    first, second = [one.key for one in plan.stages if one.kind == "open"][:2]
    stages = {("sales", "new"): first, ("sales", "second_call"): second, ("sales", "third_call"): second}
    [used] = use(house, Wish("qualification", "page-1", plans={"sales": plan.key}, stages=stages))

    with house.database.reading() as work:
        document = draft(work, used.opens)
    named = {
        (one.kind, one.key)
        for node in document.nodes
        for one in references(read_block(node, block_type))
        if one.kind in ("plan", "stage")
    }
    lost = next(one.key for one in plan.stages if one.kind == "lost")
    assert named == {("plan", plan.key), *(("stage", one) for one in (first, second, lost))}
    assert [kind for kind, _ in used.made if kind == "plan"] == []


def test_a_stage_that_nothing_stands_for_is_asked_for(house):
    plan = own_plan(house)

    with pytest.raises(InvalidError, match="for “new” of"):
        use(house, Wish("qualification", "page-1", plans={"sales": plan.key}))

    with house.database.reading() as work:
        assert work.scalar(select(func.count()).select_from(funnel).where(funnel.c.key == "qualification")) == 0


def test_the_day_that_was_given_stands_in_all_three_waits(house):
    with house.database.reading() as work:
        day = work.now.date() + timedelta(days=30)
    [used] = use(house, Wish("webinar", "page-1", dates={"day": day}))

    with house.database.reading() as work:
        document = draft(work, used.opens)
    waits = [node.config["day"] for node in document.nodes if node.type == "wait.until_date"]
    assert waits == [day.isoformat()] * 3
    with pytest.raises(InvalidError, match="is over"):
        use(house, Wish("webinar", "page-2", dates={"day": day - timedelta(days=60)}))


def test_taken_back_nothing_of_it_is_left(house):
    before = settings_of(house)
    [used] = use(house, Wish("nps", "page-1"))
    with house.database.work() as work:
        assert last_use(work, "page-1") == used.id
        [back] = take_back_uses(work, [used.id], by=SYSTEM)

    after = settings_of(house)
    assert set(back.gone) == set(used.made)
    assert after.fields.keys() == before.fields.keys()
    assert {one.key for one in after.plans.values() if not one.is_archived} == {
        one.key for one in before.plans.values() if not one.is_archived
    }
    with house.database.reading() as work:
        assert work.scalar(select(func.count()).select_from(funnel).where(funnel.c.key == "nps")) == 0
        assert last_use(work, "page-1") is None
    with pytest.raises(InvalidError, match="before"), house.database.work() as work:
        take_back_uses(work, [used.id], by=SYSTEM)
    [again] = use(house, Wish("nps", "page-2"))
    assert (again.opens, ("plan", "sales") in again.made) == ("nps", True)


def test_what_somebody_works_with_is_not_taken_back(house):
    [used] = use(house, Wish("nps", "page-1"))
    with house.database.work() as work:
        [person] = persons_of(work, [()])
        open_deals(work, [NewDeal(plan="sales", person_id=person)], by=SYSTEM)
        assert work.scalar(select(func.count()).select_from(deal)) >= 1

    with pytest.raises(InvalidError, match="there are deals"), house.database.work() as work:
        take_back_uses(work, [used.id], by=SYSTEM)
    assert not settings_of(house).plan("sales").is_archived


def test_who_may_not_make_plans_takes_one_that_is_there(house):
    marketer = Actor(ActorKind.USER, 1, frozenset({"funnels.edit", "funnels.publish"}))
    with pytest.raises(NotAllowedError):
        use(house, Wish("tunnel", "page-1"), by=marketer)
    with pytest.raises(NotAllowedError):
        use(house, Wish("tunnel", "page-1"), by=Actor(ActorKind.USER, 1, frozenset({"plans.edit"})))
    with house.database.work() as work:
        use_plans(work, [Wish("sales", "p1"), Wish("repeat", "p2")], say=as_it_is, by=SYSTEM)

    [used] = use(house, Wish("tunnel", "page-1", plans={"sales": "sales", "repeat": "repeat"}), by=marketer)

    assert used.made == (("funnel", "tunnel"),)


def test_an_offer_says_what_is_missing_and_proposes_what_fits(house):
    with house.database.reading() as work:
        first = offer(work, funnel_template("nps", as_it_is), say=as_it_is, viewer=EVERYTHING)
    use(house, Wish("nps", "page-1"))
    with house.database.reading() as work:
        second = offer(work, funnel_template("nps", as_it_is), say=as_it_is, viewer=EVERYTHING)

    assert (first.fields, [one.proposed for one in first.plans]) == (("NPS, 0 to 10",), [""])
    assert (second.fields, [one.proposed for one in second.plans]) == ((), ["sales"])
    assert first.token != second.token


def test_an_unknown_template_is_refused(house):
    with pytest.raises(NotFoundError):
        use(house, Wish("fly", "page-1"))


@pytest.mark.parametrize("key", FUNNELS)
def test_templates_name_plans_and_stages_in_settings_only(key):
    document = funnel_template(key, as_it_is).document

    plain = [node.condition for node in document.nodes if node.condition is not None]
    plain += [node.config.get("condition") for node in document.nodes]
    assert not any(word in str(plain) for word in ("deal.stage", "deal.plan", "trigger.stage", "trigger.plan"))


def test_texts_are_translated_and_keys_are_not():
    def loud(text):
        return text.upper()

    plain = {"key": "a", "name": "call", "tags": ["one"], "stage": "new", "then": {"name": "b"}, "given": {"name": "c"}}

    assert in_words(plain, loud) == {
        "key": "a", "name": "CALL", "tags": ["ONE"], "stage": "new", "then": {"name": "B"}, "given": {"name": "c"},
    }  # fmt: skip
    assert list(texts(plain)) == ["call", "one", "b"]


@pytest.mark.parametrize("key", FUNNELS)
def test_what_a_template_says_can_be_said_in_any_language(key):
    spoken = funnel_template(key, lambda text: f"«{text}»")

    assert spoken.name.startswith("«")
    assert spoken.document.key == funnel_template(key, as_it_is).document.key
    assert [node.id for node in spoken.document.nodes] == [
        node.id for node in funnel_template(key, as_it_is).document.nodes
    ]
    assert not [one for one in check(spoken.document, block_type, Everything()) if one.severity == "error"]


class Everything:
    """An installation in which everything is there."""

    def has(self, kind, key, within=None):
        return True

    def field(self, path):
        return "number" if path.endswith("nps") else "text"
