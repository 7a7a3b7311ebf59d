import pytest

from blocks.trigger_lead_created import LeadCreated
from engine.outcome import Leave
from tests.blocks.asking import context, event


@pytest.mark.parametrize(
    ("settings", "refusal"),
    [
        ({}, None),
        ({"sources": ["social", "email"]}, None),
        ({"sources": ["email"]}, "the source is social"),
        ({"channels": ["site"]}, None),
        ({"channels": ["shop"]}, "the sales channel is site"),
        ({"origins": ["import", "api"]}, None),
        ({"origins": ["hand"]}, "it was made by import"),
    ],
)
def test_it_takes_the_leads_it_was_set_to(settings, refusal):
    lead = event("lead.created", origin="import", source="social", channel="site")

    assert LeadCreated(**settings).accepts(lead) == refusal


def test_a_lead_without_source_fits_no_source():
    assert LeadCreated(sources=["email"]).accepts(event("lead.created")) == "the source is None"


def test_the_run_goes_on():
    assert LeadCreated().run(context()) == Leave()
