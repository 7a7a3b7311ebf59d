"""Deals as cards of a board and rows of a list, in HTML.

A page shows a hundred of them, and each is a dozen small texts: put together by hand they cost a tenth of what a template takes.
So the rule that a template keeps by itself is kept here by eye: what is no number and no markup of ours goes through ``escape``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from markupsafe import Markup, escape

from crm.deals.board_views import USUAL
from crm.deals.cards import Card, NextTask
from crm.directory import Directory
from crm.fields.shown import FieldShown, fields_shown
from engine.text import _l
from web.assets import icon
from web.custom_fields import field_views
from web.texts import due, initials, language, money_in, span_in, translated
from web.visit import actor, may

_SOON: Final = timedelta(hours=4)
_TAGS: Final = 3
_TITLE: Final = 29


class CardsInHtml:
    """Writes cards for one page: what all of them share is looked up once.

    ``shows`` is what a card of a board shows beside its title (``crm.deals.board_views``); ``stored`` the custom fields of the
    deals by id, as they are stored, where some of them are shown.
    """

    def __init__(
        self,
        settings: Directory,
        now: datetime,
        shows: Sequence[str] = USUAL,
        stored: Mapping[int, Any] | None = None,
    ) -> None:
        self._settings = settings
        self._now = now
        self._shows = frozenset(shows)
        self._own = [path.removeprefix("field.") for path in shows if path.startswith("field.")]
        self._stored = stored or {}
        self._language = language()
        self._overdue = _around("{time}", translated(_l("Overdue {time}", time="{time}")))
        self._in_stage = _around("{time}", translated(_l("{time} in stage", time="{time}")))
        self._limit = _around("{time}", translated(_l("at most {time}", time="{time}")))
        self._created = _around("{time}", translated(_l("made {time} ago", time="{time}")))
        self._nobody = escape(translated(_l("Nobody yet")))
        self._move = _around("{deal}", translated(_l("Move “{deal}”", deal="{deal}")))
        self._edits = may("deals.edit")
        self._reach = actor().reach("deals.edit")
        self._no_task = _chip("bad", icon("alert-triangle") + escape(translated(_l("no task"))))
        self._owners: dict[int | None, str] = {}

    def cards(self, cards: Iterable[Card]) -> Markup:
        """Return cards of a board, one after the other."""
        return Markup("".join(map(self._card, cards)))  # noqa: S704  each escapes what people wrote

    def _card(self, card: Card) -> str:
        title, shows = escape(card.title), self._shows
        late = " late" if card.is_late(self._now) else ""
        stage = escape(self._settings.stages[card.stage_id].key)
        who = escape(card.who) if "contact" in shows and card.who != card.title else ""
        amount = f'<b class="amount">{self._money(card)}</b>' if "amount" in shows else ""
        line = f'<p class="line"><span class="of">{who}</span>{amount}</p>' if who or amount else ""
        task = self._task(card) if "task" in shows or late else ""
        tags = _few_tags(card.tags) if "tags" in shows else ""
        owner = self._owner(card.owner_id) if "owner" in shows else ""
        can_move = self._changes(card)
        move = _button(self._move, title) if can_move else ""
        fixed = "" if can_move else " fixed"
        at = int(card.stage_entered_at.timestamp() * 1000)
        return (
            f'<li class="card{late}{fixed}" id="deal-{card.id}" data-id="{card.id}" data-version="{card.version}"'
            f' data-stage="{stage}" data-at="{at}">'
            f'<a class="title" href="/deals/{card.id}" hx-get="/deals/{card.id}" hx-target="#drawer">{title}</a>'
            f'{line}{self._fields(card)}<p class="chips">{task}{tags}</p>'
            f'<p class="foot">{owner}{self._when(card)}{move}</p></li>\n'
        )

    def _changes(self, card: Card) -> bool:
        """True where whoever looks may change the deal: what would be refused is not offered."""
        return self._edits and (self._reach is None or card.owner_id is None or card.owner_id in self._reach)

    def _when(self, card: Card) -> str:
        """Return since when it is there: marked, with a word, where it stays longer than its stage allows."""
        found = ""
        if "created" in self._shows:
            before, after = self._created
            found = f'<span class="age">{before}{self._ago(card.created_at)}{after}</span>'
        limit = self._settings.stages[card.stage_id].dwell_days if card.state == 0 else None
        is_over = limit is not None and self._now - card.stage_entered_at > timedelta(days=limit)
        if not is_over and "age" not in self._shows:
            return found
        before, after = self._in_stage
        age = f"{before}{self._ago(card.stage_entered_at)}{after}"
        if not is_over or limit is None:
            return f'{found}<span class="age">{age}</span>'
        before, after = self._limit
        most = f"{before}{escape(span_in(limit * 1440, self._language))}{after}"
        return f'{found}<span class="age over">{icon("hourglass")}{age}, {most}</span>'

    def _fields(self, card: Card) -> str:
        if not self._own:
            return ""
        known = {one.definition.key: one for one in fields_shown(self._settings, "deal", self._stored.get(card.id))}
        wanted: list[FieldShown] = [known[key] for key in self._own if key in known and known[key].value is not None]
        rows = "".join(
            f"<dt>{escape(one.definition.name)}</dt><dd>{escape(one.said)}</dd>"
            for one in field_views(self._settings, wanted, card.currency)
            if one.said
        )
        return f'<dl class="more-of">{rows}</dl>' if rows else ""

    def _task(self, card: Card) -> str:
        task = card.task
        if task is None:
            return self._no_task if card.state == 0 else ""
        when = task.due_at
        if when is not None and when < self._now:
            before, after = self._overdue
            return _task_chip("bad", task, f"{before}{self._ago(when)}{after}")
        if when is not None:
            return _task_chip("warn" if when - self._now < _SOON else "", task, escape(due(when, self._now)))
        return _task_chip("", task, escape(_short(task.title)))

    def _owner(self, user_id: int | None) -> str:
        known = self._owners.get(user_id)
        if known is None:
            user = self._settings.users.get(user_id) if user_id is not None else None
            if user is None:
                sign = icon("user-question", str(translated(_l("Nobody yet"))))
                known = f'<span class="avatar nobody" title="{self._nobody}">{sign}</span>'
            else:
                name = escape(user.name)
                known = (
                    f'<span class="avatar a{user.id % 8}" title="{name}">'
                    f'<span aria-hidden="true">{escape(initials(user.name))}</span><span class="unseen">{name}</span></span>'
                )
            self._owners[user_id] = known
        return known

    def _owner_by_name(self, user_id: int | None) -> str:
        user = self._settings.users.get(user_id) if user_id is not None else None
        if user is None:
            return f'<span class="faint">{self._nobody}</span>'
        letters = f'<span class="avatar a{user.id % 8}" aria-hidden="true">{escape(initials(user.name))}</span>'
        return f'<span class="faces">{letters}<span>{escape(user.name)}</span></span>'

    def _ago(self, moment: datetime) -> Markup:
        return escape(span_in(max(int((self._now - moment).total_seconds()) // 60, 1), self._language))

    def _money(self, card: Card) -> Markup:
        return escape(money_in(card.amount, card.currency, False, self._language))


def _around(place: str, text: str) -> tuple[str, str]:
    """Return what stands before and after the place of a value in a text."""
    before, _, after = text.partition(place)
    return escape(before), escape(after)


def _button(label: tuple[str, str], title: Markup) -> str:
    words = f"{label[0]}{title}{label[1]}"
    return f'<button type="button" class="ghost act" data-move aria-haspopup="menu" aria-label="{words}">{icon("dots")}</button>'


def _chip(kind: str, inner: Markup) -> str:
    return f'<span class="chip {kind}">{inner}</span>'


def _task_chip(kind: str, task: NextTask, words: str) -> str:
    tone = f" {kind}" if kind else ""
    return f'<span class="chip{tone}" title="{escape(task.title)}">{icon("checkbox")}{words}</span>'


def _few_tags(tags: Sequence[str]) -> str:
    if not tags:
        return ""
    shown = "".join(_chip("accent", escape(tag)) for tag in tags[:_TAGS])
    return shown + (f'<span class="chip">+{len(tags) - _TAGS}</span>' if len(tags) > _TAGS else "")


def _short(text: str) -> str:
    return text if len(text) <= _TITLE else text[: _TITLE - 5].rsplit(" ", 1)[0] + "…"
