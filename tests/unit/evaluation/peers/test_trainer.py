from pulih.data.charset import Charset
from pulih.data.lines import read_lines
from pulih.evaluation.peers.trainer import PeerTrainer, schedule_of
from pulih.restorer.schedule import first_whole_line_step


def make(small_peer, tiny_lines, alone, **changes):
    samples = read_lines(tiny_lines, "train")
    return PeerTrainer(small_peer.model_copy(update=changes), samples, Charset(), alone)


def test_peers_see_whole_lines_with_their_texts_from_the_first_step(small_peer, tiny_lines, alone):
    assert first_whole_line_step(schedule_of(small_peer)) == 0
    batch = make(small_peer, tiny_lines, alone).feed.batch(0, alone)
    assert batch.clean.shape[0] == small_peer.batch_size
    assert batch.transcript.lengths.min() > 0


def test_bce_falls_on_real_lines(small_peer, tiny_lines, alone):
    trainer = make(small_peer, tiny_lines, alone, ctc=0.0, adversarial=0.0, steps=60)
    for _ in range(60):
        trainer.advance()
    losses = [row["bce"] for row in trainer.progress.history["training"]]
    assert losses[-1] < 0.8 * losses[0]
    assert trainer.finished
    assert trainer.progress.cpu_seconds > 0


def test_the_best_validated_generator_is_kept(small_peer, tiny_lines, alone, tmp_path):
    trainer = make(small_peer, tiny_lines, alone)
    validation = read_lines(tiny_lines, "validation")[:3]
    trainer.check(validation, tmp_path / "a.png")
    kept = trainer.best["head.bias"].clone()
    trainer.progress.best_psnr = 99.0
    trainer.generator.head.bias.data += 1
    trainer.check(validation, tmp_path / "b.png")
    assert trainer.best["head.bias"].equal(kept)
    assert [row["step"] for row in trainer.progress.history["validation"]] == [0, 0]
