"""The production form starts every process, none as root, with no secret written down."""

import re

import pytest

from tests.compose import COMPOSE, OURS, filled, services
from tests.repo.test_rules import ROOT
from voronka.settings import Settings

SERVICES = COMPOSE["services"]
SECRETS = {"VORONKA_POSTGRES_PASSWORD": "p", "VORONKA_REDIS_PASSWORD": "r", "VORONKA_SECRET_KEY": "s"}


def test_every_process_has_its_service():
    assert set(SERVICES) == {"proxy", "postgres", "redis", *OURS}


@pytest.mark.parametrize("name", ["web", "worker", "scheduler"])
def test_there_are_two_of_whatever_may_be_several(name):
    assert SERVICES[name]["deploy"]["replicas"] == 2


@pytest.mark.parametrize("name", OURS)
def test_every_name_in_an_environment_is_a_setting(name):
    names = {one.removeprefix("VORONKA_").lower() for one in SERVICES[name]["environment"]}

    assert names <= set(Settings.model_fields)


def test_the_secrets_are_all_that_must_be_said():
    web = services(SECRETS)["web"].environment

    assert web["VORONKA_DATABASE_URL"] == "postgresql://voronka:p@postgres:5432/voronka"
    assert web["VORONKA_REDIS_URL"] == "redis://:r@redis:6379/0"
    for name in SECRETS:
        with pytest.raises(KeyError, match=r"see \.env\.example"):
            services({**SECRETS, name: ""})


def test_servers_elsewhere_are_named_by_the_environment():
    given = {**SECRETS, "VORONKA_DATABASE_URL": "postgresql://elsewhere/x"}

    assert services(given)["worker"].environment["VORONKA_DATABASE_URL"] == "postgresql://elsewhere/x"
    assert filled("a ${X:-b ${Y:-c}} d", {}) == "a b c d"


def test_what_the_environment_must_say_stands_in_the_example():
    example = (ROOT / ".env.example").read_text()
    used = set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))

    assert set(re.findall(r"^(\w+)=$", example, re.MULTILINE)) == set(SECRETS)
    assert set(re.findall(r"^#?(\w+)=", example, re.MULTILINE)) <= used


def test_the_pages_are_reached_by_the_proxy_only_and_believe_it():
    assert [name for name in SERVICES if "ports" in SERVICES[name]] == ["proxy"]
    assert SERVICES["web"]["environment"]["VORONKA_TRUSTED_PROXIES"] == "1"
    assert "name web" in (ROOT / "Caddyfile").read_text()


@pytest.mark.parametrize("name", OURS)
def test_our_processes_run_one_command(name):
    assert SERVICES[name]["command"] == [name]


@pytest.mark.parametrize("name", ["proxy", *OURS])
def test_processes_have_few_rights(name):
    service = SERVICES[name]

    assert service["cap_drop"] == ["ALL"]
    assert service["read_only"] is True


def test_no_image_of_ours_runs_as_root():
    _, *stages = re.split(r"^FROM ", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)

    assert all(re.search(r"^USER [1-9]\d+$", stage, re.MULTILINE) for stage in stages if " AS build" not in stage)


@pytest.mark.parametrize("name", sorted({*SERVICES} - {"migrate"}))
def test_whatever_goes_on_running_is_looked_after(name):
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"
    assert SERVICES[name]["restart"] == "unless-stopped"


def test_secrets_come_from_the_environment():
    secrets = {
        value
        for service in SERVICES.values()
        for key, value in service.get("environment", {}).items()
        if key.endswith(("PASSWORD", "AUTH", "SECRET_KEY"))
    }

    assert secrets == {
        "${VORONKA_POSTGRES_PASSWORD:?see .env.example}",
        "${VORONKA_REDIS_PASSWORD:?see .env.example}",
        "${VORONKA_SECRET_KEY:?see .env.example}",
    }
