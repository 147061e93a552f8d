"""The recipe of the image and of compose hold what the operator's page says. `make image-check` runs the image."""

from __future__ import annotations

import fnmatch
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from typer.main import get_command

from app.guard import hosts
from playhead.cli import app as command_line
from playhead.settings import Settings
from tests.postgres import postgres  # noqa: F401 - a fixture

ROOT = Path(__file__).resolve().parent.parent
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
SCRIPTS = sorted((ROOT / "image").glob("*.sh"))


def instructions(dockerfile: str) -> list[tuple[str, str]]:
    """Each instruction and what follows it, comments left out and continued lines joined."""
    text = re.sub(r"^\s*#.*\n", "", dockerfile, flags=re.MULTILINE).replace("\\\n", " ")
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in text.splitlines() if line.strip())]


RECIPE = instructions((ROOT / "Dockerfile").read_text("utf-8"))
LAST = max(place for place, (name, _) in enumerate(RECIPE) if name == "FROM")
FINAL = RECIPE[LAST:]


def only(name: str) -> str:
    [found] = [rest for instruction, rest in FINAL if instruction == name]
    return found


def environment() -> dict[str, str]:
    return dict(re.findall(r"(\w+)=(\S+)", only("ENV")))


def parsed(words: list[str]) -> tuple[str, dict[str, Any]]:
    """The command and its parameters, as the command line itself reads them."""
    name, *arguments = words
    command = get_command(command_line).get_command(None, name)  # type: ignore[attr-defined]
    return name, command.make_context(name, arguments).params


def test_both_stages_stand_on_the_base_that_was_asked_for() -> None:
    assert RECIPE[0] == ("ARG", "BASE=python:3.11-slim-bookworm")
    assert [rest.split()[0] for name, rest in RECIPE if name == "FROM"] == ["${BASE}", "${BASE}"]


def test_nothing_that_is_only_for_building_is_left_in_the_image() -> None:
    """Arguments stay in the history of the stage that declares them, and pip's may hold a mirror's address."""
    assert "ARG" not in {name for name, _ in FINAL}
    assert not [name for name in environment() if name.startswith("PIP")]


def test_the_makefile_and_the_image_look_for_torch_in_the_same_place() -> None:
    [declared] = [rest for name, rest in RECIPE if name == "ARG" and rest.startswith("TORCH_INDEX=")]
    made = re.search(r"^TORCH_INDEX \?= (\S+)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    asked = [rest.count("$TORCH_INDEX") for name, rest in RECIPE if name == "RUN" and "TORCH_INDEX" in rest]

    assert made
    assert declared == f"TORCH_INDEX={made[1]}"
    assert asked == [1]


def test_the_makefile_pins_the_torch_that_the_project_requires() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

    assert re.findall(r"^TORCH := (\S+)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE) == [
        requirement for requirement in project["dependencies"] if requirement.startswith("torch=")
    ]


def test_the_image_runs_as_a_user_with_a_number() -> None:
    """Only a number can be checked by an orchestrator that refuses root."""
    user, _, group = only("USER").partition(":")

    assert int(user) > 0
    assert int(group) > 0
    assert [rest for name, rest in FINAL if name == "RUN" and f"--owner {user} --group {group} /index" in rest]


def test_the_settings_of_the_image_are_settings_and_its_index_is_the_volume() -> None:
    named = {name: value for name, value in environment().items() if name.startswith("PLAYHEAD_")}
    settings = Settings(**{name.removeprefix("PLAYHEAD_").lower(): value for name, value in named.items()})

    assert settings.engine == f"embedded:{only('VOLUME')}"
    assert Path(settings.speakers).parent == Path(only("VOLUME"))
    assert int(only("EXPOSE")) == settings.port


def test_a_service_on_every_address_answers_for_this_machine_and_for_its_public_name() -> None:
    """Ports published on localhost reach the container with the browser's own Host header."""
    bound = environment()["PLAYHEAD_HOST"]

    assert hosts(Settings(host=bound)) == {"localhost", "127.0.0.1", "::1"}
    assert "search.example.org" in hosts(Settings(host=bound, public_url="https://search.example.org"))


def test_the_image_serves_unless_told_otherwise_and_an_empty_volume_does_not_stop_it() -> None:
    assert json.loads(only("ENTRYPOINT")) == ["playhead"]
    name, parameters = parsed(json.loads(only("CMD")))

    assert name == "serve"
    assert parameters["create"] is True


def test_the_health_check_is_python_that_asks_healthz() -> None:
    command = json.loads(only("HEALTHCHECK").partition("CMD ")[2])
    composed = COMPOSE["services"]["serve"]["healthcheck"]["test"]

    for program, option, code in (command, composed[1:]):
        assert (program, option) == ("python", "-c")
        compile(code, "health check", "exec")
        assert "/healthz" in code


def test_the_image_takes_nothing_from_a_checkout_but_what_it_names() -> None:
    """What is copied exists, and passes .dockerignore, which lets through that alone."""
    copied = {
        source
        for name, rest in RECIPE
        if name == "COPY" and "--from=" not in rest
        for source in rest.split()[:-1]
        if (ROOT / source).exists() or pytest.fail(f"COPY {source}: there is no such thing")
    }
    rules = [line for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if not line.startswith("#")]
    let_in = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}

    assert rules[0] == "*"
    assert {source.partition("/")[0] for source in copied} == let_in
    assert any(fnmatch.fnmatch("app/__pycache__", rule) for rule in rules[1:])


def test_the_image_reaches_a_postgresql() -> None:
    """What its recipe asks pip for, by the lines that are in it."""
    [code] = [
        match[1]
        for name, rest in RECIPE
        if name == "RUN" and (match := re.search(r"python -c '([^']+)'\s+> requirements\.txt", rest))
    ]
    asked = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

    assert asked.splitlines() == [*project["dependencies"], *project["optional-dependencies"]["postgres"]]


def test_every_composed_container_is_locked_down() -> None:
    for service in COMPOSE["services"].values():
        assert service["read_only"] is True
        assert "/tmp" in service["tmpfs"]  # noqa: S108
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert "privileged" not in service
        assert service.get("user", only("USER")).partition(":")[0] != "0"


def test_what_is_composed_is_published_to_this_machine_alone_and_the_database_to_nobody() -> None:
    services = COMPOSE["services"]

    assert set(COMPOSE["volumes"]) == {"index", "database"}
    assert {name for name, service in services.items() if "ports" in service} == {"serve"}
    assert services["serve"]["ports"] == [f"127.0.0.1:{only('EXPOSE')}:{only('EXPOSE')}"]


def test_every_composed_playhead_has_one_library_which_is_up_before_it() -> None:
    services = {name: service for name, service in COMPOSE["services"].items() if service["image"] == "playhead"}
    [engine] = {service["environment"]["PLAYHEAD_ENGINE"] for service in services.values()}
    [given] = {service["environment"]["PGPASSWORD"] for service in services.values()}
    database = COMPOSE["services"]["database"]
    user, password = (database["environment"][f"POSTGRES_{name}"] for name in ("USER", "PASSWORD"))

    assert set(services) == {"serve", "worker", "ingest"}
    assert engine == f"postgresql://{user}@database/{user}"
    assert given == password
    for service in services.values():
        assert service["depends_on"] == {"database": {"condition": "service_healthy"}}
        assert service["volumes"] == services["serve"]["volumes"]
        assert service["volumes"][0] == f"index:{only('VOLUME')}"


def test_the_composed_database_is_one_version_and_its_settings_are_settings(postgres: str) -> None:
    database = COMPOSE["services"]["database"]
    program, *options = database["command"]
    given = dict(option.removeprefix("-c").split("=") for option in options)
    with psycopg.connect(f"{postgres}/postgres") as connection:
        known = {name for (name,) in connection.execute("SELECT name FROM pg_settings")}
        sizes = connection.execute(
            "SELECT pg_size_bytes(%s), pg_size_bytes(%s)", (database["shm_size"], given["maintenance_work_mem"])
        ).fetchone()

    assert re.fullmatch(r"pgvector/pgvector:\d+\.\d+\.\d+-pg18", database["image"])
    assert program == "postgres"
    assert set(given) <= known
    assert sizes
    assert sizes[0] > sizes[1]


def test_a_composed_ingest_leaves_a_folder_that_it_cannot_write_to_to_the_workers() -> None:
    ingest, worker = (COMPOSE["services"][name] for name in ("ingest", "worker"))
    program, *words = [*ingest["entrypoint"], *ingest["command"]]
    name, parameters = parsed(words)
    [mounted] = [volume for volume in ingest["volumes"] if "TRANSCRIPTS" in volume]
    default = re.match(r"\$\{TRANSCRIPTS:-(.+)\}:", mounted)

    assert (program, name) == ("playhead", "ingest")
    assert default
    assert (ROOT / default[1]).is_dir()
    assert mounted.endswith(f":{parameters['paths'][0]}:ro")
    assert parameters["queue"] is True
    assert parsed([*worker["entrypoint"], *worker["command"]][1:])[1]["worker"] is True


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_the_scripts_of_the_image_are_shell(script: Path) -> None:
    assert subprocess.run(["sh", "-n", script], check=False, capture_output=True, text=True).stderr == ""
