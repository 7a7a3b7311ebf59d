"""The editor's model, tested without a browser: its tests are TypeScript, which Node runs as it is."""

import json
import shutil
import subprocess
from pathlib import Path

import hatch_build
from engine.document import FunnelDocument
from funnels.drafts import together
from funnels.reading import read, write

FRONTEND = Path(hatch_build.__file__).parent / "web" / "frontend"


def node(*arguments):
    program = shutil.which("node") if hatch_build._node_of_the_machine() else hatch_build._node_of_the_wheel()[0]
    assert program
    command = [program, "--experimental-strip-types", "--no-warnings", *arguments]
    return subprocess.run(command, cwd=FRONTEND, capture_output=True, text=True, check=False)


def test_the_model_of_the_editor_keeps_its_laws():
    tests = sorted(str(path.relative_to(FRONTEND)) for path in (FRONTEND / "tests").glob("*.test.ts"))
    assert tests

    done = node("--test", "--test-concurrency=1", *tests)

    assert done.returncode == 0, done.stdout + done.stderr


def document(plain, positions):
    return FunnelDocument.model_validate({**together(plain, positions), "key": "pasted"})


def test_a_copy_of_any_part_pasted_into_any_funnel_is_a_document():
    done = node("tests/pasted.ts")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, done.stderr
    assert len(found) > 50

    for one in found:
        before, after = document(**_sides(one["before"])), document(**_sides(one))
        ids = [each.id for each in after.nodes]
        assert len(set(ids)) == len(ids) == len(before.nodes) + one["copied"], one["seed"]
        assert after.nodes[: len(before.nodes)] == before.nodes, one["seed"]
        assert after.edges[: len(before.edges)] == before.edges, one["seed"]
        fresh = set(ids) - {each.id for each in before.nodes}
        assert all({edge.source, edge.target} <= fresh for edge in after.edges[len(before.edges) :]), one["seed"]
        for drawn in (after.drawing.notes, after.drawing.groups):
            assert len({each.id for each in drawn}) == len(drawn), one["seed"]
        assert all(group.nodes and set(group.nodes) <= set(ids) for group in after.drawing.groups), one["seed"]
        assert read(write(after)) == after, one["seed"]


def _sides(one):
    return {"plain": one["document"], "positions": one["positions"]}
