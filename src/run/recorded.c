/* Which destinations lie at or below a URL, from the ledger alone. Happy path: the client only says
 * how the ledger names the URL; the destinations that begin so are those. Failure: a ledger that
 * does not exist knows of none; one that cannot be read is an error. Close: all that was opened is
 * closed. */
#include <accession/ledger.h>

#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "ledger/ledger.h"
#include "loop/loop.h"
#include "s3/client/s3.h"

struct finding {
    const char *url; /* of the parent */
    acc_each_recorded each;
    void *arg;
};

static void on_recorded(void *arg, const char *url, uint64_t files, int64_t bytes)
{
    const struct finding *finding = arg;
    const char *path = acc_starts_with(url, finding->url) ? url + strlen(finding->url) : "";
    (void)files;
    (void)bytes;
    finding->each(finding->arg, url, *path == '/' ? path + 1 : path);
}

static enum acc_code look(const char *asked, bool readonly, const char *canonical,
                          struct finding *finding, struct acc_error *err)
{
    struct acc_ledger *ledger;
    struct acc_str path = {0};
    acc_ledger_where(asked, &path);
    bool exists = access(acc_str_cstr(&path), F_OK) == 0;
    enum acc_code code = ACC_OK;
    if (exists && readonly)
        code = acc_ledger_open_readonly(acc_str_cstr(&path), &ledger, err);
    else if (exists) /* which brings an older one up to date */
        code = acc_ledger_open(acc_str_cstr(&path), &ledger, err);
    acc_str_release(&path);
    if (code != ACC_OK || !exists)
        return code;
    code = acc_ledger_archived_below(ledger, canonical, on_recorded, finding, err);
    acc_ledger_close(ledger);
    return code;
}

static enum acc_code canonical_of(const struct acc_connection *connection,
                                  const struct acc_s3_location *location, struct acc_str *canonical,
                                  struct acc_error *err)
{
    struct acc_loop loop;
    struct acc_s3 *s3 = NULL;
    enum acc_code code = acc_loop_init(&loop, err);
    if (code != ACC_OK)
        return code;
    code = acc_s3_new(&loop, connection, location, 1, &s3, err);
    if (code == ACC_OK)
        acc_s3_canonical(s3, canonical);
    acc_s3_free(s3);
    acc_loop_release(&loop);
    return code;
}

enum acc_code acc_recorded_below(const char *ledger, bool readonly,
                                 const struct acc_connection *connection, const char *url,
                                 acc_each_recorded each, void *arg, struct acc_error *err)
{
    struct acc_s3_location location = {0};
    struct acc_str canonical = {0};
    struct finding finding = {.each = each, .arg = arg};
    enum acc_code code = acc_s3_location_parse(url, &location, err);
    finding.url = location.url;
    if (code == ACC_OK)
        code = canonical_of(connection, &location, &canonical, err);
    if (code == ACC_OK)
        code = look(ledger, readonly, acc_str_cstr(&canonical), &finding, err);
    acc_str_release(&canonical);
    acc_s3_location_release(&location);
    return code;
}
