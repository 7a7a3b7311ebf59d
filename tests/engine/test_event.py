from engine.event import EVENT_KINDS, KIND_BY_CODE, SUBJECT_CODES, SUBJECT_KINDS


def test_every_kind_has_a_number_of_its_own():
    assert len(KIND_BY_CODE) == len(EVENT_KINDS)
    assert all(kind.name == name and kind.subject in SUBJECT_CODES for name, kind in EVENT_KINDS.items())
    assert {SUBJECT_KINDS[code]: code for code in SUBJECT_KINDS} == SUBJECT_CODES


def test_numbers_never_change():
    permanent = {
        "lead.created": 1,
        "deal.created": 7,
        "deal.moved": 8,
        "deal.won": 9,
        "deal.lost": 10,
        "manual.start": 23,
    }

    assert {name: EVENT_KINDS[name].code for name in permanent} == permanent
