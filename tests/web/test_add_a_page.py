"""Whoever follows ``docs/add-a-page.md`` word by word gets a page that works."""

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
from jinja2 import ChoiceLoader, DictLoader

PAGE = (Path(__file__).resolve().parents[2] / "docs/add-a-page.md").read_text()
FILES = dict(re.findall(r"^## \d+\. The \w+: `([^`]+)`\n.*?^```[\w+]+\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))


@pytest.fixture
def written(monkeypatch):
    """Its Python files as modules, in their order."""
    for path, text in FILES.items():
        if path.endswith(".py") and not path.endswith("__init__.py"):
            module = ModuleType(path.removesuffix(".py").replace("/", "."))
            monkeypatch.setitem(sys.modules, module.__name__, module)
            exec(compile(text, path, "exec"), module.__dict__)
    return sys.modules


def test_its_tests_pass(small_house, written):
    page, tests = written["web.pages.untouched"], written["tests.web.test_untouched_page"]
    small_house.app.register_blueprint(page.blueprint)
    templates = {"untouched.html": FILES["web/templates/untouched.html"]}
    small_house.app.jinja_loader = ChoiceLoader([DictLoader(templates), small_house.app.jinja_loader])

    tests.test_who_waits_longest_comes_first(small_house)
    tests.test_a_comment_is_written(small_house)
    tests.test_strangers_and_strange_leads_get_nothing(small_house)
    for wrong in tests.test_what_cannot_be_is_refused.pytestmark[0].args[1]:
        tests.test_what_cannot_be_is_refused(small_house, wrong)
