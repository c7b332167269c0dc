"""The page of the rules, which `make docs` writes."""

import re

from constructs_lib.flow_control import rules
from tools import rules_page


def test_the_page_is_what_the_table_and_the_examples_say() -> None:
    assert rules_page.PAGE.read_text(encoding="utf-8") == rules_page.page(), "make docs"


def test_every_rule_has_a_chapter_with_its_reason_its_source_its_fix_and_an_example() -> None:
    chapters = dict(re.findall(r"^### (\S+)\n(.*?)(?=^### |\Z)", rules_page.page(), flags=re.MULTILINE | re.DOTALL))

    assert list(chapters) == rules.rule_ids()
    for rule in rules.RULES:
        told = " ".join(chapters[rule.id].split())
        assert [text for text in (rule.what, rule.why, rule.fix) if text not in told] == []
        assert rule.source.removeprefix("ours: docs/") in told
        assert told.count("Unsafe:") == told.count("Safe:") >= 1


def test_the_page_says_why_a_number_is_missing() -> None:
    missing = {f"R{number}" for number in range(1, 47)} - set(rules.rule_ids())
    left_out = rules_page.page().partition("## What there is no rule for")[2].partition("\n## ")[0]

    assert [number for number in missing if number not in left_out] == []


def test_a_source_is_a_page_of_aws_or_one_of_ours() -> None:
    sources = {rule.source for rule in rules.RULES}

    assert [
        source for source in sources if not source.startswith(("https://docs.aws.amazon.com/", "ours: docs/"))
    ] == []
