#!/usr/bin/env bash
# The gate as the action runs it; FOLDER, SPECS, FRESH and SARIF are its inputs.
set -euo pipefail
options=()
if [[ -n ${SARIF:-} ]]; then options+=(--sarif "$(realpath -m "$SARIF")"); fi
if [[ ${FRESH:-false} == true ]]; then options+=(--fresh); fi
read -ra specs <<<"${SPECS:-}"
cd "${FOLDER:-.}"
exec checker gate "${options[@]}" -- "${specs[@]}"
