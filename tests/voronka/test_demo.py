"""``voronka demo``: from nothing to a board, and a second time nothing more."""

import csv
import json

import pytest

from voronka.demo.company import LEADS


def plain(line, *words):
    return json.loads(line(*words, "--json").stdout)


def test_it_prints_the_boards(demo):
    assert "Homes  ·  353 deals" in demo.made.stdout
    assert "Business  ·  25 deals" in demo.made.stdout
    assert "Олена Гай" in demo.made.stdout
    assert "300 leads imported, 300 new" in demo.made.stderr


def test_nothing_is_coloured_where_nobody_looks(demo):
    assert "\x1b" not in demo.made.stdout + demo.made.stderr


def test_the_board_adds_up_with_the_file(demo):
    with LEADS.open(encoding="utf-8", newline="") as file:
        known = [row for row in csv.DictReader(file) if row["source"]]
    partners = sum(row["source"] == "partner" for row in known)

    boards = {one["plan"]: one for one in plain(demo, "--demo", "board")}

    assert boards["business"]["total"]["deals"] == partners
    assert boards["homes"]["total"]["deals"] == len(known) - partners + 91
    for one in boards.values():
        assert one["total"]["deals"] == sum(stage["deals"] for stage in one["stages"])
        assert one["total"]["deals"] == sum(manager["deals"] for manager in one["managers"])


def test_managers_get_deals_evenly(demo):
    deals = [one["deals"] for one in plain(demo, "--demo", "board", "homes")["managers"]]

    assert len(deals) == 4
    assert max(deals) - min(deals) <= 1


def test_all_runs_rest_or_ended(demo):
    status = plain(demo, "--demo", "run", "status", "--wait")

    assert status["idle"]
    assert status["parked"] == []
    assert all(one["entered"] == one["inside"] + one["left"] for one in status["funnels"])


def test_a_second_run_doubles_nothing(demo):
    before = plain(demo, "--demo", "board")

    again = demo("demo")

    assert "300 leads read, all known already" in again.stderr
    assert plain(demo, "--demo", "board") == before


def test_it_fits_into_80_columns(demo):
    shown = demo("--demo", "board", COLUMNS="80").stdout

    assert max(len(line) for line in shown.splitlines()) <= 80


def test_its_funnels_are_published(demo):
    assert {one["state"] for one in plain(demo, "--demo", "funnel", "list")} == {"published"}


@pytest.mark.parametrize("key", ["new-leads", "partners"])
def test_its_funnels_pass_the_checks_without_a_warning(demo, key):
    assert demo("--demo", "funnel", "check", key).stderr == f"✓ {key} can be published\n"


def test_partners_wait_where_it_can_be_seen(demo):
    inside = {one["key"]: one["inside"] for one in plain(demo, "--demo", "run", "status")["funnels"]}

    assert inside["partners"] == 25


def test_it_keeps_out_of_another_company(voronka):
    voronka("user", "add", "ann", "--no-password", "--company", "Acme")

    said = voronka("demo", status=2, VORONKA_DATABASE_URL="sqlite:///var/voronka.db").stderr

    assert "belongs to “Acme”" in said


def test_a_killed_demo_goes_on(voronka):
    voronka("demo", status=-9, VORONKA_KILL_AT="before:task:1")

    assert "353 deals" in voronka("demo").stdout


def test_it_runs_on_postgresql(voronka, databases):
    with databases.bare("postgresql") as url:
        assert "Homes  ·  353 deals" in voronka("demo", VORONKA_DATABASE_URL=url).stdout
