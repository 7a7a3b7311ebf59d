from blocks.trigger_manual_start import ManualStart
from tests.blocks.asking import event


def test_only_its_own_button_starts_it():
    pressed = event("manual.start", by=1, label="Call back")

    assert ManualStart(label="Call back").accepts(pressed) is None
    assert ManualStart().accepts(pressed) == "the button is Call back"
