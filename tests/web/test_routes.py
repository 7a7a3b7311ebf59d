"""Rules for all routes."""

import pytest

from web.access import ANYONE, access_of, undeclared


def test_every_route_says_who_may_use_it(small_house):
    assert undeclared(small_house.app) == []


def test_strangers_see_only_what_is_meant_for_them(small_house):
    client = small_house.client()
    for rule in small_house.app.url_map.iter_rules():
        if rule.arguments or "GET" not in rule.methods or ANYONE in access_of(small_house.app, rule.endpoint):
            continue
        assert client.get(rule.rule).status_code in (303, 401), rule.rule


@pytest.mark.parametrize("path", ["/sign-in", "/health", "/nothing-here", "/static/icon.svg"])
def test_every_answer_protects_the_browser(small_house, path):
    with small_house.client().get(path) as answer:
        headers = answer.headers
    assert "script-src 'self'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"


def test_nothing_is_inline_and_nothing_comes_from_elsewhere(small_house):
    import re

    client = small_house.client("ann")
    for rule in small_house.app.url_map.iter_rules():
        if rule.arguments or "GET" not in rule.methods:
            continue
        page = client.get(rule.rule, follow_redirects=True)
        if page.mimetype != "text/html":
            continue
        assert not re.search(r"\son\w+=|\sstyle=|<style|<script(?![^>]*\ssrc=)", page.text), rule.rule
        assert not re.search(r'(?:src|href)="(?:https?:)?//', page.text), rule.rule
