"""``voronka user``."""

import json


def test_the_first_user_begins_a_company(voronka):
    said = voronka(
        "user", "add", "Ann", "--name", "Ann Lee", "--password-stdin", "--zone", "Europe/Kyiv", given="long enough\n"
    )

    assert "Ann is added as administrator" in said.stderr
    assert json.loads(voronka("user", "list", "--json").stdout) == [
        {"login": "ann", "name": "Ann Lee", "role": "administrator", "supervisor": None, "is_active": True}
    ]


def test_more_users_stand_under_their_supervisors(demo):
    demo("--demo", "user", "add", "new", "--no-password", "--supervisor", "yaryna")

    shown = {one["login"]: one for one in json.loads(demo("--demo", "user", "list", "--json").stdout)}

    assert (shown["new"]["role"], shown["new"]["supervisor"]) == ("manager", "yaryna")


def test_a_taken_login_is_refused(demo):
    assert "is taken" in demo("--demo", "user", "add", "olena", "--no-password", status=2).stderr


def test_a_wrong_zone_begins_nothing(voronka):
    voronka("user", "add", "ann", "--no-password", "--zone", "Kyiv", status=2)

    assert "empty" in voronka("user", "list", status=2).stderr


def test_a_password_can_be_changed(demo):
    assert (
        "has a new password"
        in demo("--demo", "user", "passwd", "tom", "--password-stdin", given="long enough\n").stderr
    )


def test_a_short_password_is_refused(demo):
    assert "8 to 1000" in demo("--demo", "user", "passwd", "tom", "--password-stdin", given="short\n", status=2).stderr


def test_a_password_is_not_asked_where_nobody_can_type(demo):
    assert "--password-stdin" in demo("--demo", "user", "passwd", "tom", status=2).stderr
