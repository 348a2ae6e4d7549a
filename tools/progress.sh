# SPDX-License-Identifier: LGPL-2.1-or-later
# progress.sh - what takes long shows on a terminal how far it is, and nothing elsewhere. Sourced by bash.
# shellcheck shell=bash

# A line of output in words: apt-get's own status (pmstatus:PACKAGE:PERCENT:WORDS), or as it is.
progress_words() {
        local percent words
        case $1 in
        pmstatus:*:*:* | dlstatus:*:*:*)
                IFS=: read -r _ _ percent words <<<"$1"
                printf '%3d%% %s' "${percent%%.*}" "$words"
                ;;
        *) printf '%s' "$1" ;;
        esac
}

# progress_run LOG COMMAND...: runs it with its output in LOG, and its status. Where standard error is a terminal, the last line
# of the output stands there until the end.
progress_run() {
        local log=$1 line width status
        shift
        if ! [ -t 2 ] || [ "${TERM:-dumb}" = dumb ]; then
                "$@" >"$log" 2>&1
                return
        fi
        width=$(stty size <&2 2>/dev/null) width=${width#* }
        [ "${width:-0}" -ge 10 ] || width=80
        "$@" 2>&1 | tee "$log" | while IFS= read -r line; do
                line=$(progress_words "${line//[[:cntrl:]]/}")
                [ -z "$line" ] || printf '\r\033[K%.*s' $((width - 1)) "$line" >&2
        done
        status=${PIPESTATUS[0]}
        printf '\r\033[K' >&2
        return "$status"
}
