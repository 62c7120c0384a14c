-- Alerts {first} to {last}, oldest first, each with its message and its numbered entry, in one statement.
-- A tenth goes to the rules of the first region, half to those of the others, the rest to named sets; every so often one to
-- the set of the sparse organisation. `h` scatters the numbers, the same way in every run.
WITH dealt AS (
  SELECT n, h, CASE
    WHEN n % {sparse_every} = 0 THEN 3 * {regions}
    WHEN h % 100 < 10 THEN h / 100 % 3
    WHEN h % 100 < 60 THEN 3 + h / 100 % (3 * ({regions} - 1))
    ELSE 3 * {regions} + 1 + h / 100 % ({named} - 1) END AS place
  FROM (SELECT n, n::bigint * 2654435761 % 4294967296 / 16 AS h FROM generate_series({first}::bigint, {last}::bigint) AS n) AS numbers
), sent AS (
  SELECT n, h, d.audience, o.id AS owner, o.officer, now() - interval '3 years' * (1 - n::float / {records}) AS at
  FROM dealt JOIN bench_deck d USING (place)
  JOIN bench_organisation o ON o.place = coalesce(d.owner, d.region + {regions} * (h / 7 % (({organisations} - 1) / {regions})))
), alert AS (
  INSERT INTO incidents_alert (
    id, owner_id, audience_id, headline, description, instruction, urgency, severity, certainty, areas, expires_at, ref_id, state, version,
    event, category, response_types, tlp, is_exercise, effective_at, wish, wished_persons, created_by_id, created_at, updated_at,
    published_at, published_by_id, ended_at)
  SELECT uuidv7(), owner, audience, 'Unlit craft near breakwater ' || h % 977, repeat('A boat without lights circles the outer breakwater. ', 3),
         'Look over your outer anchorage and report any unlit craft.', 'Immediate',
         CASE WHEN h % 1000 < 10 THEN 'Extreme' WHEN h % 1000 < 100 THEN 'Severe' WHEN h % 1000 < 400 THEN 'Moderate' ELSE 'Minor' END,
         'Observed', '[]', at + interval '12 hours', 'ALR-' || n, CASE WHEN n > {records} * 0.998 THEN 'active' ELSE 'expired' END, 1,
         'Suspicious craft', '{{Security}}', '{{}}', 'GREEN', h % 50 = 0, at, '{{}}', '{{}}', officer, at, at, at, officer,
         CASE WHEN n > {records} * 0.998 THEN NULL ELSE at + interval '12 hours' END
  FROM sent RETURNING *
), message AS (
  INSERT INTO incidents_alertmessage (
    id, alert_id, owner_id, audience_id, headline, description, instruction, urgency, severity, certainty, areas, expires_at, version, type,
    note, asks_again, sent_at, sent_by_id)
  SELECT uuidv7(), id, owner_id, audience_id, headline, description, instruction, urgency, severity, certainty, areas, expires_at, 1, 'Alert',
         '', false, published_at, published_by_id FROM alert
)
INSERT INTO journal_entry (id, owner_id, audience_id, seq, at, verb, kind, object_id, actor_id, summary, row, before, after, request_id)
SELECT uuidv7(), owner_id, audience_id, substr(ref_id, 5)::bigint, published_at, 'alert.published', 'alert', id, published_by_id,
       'Bench organisation sent ' || ref_id || ': ' || headline,
       jsonb_build_object('ref_id', ref_id, 'headline', headline, 'instruction', instruction, 'severity', severity, 'tlp', tlp,
                          'state', 'active', 'version', 1, 'published_at', published_at, 'expires_at', expires_at),
       '{{}}', '{{}}', ''
FROM alert;
