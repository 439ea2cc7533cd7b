/* What the server lists, and whether it knows conditions and versions: one request each. An answer
 * that is neither yes nor no leaves it unknown. */
#include "s3/ops/probe_questions.h"

#include <string.h>

/* A run finds out by itself. */
static bool learns(const struct acc_s3_probe *probe)
{
    return probe->learn_more && acc_s3_probe_learns(probe);
}

/* ---- is the open upload listed? ---- */

static bool asks_uploads(const struct acc_s3_probe *probe)
{
    return probe->open && learns(probe) && acc_s3_can(probe->s3)->uploads_listed == ACC_KNOWN_NOT;
}

static bool asks_own(const struct acc_s3_probe *probe)
{
    const struct acc_capabilities *can = acc_s3_can(probe->s3);
    return probe->open && learns(probe) && can->uploads_listed == ACC_KNOWN_NO &&
           can->uploads_listed_by_key == ACC_KNOWN_NOT;
}

static void list_uploads(struct acc_s3_probe *probe, const char *prefix)
{
    acc_s3_page_release(&probe->page);
    acc_s3_list_uploads(&probe->call, probe->s3, prefix, &probe->page);
    probe->call.question = true;
}

static void make_uploads(struct acc_s3_probe *probe)
{
    struct acc_str folder = {0};
    acc_str_addf(&folder, "%s" ACC_S3_PROBE_FOLDER, acc_s3_where(probe->s3)->prefix);
    list_uploads(probe, acc_str_cstr(&folder));
    acc_str_release(&folder);
}

static void make_own(struct acc_s3_probe *probe)
{
    list_uploads(probe, acc_str_cstr(&probe->key));
}

static void on_upload(void *arg, const struct acc_s3_listed *item)
{
    struct acc_s3_probe *probe = arg;
    probe->found = probe->found || strcmp(item->upload_id, acc_str_cstr(&probe->upload_id)) == 0;
}

static void read_uploads_into(struct acc_s3_probe *probe, bool ok, enum acc_known *known)
{
    probe->found = false;
    bool read = ok && acc_s3_read_list_uploads(&probe->call, &probe->page, on_upload, probe);
    if (probe->found)
        *known = ACC_KNOWN_YES;
    else if ((read && !probe->page.more) || (!ok && acc_s3_lacks(&probe->call)))
        *known = ACC_KNOWN_NO; /* what is not on the first page may be on a later one */
    acc_s3_page_release(&probe->page);
}

static void read_uploads(struct acc_s3_probe *probe, bool ok)
{
    struct acc_capabilities *can = acc_s3_can(probe->s3);
    read_uploads_into(probe, ok, &can->uploads_listed);
    if (can->uploads_listed == ACC_KNOWN_YES)
        can->uploads_listed_by_key = ACC_KNOWN_YES; /* a key is a prefix of itself */
}

static void read_own(struct acc_s3_probe *probe, bool ok)
{
    read_uploads_into(probe, ok, &acc_s3_can(probe->s3)->uploads_listed_by_key);
}

/* ---- a listing: whether reading works, and how names are written ---- */

static bool asks_list(const struct acc_s3_probe *probe)
{
    return !probe->open &&
           (probe->refused != NULL ||
            (learns(probe) && acc_s3_can(probe->s3)->names_encoded == ACC_KNOWN_NOT));
}

static void make_list(struct acc_s3_probe *probe)
{
    acc_s3_page_release(&probe->page);
    acc_s3_list_objects(&probe->call, probe->s3, acc_s3_where(probe->s3)->prefix, 1, &probe->page);
    probe->call.question = probe->refused == NULL;
}

static void on_object(void *arg, const struct acc_s3_listed *item)
{
}

static void read_list(struct acc_s3_probe *probe, bool ok)
{
    probe->listing_works = ok;
    if (ok) /* reading it learns how names are written */
        acc_s3_read_list_objects(&probe->call, &probe->page, on_object, NULL);
}

/* ---- conditions and versions: the client learns from the answers (client/learn.c) ---- */

static bool asks_condition(const struct acc_s3_probe *probe)
{
    return !probe->open && probe->upload_id.len > 0 && learns(probe) &&
           acc_s3_can(probe->s3)->conditional_complete == ACC_KNOWN_NOT;
}

static void make_condition(struct acc_s3_probe *probe)
{
    const struct acc_s3_sum none = {0};
    acc_s3_complete_begin(&probe->xml);
    acc_s3_complete_part(&probe->xml, 1, "00000000000000000000000000000000", &none);
    acc_s3_complete_end(&probe->xml);
    acc_s3_complete_upload(&probe->call, probe->s3, acc_str_cstr(&probe->key),
                           acc_str_cstr(&probe->upload_id), &probe->xml, &none, -1);
    probe->call.question = true;
}

static bool asks_versioning(const struct acc_s3_probe *probe)
{
    return learns(probe) && acc_s3_can(probe->s3)->versioning_known == ACC_KNOWN_NOT;
}

static void make_versioning(struct acc_s3_probe *probe)
{
    acc_s3_get_versioning(&probe->call, probe->s3);
    probe->call.question = true;
}

static bool asks_versions(const struct acc_s3_probe *probe)
{
    return learns(probe) && acc_s3_can(probe->s3)->versions_listed == ACC_KNOWN_NOT;
}

static void make_versions(struct acc_s3_probe *probe)
{
    acc_s3_page_release(&probe->page);
    acc_s3_list_versions(&probe->call, probe->s3, acc_str_cstr(&probe->key), &probe->page);
    probe->call.question = true;
}

const struct acc_s3_probe_question acc_s3_ask_uploads = {asks_uploads, make_uploads, read_uploads},
                                   acc_s3_ask_own = {asks_own, make_own, read_own},
                                   acc_s3_ask_list = {asks_list, make_list, read_list},
                                   acc_s3_ask_condition = {asks_condition, make_condition, NULL},
                                   acc_s3_ask_versioning = {asks_versioning, make_versioning, NULL},
                                   acc_s3_ask_versions = {asks_versions, make_versions, NULL};
