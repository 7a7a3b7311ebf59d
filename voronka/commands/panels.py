"""The panels under which the help gathers the commands."""

from __future__ import annotations

from typing import Final

from engine.text import _l
from voronka.terminal import said

BEGIN: Final = said(_l("Begin"))
SELL: Final = said(_l("Sell"))
OPERATE: Final = said(_l("Operate"))
