"""Theme files: what they may say, what happens to those that say something else, that texts can be read."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest
from textual.color import Color

from tui import theming
from tui.theming import BadTheme, contrast, hard_to_read, load, parse, stylesheet

if TYPE_CHECKING:
    from pathlib import Path

NAMES = {
    "courtside-dark",
    "courtside-light",
    "courtside-contrast",
    "courtside-safe",
    "courtside-safe-light",
    "courtside-board",
    "courtside-mono",
}


def test_all_seven_themes_are_there_and_the_default_is_first() -> None:
    found = load()
    assert {theme.name for theme in found.themes} == NAMES
    assert found.themes[0].name == theming.DEFAULT
    assert found.problems == ()


def test_the_style_sheet_is_shipped() -> None:
    assert stylesheet().is_file()


def test_the_contrast_theme_is_readable_with_low_vision() -> None:
    theme = next(theme for theme in load().themes if theme.name == "courtside-contrast")
    texts = (
        theme.foreground,
        theme.primary,
        theme.success,
        theme.warning,
        theme.error,
        theme.variables["text-muted"],
    )
    grounds = (theme.background, theme.surface, theme.boost, theme.panel)
    for text in texts:
        for ground in grounds:
            assert contrast(Color.parse(text or ""), Color.parse(ground or "")) >= 7, (text, ground)


def test_a_users_theme_is_loaded_after_those_that_are_shipped(tmp_path: Path) -> None:
    (tmp_path / "club.toml").write_text(
        'name = "club"\nprimary = "#ff8800"\nbackground = "black"\nforeground = "white"'
    )
    found = load(tmp_path)
    assert found.themes[-1].name == "club"
    assert found.problems == ()


def test_a_folder_that_is_not_there_is_no_problem(tmp_path: Path) -> None:
    assert load(tmp_path / "none").problems == ()


def test_a_bad_file_gives_one_line_and_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "club.toml").write_text('name = "club"\nprimary = "red"\nerror = "redd"')
    found = load(tmp_path)
    assert found.problems == ('themes/club.toml: error = "redd" is not a colour',)
    assert len(found.themes) == 7


def test_a_file_that_is_no_toml_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("name = ")
    (tmp_path / "b.toml").write_bytes(b"\xff\xfe")
    (tmp_path / "c.toml").write_text("#" * 70_000)
    (tmp_path / "d.toml").mkdir()
    problems = load(tmp_path).problems
    assert len(problems) == 4
    assert "is not TOML" in problems[0]
    assert "is not TOML" in problems[1]
    assert "larger than" in problems[2]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ('primary = "red"', "name must be letters"),
        ('name = "a b"\nprimary = "red"', "name must be letters"),
        ('name = "a"', "primary is missing"),
        ('name = "a"\nprimary = "red"\ndark = "yes"', "dark must be true or false"),
        ('name = "a"\nprimary = "red"\nfont = "x"', "'font' is not known here"),
        ('name = "a"\nprimary = "[b]red[/b]"', "is not a colour"),
        ('name = "a"\nprimary = "red; color: blue"', "is not a colour"),
        ('name = "a"\nprimary = "$error"', "is not a colour"),
        ('name = "a"\nprimary = 3', "is not a colour"),
        ('name = "a"\nprimary = "red"\nvariables = 3', "[variables] must be a table"),
        ('name = "a"\nprimary = "red"\n[variables]\nfont = "x"', "variables.font is not known"),
        ('name = "a"\nprimary = "red"\n[variables]\nborder = "x"', 'variables.border = "x" is not a colour'),
    ],
)
def test_what_a_file_may_not_say_is_named(content: str, why: str) -> None:
    with pytest.raises(BadTheme) as caught:
        parse(tomllib.loads(content))
    assert why in str(caught.value)


def test_a_pair_that_is_hard_to_read_is_named() -> None:
    theme = parse(tomllib.loads('name = "a"\nprimary = "red"\nbackground = "#000000"\nerror = "#330000"'))
    assert hard_to_read(theme) == ("error on background is hard to read (1.1:1, 4.5:1 is readable)",)
    banner = parse(tomllib.loads('name = "a"\nprimary = "red"\npanel = "#101010"\nwarning = "#202020"'))
    assert hard_to_read(banner) == ("warning on panel is hard to read (1.2:1, 4.5:1 is readable)",)


def test_a_theme_without_a_ground_of_its_own_is_not_judged() -> None:
    assert hard_to_read(parse({"name": "a", "primary": "red"})) == ()


def test_black_on_white_has_the_highest_contrast() -> None:
    assert contrast(Color.parse("black"), Color.parse("white")) == pytest.approx(21)
