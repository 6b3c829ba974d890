"""What more interviews are worth to a decision, and where to hold them."""

from models.sampling.value import FieldPlan, SurveyValue, interview_value, survey_value

__all__ = ["FieldPlan", "SurveyValue", "interview_value", "survey_value"]
