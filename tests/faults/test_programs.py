"""The programs themselves are killed: an import is resumed by repeating it, and a server goes on where it was."""

import os

import pytest

from tests.faults.office import DONE, KILLED

LEADS = 60


@pytest.fixture
def voronka(office, nursery):
    def run(*arguments, kill_at=""):
        """Run the program to its end, or until it dies at a named point."""
        environment = {**os.environ, "VORONKA_DATABASE_URL": office.url, "VORONKA_KILL_AT": kill_at}
        return nursery.run("voronka", *arguments, environment=environment)

    return run


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "leads.csv"
    rows = [f"x-{number},Lead {number},ads" for number in range(LEADS)]
    path.write_text("\n".join(["external_id,title,source", *rows, ""]))
    return str(path)


def test_a_killed_import_is_resumed_by_repeating_it(office, voronka, worker, table, is_long):
    importing = ("import", "leads", table, "--funnel", "main", "--json")
    points = ("before:commit:1", "after:commit:1", "before:lead:1", "after:event:1", "after:lead:1", "before:inbox:1")

    tried = points if is_long else points[:2]
    ends = [voronka(*importing, kill_at=point).returncode for point in tried]
    last = voronka(*importing)

    assert (set(ends), last.returncode) == ({KILLED}, 0), last.stderr[-2000:]
    office.recorded = LEADS
    assert worker.run(office.url) == DONE
    office.check_each_lead_once()


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_a_killed_server_goes_on_where_it_was(office, voronka, worker):
    office.leads(LEADS)

    ends = [
        voronka("serve", "--port", "0", kill_at=point).returncode
        for point in ("after:batch:1", "after:deal:1", "after:commit:5")
    ]

    assert ends == [KILLED] * 3
    assert worker.run(office.url) == DONE
    office.check_each_lead_once()
