import pytest

from crm.access.actor import SYSTEM
from crm.access.links import make_link
from crm.settings.passwords import set_password


@pytest.fixture
def house(small_house):
    with small_house.database.work() as work:
        set_password(work, "ann", "a long sentence", by=SYSTEM)
    return small_house


def sign_in(client, login="ann", password="a long sentence", **more):
    return client.post("/sign-in", {"login": login, "password": password, **more})


def test_a_user_signs_in_and_out(house):
    client = house.client()
    assert sign_in(client).location == "/"
    assert client.get("/").status_code == 200

    assert client.post("/sign-out").status_code == 303
    assert "/sign-in" in client.get("/").location


def test_login_in_capitals_is_the_same(house):
    assert sign_in(house.client(), login=" ANN ").status_code == 303


@pytest.mark.parametrize(("login", "password"), [("ann", "wrong"), ("nobody", "a long sentence"), ("ann", "")])
def test_what_does_not_fit_is_refused_without_saying_which(house, login, password):
    answer = sign_in(house.client(), login=login, password=password)
    assert answer.status_code == 422
    assert login in answer.text
    assert "a long sentence" not in answer.text


def test_after_signing_in_one_is_where_one_wanted_to_be(house):
    client = house.client()
    asked = client.get("/?tab=late")
    assert "next=/?tab" in asked.location.replace("%3F", "?").replace("%2F", "/")
    assert sign_in(client, next="/?tab=late").location == "/?tab=late"


@pytest.mark.parametrize(
    "where", ["https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil", "javascript:alert(1)", "/a\nb"]
)
def test_nobody_is_led_elsewhere(house, where):
    assert sign_in(house.client(), next=where).location == "/"


def test_guessing_is_slowed_down(house):
    limits = house.site.limits
    object.__setattr__(limits, "sign_in", limits.sign_in.replace("minute", "day"))  # however long a guess takes
    client = house.client()
    answers = [sign_in(client, password=f"guess {n}").status_code for n in range(12)]
    assert answers[:10] == [422] * 10
    assert answers[-1] == 429


def test_a_form_without_token_changes_nothing(house):
    client = house.client("ann")
    assert client.inner.post("/sign-out").status_code == 400
    assert client.get("/").status_code == 200


def test_a_link_sets_the_password_once(house):
    with house.database.work() as work:
        token = make_link(work, "ann", "password", by=SYSTEM)
    old = house.client("ann")
    client = house.client()
    wrong = client.post(f"/link/{token}", {"password": "new sentence", "again": "other sentence"})
    assert wrong.status_code == 422
    assert client.post(f"/link/{token}", {"password": "short", "again": "short"}).status_code == 422
    assert client.post(f"/link/{token}", {"password": "new sentence", "again": "new sentence"}).status_code == 303
    assert client.get("/").status_code == 200
    assert client.get(f"/link/{token}").status_code == 410
    assert old.get("/").status_code == 303, "sessions of before are over"
    assert sign_in(house.client(), password="new sentence").status_code == 303


def test_a_session_ends_with_its_user(house):
    from crm.settings.users import deactivate_users

    client = house.client("ann")
    with house.database.work() as work:
        deactivate_users(work, ["ann"], by=SYSTEM)
    assert client.get("/").status_code == 303


def test_the_answer_does_not_tell_who_exists(house):
    known = house.client().post("/lost-password", {"who": "ann"})
    unknown = house.client().post("/lost-password", {"who": "nobody"})
    assert known.status_code == unknown.status_code == 200
