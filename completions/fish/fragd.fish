# SPDX-License-Identifier: LGPL-2.1-or-later
# Completion of fragd(8) for fish.

complete -c fragd -f
complete -c fragd -s c -l config -r -F -d "configuration"
complete -c fragd -l policy -x -d "follow this policy, whatever the configuration says"
complete -c fragd -l observe -d "watch and say what would be done, change nothing"
complete -c fragd -l for -x -d "end after this long (20s, 2h)"
complete -c fragd -l user -x -a '(__fish_complete_users)' -d "whom to become after the start"
complete -c fragd -l actor -r -F -d "fragd-actor, the part that keeps privilege"
complete -c fragd -l taskstats -r -F -d "fragd-taskstats, which asks what processes waited for"
complete -c fragd -l metrics -x -a '127.0.0.1:10816' -d "serve metrics at this address"
complete -c fragd -l root -x -a '(__fish_complete_directories)' -d "a recorded or fake machine instead of /"
complete -c fragd -l runtime-dir -x -a '(__fish_complete_directories)' -d "sockets and baseline"
complete -c fragd -l state-dir -x -a '(__fish_complete_directories)' -d "what is kept across restarts"
complete -c fragd -l trace -r -F -d "record all that is decided on"
complete -c fragd -l log -x -a 'auto journal stderr' -d "auto, journal or stderr"
complete -c fragd -l once -d "print one sample and what would be decided"
complete -c fragd -l json -d "with --once: JSON"
complete -c fragd -l check-config -d "print every error of a configuration"
complete -c fragd -n '__fish_seen_argument -l check-config' -F
complete -c fragd -l list-options -d "print the options of the configuration"
complete -c fragd -s h -l help -d "print this"
complete -c fragd -l version -d "print the version"
