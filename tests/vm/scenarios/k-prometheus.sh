# A Prometheus in the guest scrapes fragd for some minutes while memory is fragmented and repaired. Then it is asked for each panel
# of the dashboard, and for what fragctl says at the same instants.
port=9090
# api PATH [BODY]: what its HTTP API answers.
api() {
        wget -qO- ${2:+--post-data "$2"} "http://127.0.0.1:$port/api/v1/$1"
}
# value EXPRESSION: the only value of a query without blanks.
value() {
        api query "query=$1" | sed -n 's/.*"value":\[[^,]*,"\([^"]*\)".*/\1/p'
}
at_least() {
        awk -v a="$(value "$1")" -v b="$2" 'BEGIN { exit !(a != "" && a + 0 >= b + 0) }'
}
samples() {
        fragctl --json status | sed -n 's/.*"samples": *\([0-9]*\).*/\1/p'
}
# A look by fragctl, a scrape, another look; of one sample of fragd's, so that nothing may differ but the time.
look() {
        first=$(samples)
        fragctl --json status >/tmp/before
        fragctl --json log >/tmp/before-log
        seen=$(value fragd_scrapes_total)
        poll=1 until_true 60 at_least fragd_scrapes_total $((seen + 1))
        # the samples of one scrape come one by one
        sleep 1
        api query 'query=%7Bjob%3D%22fragd%22%7D' >/tmp/found
        fragctl --json status >/tmp/after
        fragctl --json log >/tmp/after-log
        [ "$first" = "$(samples)" ]
}
look_as() {
        poll=2 until_true 300 look
        for what in before before-log found after after-log; do
                json "$1-$what" cat "/tmp/$what"
        done
}

quiet_kernel
prometheus --config.file=/etc/prometheus.yml --storage.tsdb.path=/tmp/tsdb --web.listen-address=127.0.0.1:$port \
        --log.level=warn >/tmp/prometheus.log 2>&1 &
until_true 120 api status/buildinfo
config 'policy = "balanced";'
fragd_start --metrics 127.0.0.1:10816
started=$(date +%s)
until_true 120 at_least fragd_scrapes_total 2
fragctl pause 1h >/dev/null
memory hog leave="$(above_watermarks 6)"
until_true 60 has '"fragmented"' fragctl --json status
look_as fragmented
# Some minutes pass in which it stays so: that is what attainment counts.
sleep 60
fragctl resume >/dev/null
until_true 300 has '"gained"\|"no-gain"' fragctl --json log
until_true 60 has '"met"' fragctl --json status
# Something to be alarmed about.
config 'policy = "no-such-policy";'
kill -HUP "$fragd_pid"
sleep 60
look_as met
until_true 120 has '"alertname"' api query 'query=ALERTS'
api rules >/tmp/rules
json rules cat /tmp/rules
text started "$started"
while IFS='|' read -r name path body; do
        body=$(echo "$body" | sed "s/@START@/$started/; s/@END@/$(date +%s)/")
        json "$name" api "$path" "$body"
done </etc/queries
lines prometheus /tmp/prometheus.log
fragd_stop
