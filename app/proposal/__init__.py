"""Use case: a plan is put forward, goes through the chain, comes back with a reason or is approved.

The papers are signed in the institution's document system (EBYS); here each step keeps its number and date.
"""

from app.proposal.chain import Decision, decide, send, withdraw
from app.proposal.content import Content, read_content
from app.proposal.draft import draft, edit, listing, one

__all__ = [
    "Content",
    "Decision",
    "decide",
    "draft",
    "edit",
    "listing",
    "one",
    "read_content",
    "send",
    "withdraw",
]
