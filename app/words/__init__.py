"""What a plan says, in words: the same sentences and tables on screens, in documents and terminals."""

from app.words.balance import balance_lines, balance_table
from app.words.certainty import certainty_lines, inclusion_table, near_table
from app.words.costs import beside_lines, cost_table
from app.words.fairness import access_table, district_table, frontier_table
from app.words.figures import Table
from app.words.journeys import travel_line, travel_lines
from app.words.order import order_lines, phase_table
from app.words.proof import proof_lines
from app.words.reasons import pin_table, reason_table, served_table, why_not_table

__all__ = [
    "Table",
    "access_table",
    "balance_lines",
    "balance_table",
    "beside_lines",
    "certainty_lines",
    "cost_table",
    "district_table",
    "frontier_table",
    "inclusion_table",
    "near_table",
    "order_lines",
    "phase_table",
    "pin_table",
    "proof_lines",
    "reason_table",
    "served_table",
    "travel_line",
    "travel_lines",
    "why_not_table",
]
