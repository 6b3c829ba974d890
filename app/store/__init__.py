"""PostGIS: private server, logins, sessions, tables, queries, keys, backup, migrations."""
