"""Words for what a funnel's nodes do: a sentence for the card, every setting for the panel."""

from __future__ import annotations
