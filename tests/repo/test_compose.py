"""The production form starts every process, none as root, with no secret written down."""

import pytest
from ruamel.yaml import YAML

from tests.repo.test_rules import ROOT

SERVICES = YAML(typ="safe").load(ROOT / "docker-compose.yml")["services"]
OURS = ["migrate", "web", "worker", "scheduler"]


def test_every_process_has_its_service():
    assert set(SERVICES) == {"postgres", "redis", *OURS}


@pytest.mark.parametrize("name", OURS)
def test_our_processes_run_one_command_with_few_rights(name):
    service = SERVICES[name]

    assert service["command"] == [name]
    assert service["cap_drop"] == ["ALL"]
    assert service["read_only"] is True


def test_the_image_does_not_run_as_root():
    assert "\nUSER 10001\n" in (ROOT / "Dockerfile").read_text()


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


def test_nobody_publishes_the_databases():
    assert "ports" not in SERVICES["postgres"]
    assert "ports" not in SERVICES["redis"]
