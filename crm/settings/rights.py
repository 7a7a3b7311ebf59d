"""The rights in words: what each is called, and what it lets one do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from engine.text import LazyText, _l


@dataclass(frozen=True, slots=True)
class Right:
    """A right: its group, its name, and what it lets one do, in a sentence."""

    group: LazyText
    title: LazyText
    about: LazyText


_SEEING, _SELLING, _MARKETING, _HOUSE = _l("What one sees"), _l("Selling"), _l("Marketing"), _l("The house itself")

RIGHT_WORDS: Final[Mapping[str, Right]] = MappingProxyType(
    {
        "records.see_all": Right(_SEEING, _l("See everything"), _l("Sees the leads, deals and tasks of everybody.")),
        "records.see_team": Right(
            _SEEING,
            _l("See the team"),
            _l("Sees what belongs to himself and to everybody below him; without this, only what is his own."),
        ),
        "reports.see": Right(_SEEING, _l("See reports"), _l("Sees the reports, over the records that he sees.")),
        "records.export": Right(
            _SEEING, _l("Export"), _l("Saves lists and reports as files, with the records that he sees.")
        ),
        "leads.create": Right(_SELLING, _l("Add leads"), _l("Writes down new leads.")),
        "leads.edit": Right(
            _SELLING,
            _l("Work on leads"),
            _l("Changes his own leads and those of nobody, and contacts and companies that he sees."),
        ),
        "leads.edit_team": Right(
            _SELLING, _l("Work on leads of the team"), _l("The same with leads of everybody below him that he sees.")
        ),
        "leads.edit_all": Right(
            _SELLING, _l("Work on leads of others"), _l("The same with leads of everybody that he sees.")
        ),
        "deals.create": Right(_SELLING, _l("Add deals"), _l("Opens deals on the boards that he works on.")),
        "deals.edit": Right(
            _SELLING, _l("Work on deals"), _l("Moves, changes and closes his own deals and those of nobody.")
        ),
        "deals.edit_team": Right(
            _SELLING, _l("Work on deals of the team"), _l("The same with deals of everybody below him that he sees.")
        ),
        "deals.edit_all": Right(
            _SELLING, _l("Work on deals of others"), _l("The same with deals of everybody that he sees.")
        ),
        "deals.mass_edit": Right(
            _SELLING, _l("Change many at once"), _l("Moves, gives and changes many records with one click.")
        ),
        "deals.recall": Right(
            _SELLING,
            _l("Recall closed deals"),
            _l(
                "Takes up again deals that are won or lost. It goes together with working on deals of others and changing many."
            ),
        ),
        "tasks.edit": Right(
            _SELLING, _l("Set and finish tasks"), _l("Sets tasks, finishes them, and moves deadlines with a reason.")
        ),
        "records.import": Right(
            _MARKETING, _l("Import"), _l("Brings in leads and deals from files, and takes an import back.")
        ),
        "funnels.edit": Right(
            _MARKETING,
            _l("Draw funnels"),
            _l("Draws and changes funnels and robots; nothing runs before it is published."),
        ),
        "funnels.publish": Right(
            _MARKETING, _l("Publish funnels"), _l("Lets a funnel or robot run, pauses and stops it.")
        ),
        "runs.repair": Right(_MARKETING, _l("Repair runs"), _l("Sets parked runs going again, moves or ends them.")),
        "plans.edit": Right(
            _HOUSE,
            _l("Set up sales plans"),
            _l("Makes and changes sales plans, their stages, their people, and who gets the next deal."),
        ),
        "settings.edit": Right(
            _HOUSE, _l("Change settings"), _l("Changes the company, fields, directories and the mail server.")
        ),
        "users.edit": Right(_HOUSE, _l("Manage people"), _l("Adds people, changes their roles, lets them in and out.")),
        "audit.see": Right(
            _HOUSE,
            _l("See the audit log"),
            _l("Sees who did what, when and from where, of everybody and on all records."),
        ),
    }
)
"""Words for each right, in the order in which a form shows them."""
