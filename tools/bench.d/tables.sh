# shellcheck shell=bash
# Measurements as Markdown: medians, and how many times each one's accession takes.

titles() {
    cat <<'TITLES'
large	One file of 2 GiB
large-tls	One file of 2 GiB, over TLS
parts	20 files of 64 MiB
small	5,000 files of 8 KiB
small-tls	5,000 files of 8 KiB, over TLS
mixed	2,000 files of log-normal sizes and two of 256 MiB
again	The same command when 100,000 files are archived
verify	32 objects of 64 MiB read back and compared
verify-small	5,000 objects of 8 KiB read back and compared
local	32 files of 64 MiB compared with their list
local-small	5,000 files of 8 KiB compared with their list
restore	32 objects of 64 MiB brought back into a folder
restore-small	5,000 objects of 8 KiB brought back into a folder
workers	160 deliveries to a server that answers after 50 ms, in slices
package	A tar.gz of 256 files of 4 MiB
package-small	A tar.gz of 5,000 files of 8 KiB
bucket-parts	4 objects of 64 MiB from a bucket of the same real server
bucket-small	2,000 objects of 8 KiB from a bucket of the same real server
replicate-parts	4 objects of 64 MiB copied within a real server, and compared
replicate-small	2,000 objects of 8 KiB copied within a real server, and compared
manifest	A manifest of 1,000,000 lines
start	One file of 1 KiB, start to end
first-byte	From start to an object's first byte at the server
real-small	2,000 files of 8 KiB to a real server
real-parts	4 files of 64 MiB to a real server
real-verify	4 objects of 64 MiB read back from a real server
TITLES
}

package_version() {
    # shellcheck disable=SC2016  # dpkg-query expands it
    dpkg-query -W -f '${Version}' "$1" 2>/dev/null || echo absent
}

machine() {
    printf '%s, %s cores, Linux %s; accession %s, aws %s, rclone %s, s3cmd %s, s5cmd %s, nginx %s\n' \
        "$(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -n 1)" \
        "$(nproc)" "$(uname -r | cut -d- -f1)" \
        "$("$accession" --version | awk 'NR == 1 { print $2 }')" \
        "$(package_version awscli)" "$(rclone version 2>/dev/null | awk 'NR == 1 { print $2 }' || echo absent)" "$(package_version s3cmd)" \
        "$(s5cmd version 2>/dev/null || echo absent)" "$(package_version nginx-light)"
}

# medians FILE...: a line for each contestant of each contest, in the order met:
#   contest  contestant  wall  CPU  MiB  runs  how many times accession's  remark
# A value that is not known is "-".
medians() {
    awk -F '\t' -v OFS='\t' '
        function median(list,    n, a, i, k, t) {
            n = split(list, a, " ")
            if (!n) return "-"
            for (i = 2; i <= n; i++)
                for (k = i; k > 1 && a[k - 1] + 0 > a[k] + 0; k--) {
                    t = a[k]; a[k] = a[k - 1]; a[k - 1] = t }
            return n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2
        }
        /^#/ || $1 ~ /^(scale-|copies|threads)/ { next }
        {
            id = $1 OFS $2
            if (!(id in wall)) { order[++count] = id; wall[id] = cpu[id] = memory[id] = "" }
            if (!($1 in first)) first[$1] = id
            if ($3 !~ /^[0-9]/) { remark[id] = $3; next }
            wall[id] = wall[id] " " $3
            cpu[id] = cpu[id] " " $4
            memory[id] = memory[id] " " $5
        }
        END {
            for (i = 1; i <= count; i++) {
                id = order[i]
                split(id, part, OFS)
                own = median(wall[first[part[1]]])
                m = median(wall[id])
                ratio = m == "-" || own == "-" || m == 0 ? "-" : sprintf("%.2f", own / m)
                print id, m, median(cpu[id]), median(memory[id]), split(wall[id], unused, " "), ratio,
                    remark[id] == "" ? "-" : remark[id]
            }
        }' "$@"
}

# two NUMBER: with two digits behind the point, or nothing.
two() {
    [[ $1 == - ]] || printf '%.2f' "$1"
}

# table CONTEST TITLE: from the medians on standard input.
table() {
    local contest who wall cpu memory runs ratio remark own=''
    while IFS=$'\t' read -r contest who wall cpu memory runs ratio remark; do
        [[ $contest == "$1" ]] || continue
        if [[ -z $own ]]; then
            own=$who
            printf '\n| %s | wall s | CPU s | peak MiB | accession takes |\n|---|---:|---:|---:|---:|\n' "$2"
        fi
        [[ $remark == - ]] || wall=$remark
        [[ $wall =~ ^[0-9] ]] && wall=$(printf "%.$([[ $contest == first-byte ]] && echo 3 || echo 2)f" "$wall")
        if [[ $who == "$own" || $ratio == - ]]; then ratio=''; else ratio="$ratio ×"; fi
        printf '| %s | %s | %s | %s | %s |\n' "$(display_name "$who")" "$wall" "$(two "$cpu")" \
            "$([[ $memory == - ]] || printf '%.0f' "$memory")" "$ratio"
    done
}

# field CONTEST CONTESTANT COLUMN: of $work/medians, or "-".
field() {
    awk -F '\t' -v contest="$1" -v who="$2" -v column="$3" '
        $1 == contest && $2 ~ "^(" who ")$" { print $column; found = 1; exit }
        END { if (!found) print "-" }' "$work/medians"
}

# One line a contest: seconds, and in brackets how many times them accession takes.
overview() {
    local name title who wall ratio
    [[ -s $work/medians ]] || return 0
    printf '\n| wall s (accession takes) | accession | crc32c | aws | rclone | s3cmd | s5cmd | floor |\n'
    printf '|---|---:|---:|---:|---:|---:|---:|---:|\n'
    while IFS=$'\t' read -r name title; do
        [[ $(field "$name" 'accession.*' 3) != - ]] || continue
        printf '| %s ' "$title"
        for who in 'accession(-(again|verify|restore|local|load|package|bucket|replicate))?' accession-crc32c 'aws.*' 'rclone.*' 's3cmd.*' \
            's5cmd.*' 'floor-(both|read|restore|hash|import|send)'; do
            wall=$(field "$name" "$who" 3) ratio=$(field "$name" "$who" 7)
            if [[ $who == floor* && $(field "$name" floor-both 3) != - ]]; then
                wall=$(field "$name" floor-both 3) ratio=$(field "$name" floor-both 7)
            fi
            if [[ $wall == - ]]; then
                printf '| %s ' "$(field "$name" "$who" 8 | sed 's/^-$//')"
            elif [[ $who == 'accession('* ]]; then
                printf '| %s ' "$(two "$wall")"
            else
                printf '| %s (%s ×) ' "$(two "$wall")" "$ratio"
            fi
        done
        echo '|'
    done < <(titles)
}

# What the program is held to on a machine of two cores: contest, whose median,
# column (3 wall, 4 CPU), at most so many times, whose.
bounds() {
    cat <<'BOUNDS'
large	accession	3	0.65	aws
large	accession	3	0.50	s5cmd
large	accession-crc32c	3	0.50	aws
large	accession-crc32c	3	0.40	s5cmd
small	accession	3	0.33	s5cmd
small	accession	3	0.05	aws
large	accession	4	0.85	floor-hash floor-hash floor-send
verify	accession-verify	3	1.25	floor-read
BOUNDS
}

held_to() {
    local name who column most others other sum own
    [[ -s $work/medians ]] || return 0
    printf '\n| held to | at most | measured |\n|---|---:|---:|\n'
    while IFS=$'\t' read -r name who column most others; do
        own=$(field "$name" "$who" "$column") sum=0
        [[ $own != - ]] || continue
        for other in $others; do
            other=$(field "$name" "$other" "$column")
            if [[ $other == - || $sum == - ]]; then sum=-; else sum=$(awk "BEGIN { print $sum + $other }"); fi
        done
        printf '| %s: %s of %s, against %s | %s | %s |\n' "$name" "$([[ $column == 3 ]] && echo time || echo CPU)" \
            "$(display_name "$who")" "${others// / + }" "$most" \
            "$(if [[ $sum == - ]]; then echo absent; else awk "BEGIN { printf \"%.2f\", $own / $sum }"; fi)"
    done < <(bounds)
    awk -F '\t' '$2 ~ /^accession/ && $5 + 0 > most + 0 { most = $5; where = $1 }
        END { if (most) printf "| peak memory of any contest, MiB (%s) | 320 | %.0f |\n", where, most }' "$work/medians"
}

scale_tables() {
    awk -F '\t' '
        $1 == "scale-files" {
            if (!files++) print "\n| files of 1 KiB | wall s | CPU s | CPU µs a file | peak MiB | ledger bytes a file |\n" \
                "|---:|---:|---:|---:|---:|---:|"
            printf "| %d | %.2f | %.2f | %s | %.0f | %.0f |\n", $6, $3, $4,
                ($6 >= 100 ? sprintf("%.0f", 1e6 * $4 / $6) : ""), $5, $7 / $6
        }
        $1 == "scale-bytes" {
            if (!bytes++) print "\n| one file of | wall s | CPU s | CPU s a GiB | peak MiB | ledger KiB |\n" \
                "|---:|---:|---:|---:|---:|---:|"
            printf "| %s | %.2f | %.2f | %s | %.0f | %.0f |\n", $2, $3, $4,
                ($6 >= 2 ^ 26 ? sprintf("%.2f", $4 * 2 ^ 30 / $6) : ""), $5, $7 / 1024
        }' "$@"
}

copies_table() {
    local who read sent
    grep -qh '^copies' "$@" || return 0
    printf '\n| one file of 64 MiB | read from it | sent |\n|---|---:|---:|\n'
    grep -h '^copies' "$@" | while IFS=$'\t' read -r _ who read sent; do
        printf '| %s | %s | %s |\n' "$(display_name "$who")" "${read:+$read ×}" "${sent:+$sent ×}"
    done
}

threads_table() {
    grep -qh '^threads' "$@" || return 0
    printf '\n| seconds of a processor | network threads | the thread that decides | the busiest thread |\n|---|---:|---:|---:|\n'
    awk -F '\t' '$1 == "threads" {
        printf "| %s, %s | %d | %.2f | %.2f |\n", $3 == "large" ? "one file of 2 GiB" : "5,000 files of 8 KiB",
            $2 == "sink" ? "HTTP" : "HTTPS", $4, $5, $6 }' "$@"
}

# Of measurements; sets $small.
begin_tables() {
    medians "$@" >"$work/medians"
    small=
    ! grep -q '^# quick' "$@" || small=' (quick: smaller)'
    sed -n 's/^# machine //p' "$@" | sort -u
}

# all_tables FILE...
all_tables() {
    local name title small
    begin_tables "$@"
    overview
    while IFS=$'\t' read -r name title; do
        table "$name" "$title$small" <"$work/medians"
    done < <(titles)
    copies_table "$@"
    threads_table "$@"
    scale_tables "$@"
    held_to
}

# Those that BENCHMARKS.md shows.
readme_tables() {
    local name title small
    begin_tables "$@"
    overview
    while IFS=$'\t' read -r name title; do
        [[ $name != @(large|small|verify|again) ]] || table "$name" "$title$small" <"$work/medians"
    done < <(titles)
    copies_table "$@"
    threads_table "$@"
    scale_tables "$@"
    held_to
}

# into_readme FILE...: between its two marks.
into_readme() {
    readme_tables "$@" >"$work/readme"
    sed -i -e '/^<!-- measured -->$/,/^<!-- end of measured -->$/{
        /^<!-- measured -->$/{p
        r '"$work/readme"'
        }
        /^<!-- end of measured -->$/p
        d
    }' "$root/BENCHMARKS.md"
}
