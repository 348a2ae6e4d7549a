# Unmovable memory and a boost that is switched off: fragd raises it as a standing value. Then the admin
# writes another: it is theirs from then on, and stays when fragd goes.
boost=/proc/sys/vm/watermark_boost_factor
raised() {
        [ "$(cat $boost)" -ne 0 ]
}
quiet_kernel
echo 0 >$boost
memory pin leave="$(above_watermarks 6)"
huge_pages 2% 3% '"compact", "boost"'
fragd_start
until_true 300 raised
text raised "$(cat $boost)"
json knobs-ours fragctl --json knobs
echo 777 >$boost
until_true 60 has knob-yielded fragctl --json log
text time "$(now)"
sleep 150
text time "$(now)"
text kept "$(cat $boost)"
json knobs-theirs fragctl --json knobs
json log fragctl --json log
fragd_stop
text after "$(cat $boost)"
