"""Start a run when another program sends something."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from engine.block import Trigger
from engine.event import Event
from engine.setting import WebhookKey
from engine.text import _l


class WebhookReceived(Trigger):
    """Start a run for everything that comes to a webhook.

    The run is about the lead that the webhook made, else about the person it named.  What the webhook keeps for conditions is
    ``trigger.value.<name>``.  It leaves through ``next``.
    """

    key: ClassVar = "trigger.webhook_received"
    title: ClassVar = _l("Webhook received")
    about: ClassVar = _l("Starts when another program sends data to one of your webhooks")
    kinds: ClassVar = frozenset({"webhook.received"})
    narrows: ClassVar = "webhook"

    webhook: WebhookKey = Field(title=_l("Webhook"), description=_l("The address it comes to"))

    def accepts(self, event: Event) -> str | None:
        came = event.data.get("webhook")
        return None if came == self.webhook else _l("the webhook is {webhook}", webhook=came)
