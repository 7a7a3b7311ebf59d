"""Start a run when a public form is sent."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from engine.block import Trigger
from engine.event import Event
from engine.setting import FormKey
from engine.text import _l


class FormSubmitted(Trigger):
    """Start a run for every lead that comes by a form; without a choice, by any form.

    The run is about the lead and leaves through ``next``.
    """

    key: ClassVar = "trigger.form_submitted"
    title: ClassVar = _l("Form submitted")
    about: ClassVar = _l("Starts when somebody sends a public form")
    kinds: ClassVar = frozenset({"form.submitted"})
    narrows: ClassVar = "form"

    form: FormKey | None = Field(default=None, title=_l("Form"), description=_l("Only this form; empty means any"))

    def accepts(self, event: Event) -> str | None:
        sent = event.data.get("form")
        return None if self.form in (None, sent) else _l("the form is {form}", form=sent)
