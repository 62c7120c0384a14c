-- Fills an empty database of bench_lists as the system role; population.py puts the numbers in.
-- Steps are divided by lines that begin with "--:", and each has its title there.

--: Regions
INSERT INTO access_region (id, name, coordinator_sees_deliveries, created_at)
SELECT uuidv7(), 'Bench region ' || n, true, now() FROM generate_series(0, {regions} + 1) AS n;

INSERT INTO bench_region (place, id)
SELECT split_part(name, ' ', 3)::int, id FROM access_region WHERE name LIKE 'Bench region %';

INSERT INTO access_region_linked (from_region_id, to_region_id)
SELECT a.id, b.id FROM bench_region a JOIN bench_region b ON a.place / 2 = b.place / 2 AND a.place <> b.place
WHERE greatest(a.place, b.place) < {regions};

--: Organisations
INSERT INTO auth_group (name) SELECT 'bench organisation ' || n FROM generate_series(0, {organisations} - 1) AS n;

-- The last one is sparse: an agency that is alone in the last region.
INSERT INTO access_organisation (id, name, kind, time_zone, group_id, is_active, password_allowed, created_at)
SELECT uuidv7(), 'Bench organisation ' || n,
       CASE WHEN n = {organisations} - 1 THEN 'agency' WHEN n / {regions} % 25 = 24 THEN 'coordination_body'
            WHEN n / {regions} % 5 = 4 THEN 'agency' ELSE 'port' END,
       'UTC', g.id, true, true, now()
FROM generate_series(0, {organisations} - 1) AS n JOIN auth_group g ON g.name = 'bench organisation ' || n;

INSERT INTO bench_organisation (place, id, group_id, region)
SELECT split_part(name, ' ', 3)::int, id, group_id,
       CASE WHEN split_part(name, ' ', 3)::int = {organisations} - 1 THEN {regions} ELSE split_part(name, ' ', 3)::int % {regions} END
FROM access_organisation WHERE name LIKE 'Bench organisation %';

INSERT INTO access_regionmembership (region_id, organisation_id, joined_at)
SELECT r.id, o.id, now() FROM bench_organisation o JOIN bench_region r ON r.place = o.region;

-- The last region is wide: from it two hundred can be named. Nothing is ever sent to it as a whole.
INSERT INTO access_regionmembership (region_id, organisation_id, joined_at)
SELECT r.id, o.id, now() FROM bench_organisation o JOIN bench_region r ON r.place = {regions} + 1
WHERE o.place <= {named_at_once} AND o.place < {organisations} - 1;

--: People
INSERT INTO access_user (id, email, name, password, is_service, is_active, is_staff, is_superuser, theme, single_key_shortcuts, date_joined)
SELECT uuidv7(), 'bench.' || n || '@bench.invalid', 'Bench ' || n, '!', false, true, false, false, '', true, now()
FROM generate_series(0, {users} - 1) AS n;

INSERT INTO access_membership (id, user_id, organisation_id, role, is_active, created_at)
SELECT uuidv7(), u.id, o.id, CASE WHEN n < {organisations} THEN 'security_officer' ELSE 'staff' END, true, now()
FROM (SELECT id, split_part(name, ' ', 2)::int AS n FROM access_user WHERE email LIKE 'bench.%') u
JOIN bench_organisation o ON o.place = u.n % {organisations};

UPDATE bench_organisation o SET officer = m.user_id
FROM access_membership m WHERE m.organisation_id = o.id AND m.role = 'security_officer';

--: Audiences
-- The deck holds what records are dealt to: the rules of each region, the first region's before the others, then named sets.
INSERT INTO access_audience (id, key, kind, region_id, owner_id)
SELECT uuidv7(), 'own:' || id, 'own', NULL, id FROM bench_organisation;

WITH made AS (
  INSERT INTO access_audience (id, key, kind, region_id, owner_id)
  SELECT uuidv7(), prefix || ':' || id, rule, id, NULL
  FROM bench_region, (VALUES ('ports', 'region_ports'), ('region', 'region'), ('linked', 'linked_regions')) AS rules (prefix, rule)
  WHERE place < {regions}
  RETURNING id, region_id
)
INSERT INTO bench_deck (place, audience, region)
SELECT row_number() OVER (ORDER BY r.place, made.id) - 1, made.id, r.place FROM made JOIN bench_region r ON r.id = made.region_id;

WITH made AS (
  INSERT INTO access_audience (id, key, kind, region_id, owner_id)
  SELECT uuidv7(), 'named:' || o.id || ':' || n, 'named', NULL, o.id
  FROM generate_series(0, {named} - 1) AS n JOIN bench_organisation o ON o.place = n % ({organisations} - 1)
  RETURNING id, owner_id, split_part(key, ':', 3)::int AS n
)
INSERT INTO bench_deck (place, audience, owner)
SELECT 3 * {regions} + made.n, made.id, o.place FROM made JOIN bench_organisation o ON o.id = made.owner_id;

--: Grants
INSERT INTO access_audiencegrant (group_id, permission_id, content_object_id)
SELECT o.group_id, app_view_permission(), a.id FROM access_audience a JOIN bench_organisation o ON o.id = a.owner_id;

INSERT INTO access_audiencegrant (group_id, permission_id, content_object_id)
SELECT o.group_id, app_view_permission(), a.id
FROM access_audience a CROSS JOIN LATERAL app_rule_members(a.kind, a.region_id) AS member JOIN bench_organisation o ON o.id = member
WHERE a.region_id IS NOT NULL;

-- Up to two neighbours of the owner; the first set is the sparse organisation's.
INSERT INTO access_audiencegrant (group_id, permission_id, content_object_id)
SELECT DISTINCT o.group_id, app_view_permission(), d.audience
FROM bench_deck d CROSS JOIN LATERAL generate_series(1, 2) AS k
JOIN bench_organisation o ON o.place = (d.owner + {regions} * (1 + (d.place / 7 + 3 * k) % 9)) % ({organisations} - 1)
WHERE d.owner IS NOT NULL AND o.place <> d.owner AND d.place <> 3 * {regions} AND k <= d.place % 3;

INSERT INTO access_audiencegrant (group_id, permission_id, content_object_id)
SELECT o.group_id, app_view_permission(), d.audience
FROM bench_deck d JOIN bench_organisation o ON o.place = {organisations} - 1 WHERE d.place = 3 * {regions};
