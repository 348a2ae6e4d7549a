# SPDX-License-Identifier: LGPL-2.1-or-later
# Completion of fragctl(1) for fish. Policies and nodes are asked of the fragd that runs; where none does, there are none to offer.

# The words before the cursor that are neither options nor their values, a line each; or with --where, the option that names
# fragd's directory.
function __fragctl_words
    set -l words (commandline -opc)
    set -l option
    set -e words[1]
    for word in $words
        if test -n "$option"
            if test "$option $argv" = '--runtime-dir --where'
                printf '%s\n' --runtime-dir (string replace -r '^~/' "$HOME/" -- $word)
            end
            set option
            continue
        end
        switch $word
            case --runtime-dir --color --for --node --order --size --until --since --step --window --lines --count --timeout --output --root --rules --kernel --release -o -n
                set option $word
            case '--runtime-dir=*'
                test "$argv" = --where; and string replace -r '=~/' "=$HOME/" -- $word
            case '-*'
            case '*'
                test "$argv" = --where; or printf '%s\n' $word
        end
    end
end

# The verb and its arguments so far are these.
function __fragctl_at
    set -l words (__fragctl_words)
    test "$words" = "$argv"
end

# It is one of these verbs.
function __fragctl_verb
    set -l words (__fragctl_words)
    test (count $words) -gt 0; and contains -- $words[1] $argv
end

# fragctl's answer, or nothing: it is not waited for long, and says nothing.
function __fragctl_ask
    command timeout 2 fragctl (__fragctl_words --where) --color never $argv </dev/null 2>/dev/null
end

function __fragctl_policies
    set -l lines (__fragctl_ask policy list)
    set -e lines[1] # the heading
    string match -rg '^([A-Za-z0-9_-]+)(?: |$)' -- $lines
end

function __fragctl_nodes
    string match -rg '^Node ([0-9]+):' -- (__fragctl_ask zones --order 0)
end

complete -c fragctl -f

complete -c fragctl -n __fragctl_at -a status -d "what fragd watches, wants and does now"
complete -c fragctl -n __fragctl_at -a top -d "the screen to leave open: all that is watched, as it happens"
complete -c fragctl -n __fragctl_at -a zones -d "free blocks of each zone and order"
complete -c fragctl -n __fragctl_at -a census -d "what does not move: pageblocks by migrate type, and the owners"
complete -c fragctl -n __fragctl_at -a compaction -d "who compacts how often, with what success and cost"
complete -c fragctl -n __fragctl_at -a hugepages -d "transparent huge pages of each size, and pools of hugetlb"
complete -c fragctl -n __fragctl_at -a stalls -d "who waits in direct compaction, and how long"
complete -c fragctl -n __fragctl_at -a messages -d "how often the kernel could not give memory, to whom, and why"
complete -c fragctl -n __fragctl_at -a events -d "how often the kernel mixes movable and other pages"
complete -c fragctl -n __fragctl_at -a explain -d "why it is so, and what to do about it"
complete -c fragctl -n __fragctl_at -a advise -d "what to set here, in which version, and who says so"
complete -c fragctl -n __fragctl_at -a decode -d "a kernel message about memory, in plain words"
complete -c fragctl -n __fragctl_at -a policy -d "the policies there are, and which one is in force"
complete -c fragctl -n __fragctl_at -a reload -d "read the configuration again"
complete -c fragctl -n __fragctl_at -a knobs -d "the kernel's knobs: values, before fragd, who set them"
complete -c fragctl -n __fragctl_at -a compact -d "compact a node now"
complete -c fragctl -n __fragctl_at -a prepare -d "make so many blocks ready now"
complete -c fragctl -n __fragctl_at -a check -d "would prepare succeed?"
complete -c fragctl -n __fragctl_at -a hold -d "keep so many blocks ready for a while; what is held"
complete -c fragctl -n __fragctl_at -a log -d "what fragd did and changed, and why"
complete -c fragctl -n __fragctl_at -a history -d "how it was in the last hours or days"
complete -c fragctl -n __fragctl_at -a monitor -d "a line for each decision, as it is made"
complete -c fragctl -n __fragctl_at -a report -d "a page about it all, for a ticket"
complete -c fragctl -n __fragctl_at -a pause -d "do nothing for a while, or until resumed"
complete -c fragctl -n __fragctl_at -a resume -d "go on after a pause"
complete -c fragctl -n __fragctl_at -a config -d "check a configuration without using it"

complete -c fragctl -n '__fragctl_at policy' -a list -d "the policies there are"
complete -c fragctl -n '__fragctl_at policy' -a show -d "all of one policy"
complete -c fragctl -n '__fragctl_at policy' -a set -d "the one to follow"
complete -c fragctl -n '__fragctl_at policy show; or __fragctl_at policy set' -a '(__fragctl_policies)' -d policy
complete -c fragctl -n '__fragctl_at config' -a check -d "print every error"
complete -c fragctl -n '__fragctl_at config check; or __fragctl_at decode' -F

complete -c fragctl -l json -d "print fragd's reply as JSON"
complete -c fragctl -l runtime-dir -x -a '(__fish_complete_directories)' -d "where fragd's sockets are (/run/fragd)"
complete -c fragctl -l color -x -a 'auto always never' -d "auto, always or never"
complete -c fragctl -s h -l help -d "this text; after a verb: about that verb"
complete -c fragctl -l version -d "the version of fragctl"

complete -c fragctl -n '__fragctl_verb status' -s w -l watch -d "go on, and show each change"
complete -c fragctl -n '__fragctl_verb status policy hold monitor' -l for -x -d "only for so long: 20s, 2h; advise: a program, mongodb=8"
complete -c fragctl -n '__fragctl_verb advise' -l for -x -a 'postgresql mysql mariadb mongodb redis oracle cassandra elasticsearch jvm tikv' -d "only for so long: 20s, 2h; advise: a program, mongodb=8"
complete -c fragctl -n '__fragctl_verb advise' -l root -x -a '(__fish_complete_directories)' -d "look at a machine that is a directory"
complete -c fragctl -n '__fragctl_verb advise' -l rules -x -a '(__fish_complete_directories)' -d "rules from there, not the installed ones"
complete -c fragctl -n '__fragctl_verb zones explain compact prepare check hold history monitor' -l node -x -a '(__fragctl_nodes)' -d "only this memory node"
complete -c fragctl -n '__fragctl_verb zones prepare check hold history' -l order -x -d "only blocks of 2^N pages"
complete -c fragctl -n '__fragctl_verb explain prepare check hold' -l size -x -d "only blocks of this size: 2M, or thp for a huge page"
complete -c fragctl -n '__fragctl_verb census report' -l force -d "census: even so; report: replace a file"
complete -c fragctl -n '__fragctl_verb policy' -l runtime -d "only until fragd is restarted"
complete -c fragctl -n '__fragctl_verb decode log history report stalls explain' -l since -x -d "from then on: 2h (ago), 14:02, \"2026-11-22 14:02\""
complete -c fragctl -n '__fragctl_verb decode' -l kernel -x -d "the kernel that wrote it: 3.10"
complete -c fragctl -n '__fragctl_verb history compact stalls explain' -l until -x -d "up to then: 14:05; compact: so many blocks, 2M:64"
complete -c fragctl -n '__fragctl_verb history' -l step -x -d "a row for each such time: 1min, 1h"
complete -c fragctl -n '__fragctl_verb compaction hugepages' -l window -x -d "of the last so much time: 10min, 2h"
complete -c fragctl -n '__fragctl_verb history' -l csv -d "print comma-separated values"
complete -c fragctl -n '__fragctl_verb prepare check hold' -l count -x -d "so many blocks"
complete -c fragctl -n '__fragctl_verb prepare check' -l interleave -d "an even part on each node"
complete -c fragctl -n '__fragctl_verb hold' -l release -x -d "end the hold of that number before its time"
complete -c fragctl -n '__fragctl_verb prepare' -l timeout -x -d "give up after that (60s)"
complete -c fragctl -n '__fragctl_verb prepare' -l hugetlb -d "add them to the pool of huge pages"
complete -c fragctl -n '__fragctl_verb prepare' -l allow-drop-caches -d "drop the page cache if it must be"
complete -c fragctl -n '__fragctl_verb prepare' -l keep-partial -d "less than all of them is welcome, too"
complete -c fragctl -n '__fragctl_verb log events' -s f -l follow -d "go on, and print what is decided"
complete -c fragctl -n '__fragctl_verb log' -s n -l lines -x -d "only the last N"
complete -c fragctl -n '__fragctl_verb report' -s o -l output -r -F -d "write there; -: standard output"
complete -c fragctl -n '__fragctl_verb report' -l bundle -d "an archive for a bug report"
complete -c fragctl -n '__fragctl_verb report advise' -l list -d "report: what --bundle would hold; advise: all rules"
