"""Send an e-mail to the run's person."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from blocks.messages import KEY_PATHS, PERSON_PATHS, answer_to, is_address, person_address
from engine.block import Block, Context
from engine.duration import Duration, NeverOpenError
from engine.effect import SendEmail
from engine.outcome import Fail, Happened, Leave, Outcome, Wait
from engine.setting import TemplateText
from engine.text import _l


class SendEmailBlock(Block):
    """Send an e-mail and go on through ``next``: at once, or once the mail server has taken it.

    Leaves through ``not_eligible`` where there is no address to send to.  A run that waits for the mail server fails, and leaves
    through ``failed``, where it was refused; through ``timeout`` where it was not sent in time.
    """

    key: ClassVar = "message.send_email"
    title: ClassVar = _l("Send e-mail")
    about: ClassVar = _l("Writes an e-mail to the person")
    group: ClassVar = "message"
    more: ClassVar = ("not_eligible", "failed")
    sends: ClassVar = True
    writes_to_client: ClassVar = True

    to: TemplateText | None = Field(
        default=None, title=_l("To"), description=_l("Empty means the address of the contact, or else of the lead")
    )
    subject: TemplateText = Field(title=_l("Subject"))
    text: TemplateText = Field(title=_l("Text"))
    wait: bool = Field(
        default=False, title=_l("Wait until it is sent"), description=_l("Go on only once the mail server has taken it")
    )
    timeout: Duration = Field(
        default=Duration(amount=1, unit="days"), title=_l("Not longer than"), description=_l("Tries are made so long")
    )

    def ports(self) -> tuple[str, ...]:
        return ("next", *(("timeout",) if self.wait else ()), *self.more)

    def paths(self) -> frozenset[str]:
        return (PERSON_PATHS if self.to is None else frozenset()) | (KEY_PATHS if self.wait else frozenset())

    def awaits(self) -> frozenset[str]:
        return frozenset({"message.sent", "message.failed"}) if self.wait else frozenset()

    def run(self, ctx: Context) -> Outcome:
        if isinstance(ctx.signal, Happened):
            if ctx.signal.port == "next":
                return Leave()
            return Fail("not_sent", _l("the e-mail was not sent; the outbox says why"))
        if ctx.signal is not None:
            return Leave("timeout")
        to = person_address(ctx) if self.to is None else ctx.render(self.to).strip()
        if not is_address(to):
            return Leave("not_eligible")
        try:
            until = self.timeout.after(ctx.now, ctx.calendar) if self.wait else None
        except NeverOpenError as error:
            return Fail(error.code, error.message)
        mail = SendEmail(ctx.place, to, " ".join(ctx.render(self.subject).split()), ctx.render(self.text), until)
        if not self.wait:
            return Leave(effects=(mail,))
        answers = (answer_to(ctx, "message.sent", "next"), answer_to(ctx, "message.failed", "failed"))
        return Wait(until, answers, effects=(mail,))
