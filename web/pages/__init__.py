"""The pages, one module each; ``PAGES`` is the list of all.  How to add one: ``docs/add-a-page.md``."""

from __future__ import annotations

from web.pages.api import blueprint as api
from web.pages.archive import blueprint as archive
from web.pages.board_editing import blueprint as board_editing
from web.pages.board_view import blueprint as board_view
from web.pages.boards import blueprint as boards
from web.pages.bookings import blueprint as bookings
from web.pages.choice_files import blueprint as choice_files
from web.pages.clients import blueprint as clients
from web.pages.components import blueprint as components
from web.pages.deal_moves import blueprint as deal_moves
from web.pages.deals.attaching import blueprint as deal_parts
from web.pages.deals.card import blueprint as deals
from web.pages.deals.changing import blueprint as deal_changes
from web.pages.deals.exporting import blueprint as deal_lists
from web.pages.deals.move_window import blueprint as move_window
from web.pages.deals.rows import blueprint as deal_rows
from web.pages.filters import blueprint as filters
from web.pages.first_run import blueprint as first_run
from web.pages.funnels import blueprint as funnels
from web.pages.health import blueprint as health
from web.pages.hooks import blueprint as hooks
from web.pages.imports.overview import blueprint as imports
from web.pages.leads.board import blueprint as lead_board
from web.pages.leads.card import blueprint as lead_card
from web.pages.leads.listing import blueprint as leads
from web.pages.mass_actions import blueprint as mass_actions
from web.pages.mass_starts import blueprint as mass_starts
from web.pages.me import blueprint as me
from web.pages.merging import blueprint as merging
from web.pages.metrics import blueprint as metrics
from web.pages.notifications import blueprint as notifications
from web.pages.outbox import blueprint as outbox
from web.pages.preferences import blueprint as preferences
from web.pages.public_form import blueprint as public_form
from web.pages.record_files import blueprint as record_files
from web.pages.reports import blueprint as reports
from web.pages.search import blueprint as search
from web.pages.settings.overview import blueprint as settings
from web.pages.signing_in import blueprint as signing_in
from web.pages.stage_archive import blueprint as stage_archive
from web.pages.start import blueprint as start
from web.pages.tasks import blueprint as tasks

PAGES = (
    api,
    board_editing,
    board_view,
    archive,
    boards,
    bookings,
    choice_files,
    clients,
    components,
    deal_changes,
    deal_lists,
    deal_moves,
    deal_parts,
    deal_rows,
    deals,
    filters,
    first_run,
    funnels,
    health,
    hooks,
    imports,
    lead_board,
    lead_card,
    leads,
    mass_actions,
    mass_starts,
    me,
    merging,
    metrics,
    move_window,
    notifications,
    outbox,
    preferences,
    public_form,
    reports,
    record_files,
    search,
    settings,
    signing_in,
    stage_archive,
    start,
    tasks,
)
