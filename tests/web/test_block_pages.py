"""The pages about blocks in the editor."""

import re

import pytest

from blocks.catalogue import CATALOG
from web.block_pages import html_of, page_of


@pytest.mark.parametrize("kind", CATALOG, ids=lambda kind: kind.key)
def test_every_block_has_a_page_and_no_mark_of_the_text_is_left(kind):
    html = page_of(kind.key)

    words = re.sub(r"<pre.*?</pre>|<code>.*?</code>", "", str(html), flags=re.DOTALL)
    assert "<h3>Settings</h3>" in html or "<h3>" in html
    assert not re.search(r"[`*]|\]\(|^\||^#", words, re.MULTILINE), words
    assert f"# {kind.title}" not in words


def test_marks_become_html_and_what_looks_like_html_does_not():
    html = html_of(
        "# Title\n\n`a.b` · About.\n\nOne `x < 1`\ntwo **b `c`** [d](e.md).\n\n- one\n  more\n- two\n\n```yaml\na: <b>\n```\n"
    )

    assert html == (
        "<p>One <code>x &lt; 1</code> two <strong>b <code>c</code></strong> d.</p>\n"
        "<ul><li>one more</li><li>two</li></ul>\n"
        '<pre tabindex="0"><code>a: &lt;b&gt;</code></pre>'
    )


def test_a_table_becomes_a_list_of_names_and_meanings():
    assert (
        html_of("| a | b |\n|---|---|\n| `x` | one \\| two |") == "<dl><dt><code>x</code></dt><dd>one | two</dd></dl>"
    )


def test_there_is_no_page_about_what_is_no_block():
    assert page_of("none.such") is None
