"""The examples of docs/models.md say what they say."""

import doctest
from pathlib import Path

import models.plans
import models.sampling
import models.siting

PAGE = (Path(__file__).parents[3] / "docs" / "models.md").read_text("utf-8")


def test_every_example_of_the_page_is_right():
    plain = PAGE.replace("```python\n", "\n").replace("```\n", "\n")
    examples = doctest.DocTestParser().get_doctest(plain, {}, "models.md", None, 0)
    said: list[str] = []
    found = doctest.DocTestRunner().run(examples, out=said.append)
    assert (found.failed, "".join(said)) == (0, "")
    assert found.attempted > 30


def test_the_page_names_every_function_of_siting_plans_and_sampling():
    functions = {
        name
        for module in (models.plans, models.sampling, models.siting)
        for name in module.__all__
        if name[0].islower()
    }
    assert {name for name in functions if name not in PAGE} == set()
