import pytest
from pydantic import ValidationError

from blocks.trigger_webhook_received import WebhookReceived
from engine.outcome import Leave
from engine.setting import references
from tests.blocks.asking import context, event


@pytest.mark.parametrize(("webhook", "refusal"), [("shop", None), ("bank", "the webhook is shop")])
def test_it_takes_the_webhook_it_was_set_to(webhook, refusal):
    assert WebhookReceived(webhook=webhook).accepts(event("webhook.received", webhook="shop")) == refusal


def test_a_webhook_must_be_chosen():
    with pytest.raises(ValidationError):
        WebhookReceived()


def test_other_webhooks_were_never_meant_for_it():
    block = WebhookReceived(webhook="shop")

    assert (block.narrows, block.only) == ("webhook", "shop")


def test_its_webhook_has_to_exist():
    assert [(one.where, one.kind, one.key) for one in references(WebhookReceived(webhook="shop"))] == [
        ("webhook", "webhook", "shop")
    ]


def test_the_run_goes_on():
    assert WebhookReceived(webhook="shop").run(context()) == Leave()
