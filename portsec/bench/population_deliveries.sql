-- Of the newest {told} alerts: a delivery for each recipient, three in four answered.
INSERT INTO delivery_delivery (
  id, entry_id, kind, object_id, version, sender_id, recipient_id, channel, state, reason, created_at, delivered_at, acknowledge_by,
  acknowledged_at, carried_over, remark, answered_through, answered_for, escalation_steps, escalation_step)
SELECT uuidv7(), e.id, 'alert', e.object_id, 1, e.owner_id, o.id, 'dashboard', CASE WHEN e.seq % 4 = 0 THEN 'delivered' ELSE 'acknowledged' END,
       '', e.at, e.at, e.at + interval '15 minutes', CASE WHEN e.seq % 4 = 0 THEN NULL ELSE e.at + interval '3 minutes' END, false, '',
       CASE WHEN e.seq % 4 = 0 THEN '' ELSE 'dashboard' END, '', '[]', 0
FROM journal_entry e
JOIN access_audiencegrant g ON g.content_object_id = e.audience_id
JOIN bench_organisation o ON o.group_id = g.group_id AND o.id <> e.owner_id
WHERE e.seq > {records} - {told};
