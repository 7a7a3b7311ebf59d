"""The editor's model, tested without a browser: its tests are TypeScript, which Node runs as it is."""

import shutil
import subprocess
from pathlib import Path

import hatch_build

FRONTEND = Path(hatch_build.__file__).parent / "web" / "frontend"


def test_the_model_of_the_editor_keeps_its_laws():
    node = shutil.which("node") if hatch_build._node_of_the_machine() else hatch_build._node_of_the_wheel()[0]
    assert node
    tests = sorted(str(path.relative_to(FRONTEND)) for path in (FRONTEND / "tests").glob("*.test.ts"))
    assert tests

    command = [node, "--experimental-strip-types", "--no-warnings", "--test", "--test-concurrency=1", *tests]
    done = subprocess.run(command, cwd=FRONTEND, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
