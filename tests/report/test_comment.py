"""The comment on a pull request: it fits, and what it shows can't get out of its quotes."""

from __future__ import annotations

from gitops.model.errors import Location, Problem
from gitops.model.keys import ObjectKey
from gitops.model.preview import Effect, ObjectChange, Preview, StackPreview
from gitops.report.comment import as_markdown, code, fenced
from tests import given


def change(name: str, data: str = "x", **more: object) -> ObjectChange:
    key = ObjectKey("", "ConfigMap", "web", name)
    after = given.manifest("ConfigMap", name, data={"a": data})
    return ObjectChange(key, "web", 20, Effect.CREATED, None, after, **more)


def preview(*changes: ObjectChange, **more: object) -> Preview:
    return Preview("0" * 40, "1" * 40, (StackPreview("prod", "0" * 40, "1" * 40, changes, **more),))


def test_it_has_a_table_of_stacks_and_the_differences_folded() -> None:
    page = as_markdown(preview(change("x"), hooks=("hook-a",), notes=("a note",), drift=3), 65_536)
    assert page.startswith("### 1 created on 1 of 1 stack\n\n`000000000000` → `111111111111`\n")
    assert "| `prod` | 1 created | `" in page
    assert "<summary>wave 20, <code>web</code>: 1 created</summary>" in page
    assert "+  a: x\n" in page
    assert "- runs `hook-a`" in page
    assert "3 things would have to change" in page
    assert "did not fit" not in page
    assert page.count("<details>") == page.count("</details>") == 2


def test_what_does_not_fit_is_counted_and_nothing_is_left_open() -> None:
    page = as_markdown(preview(*(change(f"x{n}", "y" * 3000) for n in range(40))), 65_536)
    assert len(page) <= 65_536
    assert "differences did not fit here; the pipeline's log has them" in page
    assert page.count("<details>") == page.count("</details>")
    assert page.count("```diff") > 10


def test_thousands_of_objects_fit_too() -> None:
    everywhere = Preview(
        "0" * 40,
        "1" * 40,
        tuple(
            StackPreview(f"prod-{n}", "0" * 40, "1" * 40, tuple(change(f"x{k}" * 10) for k in range(300)))
            for n in range(60)
        ),
    )
    page = as_markdown(everywhere, 65_536)
    assert len(page) <= 65_536
    assert "… and 240 objects more" in page
    assert "stacks and 18000 differences did not fit" in page
    assert page.count("<details>") == page.count("</details>")


def test_a_long_difference_is_cut() -> None:
    long = "\n".join(f"line {n}" for n in range(500))
    page = as_markdown(preview(change("x", long)), 65_536)
    assert "lines more" in page
    assert "line 499" not in page


def test_nothing_that_is_shown_ends_its_quotes() -> None:
    nasty = "```\n</details> @everyone <img src=x> ````\n# Title"
    page = as_markdown(
        preview(change("x", nasty, warnings=(nasty,)), problems=(Problem(nasty, Location("a.yaml", 1)),)),
        65_536,
    )
    assert "\n`````\n" in page
    outside = ""
    fence = ""
    for line in page.splitlines():
        ticks = line[: len(line) - len(line.lstrip("`"))]
        if len(ticks) >= 3 and (not fence or line == fence):
            fence = "" if fence else ticks
        elif not fence:
            outside += f"{line}\n"
    assert not fence
    assert "# Title" not in outside.replace("`", "").splitlines()
    assert all(line.count("`") % 2 == 0 for line in outside.splitlines())
    assert "\n<img" not in outside


def test_code_is_one_span_whatever_it_holds() -> None:
    assert code("a `b` | c\nd") == "`a 'b' \\| c d`"
    assert code("") == ""
    assert fenced("a ````` b") == "``````\na ````` b\n``````"
