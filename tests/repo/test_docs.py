"""The pages tell the truth: what they point to exists, and what they tell people to type does too."""

import re
import shlex
from functools import cache
from pathlib import Path

import pytest
import typer

from voronka.command_line import command_line

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
TEXTS = {page.relative_to(ROOT).as_posix(): page.read_text() for page in PAGES}
TOP = "engine|db|blocks|channels|crm|funnels|workers|web|voronka|tests|benchmarks|tools|docs"
# A path as a page writes it between backticks; `docs/blocks/{key}.md` and the like are no paths.
PATH = re.compile(rf"`((?:{TOP})/[\w./-]*|[\w-]+\.(?:md|toml|yml|lock)|\.env\.example|Makefile)`")
LINK = re.compile(r"(?<!`)\[[^\]]*\]\(([^)\s]+)\)")
# What is told to be made, or belongs to the reader.
NOT_OURS = {
    "voronka.toml",
    "docs/blocks/crm.set_variable.md",
    "blocks/crm_set_variable.py",
    "tests/blocks/test_crm_set_variable.py",
    "crm/leads/untouched.py",
    "web/pages/untouched.py",
    "web/templates/untouched.html",
    "tests/web/test_untouched_page.py",
}
HISTORY = {"CHANGELOG.md"}


def without_code(text):
    return re.sub(r"^(`{3,}).*?^\1$", "", text, flags=re.MULTILINE | re.DOTALL)


def code_lines(text):
    """Lines of code blocks, fenced and indented, with continued lines joined."""
    fenced = re.findall(r"^(`{3,})\w*\n(.*?)^\1$", text, re.MULTILINE | re.DOTALL)
    indented = re.findall(r"^ {4}(.+)$", without_code(text), re.MULTILINE)
    return [line.strip() for _, block in fenced for line in block.splitlines()] + indented


def anchors(text):
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", without_code(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


LINKS = [(page, link) for page, text in TEXTS.items() for link in LINK.findall(without_code(text)) if "://" not in link]
PATHS = [
    (page, path)
    for page, text in TEXTS.items()
    if page not in HISTORY
    for path in sorted(set(PATH.findall(without_code(text))) - NOT_OURS)
]
TYPED = [
    (page, found.group(1))
    for page, text in TEXTS.items()
    for line in code_lines(text)
    for part in re.split(r"[|&]", re.sub(r"\s#.*", "", line))
    if (found := re.match(r"(?:\$ )?(?:\.venv/bin/)?(voronka(?: .*)?)$", part.strip()))
]
MADE = [
    (page, target)
    for page, text in TEXTS.items()
    for target in re.findall(r"\bmake ([a-z]+)", "\n".join(code_lines(text)))
]


@cache
def program():
    return typer.main.get_command(command_line())


def unknown(words):
    """The first word of a command that the program does not know; nothing where it knows them all."""
    command, words = program(), list(words)
    while words:
        word = words.pop(0)
        names = {name for option in command.params for name in (*option.opts, *option.secondary_opts)} | {
            "--help",
            "-h",
        }
        if word.startswith("-"):
            if word.split("=")[0] not in names:
                return word
        elif hasattr(command, "commands"):
            if word not in command.commands and word != "COMMAND":
                return word
            command = command.commands.get(word, command)
    return None


@pytest.mark.parametrize(("page", "link"), LINKS)
def test_a_link_leads_somewhere(page, link):
    name, _, anchor = link.partition("#")
    target = (ROOT / page).parent / name if name else ROOT / page

    assert target.exists()
    if anchor:
        assert anchor in anchors(target.read_text())


@pytest.mark.parametrize(("page", "path"), PATHS)
def test_a_file_that_a_page_names_is_there(page, path):
    assert (ROOT / path).exists() or ((ROOT / page).parent / path).exists()


@pytest.mark.parametrize(("page", "command"), TYPED)
def test_a_command_that_a_page_shows_exists(page, command):
    assert unknown(shlex.split(command)[1:]) is None


@pytest.mark.parametrize(("page", "target"), sorted(set(MADE)))
def test_a_make_target_that_a_page_shows_exists(page, target):
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_the_indexes_name_every_page():
    for folder in ("docs", "docs/decisions", "docs/blocks"):
        index = (ROOT / folder / "README.md").read_text()
        pages = {page.name for page in (ROOT / folder).glob("*.md")} - {"README.md"}

        assert {name for name in pages if f"({name})" not in index} == set()


def test_decisions_are_numbered_without_a_gap():
    numbers = sorted(int(page.name[:4]) for page in (ROOT / "docs/decisions").glob("[0-9]*.md"))

    assert numbers == list(range(1, len(numbers) + 1))


def test_there_is_something_to_check():
    assert len(LINKS) > 40
    assert len(PATHS) > 100
    assert len(TYPED) > 20


def test_a_command_that_does_not_exist_is_found():
    assert unknown(["funnel", "paint"]) == "paint"
    assert unknown(["board", "--rainbow"]) == "--rainbow"
