/* The probe: does the destination accept writes? It leaves nothing behind: it finds out by
 * creating a multipart upload under PREFIX/.accession-probe/ with the headers that uploads carry,
 * sending one byte as its only part, and aborting it. */
#ifndef ACCESSION_PROBE_H
#define ACCESSION_PROBE_H

#include <stdbool.h>

#include <accession/capabilities.h>
#include <accession/connection.h>
#include <accession/error.h>
#include <accession/object.h>

struct acc_probe_step {
    const char *operation; /* static */
    int status;            /* 0: no answer, or not tried */
    char code[64];
    char request_id[96];
};

struct acc_probe_result {
    enum acc_code verdict; /* ACC_OK: writes are accepted; ACC_REFUSED, ACC_CREDENTIALS, … */
    char reason[1024];     /* one line, printable */
    struct acc_probe_step create, part, abort, list;
    bool listing_works;
    char endpoint[512];
    char region[64];
    struct acc_capabilities can; /* what the server was seen to do */
    char left_open[1200];        /* "KEY (upload id ID)" when the abort was refused, or "" */
};

/* Runs the probe on the calling thread; returns result->verdict. `object` holds the attributes that
 * uploads would carry. What the server is seen to do is kept in the ledger, if that exists; what
 * the probe cannot see is taken from it. `ledger` NULL: $XDG_STATE_HOME/accession/ledger.db. A
 * ledger that cannot be used is not an error of the probe. */
enum acc_code acc_probe(const struct acc_connection *connection,
                        const struct acc_object_options *object, const char *url,
                        const char *ledger, struct acc_probe_result *result, struct acc_error *err);

#endif
