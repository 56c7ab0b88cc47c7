import re

import pytest

from esoctl.plan import regexps


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        pytest.param("db$", "app-db", True, id="end"),
        pytest.param("db$", "db\n", False, id="dollar-is-the-very-end"),
        pytest.param(r"\d", "\u0663", False, id="digits-are-ascii"),
        pytest.param(r"\Qa.b\E", "a.b", True, id="quoted"),
        pytest.param("(?i)CAFÉ", "café", True, id="case"),
    ],
)
def test_patterns_mean_what_they_mean_in_go(pattern: str, text: str, found: bool) -> None:
    assert regexps.compile(pattern).matches(text) is found


@pytest.mark.parametrize(
    ("pattern", "text", "target", "replaced"),
    [
        pytest.param("(.*)", "foo", "new-$1", "new-foo", id="no-empty-match-behind-another"),
        pytest.param("o*", "foo", "X", "XfX", id="empty-and-other-matches"),
        pytest.param("^", "key", "app/", "app/key", id="begin-once"),
        pytest.param("", "é漢", "_", "_é_漢_", id="between-characters"),
        pytest.param("$", "", "!", "!", id="empty-text"),
        pytest.param(r"\bdb", "app-db dbx", "X", "app-X Xx", id="context-before-the-match"),
        pytest.param("(a)(b)?", "a", "[$1|$2]", "[a|]", id="group-without-part"),
        pytest.param("(a)", "a", "${1}_$1_", "a_", id="name-takes-all-it-can"),
        pytest.param("(?P<n>a)|(?P<n>b)", "ab", "<$n>", "<a><b>", id="name-given-twice"),
        pytest.param("(?<x>a)", "a", "$x$y${z}", "a", id="unknown-names-are-empty"),
        pytest.param("(a)", "a", "$$1 $$$1 $", "$1 $a $", id="dollars"),
        pytest.param("(a)", "a", "$-1 ${} ${1 ${1", "$-1 ${} ${1 ${1", id="no-references"),
        pytest.param("(a)", "a", "$01$10$0", "a", id="numbers"),
        pytest.param("(a)", "a", "$1é", "", id="letters-of-all-scripts-belong-to-a-name"),
        pytest.param("(a)", "a", "\\1&", "\\1&", id="other-dialects"),
    ],
)
def test_replacing_follows_go(pattern: str, text: str, target: str, replaced: str) -> None:
    assert regexps.compile(pattern).replace(text, target) == replaced


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        pytest.param("a(", "missing closing ): `a(`", id="open-group"),
        pytest.param("a)", "unexpected ): `a)`", id="closed-group"),
        pytest.param("a[b", "missing closing ]: `[b`", id="open-class"),
        pytest.param("*", "missing argument to repetition operator: `*`", id="nothing-to-repeat"),
        pytest.param("a++", "invalid nested repetition operator: `++`", id="possessive"),
        pytest.param("a{2,1}", "invalid repeat count: `{2,1}`", id="count"),
        pytest.param("x(?=a)", "invalid or unsupported Perl syntax: `(?=`", id="look-ahead"),
        pytest.param("x(?<=a)b", "invalid named capture: `(?<=a)b`", id="look-behind"),
        pytest.param("x(?<!a)(?P<n>b)", "invalid named capture: `(?<!a)(?P<n>`", id="look-behind-before-a-name"),
        pytest.param("(?P<n>a)(?P=n)", "invalid or unsupported Perl syntax: `(?P`", id="named-reference"),
        pytest.param("(?P<é>a)", "invalid named capture: `(?P<é>`", id="name"),
        pytest.param("[^]C](a)\\C", "invalid escape sequence: `\\C`", id="one-byte"),
        pytest.param("\\", "trailing backslash at end of expression: ``", id="backslash"),
        pytest.param("a" * 10_001, "expression too large", id="long"),
        pytest.param("((((\\pL{100}){10}){1}){1})(\\pL{1000})", "expression too large", id="large"),
    ],
)
def test_errors_have_the_text_of_go(pattern: str, problem: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(f'error parsing regexp: {problem}')}$"):
        regexps.compile(pattern)
