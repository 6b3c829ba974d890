from geo.layers import LayerCode, LayerFinding
from survey.layerfile import problems_of, questions_of
from survey.problems import Code


def test_every_code_of_a_layer_is_in_the_catalogue():
    assert {str(code) for code in LayerCode} <= {str(code) for code in Code}


def test_findings_split_into_problems_and_questions():
    findings = (
        LayerFinding(LayerCode.RING, 4, detail="ring not closed"),
        LayerFinding(LayerCode.CRS_MISSING, choices=("EPSG:4326", "EPSG:5254")),
    )
    assert [(p.code, p.row) for p in problems_of(findings)] == [(Code.LAYER_RING, 5)]
    assert [q.option for q in questions_of(findings, what="a.zip")] == ["--crs EPSG:4326"]
