/* CHECKING and THAWING: whether an object can be read now, and asking for it if it cannot. Each
 * step ends in one event; `err` then says how the object stands. A server that says nothing of cold
 * storage has none. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "restore/item.h"

static enum acc_item_event stands(struct acc_item *item, const char *how, enum acc_item_event event)
{
    item->cold = true;
    acc_error_set(&item->err, ACC_COLD, "in cold storage%s%s: %s", item->class[0] ? ", class " : "",
                  item->class, how);
    return event;
}

static void on_head(struct acc_s3_call *call)
{
    struct acc_item *item = ACC_CONTAINER_OF(call, struct acc_item, call);
    if (call->class != ACC_S3_OK) {
        item->post(item, acc_item_answered(item, call));
        return;
    }
    enum acc_s3_temperature now = acc_s3_read_temperature(call, item->class, sizeof item->class);
    item->post(item, now == ACC_S3_WARM ? ACC_ITEM_ON_READABLE
                     : now == ACC_S3_THAWING
                         ? stands(item, "requested earlier, not readable yet", ACC_ITEM_ON_WAITS)
                         : stands(item, "it cannot be read until it is requested (--thaw)",
                                  ACC_ITEM_ON_COLD));
}

void acc_item_check(struct acc_item *item)
{
    acc_s3_head_object(&item->call, item->env->reading.s3, acc_str_cstr(&item->key),
                       item->version_id);
    item->call.on_done = on_head;
    acc_s3_call_start(&item->call);
}

/* 202 accepts; 200 says that a readable copy was there, and is now kept for longer. */
static void on_asked(struct acc_s3_call *call)
{
    struct acc_item *item = ACC_CONTAINER_OF(call, struct acc_item, call);
    char how[96];
    if (call->class == ACC_S3_OK && call->status == 200) {
        item->post(item, ACC_ITEM_ON_READABLE);
    } else if (call->class == ACC_S3_OK) {
        item->thawing = true;
        snprintf(how, sizeof how, "requested now (%s), readable %s", item->env->thaw.tier,
                 acc_thaw_wait(&item->env->thaw, item->class));
        item->post(item, stands(item, how, ACC_ITEM_ON_ASKED));
    } else if (strcmp(call->code, "RestoreAlreadyInProgress") == 0) {
        item->post(item, stands(item, "requested earlier, not readable yet", ACC_ITEM_ON_WAITS));
    } else {
        item->cold = false; /* waiting does not help */
        item->post(item, acc_item_answered(item, call));
    }
}

void acc_item_thaw(struct acc_item *item)
{
    acc_thaw_request(&item->env->thaw, item->class, &item->request);
    acc_s3_restore_object(&item->call, item->env->reading.s3, acc_str_cstr(&item->key),
                          item->version_id, &item->request);
    item->call.on_done = on_asked;
    acc_s3_call_start(&item->call);
}
