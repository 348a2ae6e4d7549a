# A process waits in direct compaction, and asks the kernel itself how long; another one does so that was started before delay
# accounting was switched on: fragd knows of it from trace events, and the kernel's own trace of the same events is the witness. fragd
# does nothing here but look.
switch=/proc/sys/kernel/task_delayacct
tracing=/sys/kernel/tracing
witness=$tracing/instances/witness
# stall NAME: that program under that name, with memory as fragmented as before. Its pid: $stalled.
stall() {
        cp /bin/stall "/tmp/$1"
        rm -f "/tmp/$1.out"
        "/tmp/$1" blocks="$2" wait="/tmp/$1.go" out="/tmp/$1.out" raw="/tmp/$1.raw" &
        stalled=$!
}
tracing() {
        fragctl --json stalls | tr -d ' \n' | grep -q '"source":"trace","state":"on"'
}
# Runs and microseconds of a process by the witness.
witnessed() {
        awk -v pid="$1" '/mm_compaction_(begin|end):/ {
                task = $1
                sub(/.*-/, "", task)
                if (task != pid) next
                for (i = 2; $i !~ /^mm_compaction_/; i++) at = $i + 0
                if (/_begin:/) began = at
                else { runs++; sum += at - began }
        } END { printf "%d %d\n", runs, sum * 1000000 }' $witness/trace
}
mount -t tracefs tracefs $tracing
mkdir $witness
echo 4096 >$witness/buffer_size_kb
echo mono >$witness/trace_clock
echo 1 >$witness/events/compaction/mm_compaction_begin/enable
echo 1 >$witness/events/compaction/mm_compaction_end/enable
echo 2 >/proc/sys/kernel/perf_event_paranoid
quiet_kernel
memory hog leave="$(above_watermarks 6)"
echo always >/sys/kernel/mm/transparent_hugepage/defrag
config 'policy = "observe"; stalls: { watch = [ "postgres", "early" ]; };'
stall early 8
early=$stalled
[ -e $switch ] && echo 1 >$switch
fragd_start
until_true 60 tracing
json quiet fragctl --json stalls
stall postgres 12
text pid "$stalled"
: >/tmp/early.go
: >/tmp/postgres.go
until_true 100 have /tmp/early.out
until_true 100 have /tmp/postgres.out
lines measured /tmp/postgres.out
text vmstat "$(awk '$1 == "compact_stall" { print $2 }' /proc/vmstat)"
# A look may have been going on before the last stall: the next one has all. A kernel before 5.17 has no figures.
count=$(cut -d ' ' -f 2 /tmp/postgres.out)
until_true 60 has "\"compactions\": *$count\|\"old-kernel\"" fragctl --json stalls
# What it recorded is ten milliseconds old before it is taken, and a second lies between two looks.
until_true 60 has '"runs"' fragctl --json stalls
sleep 1.2
json stalls fragctl --json stalls
json explain fragctl --json explain
text witnessed-early "$(witnessed "$early")"
text witnessed-postgres "$(witnessed "$stalled")"
grep -h overrun $witness/per_cpu/cpu*/stats | lines overrun
fragctl stalls >/tmp/out
lines said /tmp/out
json status fragctl --json status
fragctl explain >/tmp/out
lines explained /tmp/out
grep -e ^Uid -e ^Cap /proc/"$(pidof fragd-taskstats)"/status | lines privileges-helper
fragd_stop
