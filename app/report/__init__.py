"""Use case: documents that leave the house: of the published run, of a proposal, of a period."""

from app.report.activity import Period, read_period, write_activity
from app.report.annex import write_annex
from app.report.council import write_council
from app.report.letter import write_letter
from app.report.pdf import write_report
from app.report.recommendations import write_recommendations
from app.report.riskmap import write_risk_map

__all__ = [
    "Period",
    "read_period",
    "write_activity",
    "write_annex",
    "write_council",
    "write_letter",
    "write_recommendations",
    "write_report",
    "write_risk_map",
]
