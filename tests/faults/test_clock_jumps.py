"""The clock jumps by hours, forwards and back, while work is under way: nothing is lost, done twice, or held for long."""

from tests.faults.office import DONE, KILLED


def test_a_clock_that_jumps_to_and_fro_loses_nothing(office, worker):
    ends = []
    for hours in (0, 5, -5, 3, -9, 0):
        office.leads(30)
        ends.append(worker.run(office.url, hours=hours, limit=20, kill_at="after:commit:4"))

    assert ends == [KILLED] * 6
    assert worker.run(office.url, hours=8, limit=20) == DONE
    office.check_each_lead_once()
