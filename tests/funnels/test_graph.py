import pytest

from crm.access.actor import SYSTEM
from crm.errors import NotFoundError
from funnels.graph import drawing
from funnels.publication.publishing import save_draft
from funnels.reading import read as read_funnel
from funnels.versions import compare, versions
from tests.funnels.lived import ADS, cost, live, read


def nodes_of(house, **more):
    return {node.id: node for node in read(house, drawing, "ads", **more).nodes}


def test_nodes_say_what_they_do_and_who_came_by(house):
    nodes = nodes_of(live(house))

    assert nodes["created"].summary == "“ads” or “site”"
    assert nodes["paid"].title == "Paid?"
    assert nodes["paid"].type_title == "Condition"
    assert nodes["paid"].summary == "lead's source is “ads”"
    assert nodes["answer"].summary == "comment added; at most 3 days"
    assert {node.id: node.category for node in nodes.values()} == {
        "created": "trigger",
        "paid": "logic",
        "plan": "action",
        "tag": "action",
        "answer": "logic",
        "thanks": "action",
    }
    counts = {node.id: (node.entered, node.left, node.inside, node.failed, node.parked) for node in nodes.values()}
    assert counts == {
        "created": (6, 6, 0, 0, 0),
        "paid": (6, 6, 0, 0, 0),
        "plan": (4, 4, 0, 0, 0),
        "tag": (2, 0, 2, 2, 2),
        "answer": (4, 0, 4, 0, 0),
        "thanks": (0, 0, 0, 0, 0),
    }


def test_ports_say_whether_they_lead_anywhere(house):
    ports = {port.key: port.is_wired for port in nodes_of(live(house))["answer"].ports}

    assert ports == {"spoke": True, "timeout": False}


def test_edges_say_how_many_of_the_last_runs_took_them(house):
    drawn = read(live(house), drawing, "ads")

    assert drawn.walks == 6
    shares = {(edge.source, edge.port): (edge.taken, edge.share) for edge in drawn.edges}
    assert shares["paid", "yes"] == (4, 4 / 6)
    assert shares["paid", "no"] == (2, 2 / 6)
    assert shares["answer", "spoke"] == (0, None)
    assert (drawn.entered, drawn.inside, drawn.left, drawn.parked) == (6, 6, 0, 2)


def test_all_branches_of_a_parallel_are_taken_together(house):
    house.publish("""
key: ads
name: Two ways
nodes:
  - {id: created, type: trigger.lead_created}
  - {id: split, type: logic.parallel, config: {branches: 2}}
  - {id: one, type: crm.add_tags, config: {tags: [one]}}
  - {id: two, type: crm.add_tags, config: {tags: [two]}}
edges:
  - {from: created, to: split}
  - {from: split, port: branch_1, to: one}
  - {from: split, port: branch_2, to: two}
""")
    house.leads(3)
    house.drain()

    taken = {
        edge.port: (edge.taken, edge.share) for edge in read(house, drawing, "ads").edges if edge.source == "split"
    }
    assert taken == {"branch_1": (3, None), "branch_2": (3, None)}


def test_a_draft_is_drawn_even_where_blocks_are_unknown_or_wrong(house):
    broken = ADS.replace("crm.add_tags, config: {tags: [hot], on: company}", "crm.fly").replace(
        "plan: sales}", "plan: []}"
    )
    with house.database.work() as work:
        save_draft(work, read_funnel(broken), by=SYSTEM)

    drawn = read(house, drawing, "ads")
    assert (drawn.version, drawn.published) == (0, 0)
    assert {node.id: node.problem for node in drawn.nodes if node.problem} == {"plan": "wrong", "tag": "unknown"}


def test_an_older_version_is_drawn_with_the_numbers_of_its_nodes(house):
    live(house)
    house.publish(ADS.replace("id: thanks", "id: bye").replace("to: thanks", "to: bye"))

    assert set(nodes_of(house, version=1)) - set(nodes_of(house)) == {"thanks"}
    assert nodes_of(house, version=1)["answer"].inside == 4


@pytest.mark.parametrize(("key", "version"), [("nothing", None), ("ads", 7)])
def test_what_does_not_exist_is_not_found(house, key, version):
    live(house)
    with pytest.raises(NotFoundError):
        read(house, drawing, key, version=version)


def test_versions_say_what_they_changed(house):
    live(house)
    house.publish(ADS.replace("hot", "cold"))
    with house.database.work() as work:
        save_draft(work, read_funnel(ADS.replace("id: thanks", "id: bye").replace("to: thanks", "to: bye")), by=SYSTEM)

    found = read(house, versions, "ads")
    assert [(one.number, one.is_current) for one in found] == [(0, False), (2, True), (1, False)]
    draft, second, first = (one.changes for one in found)
    assert (draft.added, draft.removed, draft.changed, draft.lines) == (("bye",), ("thanks",), ("tag",), 2)
    assert (second.added, second.removed, second.changed, second.lines) == ((), (), ("tag",), 0)
    assert first is None


def test_moving_nodes_about_changes_nothing():
    plain = read_funnel(ADS).plain()
    moved = {**plain, "nodes": [{**node, "layout": {"x": 5.0}} for node in plain["nodes"]]}

    assert not compare(plain, moved)


def test_a_drawing_costs_the_same_for_many(house):
    few = cost(live(house), drawing, "ads")
    house.leads(300, source="ads")
    house.drain()

    assert cost(house, drawing, "ads") == few <= 7
