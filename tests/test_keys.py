"""Keys in a file: made, shown once, found again by their hash, withdrawn."""

from __future__ import annotations

import json
import os
import stat
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from playhead.commands.keys import keys as command
from playhead.errors import NotFoundError, SettingsError
from playhead.keys import Key, Keys, add, digest, read, remove
from playhead.settings import Settings, environment, read_settings

TODAY = date(2026, 11, 23)
GIVEN = "correct-horse-battery-staple"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.toml"


def test_a_key_is_kept_as_a_hash_for_its_owner_alone(path: Path) -> None:
    made = add(path, "studio", ["ingest"], TODAY)

    assert len(made) > 50
    assert made not in path.read_text("utf-8")
    assert read(path) == (Key("studio", ("ingest",), digest(made), TODAY),)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["keys.toml"]


def test_no_two_keys_are_alike_and_a_name_is_taken_once(path: Path) -> None:
    assert add(path, "one", ["ingest"], TODAY) != add(path, "two", ["ingest"], TODAY)
    with pytest.raises(SettingsError, match="there is a key 'one' already"):
        add(path, "one", ["admin"], TODAY)


@pytest.mark.parametrize("name", ["", "Studio", "a b", 'a"b', "a\nb", "-a", "x" * 41, "PLAYHEAD_API_KEY", "é"])
def test_a_name_is_plain_so_that_lists_and_logs_are(path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match="names no key"):
        add(path, name, ["ingest"], TODAY)
    assert not path.exists()


def test_a_key_is_found_by_what_is_presented_and_by_nothing_near_it(path: Path) -> None:
    made = add(path, "studio", ["ingest"], TODAY)
    keys = Keys(Settings(keys=str(path), api_key=GIVEN))

    found, ours = keys.find(made), keys.find(GIVEN)
    assert (found and found.name, ours and ours.name) == ("studio", "PLAYHEAD_API_KEY")
    for wrong in ("", made[:-1], made + "x", made.upper(), digest(made), GIVEN[1:], "\udcff"):
        assert keys.find(wrong) is None


def test_who_may_administer_may_ingest_and_not_the_other_way_round() -> None:
    ingest, admin = Key("a", ("ingest",), ""), Key("b", ("admin",), "")
    assert [each.allows("ingest") for each in (ingest, admin)] == [True, True]
    assert [each.allows("admin") for each in (ingest, admin)] == [False, True]


def test_a_running_service_sees_keys_come_and_go(path: Path) -> None:
    keys = Keys(Settings(keys=str(path)))
    assert keys.all() == ()
    made = add(path, "studio", ["ingest"], TODAY)
    assert keys.find(made)
    remove(path, "studio")
    assert keys.find(made) is None
    with pytest.raises(NotFoundError, match="playhead keys list"):
        remove(path, "studio")


def test_a_file_that_breaks_while_it_is_served_lets_nobody_in(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    made = add(path, "studio", ["ingest"], TODAY)
    keys = Keys(Settings(keys=str(path)))
    path.write_text("[[key]", "utf-8")
    assert keys.find(made) is None
    assert keys.find(made) is None
    assert [str(path) in record.getMessage() for record in caplog.records] == [True]


@pytest.mark.parametrize(
    "text",
    [
        "[[key]", "key = 1", "[[keys]]\nname = 'a'", "[[key]]\nname = 'a'", "\udcff",
        "[[key]]\nname = 'a'\nscopes = ['root']\nsha256 = '" + "0" * 64 + "'\ncreated = 2026-11-23",
        "[[key]]\nname = 'a'\nscopes = []\nsha256 = '" + "0" * 64 + "'\ncreated = 2026-11-23",
        "[[key]]\nname = 'a'\nscopes = ['admin']\nsha256 = 'secret'\ncreated = 2026-11-23",
        ("[[key]]\nname = 'a'\nscopes = ['admin']\nsha256 = '" + "0" * 64 + "'\ncreated = 2026-11-23\n") * 2,
        "#" * (2**20 + 1),
    ],
)  # fmt: skip
def test_a_file_that_is_none_of_keys_is_one_clear_line(path: Path, text: str) -> None:
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(SettingsError, match=r"keys\.toml: "):
        read(path)


def test_the_command_prints_a_key_once_and_lists_no_secret(path: Path) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        ended = CliRunner().invoke(command, [*arguments, "--keys", str(path)])
        return ended.exit_code, ended.stdout

    assert run("list") == (0, "")
    code, made = run("add", "studio", "--scope", "ingest", "--scope", "admin")
    assert code == 0
    assert [key.digest for key in read(path)] == [digest(made.strip())]
    listed = json.loads(run("list", "--json")[1])["keys"]
    assert [(key["name"], key["scopes"]) for key in listed] == [("studio", ["ingest", "admin"])]
    assert made.strip() not in run("list")[1]
    assert digest(made.strip()) not in run("list")[1]
    assert run("remove", "studio")[0] == 0
    assert read(path) == ()


@pytest.mark.parametrize("weak", ["short", "fifteen-letters", "sixteen letters!", "sechzehn-zeichän"])
def test_a_key_of_the_environment_that_can_be_guessed_is_refused_and_not_repeated(
    weak: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYHEAD_API_KEY", weak)
    with pytest.raises(SettingsError, match=r"PLAYHEAD_API_KEY: .*openssl rand") as refused:
        read_settings()
    assert weak not in str(refused.value)


def test_a_process_of_ours_gets_the_settings_and_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYHEAD_API_KEY", GIVEN)
    monkeypatch.setenv("PLAYHEAD_THREADS", "3")
    given = environment(read_settings(engine="embedded:elsewhere", upload_mb=7))
    assert GIVEN not in "".join(given.values())
    assert GIVEN not in repr(read_settings())
    assert (given["PLAYHEAD_ENGINE"], given["PLAYHEAD_THREADS"]) == ("embedded:elsewhere", "3")
    assert given["PATH"] == os.environ["PATH"]
    monkeypatch.delenv("PLAYHEAD_API_KEY")
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert read_settings() == read_settings(engine="embedded:elsewhere", upload_mb=7, threads=3)
