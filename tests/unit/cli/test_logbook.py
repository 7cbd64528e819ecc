"""The logbook command adds notes and shows the newest first."""


def test_notes_are_added_and_shown_newest_first(pulih, tmp_path):
    assert pulih("logbook")[1].startswith("no entry in")
    for text in ("first", "second", "third"):
        assert pulih("logbook", "--add", text)[0] == 0
    code, out, _ = pulih("logbook", "--count", "2")
    assert code == 0
    assert out.index("third") < out.index("second")
    assert "first" not in out
    assert (tmp_path / "LOGBOOK.md").is_file()
