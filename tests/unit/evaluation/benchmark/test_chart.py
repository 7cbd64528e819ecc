from pulih.evaluation.benchmark import chart
from pulih.evaluation.benchmark.published import PublishedRow


def test_bars_have_the_heights_of_the_means_and_published_ones_are_hatched():
    figures = {name: {"mean": value, "low": value - 1, "high": value + 1}
               for name, value in {"fm": 80.0, "pfm": 85.0, "psnr": 16.0, "drd": 7.0}.items()}  # fmt: skip
    groups = {"2012": {"pages": 3, "methods": {"otsu": figures, "pulih": figures}}}
    published = (
        PublishedRow(group="2012", method="Otsu", fm=70, source="s"),
        PublishedRow(group="2018", method="Otsu", fm=60, source="s"),
    )
    panels = chart.draw(groups, published).axes
    first = [(bar.get_height(), bar.get_hatch()) for bar in panels[0].patches]
    assert first == [(80.0, None), (80.0, None), (70, "///")]
    assert [bar.get_height() for bar in panels[3].patches] == [7.0, 7.0]
