"""Databases that search has followed."""

import pytest

from crm.searching.keeping import Keeper, is_known


@pytest.fixture
def keep():
    """Let search follow the journal of a database to its end; ``keep(database)``, PostgreSQL's at least."""

    def to_the_end(database):
        keeper = Keeper(database)
        for _ in range(200):
            keeper.step()
            with database.reading() as work:
                if database.is_sqlite or is_known(work):
                    return
        raise AssertionError("search did not reach the journal's end")

    return to_the_end
