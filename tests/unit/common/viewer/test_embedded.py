from pulih.common.viewer import embedded


def test_without_openseadragon_a_report_gets_nothing_instead_of_failing(tmp_path, monkeypatch, caplog) -> None:
    monkeypatch.setenv("PULIH_VIEWER_DIR", str(tmp_path))
    assert embedded.viewer() == embedded.EmbeddedViewer()
    assert "plain slider" in caplog.text


def test_files_are_addressed_from_the_page_whatever_their_names(tmp_path) -> None:
    page = tmp_path / "out" / "_batch"
    files = [tmp_path / "scans" / "a #1 ä.png", tmp_path / "out" / "a.jpg"]
    for path in (*files, page / "report.html"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert embedded.addresses(page, files) == ["../../scans/a%20%231%20%C3%A4.png", "../a.jpg"]


def test_what_no_browser_shows_or_is_not_there_has_no_address(tmp_path) -> None:
    (tmp_path / "a.tif").touch()
    assert embedded.addresses(tmp_path, [tmp_path / "a.tif"]) == []
    assert embedded.addresses(tmp_path, [tmp_path / "b.png"]) == []
