#!/bin/sh
# Makes the namespace and Holdpoint's search attributes (src/workflows/messages.ts). May be repeated.
set -eu

temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1 ||
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention 30d

known() {
  temporal operator search-attribute list --namespace "$TEMPORAL_NAMESPACE" "$@"
}

# The server takes some seconds to see a namespace that it has just made.
tries=0
until known >/dev/null 2>&1; do
  tries=$((tries + 1))
  [ "$tries" -lt 60 ] || { known; exit 1; }
  sleep 1
done

attribute() {
  known | grep -q "^ *$1 " ||
    temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" --name "$1" --type "$2"
}

attribute HoldpointProject Keyword
attribute HoldpointState Keyword
attribute HoldpointWaitingFor KeywordList
attribute HoldpointHost Keyword
attribute HoldpointCostUsd Double
