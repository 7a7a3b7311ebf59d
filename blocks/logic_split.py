"""Send runs several ways by chance, in given shares."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from engine.block import Block, Context
from engine.draw import draw
from engine.outcome import Leave, Outcome
from engine.setting import PortName
from engine.text import _l


class Variant(BaseModel):
    """One way out and its share."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    port: PortName = Field(title=_l("Port"))
    share: Annotated[int, Field(ge=0, le=1_000_000)] = Field(
        default=1, title=_l("Share"), description=_l("Beside the shares of the others: 1 and 1 are halves")
    )


class Split(Block):
    """Leave through the port of one variant, chosen by chance in the given shares.

    The choice depends on the run, the node and the visit only, so it can be repeated; ``same_for`` lets a person go the same way
    in every run.
    """

    key: ClassVar = "logic.split"
    title: ClassVar = _l("Split")
    about: ClassVar = _l("Sends runs several ways by chance, in given shares: an A/B test")
    group: ClassVar = "logic"
    main: ClassVar = None

    variants: tuple[Variant, ...] = Field(
        default=(Variant(port="a"), Variant(port="b")), min_length=2, max_length=20, title=_l("Variants")
    )
    same_for: Literal["visit", "person"] = Field(
        default="visit",
        title=_l("Chosen anew"),
        description=_l("At every visit, or once for a person who then goes the same way in every run"),
    )

    @model_validator(mode="after")
    def _can_choose(self) -> Self:
        ports = [variant.port for variant in self.variants]
        if len(set(ports)) < len(ports) or not {"failed", "skipped"}.isdisjoint(ports):
            raise ValueError(_l("each variant needs a port of its own, other than failed and skipped"))
        if not any(variant.share for variant in self.variants):
            raise ValueError(_l("one share at least must be above 0"))
        return self

    def ports(self) -> tuple[str, ...]:
        return tuple(variant.port for variant in self.variants)

    def paths(self) -> frozenset[str]:
        return frozenset({"person.id"}) if self.same_for == "person" else frozenset()

    def run(self, ctx: Context) -> Outcome:
        chance = ctx.draw() if self.same_for == "visit" else draw("person", ctx.facts.get("person.id"), ctx.node)
        wanted = [variant for variant in self.variants if variant.share]
        place = chance * sum(variant.share for variant in wanted)
        for variant in wanted[:-1]:
            place -= variant.share
            if place < 0:
                return Leave(variant.port)
        return Leave(wanted[-1].port)
