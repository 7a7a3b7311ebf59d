"""A small installation and short funnels for the tests of the publish checks."""

from blocks.catalogue import block_type
from engine.checks import check
from engine.document import FunnelDocument

PLANS = {"retail": ("new", "offer", "won"), "service": ("new",)}
FIELDS = {
    "lead.source": "text",
    "lead.phone": "text",
    "deal.amount": "money",
    "deal.plan": "choice",
    "deal.stage": "choice",
    "deal.stage_entered_at": "datetime",
    "deal.field.delivery": "date",
    "deal.tags": "tags",
}


class Installation:
    """Two plans, one user, one tag, a few fields."""

    def has(self, kind, key, within=None):
        if kind == "stage":
            return any(key in stages for plan, stages in PLANS.items() if within in (None, plan))
        return key in {
            "plan": PLANS,
            "user": ["ann"],
            "tag": ["hot"],
            "channel": ["site"],
            "loss_reason": ["price"],
        }.get(kind, ())

    def has_left(self, user):
        return user == "bob"

    def field(self, path):
        return FIELDS.get(path)


KNOWN = Installation()
START = {"id": "start", "type": "trigger.lead_created"}
TAG = {"type": "crm.add_tags", "config": {"tags": ["hot"]}}
ASK = {"type": "logic.condition", "config": {"condition": {"op": "is", "field": "lead.source", "value": "ads"}}}
SPLIT = {"type": "logic.parallel"}
JOIN = {"type": "logic.join"}
PAUSE = {"type": "wait.duration", "config": {"lasting": {"amount": 1, "unit": "days"}}}


def funnel(nodes, *lines):
    """Return a document; a line is ``source[.port] -> target``."""
    edges = []
    for line in lines:
        source, target = line.split(" -> ")
        node, _, port = source.partition(".")
        edges.append({"from": node, "to": target, "port": port or "next"})
    return FunnelDocument.model_validate({"key": "f", "name": "F", "nodes": nodes, "edges": edges})


def found(document, catalogue=block_type):
    """Return what the checks find as (severity, code, node, field)."""
    return [(one.severity, one.code, one.node, one.field) for one in check(document, catalogue, KNOWN)]


def errors(document, catalogue=block_type):
    """Return the errors only, as (code, node, field)."""
    return [one[1:] for one in found(document, catalogue) if one[0] == "error"]
