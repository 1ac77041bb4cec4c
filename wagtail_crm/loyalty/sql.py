"""SQL that the ORM cannot say. ``{counting}`` is a query compiled by the ORM, never user text."""

# What counts for the ranks of some accounts: the points, the oldest entry without which (and
# without what is older) the rank would be lower, the oldest without which it might be another, and
# the points that the next rank needs.
# A correction that ends may let somebody rise, so it is always looked at.
STANDINGS = """
WITH counting (account_id, at, id, amount) AS ({counting}), sums AS (
    SELECT account_id, at, amount,
        sum(amount) OVER (PARTITION BY account_id) AS points,
        coalesce(sum(amount) OVER (
            PARTITION BY account_id ORDER BY at DESC, id DESC
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), 0) AS rest
    FROM counting
), steps AS (
    SELECT account_id, at, amount, points,
        (SELECT count(*) FROM wagtail_crm_loyalty_rank AS ladder
         WHERE NOT ladder.is_ending AND ladder.points <= sums.points) AS step,
        (SELECT count(*) FROM wagtail_crm_loyalty_rank AS ladder
         WHERE NOT ladder.is_ending AND ladder.points <= sums.rest) AS step_of_rest
    FROM sums
)
SELECT account_id, max(points), min(at) FILTER (WHERE step_of_rest < step),
    min(at) FILTER (WHERE step_of_rest <> step OR amount < 0),
    (SELECT min(ladder.points) FROM wagtail_crm_loyalty_rank AS ladder
     WHERE NOT ladder.is_ending AND ladder.points > max(steps.points))
FROM steps GROUP BY account_id
"""
