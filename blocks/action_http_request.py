"""Call another system over HTTP."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from blocks.http_parts import FormField, Header, StatusPort, Taken, filled, in_address, in_json, kept
from blocks.messages import KEY_PATHS, answer_to
from engine.block import Block, Context
from engine.duration import Duration, NeverOpenError
from engine.effect import CallHttp
from engine.outcome import Fail, Happened, Leave, Outcome, Wait
from engine.setting import TemplateText
from engine.text import _l

_ADDRESS: Final = re.compile(r"https?://[^\s/?#@\\]+(?:[/?#][^\s\\]*)?", re.IGNORECASE)
_LONGEST_ADDRESS: Final = 4000
_SAFE: Final = frozenset({"GET", "HEAD"})
_KINDS: Final = {
    "json": "application/json",
    "form": "application/x-www-form-urlencoded",
    "text": "text/plain; charset=utf-8",
}

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]


class HttpRequest(Block):
    """Send a request to another system.

    Without waiting the run goes on at once, through ``next``.  One that waits for the answer leaves through ``ok`` for a status
    of 200 to 299, through the port of the status where it has one, through ``error`` for all others and where there was no answer
    or a wanted value is missing in it; through ``timeout`` where none came in time.  Leaves through ``failed`` where the address
    cannot be one.
    """

    key: ClassVar = "action.http_request"
    title: ClassVar = _l("HTTP request")
    about: ClassVar = _l("Calls another system, and can wait for its answer")
    group: ClassVar = "action"
    main: ClassVar = None
    more: ClassVar = ("failed",)
    sends: ClassVar = True

    method: Method = Field(default="POST", title=_l("Method"))
    address: TemplateText = Field(title=_l("Address"), description=_l("With places, as https://example.com/{lead.id}"))
    headers: tuple[Header, ...] = Field(default=(), max_length=30, title=_l("Headers"))
    send_as: Literal["json", "form", "text"] = Field(default="json", title=_l("Send as"))
    fields: tuple[FormField, ...] = Field(
        default=(), max_length=100, title=_l("Fields"), description=_l("Of the form, or of the JSON object")
    )
    body: TemplateText | None = Field(
        default=None, title=_l("Body"), description=_l("A text sent as it is, instead of fields")
    )
    wait: bool = Field(default=False, title=_l("Wait for the answer"))
    timeout: Duration = Field(
        default=Duration(amount=10, unit="minutes"),
        title=_l("Not longer than"),
        description=_l("Tries are made so long"),
    )
    ports_by_status: tuple[StatusPort, ...] = Field(default=(), max_length=20, title=_l("Ports by status"))
    take: tuple[Taken, ...] = Field(
        default=(), max_length=50, title=_l("Values to keep"), description=_l("Of an answer in JSON")
    )
    may_repeat: bool = Field(
        default=False,
        title=_l("The receiver drops duplicates"),
        description=_l("It looks at the header Idempotency-Key: then a request of unknown outcome is sent once more"),
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        named = [one.port for one in self.ports_by_status]
        if not {"next", "ok", "error", "timeout", "failed", "skipped"}.isdisjoint(named):
            raise ValueError(
                _l("a status needs a port of its own, other than ok, error, timeout, next, failed and skipped")
            )
        if (named or self.take) and not self.wait:
            raise ValueError(_l("ports by status and values to keep need waiting for the answer"))
        if self.fields and (self.body is not None or self.send_as == "text"):
            raise ValueError(_l("give fields or a body, one of the two; a text has a body only"))
        if self.method in _SAFE and (self.fields or self.body is not None):
            raise ValueError(_l("a request with the method {method} has no body", method=self.method))
        return self

    def ports(self) -> tuple[str, ...]:
        if not self.wait:
            return ("next", *self.more)
        return ("ok", "error", *dict.fromkeys(one.port for one in self.ports_by_status), "timeout", *self.more)

    def paths(self) -> frozenset[str]:
        return KEY_PATHS if self.wait else frozenset()

    def awaits(self) -> frozenset[str]:
        return frozenset({"http.answered"}) if self.wait else frozenset()

    def run(self, ctx: Context) -> Outcome:
        if isinstance(ctx.signal, Happened):
            return self._answered(ctx.signal.event.data)
        if ctx.signal is not None:
            return Leave("timeout")
        address = filled(ctx, self.address, in_address).strip()
        if len(address) > _LONGEST_ADDRESS or _ADDRESS.fullmatch(address) is None:
            return Fail(
                "wrong_address", _l("this is no address of the web; it begins with https:// and names no password")
            )
        body = self._body(ctx)
        if body and self.send_as == "json" and not _is_json(body):
            return Fail("wrong_body", _l("the body is no JSON; braces of JSON are written twice in a template"))
        headers = [(one.name, " ".join(ctx.render(one.value).split())) for one in self.headers]
        if body:
            headers.append(("Content-Type", _KINDS[self.send_as]))
        try:
            until = self.timeout.after(ctx.now, ctx.calendar) if self.wait else None
        except NeverOpenError as error:
            return Fail(error.code, error.message)
        may_repeat = self.may_repeat or self.method in _SAFE
        call = CallHttp(ctx.place, self.method, address, tuple(headers), body, may_repeat, until)
        if not self.wait:
            return Leave("next", (call,))
        return Wait(until, (answer_to(ctx, "http.answered", "ok"),), effects=(call,))

    def shadowed(self) -> tuple[tuple[str, str], ...]:
        taken: set[int] = set()
        found = []
        for place, one in enumerate(self.ports_by_status):
            if taken.issuperset(one.statuses) and one.port not in {
                other.port for other in self.ports_by_status[:place]
            }:
                found.append((f"ports_by_status.{place}.statuses", one.port))
            taken.update(one.statuses)
        return tuple(found)

    def _body(self, ctx: Context) -> str:
        if self.body is not None:
            match self.send_as:
                case "json":
                    return filled(ctx, self.body, in_json)
                case "form":
                    return filled(ctx, self.body, in_address)
                case _:
                    return ctx.render(self.body)
        values = {one.name: ctx.render(one.value) for one in self.fields}
        if self.send_as == "form":
            return "&".join(f"{in_address(name)}={in_address(value)}" for name, value in values.items())
        return json.dumps(values, ensure_ascii=False) if values else ""

    def _answered(self, data: Mapping[str, object]) -> Outcome:
        """Leave by the status, with the values that were wanted."""
        status = data.get("status")
        values = [kept(data.get("answer"), one) for one in self.take]
        found = tuple(one for one in values if one is not None)
        named = next((one.port for one in self.ports_by_status if status in one.statuses), None)
        if named is not None:
            return Leave(named, found)
        if not isinstance(status, int) or not 200 <= status < 300 or len(found) < len(values):
            return Leave("error")
        return Leave("ok", found)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
