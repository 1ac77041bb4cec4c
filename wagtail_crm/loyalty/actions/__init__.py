"""Every change of points and of ranks."""

from .points import (
    adjust_points,
    award_missed_points,
    award_points,
    forfeit_points,
    forfeit_points_of_withdrawn,
    give_points,
    spend_points,
)
from .ranks import (
    ask_recount_if_needed,
    end_ranks,
    end_ranks_of_withdrawn,
    let_time_pass,
    recount,
    recount_next_batch,
    settle_members,
)

__all__ = [
    "adjust_points",
    "ask_recount_if_needed",
    "award_missed_points",
    "award_points",
    "end_ranks",
    "end_ranks_of_withdrawn",
    "forfeit_points",
    "forfeit_points_of_withdrawn",
    "give_points",
    "let_time_pass",
    "recount",
    "recount_next_batch",
    "settle_members",
    "spend_points",
]
