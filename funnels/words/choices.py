"""Words for the groups of the catalogue and for what settings may be chosen from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.block import Group
from engine.text import LazyText, _l
from funnels.words.names import event_name

GROUPS: Final[Mapping[Group, LazyText]] = {
    "trigger": _l("Triggers"),
    "crm": _l("Records"),
    "task": _l("Tasks"),
    "people": _l("People"),
    "message": _l("Messages"),
    "action": _l("Other systems"),
    "survey": _l("Surveys"),
    "logic": _l("Ways"),
    "wait": _l("Waits"),
}
"""The groups in the order of the palette."""

_WORDS: Final[Mapping[str, LazyText]] = {
    "seconds": _l("seconds"),
    "minutes": _l("minutes"),
    "hours": _l("hours"),
    "days": _l("days"),
    "weeks": _l("weeks"),
    "none": _l("by the clock, at any hour"),
    "company": _l("company"),
    "responsible": _l("working time of who is responsible"),
    "client": _l("working time of the client"),
    "mon": _l("Mon"),
    "tue": _l("Tue"),
    "wed": _l("Wed"),
    "thu": _l("Thu"),
    "fri": _l("Fri"),
    "sat": _l("Sat"),
    "sun": _l("Sun"),
    "once": _l("once only"),
    "one_at_a_time": _l("not while inside"),
    "restart": _l("start anew"),
    "parallel": _l("any number at a time"),
    "hand": _l("by hand"),
    "robot": _l("by a robot"),
    "api": _l("through the API"),
    "import": _l("by an import"),
    "recall": _l("by a recall"),
    "system": _l("by the system"),
    "webhook": _l("webhook"),
    "leave": _l("leave it as it is"),
    "use": _l("use it"),
    "move": _l("move it to the stage"),
    "another": _l("open another"),
    "after_event": _l("some time after an event"),
    "days_before": _l("days before a date"),
    "days_in_stage": _l("days after coming into the stage"),
    "fixed_date": _l("on a certain day"),
    "lead": _l("lead"),
    "deal": _l("deal"),
    "contact": _l("contact"),
    "person": _l("person"),
    "owner": _l("the manager"),
    "supervisor": _l("the manager's supervisor"),
    "user": _l("a certain user"),
    "form": _l("form"),
    "text": _l("text"),
    "all": _l("all"),
    "any": _l("any"),
    "number": _l("a number"),
    "visit": _l("at every visit"),
    "wait": _l("wait"),
    "success": _l("success"),
    "lost": _l("lost"),
    "neutral": _l("neither"),
    "error": _l("error"),
}
_OF_SETTING: Final[Mapping[tuple[str, str], LazyText]] = {
    ("calendar", "company"): _l("working time of the company"),
    ("same_for", "person"): _l("once for a person"),
    ("outside", "leave"): _l("go another way"),
    ("outside", "wait"): _l("wait until it opens"),
}
"""Where the same word means something else in one setting."""


def choice_word(setting: str, value: object) -> str:
    """Return what people call one of the values that a setting may have; names and marks of others stay as they are."""
    text = str(value)
    return _OF_SETTING.get((setting, text)) or _WORDS.get(text) or event_name(text)
