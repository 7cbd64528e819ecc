"""The logbook keeps what people wrote and shows the newest entry first."""

from concurrent.futures import ThreadPoolExecutor

from pulih.logbook.book import HEADER, Entry, add_entry, entry_now, read_entries


def test_newest_entry_stands_below_the_header(tmp_path):
    book = tmp_path / "LOGBOOK.md"
    book.write_text("# Our logbook\n\nWritten by all of us.\n\n## old\n\n- kept as it was\n")
    add_entry(book, Entry("new", "- first\n- second"))
    expected = "# Our logbook\n\nWritten by all of us.\n\n## new\n\n- first\n- second\n\n## old\n\n- kept as it was\n"
    assert book.read_text() == expected
    assert read_entries(book) == [Entry("new", "- first\n- second"), Entry("old", "- kept as it was")]


def test_logbook_is_started_when_there_is_none(tmp_path):
    book = tmp_path / "logbook" / "LOGBOOK.md"
    assert read_entries(book) == []
    add_entry(book, entry_now("note", ["it began"]))
    assert book.read_text().startswith(HEADER)
    [entry] = read_entries(book)
    assert entry.title.endswith(" UTC · note")
    assert entry.body == "- it began"


def test_a_heading_inside_a_note_does_not_become_an_entry(tmp_path):
    book = tmp_path / "LOGBOOK.md"
    add_entry(book, entry_now("note", ["two lines\n## of which one looks like a heading"]))
    assert len(read_entries(book)) == 1


def test_entries_written_at_the_same_time_are_all_there(tmp_path):
    book = tmp_path / "LOGBOOK.md"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: add_entry(book, Entry(f"entry {number}", "-")), range(24)))
    assert {entry.title for entry in read_entries(book)} == {f"entry {number}" for number in range(24)}
    assert [path.name for path in tmp_path.iterdir()] == ["LOGBOOK.md"]
