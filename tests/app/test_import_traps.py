"""Layouts that would make Python import the wrong module."""

from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_no_package_below_tests_hides_one_of_ours():
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def test_no_module_of_the_dashboard_hides_a_package():
    hidden = {"survey", "geo", "models", "app"}
    for path in (ROOT / "app" / "dashboard").glob("*"):
        assert path.stem not in hidden, path


def test_the_four_packages_are_listed_by_name():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    include = project["tool"]["setuptools"]["packages"]["find"]["include"]
    assert {name.partition(".")[0] for name in include} == {"app", "survey", "geo", "models"}
