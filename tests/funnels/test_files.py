import json

import pytest

from crm.access.actor import EVERYTHING, SYSTEM, Actor, ActorKind
from crm.errors import NotAllowedError
from funnels.errors import NotPublishableError
from funnels.files import check_file, file_of, keep_file
from funnels.publication.publishing import funnels
from funnels.reading import MOST_BYTES, read
from tests.funnels.lived import ADS
from tests.funnels.test_listing import ROBOTS


def checked(house, content, by=SYSTEM):
    with house.database.reading() as work:
        return check_file(work, content, by=by)


def test_a_good_file_can_be_published(house):
    found = checked(house, ADS.encode())

    assert (found.name, found.is_publishable, [one.key for one in found.documents]) == ("Autumn ads", True, ["ads"])


def test_json_is_read_too(house):
    assert checked(house, json.dumps(read(ADS).plain()).encode()).is_publishable


def test_what_is_wrong_names_line_node_and_setting(house):
    found = checked(house, ADS.replace("plan: sales", "plan: nothing").encode())

    [one] = [one for one in found.problems if one.severity == "error"]
    line = next(number for number, text in enumerate(ADS.splitlines(), 1) if "add_to_plan" in text)
    assert (one.line, one.node, one.field) == (line, "plan", "plan")
    assert not found.is_publishable


@pytest.mark.parametrize(
    ("content", "line"),
    [(b"key: [", 1), (b"\xff", 1), (b"key: a\nname: b\nnodes: 5\n", 3), (b"a" * (MOST_BYTES + 1), None), (b"", None)],
)
def test_what_cannot_be_read_says_where(house, content, line):
    found = checked(house, content)

    assert found.documents == ()
    assert found.problems[0].line == line


def test_robots_become_their_funnels(house):
    found = checked(house, ROBOTS.encode())

    assert (found.is_robots, found.name, len(found.documents)) == (True, "sales / offer", 2)


def test_robots_that_the_file_no_longer_has_are_retired(house):
    with house.database.work() as work:
        keep_file(work, check_file(work, ROBOTS, by=SYSTEM), publishes=True, by=SYSTEM)
        keep_file(
            work, check_file(work, ROBOTS.replace("stage: offer", "stage: talks"), by=SYSTEM), publishes=True, by=SYSTEM
        )
    *_, alone = [one.key for one in checked(house, ROBOTS).documents]
    kept = ROBOTS[: ROBOTS.index("  - {id: once")]
    assert (checked(house, ROBOTS).retired, checked(house, kept).retired) == ((), (alone,))

    with house.database.work() as work:
        keep_file(work, check_file(work, kept, by=SYSTEM), publishes=False, by=SYSTEM)
        assert {one.state for one in funnels(work)} == {"published"}, "a draft retires nobody"
        keep_file(work, check_file(work, kept, by=SYSTEM), publishes=True, by=SYSTEM)
        assert [one.key for one in funnels(work) if one.state == "draining"] == [alone]
        none = "plan: sales\nstage: offer\nrobots: []\n"
        assert keep_file(work, check_file(work, none, by=SYSTEM), publishes=True, by=SYSTEM) == []
        assert sorted(one.key for one in funnels(work) if one.state == "published") == [
            "robots.sales.talks",
            "robots.sales.talks.once",
        ]
        keep_file(work, check_file(work, ROBOTS, by=SYSTEM), publishes=True, by=SYSTEM)
        assert {one.state for one in funnels(work)} == {"published"}, "and it comes back"


def test_a_wrong_robot_is_named_with_its_line(house):
    found = checked(house, ROBOTS.replace("tags: [once]", "tags: 5").encode())

    [one] = [one for one in found.problems if one.severity == "error"]
    assert (one.node, one.line) == ("once", 6)


def test_files_are_kept_or_published_all_or_none(house):
    with house.database.work() as work:
        assert keep_file(work, check_file(work, ADS, by=SYSTEM), publishes=False, by=SYSTEM) == [("ads", 0)]
    with house.database.work() as work:
        assert keep_file(work, check_file(work, ADS, by=SYSTEM), publishes=True, by=SYSTEM) == [("ads", 1)]
    with pytest.raises(NotPublishableError), house.database.work() as work:
        keep_file(work, check_file(work, ADS.replace("plan: sales", "plan: no"), by=SYSTEM), publishes=True, by=SYSTEM)

    with house.database.reading() as work:
        assert [(row.key, row.state) for row in funnels(work)] == [("ads", "published")]
        assert read(file_of(work, "ads", viewer=EVERYTHING)) == read(ADS)


def test_files_need_their_rights(house):
    reader = Actor(ActorKind.USER, 1, frozenset({"runs.repair"}))
    writer = Actor(ActorKind.USER, 1, frozenset({"funnels.edit"}))
    with pytest.raises(NotAllowedError):
        checked(house, ADS, by=reader)
    with pytest.raises(NotAllowedError), house.database.work() as work:
        keep_file(work, check_file(work, ADS, by=writer), publishes=True, by=writer)
