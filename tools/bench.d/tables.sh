# shellcheck shell=bash
# Results as Markdown: medians, and how many times accession's each one is.

titles() {
    cat <<'TITLES'
large	One file of 2 GiB
parts	20 files of 64 MiB
small	5,000 files of 8 KiB
mixed	2,000 files of log-normal sizes and two of 256 MiB
large-tls	One file of 2 GiB, over TLS
small-tls	5,000 files of 8 KiB, over TLS
start	One file of 1 KiB, start to end
first-byte	From start to an object's first byte at the server
real-small	5,000 files of 8 KiB to a real server
real-parts	4 files of 64 MiB to a real server
again	The same command when 100,000 files are archived
verify	256 MiB verified
manifest	A manifest of 1,000,000 lines
TITLES
}

package_version() {
    # shellcheck disable=SC2016  # dpkg-query expands it
    dpkg-query -W -f '${Version}' "$1" 2>/dev/null || echo absent
}

machine() {
    printf '%s, %s cores, Linux %s; accession %s, aws %s, rclone %s, s3cmd %s, nginx %s\n' \
        "$(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -n 1)" \
        "$(nproc)" "$(uname -r | cut -d- -f1)" \
        "$("$accession" --version | awk 'NR == 1 { print $2 }')" \
        "$(package_version awscli)" "$(package_version rclone)" \
        "$(package_version s3cmd)" "$(package_version nginx-light)"
}

# table CONTEST TITLE
table() {
    awk -F '\t' -v contest="$1" -v title="$2" '
        function median(list,    n, a, i, k, t) {
            n = split(list, a, " ")
            for (i = 2; i <= n; i++)
                for (k = i; k > 1 && a[k - 1] + 0 > a[k] + 0; k--) {
                    t = a[k]; a[k] = a[k - 1]; a[k - 1] = t }
            return n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2
        }
        $1 == contest {
            if (!($2 in wall)) order[++count] = $2
            wall[$2] = wall[$2] ($3 ~ /^[0-9]/ ? " " $3 : "")
            if ($3 !~ /^[0-9]/) why[$2] = $3
            cpu[$2] = cpu[$2] " " $4
            memory[$2] = memory[$2] " " $5
        }
        END {
            if (!count) exit
            printf "\n%s\n\n| | wall s | CPU s | peak MiB | accession takes |\n|---|---:|---:|---:|---:|\n", title
            own = median(wall[order[1]])
            for (i = 1; i <= count; i++) {
                who = order[i]
                if (wall[who] == "") { printf "| %s | %s | | | |\n", who, why[who]; continue }
                m = median(wall[who])
                printf "| %s | %.2f | %s | %s | %s |\n", who, m,
                    (cpu[who] ~ /[0-9]/ ? sprintf("%.2f", median(cpu[who])) : ""),
                    (memory[who] ~ /[0-9]/ ? sprintf("%.0f", median(memory[who])) : ""),
                    (i > 1 ? sprintf("%.2f ×", own / m) : "")
            }
        }' "$results"
}

scale_tables() {
    [[ -s $work/scale.tsv ]] || return 0
    awk -F '\t' '
        $1 == "scale-files" {
            if (!files++) print "\nHow cost grows with the number of files (1 KiB each)\n\n" \
                "| files | wall s | CPU s | CPU µs a file | peak MiB | ledger bytes a file |\n" \
                "|---:|---:|---:|---:|---:|---:|"
            printf "| %d | %.2f | %.2f | %.0f | %.0f | %.0f |\n", \
                $6, $3, $4, 1e6 * $4 / $6, $5, $7 / $6
        }
        $1 == "scale-bytes" {
            if (!bytes++) print "\nHow cost grows with the size of one file\n\n" \
                "| size | wall s | CPU s | CPU s a GiB | peak MiB |\n|---:|---:|---:|---:|---:|"
            printf "| %s | %.2f | %.2f | %s | %.0f |\n", $2, $3, $4,
                ($6 >= 2 ^ 26 ? sprintf("%.2f", $4 * 2 ^ 30 / $6) : ""), $5
        }' "$work/scale.tsv"
}

all_tables() {
    local name title
    machine
    while IFS=$'\t' read -r name title; do
        table "$name" "$title${quick:+ (quick: smaller)}"
    done < <(titles)
    scale_tables
}
