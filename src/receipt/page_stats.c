/* Two walks over the rows: one finds the span of the work and counts, the other spreads each
 * entry's bytes over the time that it took. Fails as the ledger does.
 */
#include <string.h>

#include "receipt/page.h"

static const struct {
    int64_t below;
    const char *text;
} classes[ACC_PAGE_SIZES] = {
    {INT64_C(1), "empty"},         {INT64_C(1) << 10, "1 KiB"},  {INT64_C(1) << 14, "16 KiB"},
    {INT64_C(1) << 18, "256 KiB"}, {INT64_C(1) << 22, "4 MiB"},  {INT64_C(1) << 26, "64 MiB"},
    {INT64_C(1) << 30, "1 GiB"},   {INT64_C(1) << 34, "16 GiB"}, {INT64_MAX, NULL},
};

const char *acc_page_size_class(unsigned number)
{
    return classes[number].text;
}

static const char *level_name(const char *level)
{
    static const char *const levels[] = {"listed", "stored", "read"};
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
        if (strcmp(level, levels[i]) == 0)
            return levels[i];
    return "";
}

static int64_t begun(const struct acc_receipt_row *seen)
{
    bool sent = seen->outcome == ACC_ROW_ARCHIVED;
    return acc_receipt_time(seen) - (sent ? seen->row->archived.duration : 0);
}

static void count(void *arg, const struct acc_receipt_row *seen)
{
    struct acc_page_stats *stats = arg;
    int64_t size = acc_receipt_size(seen), at = acc_receipt_time(seen);
    acc_receipt_count_row(&stats->tally, seen);
    stats->problems += acc_row_is_problem(seen->outcome);
    if (seen->row->checked.level[0] != '\0' && stats->level[0] == '\0')
        stats->level = level_name(seen->row->checked.level);
    if (size >= 0) {
        unsigned class = 0;
        while (class + 1 < ACC_PAGE_SIZES && size >= classes[class].below)
            class ++;
        stats->sizes[class]++;
    }
    if (at == 0)
        return;
    if (stats->from == 0 || begun(seen) < stats->from)
        stats->from = begun(seen);
    if (at > stats->until)
        stats->until = at;
}

static void spread(void *arg, const struct acc_receipt_row *seen)
{
    struct acc_page_stats *stats = arg;
    int64_t at = acc_receipt_time(seen), size = acc_receipt_size(seen);
    if (at == 0 || size <= 0)
        return;
    double per_bin = (double)(stats->until - stats->from) / ACC_PAGE_BINS;
    double from = (double)(begun(seen) - stats->from) / per_bin;
    double until = (double)(at - stats->from) / per_bin;
    unsigned first = (unsigned)from, last = (unsigned)until;
    last = last < ACC_PAGE_BINS ? last : ACC_PAGE_BINS - 1;
    first = first < last ? first : last;
    for (unsigned bin = first; bin <= last; bin++) {
        double begin = from > bin ? from : bin, end = until < bin + 1 ? until : bin + 1;
        double share = until > from ? (end - begin) / (until - from) : 1;
        stats->bin_bytes[bin] += (double)size * share;
    }
}

enum acc_code acc_page_collect(struct acc_receipt *receipt, struct acc_page_stats *stats,
                               struct acc_error *err)
{
    *stats = (struct acc_page_stats){.level = ""};
    enum acc_code code = acc_receipt_rows(receipt, count, stats, err);
    if (code == ACC_OK && stats->until > stats->from)
        code = acc_receipt_rows(receipt, spread, stats, err);
    return code;
}
