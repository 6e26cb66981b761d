"""Settings: the order of the sources, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from core.errors import BadSettings
from core.settings import Settings, endpoint, load_settings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def test_each_source_gives_way_to_the_one_before_it(tmp_path: Path) -> None:
    config = write(
        tmp_path / "c.toml", 'name = "file"\nbackoff_cap = 9\ntoken = "t"\n[console]\nbell = false\n'
    )
    write(tmp_path / ".env", "COURTSIDE_NAME=dotenv\nCOURTSIDE_TOKEN=u\nCOURTSIDE_BACKOFF_FIRST=2\n")
    environment = {
        "COURTSIDE_NAME": "environment",
        "COURTSIDE_BACKOFF_FIRST": "3",
        "COURTSIDE_CONSOLE_THEME": "x",
    }
    settings = load_settings({"name": "flag", "token": None}, config=config, environment=environment)
    assert (settings.name, settings.token) == ("flag", "u")
    assert (settings.backoff_first, settings.backoff_cap) == (3.0, 9.0)
    assert (settings.console.theme, settings.console.bell) == ("x", False)
    assert settings.heartbeat_timeout == 15.0


def test_without_any_source_everything_has_a_default() -> None:
    settings = load_settings(environment={})
    assert settings.ws_url == ()
    assert settings.endpoints == ("ws://127.0.0.1:8765",)
    assert settings.data.is_absolute()
    assert settings.name


def test_settings_made_directly_read_no_source(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COURTSIDE_NAME", "environment")
    assert Settings(data=tmp_path, name="ana").name == "ana"
    assert Settings(data=tmp_path).name != "environment"


def test_settings_cannot_be_changed() -> None:
    settings = Settings(name="ana")
    with pytest.raises(ValidationError):
        settings.name = "ben"


def test_a_token_is_not_shown() -> None:
    assert "secret" not in repr(Settings(token="secret"))


def test_several_hubs_are_separated_by_commas() -> None:
    settings = load_settings({"ws_url": "ws://a:1, https://b/x/v1/ws,ws://a:1/"}, environment={})
    assert settings.endpoints == ("ws://a:1", "wss://b/x")


@pytest.mark.parametrize(
    "address",
    ["a:1", "ftp://a", "ws://", "ws://user@a", "ws://a?token=x", "", "ws://a:0", "ws://a:99999", "ws://[a"],
)
def test_what_is_no_address_of_a_hub_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match=r"ws://HOST|its own setting"):
        endpoint(address)


def test_the_older_names_are_taken_and_ours_win_over_them() -> None:
    older = {"VITE_WS_URL": "ws://old", "VITE_ENABLE_SCALABLE_WS": "false"}
    assert load_settings(environment=older).endpoints == ("ws://old",)
    assert load_settings(environment=older).enable_scalable_ws is False
    assert load_settings(environment={"COURTSIDE_WS_URL": "ws://new", **older}).endpoints == ("ws://new",)


def test_names_of_others_in_a_shared_dotenv_are_ignored(tmp_path: Path) -> None:
    write(tmp_path / ".env", "DATABASE_URL=x\nVITE_TITLE=y\nEMPTY\nexport COURTSIDE_NAME='ana'\n")
    assert load_settings(environment={}).name == "ana"


@pytest.mark.parametrize(
    ("dotenv", "environment", "key", "near"),
    [
        ("COURTSIDE_TOKN=x", {}, "COURTSIDE_TOKN", "COURTSIDE_TOKEN"),
        ("", {"COURTSIDE_WSURL": "x"}, "COURTSIDE_WSURL", "COURTSIDE_WS_URL"),
    ],
)
def test_a_misspelt_variable_is_refused_with_the_nearest_name(
    tmp_path: Path, dotenv: str, environment: dict[str, str], key: str, near: str
) -> None:
    write(tmp_path / ".env", dotenv)
    with pytest.raises(BadSettings, match=near) as caught:
        load_settings(environment=environment)
    assert caught.value.key == key
    assert caught.value.source == ("environment" if environment else ".env")


@pytest.mark.parametrize(
    ("text", "key", "near"),
    [
        ("nmae = 'x'", "nmae", "name"),
        ("[console]\nthem = 'x'", "them", "theme"),
        ("[consol]\n", "consol", "console"),
    ],
)
def test_an_unknown_key_of_the_file_is_refused_with_its_file(
    tmp_path: Path, text: str, key: str, near: str
) -> None:
    config = write(tmp_path / "c.toml", text)
    with pytest.raises(BadSettings, match=near) as caught:
        load_settings(config=config, environment={})
    assert caught.value.key == key
    assert str(config) in caught.value.source


def test_an_unknown_flag_is_refused() -> None:
    with pytest.raises(BadSettings, match="did you mean token"):
        load_settings({"tokn": "x"}, environment={})


@pytest.mark.parametrize(
    ("flags", "environment", "key", "source"),
    [
        ({"ws_url": "nonsense"}, {}, "--ws-url", "flag"),
        ({"console.double_press_guard": 5}, {}, "--console.double-press-guard", "flag"),
        ({}, {"COURTSIDE_BACKOFF_CAP": "soon"}, "COURTSIDE_BACKOFF_CAP", "environment"),
        ({}, {"VITE_WS_URL": "nonsense"}, "VITE_WS_URL", "environment"),
    ],
)
def test_a_value_out_of_range_names_where_it_stands(
    flags: dict[str, object], environment: dict[str, str], key: str, source: str
) -> None:
    with pytest.raises(BadSettings) as caught:
        load_settings(flags, environment=environment)
    assert (caught.value.key, caught.value.source) == (key, source)


@pytest.mark.parametrize(
    ("environment", "key", "says"),
    [
        (
            {"HEARTBEAT_TIMEOUT": "5"},
            "HEARTBEAT_TIMEOUT",
            "heartbeat_timeout (5) must be more than heartbeat_interval (5)",
        ),
        (
            {"HEARTBEAT_INTERVAL": "20"},
            "HEARTBEAT_INTERVAL",
            "(15) must be more than heartbeat_interval (20)",
        ),
        (
            {"BACKOFF_FIRST": "3", "BACKOFF_CAP": "2"},
            "BACKOFF_CAP",
            "backoff_cap (2) must be at least backoff_first (3)",
        ),
        ({"BACKOFF_FIRST": "40"}, "BACKOFF_FIRST", "(30) must be at least backoff_first (40)"),
    ],
)
def test_values_that_do_not_go_together_are_refused_by_the_one_that_was_given(
    environment: dict[str, str], key: str, says: str
) -> None:
    given = {f"COURTSIDE_{name}": value for name, value in environment.items()}
    with pytest.raises(BadSettings) as caught:
        load_settings(environment=given)
    assert caught.value.key == f"COURTSIDE_{key}"
    assert says in str(caught.value)
    assert load_settings({"backoff_first": 2, "backoff_cap": 2}, environment={}).backoff_cap == 2


def test_the_file_named_by_the_environment_is_read(tmp_path: Path) -> None:
    config = write(tmp_path / "c.toml", "name = 'file'\n[console.keys]\nundo = 'z'\n")
    settings = load_settings(environment={"COURTSIDE_CONFIG": str(config)})
    assert settings.name == "file"
    assert settings.console.keys == {"undo": "z"}
    with pytest.raises(TypeError):
        settings.console.keys["undo"] = "y"  # type: ignore[index]


def test_the_users_own_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.settings.config_folder", lambda: tmp_path)
    write(tmp_path / "config.toml", "name = 'mine'")
    assert load_settings(environment={}).name == "mine"


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="No such file"):
        load_settings(config=tmp_path / "absent.toml", environment={})


def test_a_file_that_is_no_toml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="is not TOML"):
        load_settings(config=write(tmp_path / "c.toml", "name ="), environment={})


def test_a_dotenv_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"COURTSIDE_NAME=\xff\n")
    with pytest.raises(BadSettings, match="cannot be read"):
        load_settings(environment={})
