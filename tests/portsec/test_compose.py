"""docker-compose.yml and the Dockerfile, read against the settings: no engine is needed to see that they fit together."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
OURS = ("migrate", "web", "live", "worker", "beat")
SERVERS = ("web", "live", "worker", "beat", "postgres", "redis", "proxy")


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]


@pytest.fixture(scope="module")
def known_variables() -> set[str]:
    return set(re.findall(r'"((?:PORTSEC|DATABASE|REDIS|EMAIL)_[A-Z_]*)"', (ROOT / "portsec/settings.py").read_text()))


def test_every_part_of_the_system_has_its_container(services: dict[str, Any]) -> None:
    assert set(services) == {*OURS, *SERVERS}


@pytest.mark.parametrize("name", SERVERS)
def test_every_server_has_a_health_check_and_comes_back(services: dict[str, Any], name: str) -> None:
    assert services[name]["healthcheck"]["test"]
    assert services[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", OURS)
def test_every_variable_is_one_that_the_settings_know(services: dict[str, Any], known_variables: set[str], name: str) -> None:
    assert set(services[name]["environment"]) <= known_variables


@pytest.mark.parametrize("name", OURS)
def test_nothing_that_the_settings_demand_is_missing(services: dict[str, Any], name: str) -> None:
    demanded = {"PORTSEC_SECRET_KEY", "PORTSEC_FILES", "DATABASE_URL", "DATABASE_SYSTEM_URL", "REDIS_URL"}
    assert demanded <= set(services[name]["environment"])


def test_only_the_migration_knows_the_owners_password(services: dict[str, Any]) -> None:
    knowing = {name for name in OURS if "DATABASE_OWNER_URL" in services[name]["environment"]}
    assert knowing == {"migrate"}


@pytest.mark.parametrize("name", OURS)
def test_the_application_cannot_write_to_its_image_or_gain_rights(services: dict[str, Any], name: str) -> None:
    service = services[name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]


@pytest.mark.parametrize("name", ["web", "live", "worker"])
def test_files_of_users_outlive_the_container_that_took_them(services: dict[str, Any], name: str) -> None:
    folder = services[name]["environment"]["PORTSEC_FILES"]
    assert services[name]["volumes"] == [f"files:{folder}"]
    assert "files" in yaml.safe_load((ROOT / "docker-compose.yml").read_text())["volumes"]
    assert re.search(rf"install -d -o portsec -m 700 {folder}\b", (ROOT / "Dockerfile").read_text()), "else the volume is root's"


def test_passwords_come_from_the_environment_and_have_no_default(services: dict[str, Any]) -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    secrets = re.findall(r"\$\{(\w*(?:PASSWORD|SECRET)\w*)(:\?)?", text)
    assert secrets
    assert all(must_be_set for _name, must_be_set in secrets)


def test_the_example_file_names_every_variable_to_fill_in() -> None:
    wanted = set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
    given = {line.partition("=")[0] for line in (ROOT / ".env.example").read_text().splitlines() if line and not line.startswith("#")}
    assert given == wanted


def test_the_database_is_prepared_by_the_one_file_of_roles(services: dict[str, Any]) -> None:
    mounted = [volume.split(":")[0] for volume in services["postgres"]["volumes"] if volume.startswith("./")]
    assert [(ROOT / one).is_file() for one in mounted] == [True]
    asked = set(re.findall(r"\\getenv \w+ (\w+)", (ROOT / "portsec/up/roles.sql").read_text()))
    assert asked <= set(services["postgres"]["environment"])


def test_sockets_go_to_replicas_of_their_own() -> None:
    rules = (ROOT / "docs/Caddyfile").read_text()
    assert re.search(r"@live path /ws/\*", rules)
    assert re.search(r"reverse_proxy @live live:8000", rules)


def test_the_image_runs_as_an_ordinary_user_and_holds_what_it_needs() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert [line for line in lines if line.startswith("USER")] == ["USER portsec"]
    copied = [line.split()[1] for line in lines if line.startswith("COPY ") and "--from" not in line]
    assert all((ROOT / one).exists() for one in copied)
    assert {path.name for path in ROOT.iterdir() if (path / "apps.py").exists()} <= set(copied)


def test_the_image_has_no_test_tools_in_it() -> None:
    assert "uv sync --frozen --no-default-groups" in (ROOT / "Dockerfile").read_text()
