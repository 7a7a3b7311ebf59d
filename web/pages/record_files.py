"""Download files of custom fields, and find the records that fields name."""

from __future__ import annotations

from flask import Blueprint, Response, abort, render_template, request

from crm.fields.columns import FieldKind
from crm.fields.files import file_of
from crm.records.picking import pick
from web.access import SIGNED_IN, allowed
from web.files import download
from web.site import reading
from web.visit import viewer

blueprint = Blueprint("record_files", __name__)


@blueprint.get("/deals/<int:deal_id>/files/<key>/<sha256>")
@allowed(SIGNED_IN)
def of_deal(deal_id: int, key: str, sha256: str) -> Response:
    """Download a file of a deal."""
    return _download("deal", deal_id, key, sha256)


@blueprint.get("/leads/<int:lead_id>/files/<key>/<sha256>")
@allowed(SIGNED_IN)
def of_lead(lead_id: int, key: str, sha256: str) -> Response:
    """Download a file of a lead."""
    return _download("lead", lead_id, key, sha256)


@blueprint.get("/contacts/<int:contact_id>/files/<key>/<sha256>")
@allowed(SIGNED_IN)
def of_contact(contact_id: int, key: str, sha256: str) -> Response:
    """Download a file of a contact."""
    return _download("contact", contact_id, key, sha256)


@blueprint.get("/companies/<int:company_id>/files/<key>/<sha256>")
@allowed(SIGNED_IN)
def of_company(company_id: int, key: str, sha256: str) -> Response:
    """Download a file of a company."""
    return _download("company", company_id, key, sha256)


def _download(kind: FieldKind, record_id: int, key: str, sha256: str) -> Response:
    with reading() as work:
        name = file_of(work, kind, record_id, key, sha256, viewer=viewer())
    return download(sha256, name)


@blueprint.get("/pick/<kind>")
@allowed(SIGNED_IN)
def options(kind: str) -> str:
    """Show records to choose from, as options that a field suggests: their number and what they are called."""
    if kind not in ("deal", "contact", "company"):
        abort(404)
    text = next((value for value in request.args.values()), "")
    with reading() as work:
        found = pick(work, kind, text, viewer=viewer())  # type: ignore[arg-type]  # one of the three
    return render_template("parts/options.html", found=found)
