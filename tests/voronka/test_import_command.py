"""``voronka import`` as people and programs call it."""

import json
from collections import Counter

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from crm.access.actor import SYSTEM
from crm.errors import NotFoundError
from crm.records.comments import NewComment, add_comments
from crm.tables.records import deal, lead, record_tag
from crm.tables.settings import tag
from db.database import Database
from engine.document import FunnelDocument
from funnels.publication.publishing import publish, save_draft
from tests.crm.importing.running import count, rows
from voronka.command_line import command_line
from workers.drain import drain


@pytest.fixture
def database(company_url):
    made = Database(company_url)
    yield made
    made.close()


@pytest.fixture
def imports(database, company_url, tmp_path, monkeypatch):
    """Calls the command in an empty folder; the file's text comes first."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VORONKA_DATABASE_URL", company_url)
    monkeypatch.setenv("VORONKA_LANGUAGE", "en")

    def call(kind, text, *arguments):
        (tmp_path / "table.csv").write_text(text)
        return CliRunner().invoke(command_line(), ["import", kind, "table.csv", *arguments])

    return call


def put_funnel(database, key, trigger, **config):
    document = FunnelDocument.model_validate(
        {
            "key": key,
            "name": key,
            "nodes": [
                {"id": "start", "type": trigger, "config": config},
                {"id": "tag", "type": "crm.add_tags", "config": {"tags": [key]}},
                {"id": "end", "type": "logic.exit"},
            ],
            "edges": [{"source": "start", "target": "tag"}, {"source": "tag", "target": "end"}],
        }
    )
    with database.work() as work:
        save_draft(work, document, by=SYSTEM)
        publish(work, key, by=SYSTEM)


def test_json_is_all_that_stands_on_standard_output(imports):
    result = imports("leads", "id,name,unknown thing\n1,Ann,x\n2,Bob,y\n", "--json")

    assert result.exit_code == 0
    assert json.loads(result.stdout) == {"read": 2, "created": 2, "updated": 0, "rejected": 0}
    assert "columns that go nowhere: unknown thing" in result.stderr


def test_rejected_rows_go_into_a_file_that_can_be_corrected(imports, database, tmp_path):
    text = "id,name,phone\n1,Ann,12\n2,=Bob,+380501234567\n"

    result = imports("leads", text)
    errors = (tmp_path / "table.errors.csv").read_text("utf-8-sig")
    corrected = imports("leads", errors.replace(",12", ",+380501234568"))

    assert (result.exit_code, result.stdout) == (1, "")
    assert "1 row was rejected: table.errors.csv says why" in result.stderr
    assert errors.splitlines() == [
        "Line,Reason,id,name,phone",
        "2,Column “phone”: “12” is no phone number: write it with + and the country code,1,Ann,12",
    ]
    assert corrected.exit_code == 0
    assert sorted(row.name for row in rows(database, lead)) == ["=Bob", "Ann"]


@pytest.mark.parametrize("told", [(), ("--errors", "table.errors.csv")])
def test_a_file_of_another_kind_is_neither_removed_nor_written_over(imports, database, tmp_path, told):
    mine = tmp_path / "table.errors.csv"
    mine.write_text("Line by line,my notes\n")

    for text in ("id,name\n1,Ann\n", "id,phone\n1,12\n"):
        result = imports("leads", text, *told)
        assert "holds no rejected rows: name another file by --errors" in str(result.exception)

    assert (mine.read_text(), count(database, lead)) == ("Line by line,my notes\n", 0)


def test_an_older_file_of_rejected_rows_goes_when_none_is_rejected(imports, tmp_path):
    imports("leads", "id,phone\n1,12\n")
    there = (tmp_path / "table.errors.csv").exists()

    imports("leads", "id,phone\n1,+380501234567\n")

    assert (there, (tmp_path / "table.errors.csv").exists()) == (True, False)


def test_a_trial_writes_nothing(imports, database):
    result = imports("leads", "id,name\n1,Ann\n", "--dry-run", "--json")

    assert (result.exit_code, json.loads(result.stdout)["created"], count(database, lead)) == (0, 1, 0)


def test_users_then_deals(imports, database, tmp_path):
    team = imports("users", "sales agent,manager\nMoses Frase,Dustin Brinkmann\n", "--plan", "Wholesale", "--json")
    deals = imports("deals", "id,owner,amount\n1,moses frase,100\n", "--plan", "wholesale", "--json")

    assert json.loads(team.stdout) == {"read": 1, "created": 2, "updated": 0, "rejected": 0}
    assert json.loads(deals.stdout) == {"read": 1, "created": 1, "updated": 0, "rejected": 0}
    assert count(database, deal) == 1


def test_a_map_is_read_from_its_file(imports, database, tmp_path):
    (tmp_path / "map.yaml").write_text("columns:\n  Nr: external_id\n  Who: person.name\n")

    result = imports("leads", "Nr,Who\n1,Ann\n", "--map", "map.yaml")

    assert (result.exit_code, rows(database, lead)[0].name) == (0, "Ann")


@pytest.mark.parametrize("funnel", [("--funnel", "one"), ("--funnel", "hand"), ("--no-funnels",), ()])
def test_only_the_funnel_that_is_told_starts(imports, database, funnel):
    put_funnel(database, "one", "trigger.lead_created")
    put_funnel(database, "two", "trigger.lead_created")
    put_funnel(database, "hand", "trigger.manual_start", label="Go")

    result = imports("leads", "id\nA1\nA2\n", *funnel)
    drain(database)

    assert result.exit_code == 0, result.stderr
    with database.reading() as work:
        tags = Counter(
            row.name for row in work.rows(select(tag.c.name).join(record_tag, record_tag.c.tag_id == tag.c.id))
        )
    assert (
        tags
        == {
            ("--funnel", "one"): {"one": 2},
            ("--funnel", "hand"): {"hand": 2},
            ("--no-funnels",): {},
            (): {"one": 2, "two": 2},
        }[funnel]
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--funnel", "nowhere"), "there is no funnel “nowhere”"),
        (("--plan", "nowhere"), "there is no sales plan “nowhere”"),
        (("--errors", "nowhere/errors.csv"), "there is no folder nowhere"),
        (("--errors", "table.csv"), "table.csv is the file to import"),
        (("--map", "nowhere.yaml"), "nowhere.yaml cannot be read"),
    ],
)
def test_what_cannot_be_done_is_said(imports, database, arguments, said):
    result = imports("leads", "id\nA1\n", *arguments)

    assert said in str(result.exception)
    assert count(database, lead) == 0


class TestUndo:
    def run(self, *arguments):
        return CliRunner().invoke(command_line(), ["import", *arguments])

    @pytest.fixture
    def made(self, imports):
        assert imports("leads", "id,name\n1,Ann\n2,Bob\n").exit_code == 0
        [line] = json.loads(self.run("list", "--json").stdout)
        return line

    def test_imports_are_listed(self, made):
        assert (made["file"], made["state"], made["read"], made["created"]) == ("table.csv", "finished", 2, 2)
        assert "table.csv" in self.run("list").stdout

    def test_what_an_import_made_goes_again(self, database, imports, made):
        looked = self.run("undo", str(made["id"]), "--dry-run")
        assert ("2 leads; others have worked on 0 of them" in looked.stdout, count(database, lead)) == (True, 2)

        result = self.run("undo", str(made["id"]))

        assert (result.exit_code, count(database, lead)) == (0, 0)
        assert "2 removed, 0 kept" in result.stderr
        assert self.run("undo", str(made["id"])).exit_code == 0, "what is undone stays so"
        assert imports("leads", "id,name\n1,Ann\n2,Bob\n").exit_code == 0, "the file may come again"
        assert count(database, lead) == 2

    def test_what_others_worked_on_stops_it(self, database, made):
        with database.work() as work:
            [ann, _] = work.rows(select(lead).order_by(lead.c.id))
            add_comments(work, [NewComment("lead", ann.id, ann.person_id, "Rang")], by=SYSTEM)

        refused = self.run("undo", str(made["id"]))
        kept = self.run("undo", str(made["id"]), "--keep-worked-on")

        assert "1 of its records were worked on since" in str(refused.exception)
        assert "1 removed, 1 kept" in kept.stderr
        assert [row.id for row in rows(database, lead)] == [ann.id]

    def test_one_that_is_not_there_is_refused(self, imports, database):
        assert isinstance(self.run("undo", "77").exception, NotFoundError)
