from pulih.data.lines import read_shard
from pulih.data.manifest import write_manifest
from pulih.data.pages import TRAINING, read_pages, scan_path
from pulih.synthesis.jobs import PageJob, ShardJob, carry_out, gather, jobs_of


def test_jobs_cover_every_line_and_page_once(small):
    jobs = jobs_of(small(train=9, validation=4, test_seen=0, test_unseen=1, pages=2, train_pages=1, shard_size=4))
    assert jobs == [
        PageJob(0),
        PageJob(1),
        PageJob(0, training=True),
        ShardJob("train", 0),
        ShardJob("train", 1),
        ShardJob("train", 2),
        ShardJob("validation", 0),
        ShardJob("test_unseen", 0),
    ]


def test_only_the_words_that_are_needed_are_read(small, tmp_path):
    config = small(train=4, validation=0, test_seen=0, test_unseen=0, pages=1)
    assert sorted(gather(config, tmp_path).texts) == ["test_seen", "train"]
    config = small(train=0, validation=0, test_seen=0, test_unseen=0, pages=0, train_pages=1)
    assert sorted(gather(config, tmp_path).texts) == ["train"]


def test_job_is_done_once_its_file_is_there(small, tmp_path):
    config = small(train=3, validation=0, test_seen=0, test_unseen=0)
    job = ShardJob("train", 0)
    assert not job.is_done(tmp_path)
    carry_out(gather(config, tmp_path), job)
    assert job.is_done(tmp_path)
    assert len(list(read_shard(tmp_path / "train-00000.tar"))) == 3


def test_pages_to_learn_from_lie_apart_in_fonts_of_the_training(small, tmp_path):
    config = small(train=0, validation=0, test_seen=0, test_unseen=0, pages=1, train_pages=1)
    material = gather(config, tmp_path)
    for job in jobs_of(config):
        carry_out(material, job)
        assert job.is_done(tmp_path)
    write_manifest(tmp_path, "lines", config, {}, {})
    (judged,), (learned,) = read_pages(tmp_path), read_pages(tmp_path, TRAINING)
    assert (judged.key, learned.key) == ("page-0000", "train-0000")
    assert learned.meta["font"] in config.fonts
    assert learned.meta["font_seen"]
    assert learned.meta["lines"][0]["text"] != judged.meta["lines"][0]["text"]


def test_page_is_done_with_its_scan(small, tmp_path):
    job = PageJob(0)
    assert not job.is_done(tmp_path)
    scan_path(tmp_path, "page-0000").parent.mkdir()
    scan_path(tmp_path, "page-0000").touch()
    assert job.is_done(tmp_path)
