"""Words that not everybody knows are open their meaning in place, once in each section."""

from __future__ import annotations

import re

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup, escape

from readiness.report.page.glossary import TERMS, Glossary


def linked(html):
    return str(Glossary().linked(Markup(html)))


def test_the_first_use_in_running_text_is_linked():
    """A term is linked where a section first uses it, whatever its capitals, and only there."""
    assert (
        '<p>A <button type="button" class="term" popovertarget="w-churn">Churn</button> of 2 % is churn.</p>'
        == linked("<p>A Churn of 2 % is churn.</p>")
    )


@pytest.mark.parametrize("tag", ["a", "h2", "h3", "summary", "thead", "caption", "pre", "code"])
def test_headings_links_and_code_stay_as_they_are(tag):
    """No link within a link, a heading or code; the next use in running text is linked."""
    html = f"<{tag}>drift</{tag}> drift"

    assert f'<{tag}>drift</{tag}> <button type="button" class="term" popovertarget="w-drift">drift</button>' == linked(
        html
    )


@pytest.mark.parametrize(
    "text",
    [
        "drifting",
        "adrift",
        "SEGM-RECALL",
        "recall=0.9",
        "recall_at_5",
        "w-churn",
        "data.drift",
        "drift.limit",
        "drift[1]",
    ],
)
def test_parts_of_names_are_no_terms(text):
    """What is only a part of another word, of a code or of a name is not linked."""
    assert text == linked(text)


def test_the_longest_form_wins():
    """A false positive rate is not a false positive, and a 95 % interval keeps its unbroken space."""
    assert '<button type="button" class="term" popovertarget="w-fpr">False positive rate</button>' == linked(
        "False positive rate"
    )
    assert '<button type="button" class="term" popovertarget="w-interval">95\u00a0% interval</button>' == linked(
        "95\u00a0% interval"
    )


def test_only_words_of_the_page_are_explained():
    """The list holds the four results on every page, and otherwise what the page has used."""
    glossary = Glossary()
    glossary.linked(Markup("<p>Recall and drift.</p>"))
    titles = [term.title for term in glossary.entries]

    assert {"Met, yes", "Not met, no", "Not proven", "Not assessed"} < set(titles)
    assert {"Recall", "Drift"} == set(titles) - {term.title for term in TERMS if not term.forms}


def test_every_term_is_short_and_stands_once():
    """A meaning is one or two sentences; keys and written forms belong to one term each."""
    forms = [form.lower() for term in TERMS for form in term.forms]

    assert len(TERMS) == len({term.key for term in TERMS})
    assert len(forms) == len(set(forms))
    assert [] == [term.title for term in TERMS if len(term.meaning) > 190 or not term.meaning.endswith(".")]


@given(
    st.lists(st.sampled_from([*(form for term in TERMS for form in term.forms), "<b>", "a\"'&", " ", "<script>", "x"]))
)
def test_nothing_but_links_is_added(words):
    """Hostile text between the terms stays escaped: without the links, the piece is what it was."""
    html = f"<p>{escape(' '.join(words))}</p>"

    assert html == re.sub(
        r'<button type="button" class="term" popovertarget="w-[a-z0-9-]+">(.*?)</button>', r"\1", linked(html)
    )
    assert not BeautifulSoup(linked(html), "html.parser").find("script")
