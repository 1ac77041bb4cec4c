"""SQL that the ORM cannot say, or not fast enough.

``{recipients}`` is a query compiled by the ORM, never user text.
"""

# Makes the outbox of a campaign: one waiting mail for each recipient, and no second one for
# anybody. The WHERE clause is needed by SQLite to tell ON CONFLICT from a join condition. Each row
# locks its member: in one order, so that no two who lock many wait in a ring.
FILL_OUTBOX = """
INSERT INTO wagtail_crm_mail_delivery
    (campaign_id, member_id, status, reason, error, attempts, due_at, message_id, logged)
SELECT %s, recipient.id, 'pending', '', '', 0, %s, '', %s
FROM ({recipients}) AS recipient
WHERE true
ORDER BY recipient.id
ON CONFLICT (campaign_id, member_id) DO NOTHING
"""

# Writes down that a mail was sent. Run once for every mail, it is worth not being compiled anew.
MARK_SENT = """
UPDATE wagtail_crm_mail_delivery
SET status = 'sent', sent_at = %s, message_id = %s, claim = NULL WHERE id = %s
"""
