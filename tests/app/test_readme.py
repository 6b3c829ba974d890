"""The README names every command and every setting, and nothing that does not exist."""

import re
from pathlib import Path

import pytest
import typer

from app.cli import app
from app.settings import Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
TURKISH = (ROOT / "README.tr.md").read_text("utf-8")


def commands(command, words=()):
    inside = getattr(command, "commands", None)
    if inside is not None:
        for name, inner in inside.items():
            yield from commands(inner, (*words, name))
    else:
        yield " ".join(("mahalle", *words))


COMMANDS = sorted(commands(typer.main.get_command(app)))
SETTINGS = sorted(f"MAHALLE_{name.upper()}" for name in Settings.model_fields)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_the_readme(command):
    assert re.search(rf"`{command}\b", README)


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_setting_is_in_the_readme(setting):
    assert f"`{setting}`" in README


@pytest.mark.parametrize("text", [README, TURKISH], ids=["en", "tr"])
def test_no_command_or_setting_is_made_up(text):
    first = {command.split()[1] for command in COMMANDS}
    said = re.findall(r"(?:^|`|&& )mahalle(?: --instance \w+)? (\w+)", text, flags=re.MULTILINE)
    assert said
    assert set(said) <= first
    assert set(re.findall(r"MAHALLE_[A-Z_]+", text)) <= set(SETTINGS)


@pytest.mark.parametrize("name", ["README.md", "README.tr.md", "CONTRIBUTING.md", "docs/architecture.md"])
def test_links_lead_somewhere(name):
    path = ROOT / name
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", path.read_text("utf-8")) if "://" not in link]
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_defaults_in_the_table_are_the_settings_own():
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, int | float):
            assert f"| `MAHALLE_{name.upper()}` | `{field.default:g}` |" in README, name


def test_every_test_that_a_promise_names_is_there():
    named = set(re.findall(r"`(tests/[\w/]+\.py)`", (ROOT / "docs" / "security.md").read_text("utf-8")))
    assert len(named) > 5
    assert {name for name in named if not (ROOT / name).exists()} == set()
