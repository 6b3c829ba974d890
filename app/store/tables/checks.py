"""Schema `plan`: what the checks of a run's models found."""

import datetime as dt

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.store.tables.base import Base, Json


class RunCheck(Base):
    """The newest checks of one run; no area's count or rate is in them."""

    __tablename__ = "run_checks"
    __table_args__ = {"schema": "plan"}  # noqa: RUF012 SQLAlchemy reads it as written

    run_id: Mapped[int] = mapped_column(
        ForeignKey("plan.runs.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    at: Mapped[dt.datetime]
    actor: Mapped[str]
    content: Mapped[Json]
