# Counting and showing results of test programs. Sourced after common.sh by scripts/test.

passed=0
failed=0
failures=()  # names of what failed, for the end
step_started=$SECONDS

# step TITLE: announces a part of the run.
step() {
    step_started=$SECONDS
    printf '\n'
    say "$*"
}

# tally NAME PASSED FAILED [LOG]: adds to the totals; on a failure shows the end of the log. What took long says so.
tally() {
    local name=$1 ok=$2 bad=$3 log=${4:-} took=""
    if [ -f "$log.seconds" ] && [ "$(cat "$log.seconds")" -ge 10 ]; then took=" ($(cat "$log.seconds") s)"; fi
    passed=$((passed + ok))
    failed=$((failed + bad))
    if [ "$bad" -eq 0 ]; then
        printf '   ok    %-34s %s passed%s\n' "$name" "$ok" "$took"
        return
    fi
    failures+=("$name")
    printf '   FAIL  %-34s %s passed, %s failed%s\n' "$name" "$ok" "$bad" "$took"
    [ -z "$log" ] || tail -n 80 "$log" | awk '{ print "         " $0 }'
}

# check NAME COMMAND…: one test, passed if the command succeeds.
check() {
    local name=$1 log=$logs/check-${1//[^a-z0-9]/-}.log
    shift
    if quietly "$log" "$@" 2> /dev/null; then tally "$name" 1 0; else tally "$name" 0 1 "$log"; fi
}

# skip NAME WHY: says that something isn't tested.
skip() { printf '   skip  %-34s %s\n' "$1" "$2"; }

step_took() { printf '   (%d s)\n' $((SECONDS - step_started)); }

# The counts that a program's log ends with, as "PASSED FAILED": the line `N passed, N failed`, or busted's summary.
# A program that ended with another status than its counts explain, or without counts, has failed once more.
counts_of() {
    local log=$1 status=$2
    awk -v status="$status" '
        /^[0-9]+ passed, [0-9]+ failed$/ { ok = $1; bad = $3; known = 1 }
        /^[0-9]+ success(es)? \/ [0-9]+ failures? \/ [0-9]+ errors? \// { ok = $1; bad = $4 + $7; known = 1 }
        END { if (!known || (status != 0 && bad == 0)) bad++; printf "%d %d\n", ok, bad }' "$log"
}

# run_logged LOG COMMAND…: runs with a time limit; the status goes to LOG.status. (A job of run_all.)
run_logged() {
    local log=$1 status=0 started=$SECONDS
    shift
    timeout -k 10 "${TEST_TIMEOUT:-600}" "$@" > "$log" 2>&1 < /dev/null || status=$?
    [ "$status" -ne 124 ] || printf '\ntimed out after %s s\n' "${TEST_TIMEOUT:-600}" >> "$log"
    printf '%s\n' "$status" > "$log.status"
    printf '%s\n' $((SECONDS - started)) > "$log.seconds"
}
export -f run_logged

# run_all GROUP: reads lines `NAME<tab>COMMAND` and runs them, as many at once as there are processors; then tallies
# them in the order they came.
run_all() {
    local group=$1 names=() lines=() line name log
    mapfile -t lines
    mkdir -p "$logs/$group"
    for line in "${lines[@]}"; do names+=("${line%%$'\t'*}"); done
    [ ${#lines[@]} -gt 0 ] || return 0
    printf '%s\n' "${lines[@]}" | tr '\t\n' '\0\0' |
        xargs -0 -n 2 -P "$(nproc)" bash -c 'run_logged "$0/$1.log" bash -c "$2"' "$logs/$group" || true
    for name in "${names[@]}"; do
        log=$logs/$group/$name.log
        read -r ok bad < <(counts_of "$log" "$(cat "$log.status" 2> /dev/null || printf 255)")
        tally "$name" "$ok" "$bad" "$log"
        show_skips "$log"
    done
}

# What the tests themselves left out, so that it is seen: lines "skipped: …" of C tests, pending specs of busted.
show_skips() {
    awk '/^(skipped|skip): / { names[n++] = $0 }
         /^Pending / { getline; names[n++] = "skipped: " $0 }
         END { for (i = 0; i < n && i < 5; i++) print "         " names[i]
               if (n > 5) printf "         skipped: %d more\n", n - 5 }' "$1" 2> /dev/null || true
}

# The very last thing that is printed, also when the script ends early.
finish() {
    local status=$?
    trap - EXIT
    printf '\n'
    if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then failed=1; fi
    [ ${#failures[@]} -eq 0 ] || printf 'failed: %s\n' "${failures[*]}"
    say "finished after $SECONDS s"
    printf '%d passed, %d failed\n' "$passed" "$failed"
    if [ "$failed" -gt 0 ] || [ "$passed" -eq 0 ]; then exit 1; fi
    exit "$status"
}
