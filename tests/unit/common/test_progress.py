from pulih.common.progress import track


def test_every_item_passes_once_in_order_and_the_end_is_shown(capsys):
    assert list(track(iter("abc"), "lines", total=5, done=2)) == ["a", "b", "c"]
    shown = capsys.readouterr().err
    assert "lines" in shown
    assert "5/5" in shown


def test_nothing_goes_to_standard_output(capsys):
    list(track([1], "x"))
    assert capsys.readouterr().out == ""
