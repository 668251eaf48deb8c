#!/bin/sh
# Makes or updates Temporal's two databases. Runs in the admin-tools image, which holds the schemas of its own version.
# Connection by POSTGRES_SEEDS, DB_PORT, POSTGRES_USER and SQL_PASSWORD. May be repeated.
set -eu
schemas=/etc/temporal/schema/postgresql/v12

tool() {
  temporal-sql-tool --plugin "$DB" --ep "$POSTGRES_SEEDS" -p "$DB_PORT" -u "$POSTGRES_USER" --db "$database" "$@"
}

prepare() {
  database=$1
  folder=$2
  # Both are refused for a database that exists, which is as good; what really fails fails again in the update.
  tool create || true
  tool setup-schema -v 0.0 || true
  tool update-schema -d "$schemas/$folder/versioned"
}

prepare "$DBNAME" temporal
prepare "$VISIBILITY_DBNAME" visibility
