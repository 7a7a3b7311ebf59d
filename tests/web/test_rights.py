"""Every route with every role: who lacks what a route asks for gets nothing and changes nothing."""

import pytest

from web.access import ANYONE, API_KEY, SIGNED_IN, access_of

PEOPLE = {None: frozenset(), "ann": "manager", "boss": "supervisor", "mark": "marketer", "root": "administrator"}
NOWHERE = {"int": "987654321", "string": "nowhere", "path": "nowhere", "default": "nowhere"}
NOT_OF_OURS = frozenset({"static"})


def rules(app):
    for rule in app.url_map.iter_rules():
        if rule.endpoint in NOT_OF_OURS:
            continue
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            values = {name: converted(rule, name) for name in rule.arguments}
            yield rule, method, rule.build(values, append_unknown=False)[1]


def converted(rule, name):
    kind = type(rule._converters[name]).__name__
    return 987654321 if kind == "IntegerConverter" else "nowhere"


def is_admitted(house, login, access):
    if access & {ANYONE, API_KEY}:
        return True
    if login is None:
        return False
    from crm.directory import directory

    with house.database.reading() as work:
        rights = directory(work).user(login).rights
    return SIGNED_IN in access or not access.isdisjoint(rights)


@pytest.mark.parametrize("login", PEOPLE)
def test_every_route_admits_whom_it_says(small_house, login):
    client = small_house.client(login)
    token = client.csrf() if login is None else None
    cells = 0
    for rule, method, address in rules(small_house.app):
        if rule.endpoint == "signing_in.sign_out":
            continue  # it would end the session that the other cells need
        if token is None:
            token = client.csrf()
        headers = {"X-CSRF-Token": token, "Accept": "application/json"}
        answer = client.inner.open(address, method=method, headers=headers, json=None if method == "GET" else {})
        cells += 1
        where = f"{method} {address} as {PEOPLE[login]}: {answer.status_code}"
        access = access_of(small_house.app, rule.endpoint)
        if is_admitted(small_house, login, access):
            assert answer.status_code < 500, where
            if API_KEY in access:
                assert answer.status_code == 401, where
            else:
                assert answer.status_code not in (401, 403), where
        else:
            assert answer.status_code in (401, 403), where
        answer.close()
    assert cells > 10
