-- The roles of a PortSec database, and what each may do. Run it with psql as a superuser in the new, empty database:
--
--     PORTSEC_OWNER_PASSWORD=… PORTSEC_APP_PASSWORD=… PORTSEC_SYSTEM_PASSWORD=… psql -d portsec -f roles.sql
--
-- It may run again at any time, for instance to change a password. PostgreSQL 17 or later.
-- No role here is a superuser or may bypass row security: the policies hold for every one of them.

\set ON_ERROR_STOP on
\getenv owner_password PORTSEC_OWNER_PASSWORD
\getenv app_password PORTSEC_APP_PASSWORD
\getenv system_password PORTSEC_SYSTEM_PASSWORD

SET client_min_messages = warning;

SELECT format('CREATE ROLE %I', name)
  FROM unnest(ARRAY['portsec_owner', 'portsec_app', 'portsec_system', 'portsec_definer']) AS name
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec

-- Migrations run as the owner. The application and the system role own nothing. The definer owns the functions that
-- look past row security on purpose; nobody signs in as it.
ALTER ROLE portsec_owner   LOGIN   NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD :'owner_password';
ALTER ROLE portsec_app     LOGIN   NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD :'app_password';
ALTER ROLE portsec_system  LOGIN   NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD :'system_password';
ALTER ROLE portsec_definer NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION;

-- A migration may hand a function over to the definer (SET), but the owner does not itself see what the definer sees.
GRANT portsec_definer TO portsec_owner WITH INHERIT FALSE, SET TRUE;

ALTER DATABASE :"DBNAME" OWNER TO portsec_owner;
REVOKE ALL ON DATABASE :"DBNAME" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"DBNAME" TO portsec_owner, portsec_app, portsec_system, portsec_definer;

ALTER SCHEMA public OWNER TO portsec_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO portsec_app, portsec_system, portsec_definer;
GRANT CREATE ON SCHEMA public TO portsec_definer;  -- PostgreSQL asks this of a function's new owner

-- What later migrations create is usable at once, within its row policies. TRUNCATE, which ignores them, is not granted.
ALTER DEFAULT PRIVILEGES FOR ROLE portsec_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO portsec_app, portsec_system, portsec_definer;
ALTER DEFAULT PRIVILEGES FOR ROLE portsec_owner IN SCHEMA public
    GRANT USAGE, SELECT ON SEQUENCES TO portsec_app, portsec_system, portsec_definer;

-- Search: similar spellings, and letters without their accents.
CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;
CREATE EXTENSION IF NOT EXISTS unaccent WITH SCHEMA public;
