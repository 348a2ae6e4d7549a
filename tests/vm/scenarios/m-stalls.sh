# A process waits in direct compaction, and asks the kernel itself how long; another one does so that was started before delay
# accounting was switched on. fragd does nothing here but look.
switch=/proc/sys/kernel/task_delayacct
# stall NAME: that program under that name, with memory as fragmented as before. Its pid: $stalled.
stall() {
        cp /bin/stall "/tmp/$1"
        rm -f "/tmp/$1.out"
        "/tmp/$1" blocks="$2" wait="/tmp/$1.go" out="/tmp/$1.out" raw="/tmp/$1.raw" &
        stalled=$!
}
quiet_kernel
memory hog leave="$(above_watermarks 6)"
echo always >/sys/kernel/mm/transparent_hugepage/defrag
config 'stalls: { watch = [ "postgres", "early" ]; };'
stall early 4
[ -e $switch ] && echo 1 >$switch
fragd_start --observe
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
json stalls fragctl --json stalls
json explain fragctl --json explain
fragctl stalls >/tmp/out
lines said /tmp/out
json status fragctl --json status
grep -e ^Uid -e ^Cap /proc/"$(pidof fragd-taskstats)"/status | lines privileges-helper
fragd_stop
